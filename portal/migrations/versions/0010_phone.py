"""The phone: calendar addresses, and what history teaches about usual parts and usual findings."""

import sqlalchemy as sa
from alembic import op

from portal.db import Instant

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_feed",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_calendar_feed_secret_hash")),
    )
    op.create_index(op.f("ix_calendar_feed_person_id"), "calendar_feed", ["person_id"], unique=False)
    op.create_table(
        "part_habit",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("symptom", sa.String(length=20), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_part_habit_item_id_item")),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_part_habit_product_id_product")),
        sa.PrimaryKeyConstraint("product_id", "symptom", "item_id", name=op.f("pk_part_habit")),
    )
    op.create_table(
        "finding_habit",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("symptom", sa.String(length=20), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["product.id"], name=op.f("fk_finding_habit_product_id_product")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_finding_habit_visit_id_visit")),
        sa.PrimaryKeyConstraint("product_id", "symptom", name=op.f("pk_finding_habit")),
    )
    op.create_index("ix_equipment_asset_tag", "equipment", ["asset_tag"], unique=False)
