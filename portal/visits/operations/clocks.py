"""The day's buttons and the running clock (contract 7): departure opens travel, arrival closes it, start opens work,
pause closes it and opens wait or break, finish closes all. A person has one clock over all visits."""

from datetime import datetime

from portal.accounts.models import Person, Specimen
from portal.accounts.operations import specimen_of
from portal.calls.models import Visit
from portal.calls.operations import advance
from portal.clock import now
from portal.db import db
from portal.visits import rules
from portal.visits.models import TimeEntry, VisitEvent, entries_from
from portal.visits.operations.guards import later, lock_clock
from portal.visits.operations.times import Overlap


def depart(visit: Visit, *, person: Person, occurred_at: datetime | None = None, waited: bool = True) -> None:
    step(visit, "departure", "en_route", person, occurred_at, waited, opens="travel")


def arrive(visit: Visit, *, person: Person, occurred_at: datetime | None = None, waited: bool = True) -> None:
    step(visit, "arrival", "on_site", person, occurred_at, waited)


def start(visit: Visit, *, person: Person, occurred_at: datetime | None = None, waited: bool = True) -> None:
    step(visit, "start", "working", person, occurred_at, waited, opens="work")


def pause(
    visit: Visit, cause: str, *, person: Person, occurred_at: datetime | None = None, waited: bool = True
) -> None:
    opens = "break" if cause == "break" else "wait"
    step(visit, "pause", "paused", person, occurred_at, waited, opens=opens, cause=cause)


def finish(visit: Visit, *, person: Person, occurred_at: datetime | None = None, waited: bool = True) -> None:
    """The end of the work. Whoever has drawn a specimen of their signature confirms it here for this visit."""
    step(visit, "finish", "finished", person, occurred_at, waited, specimen=specimen_of(person))


def step(
    visit: Visit,
    kind: str,
    state: str,
    person: Person,
    occurred_at: datetime | None,
    waited: bool,
    *,
    opens: str | None = None,
    cause: str | None = None,
    specimen: Specimen | None = None,
) -> None:
    """One press of a button: the visit's next state, the moment, and what it does to the clock."""
    recorded_at = now()
    moment = occurred_at or recorded_at
    advance(visit, state)
    lock_clock(person)
    entries = entries_from(person, moment)
    running = next((entry for entry in entries if entry.ended_at is None and entry.visit_id == visit.id), None)
    if opens:
        free_the_clock(visit, person, [entry for entry in entries if entry is not running], moment)
    event = VisitEvent(
        visit_id=visit.id,
        person_id=person.id,
        kind=kind,
        cause=cause,
        occurred_at=moment,
        recorded_at=recorded_at,
        specimen_id=specimen.id if specimen else None,
        clock_suspect=rules.clock_is_suspect(
            moment, recorded_at, waited=waited, previous=running.started_at if running else None
        ),
    )
    db.session.add(event)
    if running:
        running.ended_at = later(running.started_at, moment)
    if opens:
        begin = later(running.ended_at, moment) if running and running.ended_at else moment
        db.session.add(
            TimeEntry(
                visit_id=visit.id,
                person_id=person.id,
                kind=opens,
                cause=cause if opens == "wait" else None,
                started_at=begin,
                recorded_at=recorded_at,
            )
        )
    db.session.flush()


def free_the_clock(visit: Visit, person: Person, entries: list[TimeEntry], moment: datetime) -> None:
    """Refuses a second clock of travel or work. Waiting and breaks end where something else begins, and so does what
    was left running at a visit that is no longer this person's."""
    for entry in entries:
        if entry.ended_at is None and left_behind(entry.visit, person):
            entry.ended_at = later(entry.started_at, min(moment, entry.visit.moved_at or moment))
        elif entry.ended_at is None and entry.kind in ("wait", "break"):
            entry.ended_at = later(entry.started_at, moment)
        elif entry.ended_at is None or rules.whole_minute(entry.started_at) <= moment:
            raise Overlap(visit, entry)


def left_behind(visit: Visit, person: Person) -> bool:
    return visit.person_id != person.id or visit.state == "cancelled"
