"""Ways to rows that had none: a unit by the end of its plates, and whether a call has a visit of some state, which both
databases would otherwise look for among all visits of that state."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from portal.customers.rules import plate_end

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for plate, end in (("serial_no", "serial_end"), ("asset_tag", "tag_end")):
        op.add_column("equipment", sa.Column(end, sa.String(length=4), nullable=False, server_default=""))
        fill(plate, end, plate_end)
        op.create_index(op.f(f"ix_equipment_{end}"), "equipment", [end])
    op.create_index("ix_visit_call_id_state", "visit", ["call_id", "state"])
    left_over = sa.text(
        "outstanding NOT IN ('', 'none')"
        " OR outcome IN ('temporary_fix', 'awaiting_parts', 'taken_to_workshop', 'no_access')"
    )
    op.create_index("ix_finding_left_over", "finding", ["visit_id"], sqlite_where=left_over, postgresql_where=left_over)


def fill(plate: str, end: str, key: Callable[[str | None], str]) -> None:
    """What new rows get as they are written."""
    table, bind = sa.table("equipment", sa.column("id", sa.Uuid()), sa.column(plate), sa.column(end)), op.get_bind()
    rows = [{"unit": unit, "key": key(text)} for unit, text in bind.execute(sa.select(table.c.id, table.c[plate]))]
    if rows:
        bind.execute(table.update().where(table.c.id == sa.bindparam("unit")).values({end: sa.bindparam("key")}), rows)
