"""Held entries: what was decided about them, that it was read, and the rescue files they came with."""

import sqlalchemy as sa
from alembic import op

from portal.db import Instant, Json
from portal.migrations import guards

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rescue",
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("results", Json, nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_rescue_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rescue")),
    )
    with op.batch_alter_table("held_entry") as held:
        held.add_column(sa.Column("created_at", Instant(), nullable=True))
        held.add_column(sa.Column("rescue_id", sa.Uuid(), nullable=True))
        held.create_foreign_key(op.f("fk_held_entry_rescue_id_rescue"), "rescue", ["rescue_id"], ["id"])
    op.create_index("ix_held_entry_person_id", "held_entry", ["person_id"])
    op.create_index("ix_held_entry_recorded_at_id", "held_entry", ["recorded_at", "id"])
    op.create_table(
        "held_decision",
        sa.Column("held_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("path", sa.String(length=300), nullable=True),
        sa.Column("location", sa.String(length=500), nullable=True),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["held_id"], ["held_entry.id"], name=op.f("fk_held_decision_held_id_held_entry")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_held_decision_person_id_person")),
        sa.PrimaryKeyConstraint("held_id", name=op.f("pk_held_decision")),
    )
    op.create_table(
        "held_notice",
        sa.Column("held_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["held_id"], ["held_decision.held_id"], name=op.f("fk_held_notice_held_id_held_decision")
        ),
        sa.PrimaryKeyConstraint("held_id", name=op.f("pk_held_notice")),
    )
    for statement in guards.of_holding(op.get_bind().dialect.name):
        op.execute(sa.text(statement))
