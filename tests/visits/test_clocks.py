"""Clocks and time entries on both databases: what they write, and what they refuse."""

from typing import Any

import pytest
from sqlalchemy import func, select

from portal.calls import operations as calls
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.visits.facts import facts_of
from portal.visits.models import (
    TimeEntry,
    VisitEvent,
    live_time_entries,
    open_clock,
)
from portal.visits.operations import (
    Overlap,
    arrive,
    depart,
    drop_time,
    finish,
    log_time,
    pause,
    start,
)
from tests.visits.steps import spans, working


def test_the_buttons_of_a_day_keep_the_clock(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    world.set_clock(world.at(11))
    pause(visit, "parts", person=zhang, occurred_at=world.at(9, 40))
    start(visit, person=zhang, occurred_at=world.at(10))
    pause(visit, "break", person=zhang, occurred_at=world.at(10, 20))
    finish(visit, person=zhang, occurred_at=world.at(10, 30))
    assert visit.state == "finished"
    assert spans(visit, world) == [
        ("travel", 480, 510),
        ("work", 540, 580),
        ("wait", 580, 600),
        ("work", 600, 620),
        ("break", 620, 630),
    ]
    assert open_clock(zhang) is None
    facts = facts_of(visit)
    assert (facts.minutes("work"), facts.minutes("wait")) == (60, 20)
    assert (facts.times.arrived_at, facts.times.left_at) == (world.at(8, 30), world.at(10, 30))


def test_the_same_button_twice_is_a_conflict(world: Any) -> None:
    visit = working(world)
    with pytest.raises(Conflict):
        start(visit, person=world.person("zhang"))
    with pytest.raises(Conflict):
        depart(visit, person=world.person("zhang"))


def test_one_clock_of_travel_or_work_a_person_over_all_visits(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    other = world.visit(serial="DF2401-0002")
    with pytest.raises(Overlap) as refused, db.session.begin_nested():
        depart(other, person=zhang)
    assert visit.number in str(refused.value) and other.number in str(refused.value)
    assert set(refused.value.visits) == {visit, other}
    pause(visit, "parts", person=zhang)
    depart(other, person=zhang, occurred_at=world.at(9, 10))
    assert spans(visit, world)[-1] == ("wait", 545, 550)


def test_a_clock_left_at_a_visit_that_was_moved_away_does_not_block(world: Any) -> None:
    world.set_clock(world.at(8))
    visit, zhang, sun = world.visit(), world.person("zhang"), world.person("sun")
    depart(visit, person=zhang)
    world.set_clock(world.at(8, 20))
    calls.assign(
        visit,
        world.person("li"),
        window_start=visit.window_start,
        window_end=visit.window_end,
        reason="车坏了",
        person=sun,
    )
    assert spans(visit, world) == [("travel", 480, 500)] and open_clock(zhang) is None
    world.set_clock(world.at(8, 40))
    other = world.visit(serial="DF2401-0002")
    depart(other, person=zhang)
    assert spans(visit, world) == [("travel", 480, 500)]
    running = open_clock(zhang)
    assert running is not None and running.visit_id == other.id


def test_an_impossible_phone_time_is_kept_and_marked(world: Any) -> None:
    world.set_clock(world.at(9))
    visit, zhang = world.visit(), world.person("zhang")
    depart(visit, person=zhang, occurred_at=world.at(9, day=25))
    arrive(visit, person=zhang, occurred_at=world.at(9, 10), waited=False)
    events = list(db.session.scalars(select(VisitEvent).order_by(VisitEvent.occurred_at)))
    assert [(e.kind, e.clock_suspect) for e in events] == [("arrival", True), ("departure", True)]
    assert events[1].occurred_at == world.at(9, day=25)
    assert all(e.ended_at >= e.started_at for e in live_time_entries(visit) if e.ended_at)


def test_time_is_added_corrected_and_dropped_with_reasons(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    world.set_clock(world.at(10))
    finish(visit, person=zhang)
    late = {"kind": "wait", "started_at": world.at(8, 30), "ended_at": world.at(8, 50)}
    with pytest.raises(Rejected) as refused:
        log_time(visit, **late, person=zhang)
    assert refused.value.field == "cause"
    with pytest.raises(Rejected) as refused:
        log_time(visit, **late, cause="customer", person=zhang)
    assert refused.value.field == "reason"
    added = log_time(visit, **late, cause="customer", reason="reception was closed", person=zhang)
    better = log_time(
        visit,
        kind="wait",
        started_at=world.at(8, 30),
        ended_at=world.at(8, 45),
        cause="customer",
        reason="looked at the clock",
        replaces=added.id,
        person=zhang,
    )
    assert ("wait", 510, 525) in spans(visit, world) and ("wait", 510, 530) not in spans(visit, world)
    with pytest.raises(Conflict):
        log_time(visit, **late, cause="customer", reason="again", replaces=added.id, person=zhang)
    drop_time(visit, better.id, "never waited", person=zhang)
    assert [kind for kind, *_ in spans(visit, world)] == ["travel", "work"]
    assert db.session.scalar(select(func.count()).select_from(TimeEntry)) == 5


@pytest.mark.parametrize(
    ("start_at", "end_at", "field"),
    [((7, 0), (7, 0), "ended_at"), ((7, 30), (7, 0), "ended_at"), ((9, 30), (23, 0), "ended_at")],
)
@pytest.mark.engine("sqlite")
def test_impossible_spans_are_refused(world: Any, start_at: Any, end_at: Any, field: str) -> None:
    visit, zhang = working(world), world.person("zhang")
    span = {"kind": "break", "started_at": world.at(*start_at), "ended_at": world.at(*end_at)}
    with pytest.raises(Rejected) as refused:
        log_time(visit, **span, reason="x", person=zhang)
    assert refused.value.field == field


def test_overlapping_time_names_both_visits(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    world.set_clock(world.at(10))
    finish(visit, person=zhang)
    other = world.visit(serial="DF2401-0002")
    with pytest.raises(Overlap) as refused:
        log_time(
            other,
            kind="work",
            started_at=world.at(8),
            ended_at=world.at(9, 30),
            reason="late",
            person=zhang,
        )
    assert visit.number in str(refused.value) and other.number in str(refused.value)
    log_time(
        other, kind="work", started_at=world.at(22, day=22), ended_at=world.at(8), reason="night shift", person=zhang
    )
    assert facts_of(other).minutes("work") == 600


def test_a_forgotten_clock_is_stopped_by_its_correction(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    world.set_clock(world.at(8, day=24))
    running = open_clock(zhang)
    assert running is not None
    log_time(
        visit,
        kind="work",
        started_at=running.started_at,
        ended_at=world.at(18),
        reason="clock was forgotten",
        replaces=running.id,
        person=zhang,
    )
    assert open_clock(zhang) is None
    assert visit.state == "paused"
    start(visit, person=zhang)
    assert spans(visit, world)[1] == ("work", 540, 1080)
