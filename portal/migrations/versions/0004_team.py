"""Several technicians at a visit, repeat visits, and units that must not be used."""

import sqlalchemy as sa
from alembic import op

from portal.db import Instant
from portal.migrations import guards

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    engine = op.get_bind().dialect.name
    add_columns(engine)
    make_tables()
    for statement in guards.of_team(engine):
        op.execute(sa.text(statement.replace(":", "\\:")))


def add_columns(engine: str) -> None:
    """Added in place: tables that are made anew on SQLite would lose their guards."""
    no = sa.false()
    op.add_column("assignment", sa.Column("part", sa.String(length=10), nullable=False, server_default="lead"))
    op.create_index("ix_assignment_person_id_assigned_at", "assignment", ["person_id", "assigned_at"], unique=False)
    op.add_column("equipment", sa.Column("stopped_at", Instant(), nullable=True))
    op.add_column("finding", sa.Column("do_not_use", sa.Boolean(), nullable=False, server_default=no))
    op.add_column("finding", sa.Column("stop_reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("finding", sa.Column("use_again", sa.Boolean(), nullable=False, server_default=no))
    uuid = "CHAR(32)" if engine == "sqlite" else "UUID"
    name = "fk_time_entry_stopped_by_id_person"
    op.execute(f"ALTER TABLE time_entry ADD COLUMN stopped_by_id {uuid} CONSTRAINT {name} REFERENCES person (id)")


def make_tables() -> None:
    op.create_table(
        "visit_member",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_visit_member_person_id_person")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_visit_member_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit_member")),
        sa.UniqueConstraint("visit_id", "person_id", name=op.f("uq_visit_member_visit_id_person_id")),
    )
    op.create_index(op.f("ix_visit_member_person_id"), "visit_member", ["person_id"], unique=False)
    op.create_table(
        "repeat_visit",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("earlier_id", sa.Uuid(), nullable=False),
        sa.Column("serial_no", sa.String(length=80), nullable=False),
        sa.Column("component", sa.String(length=20), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("ground", sa.String(length=10), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["earlier_id"], ["visit.id"], name=op.f("fk_repeat_visit_earlier_id_visit")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_repeat_visit_person_id_person")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_repeat_visit_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repeat_visit")),
    )
    for column in ("earlier_id", "visit_id"):
        op.create_index(op.f(f"ix_repeat_visit_{column}"), "repeat_visit", [column], unique=False)
    op.create_table(
        "repeat_unlink",
        sa.Column("repeat_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_repeat_unlink_person_id_person")),
        sa.ForeignKeyConstraint(
            ["repeat_id"], ["repeat_visit.id"], name=op.f("fk_repeat_unlink_repeat_id_repeat_visit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_repeat_unlink")),
        sa.UniqueConstraint("repeat_id", name=op.f("uq_repeat_unlink_repeat_id")),
    )
    op.create_table(
        "use_stop",
        sa.Column("equipment_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_use_stop_equipment_id_equipment")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_use_stop_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_stop")),
    )
    for column in ("equipment_id", "recorded_at", "source_id"):
        op.create_index(op.f(f"ix_use_stop_{column}"), "use_stop", [column], unique=False)
    op.create_table(
        "use_release",
        sa.Column("stop_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_use_release_person_id_person")),
        sa.ForeignKeyConstraint(["stop_id"], ["use_stop.id"], name=op.f("fk_use_release_stop_id_use_stop")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_release")),
        sa.UniqueConstraint("stop_id", name=op.f("uq_use_release_stop_id")),
    )
