"""Files of customers and units: papers, merged entries, saved views, and what was done to many rows at once.

Entries that may be the same are found by the digits of a phone number and the letters of a serial number.
"""

import sqlalchemy as sa
from alembic import op

from portal.customers.rules import phone_key, serial_key
from portal.db import Instant, Json
from portal.migrations import guards

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    engine = op.get_bind().dialect.name
    make_tables()
    add_columns(engine)
    fill_keys("contact", "phone", "phone_key", phone_key)
    fill_keys("equipment", "serial_no", "serial_key", serial_key)
    for statement in guards.of_records(engine):
        op.execute(sa.text(statement.replace(":", "\\:")))


def make_tables() -> None:
    op.create_table(
        "bulk_run",
        sa.Column("listing", sa.String(length=20), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("results", Json, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_bulk_run_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulk_run")),
    )
    op.create_table(
        "merge",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("gone_id", sa.Uuid(), nullable=False),
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("gone_name", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("moved", Json, nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_merge_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
    )
    op.create_index("ix_merge_gone_id", "merge", ["gone_id"], unique=False)
    op.create_index("ix_merge_kept_id", "merge", ["kept_id"], unique=False)

    op.create_table(
        "saved_view",
        sa.Column("listing", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_saved_view_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
    )
    op.create_index(op.f("ix_saved_view_listing"), "saved_view", ["listing"], unique=False)

    op.create_table(
        "merge_undoing",
        sa.Column("merge_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["merge_id"], ["merge.id"], name=op.f("fk_merge_undoing_merge_id_merge")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_merge_undoing_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge_undoing")),
        sa.UniqueConstraint("merge_id", name=op.f("uq_merge_undoing_merge_id")),
    )
    op.create_table(
        "paper",
        sa.Column("customer_id", sa.Uuid(), nullable=True),
        sa.Column("equipment_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_paper_customer_id_customer")),
        sa.ForeignKeyConstraint(["digest"], ["stored_file.digest"], name=op.f("fk_paper_digest_stored_file")),
        sa.ForeignKeyConstraint(["equipment_id"], ["equipment.id"], name=op.f("fk_paper_equipment_id_equipment")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_paper_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
    )
    op.create_index(op.f("ix_paper_customer_id"), "paper", ["customer_id"], unique=False)
    op.create_index(op.f("ix_paper_equipment_id"), "paper", ["equipment_id"], unique=False)

    op.create_table(
        "paper_removal",
        sa.Column("paper_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_paper_removal_paper_id_paper")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_paper_removal_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_removal")),
        sa.UniqueConstraint("paper_id", name=op.f("uq_paper_removal_paper_id")),
    )


def add_columns(engine: str) -> None:
    op.add_column("contact", sa.Column("phone_key", sa.String(length=40), nullable=False, server_default=""))
    op.add_column("equipment", sa.Column("serial_key", sa.String(length=80), nullable=False, server_default=""))
    uuid = "CHAR(32)" if engine == "sqlite" else "UUID"
    for table in ("customer", "equipment"):
        name = f"fk_{table}_merged_into_id_{table}"
        op.execute(f"ALTER TABLE {table} ADD COLUMN merged_into_id {uuid} CONSTRAINT {name} REFERENCES {table} (id)")
        op.create_index(op.f(f"ix_{table}_merged_into_id"), table, ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_contact_phone_key"), "contact", ["phone_key"], unique=False)
    op.create_index(op.f("ix_equipment_serial_key"), "equipment", ["serial_key"], unique=False)
    op.create_index(op.f("ix_equipment_installed_on"), "equipment", ["installed_on"], unique=False)


def fill_keys(name: str, source: str, target: str, key: object) -> None:
    """What new rows get as they are written."""
    table = sa.table(name, sa.column("id", sa.Uuid()), sa.column(source), sa.column(target))
    bind = op.get_bind()
    for row_id, text in bind.execute(sa.select(table.c.id, table.c[source])).all():
        bind.execute(table.update().where(table.c.id == row_id).values({target: key(text)}))  # type: ignore[operator]
