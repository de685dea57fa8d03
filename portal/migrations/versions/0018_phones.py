"""Phones without signal: what each still holds, and up to when the newest backup covers the database."""

import sqlalchemy as sa
from alembic import op

from portal.db import Instant
from portal.history import RowNumber

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TOLD = sa.text("(waiting_count > 0 OR waiting_lost > 0)")


def upgrade() -> None:
    op.create_table(
        "backup_taken",
        sa.Column("n", RowNumber, autoincrement=True, nullable=False),
        sa.Column("covers_until", Instant(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_backup_taken")),
    )
    op.create_table(
        "waiting_entry",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("sign_in_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=True),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=True),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.Column("gone_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_waiting_entry_person_id_person")),
        sa.ForeignKeyConstraint(["sign_in_id"], ["sign_in.id"], name=op.f("fk_waiting_entry_sign_in_id_sign_in")),
        sa.PrimaryKeyConstraint("person_id", "entry_id", name=op.f("pk_waiting_entry")),
    )
    op.add_column("sign_in", sa.Column("waiting_count", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("sign_in", sa.Column("waiting_since", Instant(), nullable=True))
    op.add_column("sign_in", sa.Column("waiting_said_at", Instant(), nullable=True))
    op.add_column("sign_in", sa.Column("waiting_lost", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_sign_in_waiting", "sign_in", ["person_id"], sqlite_where=TOLD, postgresql_where=TOLD)
