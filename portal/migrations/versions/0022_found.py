"""Entries of the search that say more than they did: who goes along to a visit finds it as its lead does, and what an
entry was called before it was merged finds the one that stays."""

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from portal.db import Instant, Json

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

CHUNK = 500
JOB = sa.table(
    "job",
    sa.column("id", sa.Uuid()),
    sa.column("kind", sa.String()),
    sa.column("key", sa.String()),
    sa.column("about", sa.String()),
    sa.column("payload", Json),
    sa.column("state", sa.String()),
    sa.column("attempts", sa.Integer()),
    sa.column("due_at", Instant()),
    sa.column("error", sa.String()),
    sa.column("created_at", Instant()),
)
# Which entries of which kind; the jobs that follow the names of customers bring them up to date.
MERGED = "SELECT merged_into_id FROM {} WHERE merged_into_id IS NOT NULL"
HELPED = "FROM visit_member JOIN visit ON visit.id = visit_member.visit_id JOIN call ON call.id = visit.call_id"
CHANGED = {
    "visit": f"SELECT DISTINCT visit.id {HELPED}",
    "report": f"SELECT DISTINCT report.visit_id {HELPED} JOIN report ON report.visit_id = visit.id",
    "customer": f"""SELECT call.site_id {HELPED} UNION {MERGED.format("customer")}
        UNION SELECT id FROM site WHERE customer_id IN ({MERGED.format("customer")})""",
    "unit": f"SELECT call.equipment_id {HELPED} WHERE call.equipment_id IS NOT NULL UNION {MERGED.format('equipment')}",
}


def upgrade() -> None:
    """An index that is empty is made anew as a whole, so nothing is left to do for it."""
    if op.get_bind().execute(sa.text("SELECT n FROM search_entry LIMIT 1")).first() is None:
        return
    for kind, query in CHANGED.items():
        index_later(kind, op.get_bind().execute(sa.text(query).columns(sa.column("id", sa.Uuid()))).scalars())


def index_later(kind: str, ids: Iterable[uuid.UUID]) -> None:
    wanted = sorted(one.hex for one in ids)
    moment = datetime.now(UTC)
    for at in range(0, len(wanted), CHUNK):
        payload = {"kind_of_entries": kind, "ids": wanted[at : at + CHUNK]}
        row = {"id": uuid.uuid4(), "kind": "index_search", "key": f"index_search:{uuid.uuid4()}", "about": ""}
        row |= {"payload": payload, "state": "waiting", "attempts": 0, "error": ""}
        op.get_bind().execute(sa.insert(JOB).values(row | {"due_at": moment, "created_at": moment}))
