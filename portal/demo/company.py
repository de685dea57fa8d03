"""Loading the company into an empty database, and moving its open plans to today."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from portal import history
from portal.accounts.models import Branch, Person
from portal.accounts.operations import keep_specimen
from portal.calls import rules
from portal.calls.models import Visit
from portal.clock import local, now, zone
from portal.db import db
from portal.demo.cast import Cast, load_cast
from portal.demo.catalogue import load_catalogue
from portal.demo.opening import load_opening_stock
from portal.demo.pictures import signature
from portal.demo.stories import play
from portal.demo.times import Timetable, at
from portal.history import HistoryEntry
from portal.permissions import Role
from portal.visits.habits import learn

ZONE = "Asia/Shanghai"  # the company's own calendar
LOADED = "demo.told_for"
FOUNDED = timedelta(days=60)


def is_empty() -> bool:
    return db.session.scalar(select(func.count()).select_from(Person)) == 0


def load(today: date | None = None, before: Callable[[Cast, date], None] | None = None) -> Cast:
    """Everything, told relative to `today` (the present day if not given). The database must be empty. `before` may
    tell what was before the company's own story, up to a day."""
    table = Timetable(present(today))
    with at(table.now - FOUNDED):
        load_catalogue()
        cast = load_cast(table.day(ZONE))
        keep_specimens(cast)
    if before:
        before(cast, table.day(ZONE) - FOUNDED)
    load_opening_stock(cast, table)
    play(cast, table)
    learn()
    note_day(table.day(ZONE))
    return cast


def keep_specimens(cast: Cast) -> None:
    """The technicians drew their own signatures when they began."""
    for person in cast.people.values():
        if Role.TECHNICIAN in person.roles:
            keep_specimen(person, signature(person.name, "specimen"))


def present(today: date | None) -> datetime:
    """This moment of the day, on the day `today`."""
    moment = now()
    if today is None:
        return moment
    return datetime.combine(today, local(moment, ZONE).time(), zone(ZONE))


def move_to_today() -> int:
    """Moves the windows of the company's open visits by the days that passed since they were told; says how many.

    Plans only: what happened, was signed or was posted keeps its time.
    """
    today, told_for = local(now(), ZONE).date(), last_day()
    days = (today - told_for) if told_for else timedelta()
    if not days:
        return 0
    moved = open_visits()
    for visit in moved:
        visit.window_start, visit.window_end = moved_by(visit.window_start, days), moved_by(visit.window_end, days)
        visit.moved_at = now()
    db.session.flush()
    note_day(today)
    return len(moved)


def open_visits() -> list[Visit]:
    """Visits of demonstration people that still wait for something to be done by them."""
    over = rules.CLOSED | {"signed", "unsigned"}
    query = select(Visit).join(Visit.person).where(Person.demo, Visit.state.not_in(over))
    return list(db.session.scalars(query))


def moved_by(moment: datetime | None, days: timedelta) -> datetime | None:
    return moment + days if moment else None


def note_day(day: date) -> None:
    """Writes down for which day the plans are told, as a fact about the first branch."""
    branch = db.session.scalars(select(Branch).order_by(Branch.code)).first()
    history.record(LOADED, branch, day=day.isoformat())


def last_day() -> date | None:
    query = select(HistoryEntry).where(HistoryEntry.verb == LOADED).order_by(HistoryEntry.n.desc()).limit(1)
    entry = db.session.scalars(query).first()
    return date.fromisoformat(entry.details["day"]) if entry else None
