from datetime import timedelta
from typing import Any

import pytest

from portal.calls import operations, queries
from portal.calls.models import Visit
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.history import HistoryEntry


def plan(world: Any, username: str = "li", hours: float = 2) -> dict[str, Any]:
    start = now() + timedelta(hours=1)
    return {
        "technician": world.person(username),
        "window_start": start,
        "window_end": start + timedelta(hours=hours),
        "person": world.person("sun"),
    }


def test_calls_are_numbered_by_branch_and_month_without_gaps(world: Any) -> None:
    world.set_clock(world.at(9))
    numbers = [world.visit().call.number for _call in range(3)]
    assert numbers == ["JX-01-2611-0001", "JX-01-2611-0002", "JX-01-2611-0003"]


def test_a_call_names_a_unit_and_a_contact_of_its_own_site(world: Any) -> None:
    call = world.visit().call
    gym, hotel = world.site(), world.site("Gimnasio")
    known = {
        name: getattr(call, name)
        for name in ("branch", "channel", "caller_name", "description", "service_class", "work_type", "priority")
    }
    elsewhere: list[dict[str, Any]] = [
        {"equipment": world.equipment("DF2401-0003"), "contact": None},
        {"equipment": None, "contact": hotel.contacts[0]},
    ]
    for wrong in elsewhere:
        with pytest.raises(Rejected):
            operations.register_call(
                **known, **wrong, customer=gym.customer, site=gym, reported_at=now(), person=world.person("sun")
            )


def test_the_next_visit_of_a_call_has_the_next_turn(world: Any) -> None:
    first = world.visit()
    second = operations.plan_visit(first.call, **plan(world))
    assert (first.seq, second.seq) == (1, 2)
    assert second.number == f"{first.call.number}/2"
    assert second.state == "assigned"


@pytest.mark.parametrize("wrong", [{"username": "sun"}, {"hours": 0}, {"hours": -1}, {"hours": 30}])
def test_only_technicians_are_sent_and_only_in_sound_windows(world: Any, wrong: dict[str, Any]) -> None:
    call = world.visit().call
    with pytest.raises(Rejected):
        operations.plan_visit(call, **plan(world, **wrong))


def test_a_reassigned_visit_keeps_on_record_who_was_sent_before(world: Any) -> None:
    visit = world.visit("zhang")
    operations.advance(visit, "en_route")
    operations.assign(visit, reason="病假", **plan(world, "li"))
    assert (visit.person.username, visit.state) == ("li", "assigned")
    assert [row.person_id for row in visit.assignments] == [world.person("zhang").id, world.person("li").id]
    assert visit.assignments[-1].reason == "病假" and visit.moved_at
    assert visit.was_worked_on_by(world.person("zhang"))


def test_a_new_window_is_no_new_assignment_and_the_same_plan_is_no_change(world: Any) -> None:
    visit = world.visit("zhang")
    wanted = plan(world, "zhang")
    operations.assign(visit, **wanted)
    moved, version = visit.moved_at, visit.version
    operations.assign(visit, **wanted)
    assert (visit.moved_at, visit.version, len(visit.assignments)) == (moved, version, 1)


def test_a_plan_that_changed_meanwhile_is_not_overwritten(world: Any) -> None:
    visit = world.visit()
    seen = visit.version
    operations.advance(visit, "en_route")
    with pytest.raises(Conflict):
        operations.assign(visit, **plan(world), version=seen)


@pytest.mark.parametrize("state", ["working", "paused", "finished", "signed", "approved", "cancelled"])
def test_once_work_began_the_window_stays_and_nothing_is_cancelled(world: Any, state: str) -> None:
    visit = world.visit()
    visit.state = state
    db.session.flush()
    with pytest.raises(Conflict):
        operations.assign(visit, **(plan(world) | {"technician": world.person("zhang")}))
    with pytest.raises(Conflict):
        operations.cancel_visit(visit, "x", world.person("sun"))


