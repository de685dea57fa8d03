"""Visits as lists: all that a person may see, and those that need another visit."""

import uuid
from datetime import UTC, datetime
from typing import Any

from flask import Response, request, url_for
from flask_login import current_user

from portal.calls import queries as calls
from portal.calls.words import STATES
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, may, requires
from portal.receipts import parse_id
from portal.visits import queries
from portal.visits.forms import VisitFilters
from portal.visits.views.base import bp

FILTERS = ("date", "technician", "state")


@bp.get("/visits")
@requires(Permission.VISIT_VIEW)
def index() -> Response:
    zone = current_user.branch.time_zone
    office = may(Permission.CALL_VIEW)
    filters = VisitFilters(request.args)
    people = [(str(person.id), person.name) for person in calls.technicians()] if office else []
    filters.technician.choices = [("", _("All")), *people]
    wanted = wanted_by(filters)
    rows, following = queries.visit_rows(current_user, wanted, zone)
    kept: dict[str, Any] = {
        name: value for name, value in request.args.items() if name in ("date", "technician", "state")
    }
    return page(
        "visits/index.html",
        filters=filters,
        office=office,
        rows=rows,
        narrowed=bool(wanted.day or wanted.technician_id or wanted.state),
        newest=url_for("visits.index", **kept) if wanted.before else None,
        older=url_for("visits.index", **kept, before=position_text(following)) if following else None,
    )


def wanted_by(filters: VisitFilters) -> queries.Wanted:
    """What the address asks for."""
    filters.date.validate(filters)
    return queries.Wanted(
        day=filters.date.data,
        technician_id=parse_id(filters.technician.data or ""),
        state=filters.state.data if filters.state.data in STATES else "",
        before=position(request.args.get("before", "")),
    )


def position(text: str) -> tuple[datetime, uuid.UUID] | None:
    """Where a page of the list begins; anything odd is the list's beginning."""
    moment, _tilde, visit_id = text.partition("~")
    row = parse_id(visit_id)
    try:
        return (datetime.fromtimestamp(int(moment) / 1_000_000, UTC), row) if row else None
    except (ValueError, OverflowError, OSError):
        return None


def position_text(place: tuple[datetime, uuid.UUID]) -> str:
    moment, visit_id = place
    return f"{round(moment.timestamp() * 1_000_000)}~{visit_id}"


@bp.get("/follow-ups")
@requires(Permission.CALL_VIEW)
def follow_ups() -> Response:
    return page("visits/follow_ups.html", rows=queries.follow_ups())
