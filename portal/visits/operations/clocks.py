"""The day's buttons and the running clock (contract 7): departure opens travel, arrival closes it, start opens work,
pause closes it and opens wait or break, finish closes it. A person has one clock over all visits, and each of several
technicians their own: the lead's buttons move the visit, another's move their own state on it (SR-12)."""

import uuid
from datetime import datetime

from portal import history
from portal.accounts.models import Person, Specimen
from portal.accounts.operations import specimen_of
from portal.calls.leaving import register
from portal.calls.models import Visit
from portal.calls.operations import advance, advance_member, lock, lock_team
from portal.calls.rules import UNDER_WAY
from portal.clock import now
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy
from portal.visits import rules
from portal.visits.models import TimeEntry, VisitEvent, entries_from, live_time_entries, open_clock
from portal.visits.operations.guards import ensure_on_team, later, lock_clock
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
    """The end of the work, said by the lead. Whoever has drawn a specimen of their signature confirms it here for this
    visit. It stops the lead's own clock alone: others may still work, and the hand-over waits until they have left."""
    if not visit.is_led_by(person) and visit.membership(person) is not None:
        raise Conflict(lazy("%(name)s leads this visit and ends the work. Say that you are done.", name=lead_of(visit)))
    step(visit, "finish", "finished", person, occurred_at, waited, specimen=specimen_of(person))


def leave_site(visit: Visit, *, person: Person, occurred_at: datetime | None = None, waited: bool = True) -> None:
    """Somebody beside the lead is done: their clock stops and their specimen is confirmed; the visit goes on."""
    if visit.is_led_by(person):
        raise Conflict(lazy("You lead this visit: finish it."))
    step(visit, "leaving", "finished", person, occurred_at, waited, specimen=specimen_of(person))


def stop_clock_of(visit: Visit, owner_id: uuid.UUID, *, person: Person) -> None:
    """After the end of the work the lead stops a clock that somebody forgot, so that the report can be signed."""
    lock_team(visit)
    if not visit.is_led_by(person) or visit.state != "finished":
        raise Conflict(lazy("The lead stops other clocks, once the work is finished."))
    running = [one for one in live_time_entries(visit) if one.ended_at is None and one.person_id == owner_id]
    if not running:
        raise Conflict(lazy("This clock does not run any more."))
    end_for(visit, running[0].person, person)


@register
def end_for(visit: Visit, owner: Person, by: Person) -> None:
    """Somebody else stops the owner's clock at this visit, and the entry says who did."""
    lock_clock(owner)
    running = open_clock(owner)
    if running is None or running.visit_id != visit.id:
        return
    running.ended_at, running.stopped_by_id = later(running.started_at, now()), by.id
    member = visit.membership(owner)
    if member is not None:
        member.state = "finished"
    db.session.flush()
    history.record("stop_clock", visit, person_id=by.id, owner=owner.id, entry=running.id)


def lead_of(visit: Visit) -> str:
    return visit.person.name if visit.person else "–"


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
    """One press of a button: the next state, the moment, and what it does to the clock."""
    recorded_at = now()
    moment = occurred_at or recorded_at
    go_on(visit, person, state)
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


def go_on(visit: Visit, person: Person, state: str) -> None:
    """The visit's next state when its lead presses, a member's own when somebody else does."""
    if visit.is_led_by(person):
        advance(visit, state)
        ensure_on_team(visit, person)
        return
    lock(visit)
    ensure_on_team(visit, person)
    member = visit.membership(person)
    if member is None:
        advance(visit, state)
    else:
        advance_member(visit, member, state)


def free_the_clock(visit: Visit, person: Person, entries: list[TimeEntry], moment: datetime) -> None:
    """Refuses a second clock of travel or work. Waiting and breaks end where something else begins, and so does what
    was left running at a visit that is over or no longer this person's."""
    for entry in entries:
        if entry.ended_at is None and left_behind(entry.visit, person):
            entry.ended_at = later(entry.started_at, min(moment, entry.visit.moved_at or moment))
        elif entry.ended_at is None and entry.kind in ("wait", "break"):
            entry.ended_at = later(entry.started_at, moment)
        elif entry.ended_at is None or rules.whole_minute(entry.started_at) <= moment:
            raise Overlap(visit, entry)


def left_behind(visit: Visit, person: Person) -> bool:
    return visit.state not in UNDER_WAY or not visit.is_assigned(person)
