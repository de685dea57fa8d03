"""Time that was not clocked: added or corrected afterwards, with a reason. A correction is a new entry that names
the old one; two stretches of one person never overlap, on whatever visits."""

import uuid
from datetime import datetime

from portal import history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.operations import advance, advance_member
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import fmt, lazy
from portal.visits import rules
from portal.visits.models import TimeEntry, VisitEvent, entries_between, live_time_entries
from portal.visits.operations.guards import ensure_writable, is_on_team, later, lock_clock, place_of
from portal.visits.words import TIME_KINDS, word


class Overlap(Rejected):
    """The person's clock runs elsewhere, or the time is taken: names both visits, and keeps them for links."""

    def __init__(self, visit: Visit, entry: TimeEntry, field: str | None = None) -> None:
        self.visits = list(dict.fromkeys([visit, entry.visit]))
        facts = {
            "visit": place_of(visit),
            "other": place_of(entry.visit),
            "kind": word(TIME_KINDS, entry.kind),
            "start": fmt.datetime(entry.started_at, entry.visit.zone),
        }
        if entry.ended_at is None:
            words = lazy(
                "%(visit)s: your clock (%(kind)s) runs at %(other)s since %(start)s. Stop it there first.",
                **facts,
            )
        else:
            facts["end"] = fmt.time(entry.ended_at, entry.visit.zone)
            words = lazy("%(visit)s: this time overlaps with %(kind)s at %(other)s, %(start)s–%(end)s.", **facts)
        super().__init__(words, field)


def log_time(
    visit: Visit,
    *,
    kind: str,
    started_at: datetime,
    ended_at: datetime,
    cause: str | None = None,
    reason: str = "",
    replaces: uuid.UUID | None = None,
    person: Person,
) -> TimeEntry:
    """Adds a closed stretch of time, or corrects the entry `replaces`. Over midnight is fine."""
    ensure_writable(visit, "time")
    lock_clock(person)
    old = own_entry(visit, replaces, person) if replaces else None
    check_span(started_at, ended_at)
    if kind == "wait" and not cause:
        raise Rejected(lazy("Say what you waited for."), field="cause")
    if not reason and rules.needs_reason(ended_at, now(), corrects=old is not None):
        raise Rejected(lazy("Say why this is entered later or changed."), field="reason")
    span = rules.Stretch(kind, started_at, ended_at)
    for entry in entries_between(person, started_at, ended_at):
        taken = rules.Stretch(entry.kind, entry.started_at, entry.ended_at)
        if entry is not old and rules.overlap(span, taken, later(now(), entry.started_at)):
            raise Overlap(visit, entry, field="started_at")
    if old is not None:
        stop(visit, old, ended_at, person)
    return append(
        TimeEntry(
            visit_id=visit.id,
            person_id=person.id,
            kind=kind,
            cause=cause if kind == "wait" else None,
            started_at=started_at,
            ended_at=ended_at,
            reason=reason,
            replaces_id=old.id if old else None,
            recorded_at=now(),
        ),
        visit,
        "correct_time" if old else "log_time",
        person,
    )


def drop_time(visit: Visit, entry_id: uuid.UUID, reason: str, *, person: Person) -> TimeEntry:
    """The entry was wrong altogether: replaced by nothing."""
    ensure_writable(visit, "time")
    lock_clock(person)
    old = own_entry(visit, entry_id, person)
    ended_at = old.ended_at or later(old.started_at, now())
    stop(visit, old, ended_at, person)
    gone = TimeEntry(
        visit_id=visit.id,
        person_id=person.id,
        kind=old.kind,
        cause=old.cause,
        started_at=old.started_at,
        ended_at=ended_at,
        reason=reason,
        replaces_id=old.id,
        dropped=True,
        recorded_at=now(),
    )
    return append(gone, visit, "drop_time", person)


def own_entry(visit: Visit, entry_id: uuid.UUID, person: Person) -> TimeEntry:
    for entry in live_time_entries(visit):
        if entry.id == entry_id and entry.person_id == person.id:
            return entry
    raise Conflict(lazy("This entry was changed meanwhile. Look at the times again."))


def check_span(started_at: datetime, ended_at: datetime) -> None:
    if ended_at <= started_at:
        raise Rejected(lazy("The end is not after the start."), field="ended_at")
    if ended_at > now() + rules.TOLERANCE:
        raise Rejected(lazy("This time has not come yet."), field="ended_at")
    if ended_at - started_at > rules.LONGEST_ENTRY:
        raise Rejected(lazy("Longer than 24 hours. Enter it day by day."), field="ended_at")


def stop(visit: Visit, running: TimeEntry, moment: datetime, person: Person) -> None:
    """A clock that is corrected while it runs stops. Work that it counted is paused from then on."""
    if running.ended_at is not None:
        return
    running.ended_at = later(running.started_at, moment)
    if running.kind == "work" and is_on_team(visit, person) and visit.state_for(person) == "working":
        member = None if visit.is_led_by(person) else visit.membership(person)
        if member is None:
            advance(visit, "paused")
        else:
            advance_member(visit, member, "paused")
        db.session.add(
            VisitEvent(visit_id=visit.id, person_id=person.id, kind="pause", occurred_at=moment, recorded_at=now())
        )


def append(entry: TimeEntry, visit: Visit, verb: str, person: Person) -> TimeEntry:
    db.session.add(entry)
    db.session.flush()
    history.record(verb, visit, person_id=person.id, entry=entry.id, replaces=entry.replaces_id or "")
    return entry
