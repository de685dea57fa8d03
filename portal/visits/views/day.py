"""Today, and what lies in the van."""

from datetime import datetime, timedelta

from flask import Response
from flask_login import current_user

from portal import held
from portal.clock import day_bounds, now
from portal.clock import today as this_day
from portal.htmx import page
from portal.permissions import Permission, requires
from portal.stock.models import find_van, van_stock
from portal.stock.tools import queries as tools
from portal.visits import queries, rules
from portal.visits.day import day_from
from portal.visits.models import TimeEntry, running_clock
from portal.visits.views.base import bp


@bp.get("/today")
@requires(Permission.VISIT_RECORD)
def today() -> Response:
    """What is in hand first, because the phone may have been started anew; then the day in its order."""
    person = current_user._get_current_object()  # asked of each visit: the proxy costs more than the answer
    zone, moment = person.branch.time_zone, now()
    start, end = day_bounds(this_day(zone), zone)
    visits = queries.day_of(person, start, end + timedelta(days=1))
    clock = running_clock(person)  # after the day's visits, of which its own nearly always is one
    forgotten = suggested = None
    if clock and clock.visit.is_assigned(person) and is_forgotten(clock, moment):
        forgotten = clock
        suggested = rules.suggested_end(clock.started_at, queries.last_sign(clock), moment, clock.visit.zone)
    return page(
        "visits/today.html",
        day=day_from(visits, clock, moment, start, end, person),
        told=held.told_to(person),
        handed_on=queries.handed_on(person, start),
        date=this_day(zone),
        zone=zone,
        clock=clock,
        forgotten=forgotten,
        suggested=suggested,
    )


def is_forgotten(clock: TimeEntry, moment: datetime) -> bool:
    return rules.is_forgotten(clock.started_at, moment, clock.visit.zone)


@bp.get("/van")
@requires(Permission.VISIT_RECORD)
def van() -> Response:
    """Parts, and the tools in the technician's hands with what is due of them."""
    zone = current_user.branch.time_zone
    return page(
        "visits/van.html",
        held=van_stock(find_van(current_user)),
        tools=tools.held_by(current_user),
        returned=tools.returns_to_confirm(current_user),
        day=this_day(zone),
        zone=zone,
    )
