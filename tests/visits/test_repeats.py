"""Repeat visits (SR-08): the same serial number and component within 30 days of the end of the work there."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.calls import operations as calls
from portal.calls.models import Repeat, Visit
from portal.calls.rules import days_since
from portal.db import db
from portal.visits import operations as visits
from tests.reports.steps import finished, signed
from tests.visits.steps import DIAGNOSIS


@pytest.mark.parametrize(
    ("ended", "begun", "days"),
    [
        ("2026-11-01T10:00", "2026-11-01T15:00", 0),
        ("2026-11-01T10:00", "2026-11-13T08:00", 12),
        ("2026-11-01T01:00", "2026-12-01T15:00", 30),
        ("2026-11-01T10:00", "2026-12-01T16:30", None),  # past midnight in Shanghai: the 31st day
        ("2026-11-01T10:00", "2026-11-01T09:00", None),
    ],
)
def test_days_are_counted_by_the_sites_calendar(ended: str, begun: str, days: int | None) -> None:
    first, second = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (ended, begun))
    assert days_since(first, second, "Asia/Shanghai") == days


def later(world: Any, days: int) -> None:
    world.set_clock(clock.now() + timedelta(days=days))


def came_back(world: Any, days: int, component: str = "TM-P01", **first: Any) -> tuple[Visit, Visit]:
    """A finished visit, and one that many days later, whose diagnosis names the component."""
    world.set_clock(world.at(10, day=1))
    earlier = finished(world, **first)
    later(world, days)
    visit = world.visit("li")
    visits.arrive(visit, person=world.person("li"))
    visits.save_findings(visit, person=world.person("li"), **(DIAGNOSIS | {"component": component}))
    db.session.commit()
    return earlier, visit


def links() -> list[tuple[Any, Any, int, str]]:
    return [
        (row.visit_id, row.earlier_id, row.days, row.ground)
        for row in db.session.scalars(select(Repeat))
        if row.unlink is None
    ]


@pytest.mark.parametrize("days", [0, 12, 30])
def test_the_diagnosis_links_the_two(world: Any, days: int) -> None:
    earlier, visit = came_back(world, days)
    assert links() == [(visit.id, earlier.id, days, "finding")]
    visits.save_findings(visit, person=world.person("li"), **DIAGNOSIS, note="再测")
    assert len(links()) == 1


def test_more_than_thirty_days_later_is_no_repeat(world: Any) -> None:
    came_back(world, 31)
    assert links() == []


def test_another_component_or_another_machine_is_no_repeat(world: Any) -> None:
    came_back(world, 3, component="TM-P05")
    assert links() == []
    visit = world.visit("li", serial="DF2401-0002")
    visits.arrive(visit, person=world.person("li"))
    visits.save_findings(visit, person=world.person("li"), **DIAGNOSIS)
    assert links() == []


def test_a_visit_at_which_nothing_was_done_is_no_repair(world: Any) -> None:
    came_back(world, 3, findings=DIAGNOSIS | {"outcome": "customer_declined"})
    assert links() == []


def test_another_diagnosis_takes_the_link_back_and_the_first_one_makes_it_again(world: Any) -> None:
    earlier, visit = came_back(world, 12)
    li = world.person("li")
    visits.save_findings(visit, person=li, **(DIAGNOSIS | {"component": "TM-P05"}))
    assert links() == []
    visits.save_findings(visit, person=li, **DIAGNOSIS)
    assert links() == [(visit.id, earlier.id, 12, "finding")]


def test_what_came_to_an_end_meanwhile_is_linked_at_the_signature(world: Any) -> None:
    world.set_clock(world.at(10))
    first, zhang = world.visit(), world.person("zhang")
    later(world, 0)
    second = finished(world, username="li")
    assert links() == []
    visits.arrive(first, person=zhang, occurred_at=clock.now() - timedelta(hours=5))
    visits.start(first, person=zhang, occurred_at=clock.now() - timedelta(hours=5))
    visits.save_findings(first, person=zhang, **(DIAGNOSIS | {"component": "TM-P05"}))
    visits.finish(first, person=zhang, occurred_at=clock.now() - timedelta(hours=4))
    visits.save_findings(first, person=zhang, **DIAGNOSIS)
    signed(world, second)
    assert links() == [(second.id, first.id, 0, "signature")]


def test_everybody_who_looks_at_it_sees_the_repeat_and_a_supervisor_may_part_them(world: Any, sign_in: Any) -> None:
    earlier, visit = came_back(world, 12)
    zhao, li = sign_in("zhao", "laptop"), sign_in("li")
    assert "隔 12 天" in li.get(f"/visits/{visit.id}").text and "清灰上油" in li.get(f"/visits/{visit.id}").text
    shown = sign_in("sun", "laptop").get(f"/calls/{visit.call.number}").text
    assert "隔 12 天" in shown and earlier.call.number in shown

    (link,) = db.session.scalars(select(Repeat))
    address = f"/visits/{visit.id}/repeats/{link.id}/parting"
    assert li.post(address, {"reason": "x"}).status == 403
    assert zhao.post(address, {"reason": ""}).status == 422
    assert zhao.post(address, {"reason": "两处是不同的磁簧开关"}).status == 303
    assert zhao.post(address, {"reason": "再来"}).status == 409
    assert "两处是不同的磁簧开关" in zhao.get(address).text
    assert "隔 12 天" not in li.get(f"/visits/{visit.id}").text
    visits.save_findings(db.session.get_one(Visit, visit.id), person=world.person("li"), **DIAGNOSIS, note="再测")
    assert links() == []
    assert zhao.get(f"/visits/{earlier.id}/repeats/{link.id}/parting").status == 404


def test_whoever_repaired_does_not_part(world: Any, sign_in: Any) -> None:
    _earlier, visit = came_back(world, 12)
    calls.add_member(visit, world.person("wu"), person=world.person("sun"))
    db.session.commit()
    (link,) = db.session.scalars(select(Repeat))
    wu = sign_in("wu", "laptop")
    assert wu.post(f"/visits/{visit.id}/repeats/{link.id}/parting", {"reason": "x"}).status == 403


def test_whoever_takes_the_call_sees_that_somebody_was_there_lately(world: Any, sign_in: Any) -> None:
    world.set_clock(world.at(10, day=1))
    visit = finished(world)
    sun = sign_in("sun", "laptop")
    for address in (f"/calls/new?site={visit.call.site_id}", "/calls/new?q=DF2401-0001"):
        assert "上过门" in sun.get(address).text or "不久前有过上门" in sun.get(address).text
    later(world, 40)
    sun = sign_in("sun", "laptop")
    assert "不久前有过" not in sun.get(f"/calls/new?site={visit.call.site_id}").text