@pytest.mark.parametrize("state", ["signed", "unsigned", "approved", "returned", "cancelled"])
def test_what_was_signed_or_is_over_goes_to_nobody_else(world: Any, state: str) -> None:
    visit = world.visit()
    visit.state = state
    db.session.flush()
    with pytest.raises(Conflict):
        operations.assign(visit, **plan(world), reason="换人")


def test_the_same_step_twice_and_a_step_out_of_turn_are_conflicts(world: Any) -> None:
    visit = world.visit()
    operations.advance(visit, "on_site")
    for wrong in ("on_site", "en_route", "signed"):
        with pytest.raises(Conflict):
            operations.advance(visit, wrong)
    assert visit.state == "on_site"


def test_a_returned_visit_names_what_to_mend_until_it_was_sent_again(world: Any) -> None:
    visit = world.visit()
    visit.state = "signed"
    operations.ask_to_mend(visit, ["photos", "parts", "nonsense"], "铭牌照片模糊")
    assert (visit.state, visit.to_mend, visit.mend_note) == ("returned", ["parts", "photos"], "铭牌照片模糊")
    operations.advance(visit, "signed")
    assert (visit.to_mend, visit.mend_note) == (None, "")


def test_each_verb_is_written_down_with_its_actor(world: Any) -> None:
    visit = world.visit()
    operations.cancel_visit(visit, "客户取消", world.person("sun"))
    found = db.session.query(HistoryEntry).filter(HistoryEntry.subject_id == str(visit.id))
    rows = found.order_by(HistoryEntry.n).all()
    assert [row.verb for row in rows] == ["plan_visit", "advance", "cancel_visit"]
    assert rows[-1].person_id == world.person("sun").id and visit.cancel_reason == "客户取消"


def test_visits_of_one_technician_that_overlap_are_found(world: Any) -> None:
    start = now() + timedelta(hours=5)
    one = world.visit("li", window_start=start, window_end=start + timedelta(hours=2))
    two = world.visit("li", window_start=start + timedelta(hours=1), window_end=start + timedelta(hours=3))
    world.visit("li", window_start=start + timedelta(hours=3), window_end=start + timedelta(hours=4))
    world.visit("zhang", window_start=start, window_end=start + timedelta(hours=2))
    found = queries.overlapping([one, two])
    li = world.person("li")
    assert found == {one.id: {li: [two]}, two.id: {li: [one]}}


def test_an_overlap_is_found_for_whoever_leads_or_goes_along(world: Any) -> None:
    """Both at the visit that is planned and at the other one."""
    start = now() + timedelta(hours=5)
    hours = {"window_start": start, "window_end": start + timedelta(hours=2)}
    led, helped = world.visit("li", **hours), world.visit("zhang", **hours)
    assert queries.overlapping([led, helped]) == {}
    li, zhang, sun = world.person("li"), world.person("zhang"), world.person("sun")
    operations.add_member(helped, li, person=sun)
    assert queries.overlapping([led, helped]) == {led.id: {li: [helped]}, helped.id: {li: [led]}}
    operations.add_member(led, zhang, person=sun)
    found = queries.overlapping([helped])
    assert found == {helped.id: {zhang: [led], li: [led]}} and list(found[helped.id]) == [zhang, li]


def test_a_unit_that_is_called_for_again_within_30_days_is_a_repeat(world: Any) -> None:
    days = {0: now(), 10: now() - timedelta(days=10), 50: now() - timedelta(days=50)}
    calls = {age: world.visit(reported_at=moment).call for age, moment in days.items()}
    other = world.visit(serial="DF2401-0002").call
    assert queries.repeats([*calls.values(), other]) == {calls[0].id: calls[10].number}
    assert queries.earlier_calls(calls[0]) == [calls[10], calls[50]]


def test_technicians_see_their_own_visits_and_the_office_all(world: Any) -> None:
    world.visit("zhang"), world.visit("li")
    counts = {
        name: len(list(db.session.scalars(Visit.visible_to(world.person(name))))) for name in ("zhang", "sun", "qian")
    }
    assert counts == {"zhang": 1, "sun": 2, "qian": 0}
