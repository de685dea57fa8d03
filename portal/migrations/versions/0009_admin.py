"""Administration: settings with their date of effect, one-time passwords, browsers of sessions, retired codes, and
indexes by which the history can be searched."""

import sqlalchemy as sa
from alembic import op

from portal.db import Instant, Json
from portal.history import RowNumber
from portal.migrations import guards

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "setting",
        sa.Column("n", RowNumber, autoincrement=True, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.Column("effective_from", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_setting_person_id_person")),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_setting")),
        sa.UniqueConstraint("id", name=op.f("uq_setting_id")),
    )
    op.create_index("ix_setting_key", "setting", ["key", "n"], unique=False)
    op.add_column("person", sa.Column("one_time_until", Instant(), nullable=True))
    op.add_column("sign_in", sa.Column("browser", sa.String(length=40), nullable=False, server_default=""))
    for table in ("code_value", "error_code", "known_fault"):
        op.add_column(table, sa.Column("retired_at", Instant(), nullable=True))
    op.create_index("ix_sign_in_last_seen_at_id", "sign_in", ["last_seen_at", "id"], unique=False)
    op.create_index("ix_history_recorded_at_n", "history", ["recorded_at", "n"], unique=False)
    op.create_index("ix_history_person_id_recorded_at_n", "history", ["person_id", "recorded_at", "n"], unique=False)
    op.create_index("ix_history_verb_recorded_at_n", "history", ["verb", "recorded_at", "n"], unique=False)
    for statement in guards.of_admin(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
