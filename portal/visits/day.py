"""A technician's day, sorted into what is in hand, what waits, and what is done."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.visits.models import TimeEntry

DONE = ("signed", "unsigned", "approved")
IN_HAND = ("working", "on_site", "en_route")  # in this order, when no clock runs


@dataclass
class Day:
    """Each visit stands in one list; `next` is the first that waits, and is offered with its button."""

    in_hand: Visit | None = None
    returned: list[Visit] = field(default_factory=list)
    overdue: list[Visit] = field(default_factory=list)
    today: list[Visit] = field(default_factory=list)
    paused: list[Visit] = field(default_factory=list)
    finished: list[Visit] = field(default_factory=list)
    tomorrow: list[Visit] = field(default_factory=list)
    done: list[Visit] = field(default_factory=list)
    planned: int = 0
    states: dict[uuid.UUID, str] = field(default_factory=dict)

    @property
    def next(self) -> Visit | None:
        return None if self.in_hand else next(iter([*self.overdue, *self.today]), None)

    @property
    def is_free(self) -> bool:
        waiting = (self.returned, self.overdue, self.today, self.paused, self.finished)
        return self.in_hand is None and not any(waiting)


def day_from(
    visits: Iterable[Visit], clock: TimeEntry | None, now: datetime, start: datetime, end: datetime, person: Person
) -> Day:
    """`start` and `end` bound today; `clock` is the running one. A visit is as far as the person is at it."""
    visits = list(visits)
    states = {visit.id: visit.state_for(person) for visit in visits}
    day = Day(in_hand=visit_in_hand(visits, clock, states), states=states)
    for visit in visits:
        begins = visit.window_start
        day.planned += begins is not None and start <= begins < end
        if visit is not day.in_hand:
            place(day, visit, states[visit.id], now, end).append(visit)
    return day


def visit_in_hand(visits: list[Visit], clock: TimeEntry | None, states: dict[uuid.UUID, str]) -> Visit | None:
    if clock is not None and clock.kind in ("travel", "work"):
        return next((visit for visit in visits if visit.id == clock.visit_id), None)
    return next((visit for state in IN_HAND for visit in visits if states[visit.id] == state), None)


def place(day: Day, visit: Visit, state: str, now: datetime, end: datetime) -> list[Visit]:
    named = {"returned": day.returned, "paused": day.paused, "finished": day.finished}
    if state in named:
        return named[state]
    if state in DONE:
        return day.done
    if visit.window_end is not None and visit.window_end < now:
        return day.overdue
    return day.tomorrow if visit.window_start is not None and visit.window_start >= end else day.today
