"""A person's visits as an iCalendar (RFC 5545), for planning beside other appointments.

It holds customer, site and number, and nothing else: calendars are copied to servers of others. UIDs are stable and
SEQUENCE is the visit's version, so that an app replaces what it has. The same visits give the same bytes.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from icalendar import Calendar, Event
from icalendar.prop import vDuration
from sqlalchemy import Row, Select, Uuid, bindparam, func, select, union_all

from portal.accounts.models import Person
from portal.calls.models import Call, Member, Visit
from portal.customers.models import Customer, Site
from portal.db import Instant, db
from portal.history import HistoryEntry
from portal.i18n import _

PAST, AHEAD = timedelta(days=30), timedelta(days=180)
USUAL_LENGTH = timedelta(hours=1)  # of a visit whose window has no end
REFRESH = timedelta(hours=4)


def calendar_of(person: Person, moment: datetime) -> bytes:
    """The calendar in the language that is spoken now."""
    calendar = Calendar()
    calendar.add("prodid", "-//Service portal//Visits//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", _("Visits of %(name)s", name=person.name))
    calendar.add("x-wr-calname", _("Visits of %(name)s", name=person.name))
    calendar.add("description", hint())
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    rows = visits_of(person, moment)
    changed = changes_of(row.id for row in rows)
    for row in rows:
        calendar.add_component(event_of(row, changed.get(row.id)))
    return calendar.to_ical()


def hint() -> str:
    return _("For planning; can be hours old.")


def event_of(row: Row[Any], changed: datetime | None) -> Event:
    event = Event()
    modified = max(filter(None, (row.created_at, row.moved_at, changed)))
    event.add("uid", f"visit-{row.id}@portal")
    event.add("sequence", row.version)
    event.add("dtstamp", modified)
    event.add("last-modified", modified)
    event.add("created", row.created_at)
    event.add("dtstart", row.window_start)
    event.add("dtend", end_of(row))
    event.add("summary", row.customer)
    event.add("location", row.site)
    event.add("description", f"{row.number}/{row.seq}\n{hint()}")
    event.add("status", "CANCELLED" if row.state == "cancelled" else "CONFIRMED")
    return event


def end_of(row: Row[Any]) -> datetime:
    ends: datetime | None = row.window_end
    return ends if ends and ends > row.window_start else row.window_start + USUAL_LENGTH


def visits_of(person: Person, moment: datetime) -> list[Row[Any]]:
    values = {"person_id": person.id, "start": moment - PAST, "end": moment + AHEAD}
    found: list[Any] = list(db.session.execute(visits_query(), values))
    return found


@cache
def visits_query() -> Select[Any]:
    """Made once, and columns only: calendars ask again and again. Those that the person leads and those that they go
    along to are looked up each by their own index."""
    the_person = bindparam("person_id", type_=Uuid())
    start, end = bindparam("start", type_=Instant()), bindparam("end", type_=Instant())
    then = (Visit.window_start >= start, Visit.window_start < end)
    led = select(Visit.id).where(Visit.person_id == the_person, *then)
    helped = select(Visit.id).join(Member, Member.visit_id == Visit.id).where(Member.person_id == the_person, *then)
    query: Any = (
        select(
            Visit.id, Visit.seq, Visit.state, Visit.version, Visit.window_start, Visit.window_end, Visit.created_at,
            Visit.moved_at, Call.number, Customer.name.label("customer"), Site.name.label("site"),
        )
        .join(Call, Call.id == Visit.call_id)
        .join(Customer, Customer.id == Call.customer_id)
        .join(Site, Site.id == Call.site_id)
        .where(Visit.id.in_(union_all(led, helped)))
        .order_by(Visit.window_start, Visit.id)
    )  # fmt: skip
    return query


def changes_of(visit_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When something was done to each visit last."""
    entry = HistoryEntry
    query = (
        select(entry.subject_id, func.max(entry.recorded_at, type_=Instant()))
        .where(entry.subject_kind == "visit", entry.subject_id.in_([str(visit_id) for visit_id in visit_ids]))
        .group_by(entry.subject_id)
    )
    return {uuid.UUID(subject): moment for subject, moment in db.session.execute(query)}
