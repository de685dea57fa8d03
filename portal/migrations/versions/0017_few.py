"""Indexes of few rows: a technician's visits by state, and what was merged without all that was not."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

FEW = sa.text("merged_into_id IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_visit_person_id_state", "visit", ["person_id", "state"])
    for table in ("customer", "equipment"):
        name = f"ix_{table}_merged_into_id"
        op.drop_index(name, table)
        op.create_index(name, table, ["merged_into_id"], sqlite_where=FEW, postgresql_where=FEW)
