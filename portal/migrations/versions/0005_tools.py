"""Tools: the register, the steps of each tool, confirmations, calibrations, reports and decisions; readings of visits.

A tool's movements are rows of the one ledger, so the database also refuses a movement that would have a tool in two
places at once.
"""

import sqlalchemy as sa
from alembic import op

from portal.db import Fixed, Instant
from portal.history import RowNumber
from portal.migrations import guards

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_tables()
    for statement in guards.of_tools(op.get_bind().dialect.name):
        op.execute(sa.text(statement.replace(":", "\\:")))


def make_tables() -> None:
    op.create_table(
        "tool",
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.String(length=10), nullable=False),
        sa.Column("spec", sa.String(length=200), nullable=False),
        sa.Column("brand", sa.String(length=80), nullable=False),
        sa.Column("maker_serial", sa.String(length=80), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=True),
        sa.Column("original_value", Fixed(2), nullable=False),
        sa.Column("supplier", sa.String(length=120), nullable=False),
        sa.Column("calibration_class", sa.String(length=1), nullable=False),
        sa.Column("interval_months", sa.Integer(), nullable=True),
        sa.Column("laboratory", sa.String(length=120), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_tool_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool")),
        sa.UniqueConstraint("item_id", name=op.f("uq_tool_item_id")),
    )
    op.create_index(op.f("ix_tool_category"), "tool", ["category"], unique=False)
    op.create_table(
        "hands",
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_hands_location_id_location")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_hands_person_id_person")),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_hands")),
        sa.UniqueConstraint("person_id", name=op.f("uq_hands_person_id")),
    )
    op.create_table(
        "tool_step",
        sa.Column("movement_n", RowNumber, autoincrement=False, nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("holder_id", sa.Uuid(), nullable=True),
        sa.Column("giver_id", sa.Uuid(), nullable=True),
        sa.Column("condition", sa.String(length=20), nullable=False),
        sa.Column("due_back", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["giver_id"], ["person.id"], name=op.f("fk_tool_step_giver_id_person")),
        sa.ForeignKeyConstraint(["holder_id"], ["person.id"], name=op.f("fk_tool_step_holder_id_person")),
        sa.ForeignKeyConstraint(["movement_n"], ["movement.n"], name=op.f("fk_tool_step_movement_n_movement")),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_tool_step_tool_id_tool")),
        sa.PrimaryKeyConstraint("movement_n", name=op.f("pk_tool_step")),
    )
    op.create_index(op.f("ix_tool_step_holder_id"), "tool_step", ["holder_id"], unique=False)
    op.create_index("ix_tool_step_tool_id_movement_n", "tool_step", ["tool_id", "movement_n"], unique=False)
    op.create_table(
        "tool_confirmation",
        sa.Column("movement_n", RowNumber, autoincrement=False, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["movement_n"], ["tool_step.movement_n"], name=op.f("fk_tool_confirmation_movement_n_tool_step")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_tool_confirmation_person_id_person")),
        sa.PrimaryKeyConstraint("movement_n", name=op.f("pk_tool_confirmation")),
    )
    op.create_table(
        "calibration",
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("calibrated_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("result", sa.String(length=10), nullable=False),
        sa.Column("certificate_no", sa.String(length=80), nullable=False),
        sa.Column("laboratory", sa.String(length=120), nullable=False),
        sa.Column("scan", sa.String(length=64), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calibration_person_id_person")),
        sa.ForeignKeyConstraint(["scan"], ["stored_file.digest"], name=op.f("fk_calibration_scan_stored_file")),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_calibration_tool_id_tool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calibration")),
        sa.UniqueConstraint("tool_id", "version", name=op.f("uq_calibration_tool_id_version")),
    )
    op.create_table(
        "tool_report",
        sa.Column("tool_id", sa.Uuid(), nullable=False),
        sa.Column("movement_n", RowNumber, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["movement_n"], ["tool_step.movement_n"], name=op.f("fk_tool_report_movement_n_tool_step")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_tool_report_person_id_person")),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_tool_report_tool_id_tool")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_report")),
    )
    op.create_index(op.f("ix_tool_report_tool_id"), "tool_report", ["tool_id"], unique=False)
    op.create_table(
        "tool_decision",
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=False),
        sa.Column("amount", Fixed(2), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_tool_decision_person_id_person")),
        sa.ForeignKeyConstraint(["report_id"], ["tool_report.id"], name=op.f("fk_tool_decision_report_id_tool_report")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_decision")),
        sa.UniqueConstraint("report_id", name=op.f("uq_tool_decision_report_id")),
    )
    op.create_table(
        "reading",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("quantity", sa.String(length=20), nullable=False),
        sa.Column("value", Fixed(6), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("point", sa.String(length=80), nullable=False),
        sa.Column("tool_id", sa.Uuid(), nullable=True),
        sa.Column("calibration_id", sa.Uuid(), nullable=True),
        sa.Column("calibration_state", sa.String(length=10), nullable=False),
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["calibration_id"], ["calibration.id"], name=op.f("fk_reading_calibration_id_calibration")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reading_person_id_person")),
        sa.ForeignKeyConstraint(["tool_id"], ["tool.id"], name=op.f("fk_reading_tool_id_tool")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_reading_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    op.create_index(op.f("ix_reading_tool_id"), "reading", ["tool_id"], unique=False)
    op.create_index(op.f("ix_reading_visit_id"), "reading", ["visit_id"], unique=False)
    op.create_table(
        "reading_removal",
        sa.Column("reading_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_reading_removal_person_id_person")),
        sa.ForeignKeyConstraint(["reading_id"], ["reading.id"], name=op.f("fk_reading_removal_reading_id_reading")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_removal")),
        sa.UniqueConstraint("reading_id", name=op.f("uq_reading_removal_reading_id")),
    )
