"""The history as people read it."""

from flask import url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.admin import queries
from portal.admin.forms import HistoryFilter
from portal.admin.links import entries
from portal.admin.views.base import bp, marked, paged, zone
from portal.admin.words import VERBS
from portal.htmx import page
from portal.permissions import Permission, requires


@bp.get("/admin/history")
@requires(Permission.HISTORY_VIEW)
def history() -> BaseResponse:
    filters = HistoryFilter(queries.everybody(), VERBS, zone())
    person = filters.people.get(filters.asked("person") or "")
    start, end = filters.bounds()
    record = filters.asked("record")
    wanted = queries.HistoryWanted(
        person_id=person.id if person else None,
        verb=filters.asked("verb") or "",
        subjects=queries.subjects_named(record) if record else None,
        start=start,
        end=end,
        before=marked(number),
    )
    found = paged(
        queries.history(wanted),
        queries.PAGE_SIZE,
        lambda **at: url_for("admin.history", **filters.query, **at),
        lambda row: f"{row.recorded_at.isoformat()}_{row.n}",
    )
    return page("admin/history.html", filters=filters, zone=zone(), entries=entries(found["rows"]), **found)


def number(text: str) -> int:
    """ValueError for what cannot be a row's number."""
    found = int(text) if text.isascii() and text.isdigit() else -1
    if not 0 <= found < 2**62:
        raise ValueError(text)
    return found
