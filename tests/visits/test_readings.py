"""Readings: taken with an instrument, signed and printed with it, and marked when it was overdue."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from portal.clock import today
from portal.db import db
from portal.reports.content import compose, same_facts
from portal.reports.difference import differences
from portal.reports.fields import FORM, SIGNED
from portal.reports.reading import Reading as Paper
from portal.stock import tools
from portal.visits import operations as visits
from portal.visits.models import Reading
from tests.reports.steps import finished, signed
from tests.stock.tools import new_tool
from tests.visits.steps import on_site


def clamp(world: Any, *, days_left: int, number: str = "GJ-002") -> str:
    """A clamp meter in zhang's hands whose calibration ends in so many days."""
    keeper, day = world.person("qian"), today("Asia/Shanghai")
    tool = new_tool(world, number, category="measuring", interval_months=12)
    tools.calibrate(tool, calibrated_on=day, valid_until=day, certificate_no="J-9", person=keeper)
    tools.hand_out(tool, world.person("zhang"), person=keeper)
    until = day + timedelta(days=days_left)
    begun = until - timedelta(days=365)
    tools.calibrate(tool, calibrated_on=begun, valid_until=until, certificate_no="J-7", person=keeper)
    db.session.commit()
    return number


def test_a_reading_names_its_instrument_and_is_taken_off_by_a_row(world: Any, sign_in: Any) -> None:
    clamp(world, days_left=90)
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    assert zhang.get(f"{base}/readings").value("instrument") == "GJ-002"  # the own one is chosen
    sent = {"quantity": "current", "value": "4,80", "point": "电机", "instrument": "GJ-002"}
    page = zhang.follow(zhang.post(f"{base}/readings", sent))
    assert "4.8" in page.text and "GJ-002" in page.text and not page.all(".tag-bad")
    bare = zhang.post(f"{base}/readings", {"quantity": "other", "value": "3"})
    assert bare.status == 422 and bare.one("[aria-invalid]#unit")
    page = zhang.follow(zhang.post(f"{base}/readings", {"quantity": "temperature", "value": "-5.5"}))
    assert "°C" in page.text
    assert "2" in zhang.get(base).one(f"a.task[href='{base}/readings']").get_text()
    removal = page.all("form[action$=removal]")[0]["action"]
    assert zhang.post(removal, {}).status == 303
    assert zhang.post(removal, {}).status == 409
    assert len(zhang.get(f"{base}/readings").all("form[action$=removal]")) == 1
    assert len(list(db.session.scalars(select(Reading)).unique())) == 2
    assert sign_in("li").post(f"{base}/readings", sent).status == 404


@pytest.mark.engine("sqlite")
def test_a_reading_with_an_overdue_instrument_is_taken_and_marked_for_the_reviewer(world: Any, sign_in: Any) -> None:
    number, zhang = clamp(world, days_left=-6), world.person("zhang")
    visit = finished(world)
    reading = visits.log_reading(visit, quantity="current", value=Decimal("4.8"), instrument=number, person=zhang)
    keeper, tool = world.person("qian"), reading.tool
    assert reading.is_overdue and tool is not None
    report = signed(world, visit)
    tools.calibrate(tool, calibrated_on=today("Asia/Shanghai"), certificate_no="J-10", person=keeper)
    db.session.commit()
    assert reading.is_overdue  # a later certificate does not make it better
    zhao = sign_in("zhao", "laptop")
    assert "仪器校准过期" in zhao.get(f"/reports/{report.number}").text + zhao.get("/review").text
    assert any("GJ-002" in banner.get_text() for banner in zhao.get(f"/visits/{visit.id}").all(".banner-warn"))


@pytest.mark.engine("sqlite")
def test_readings_are_signed_and_printed_with_their_instruments(world: Any) -> None:
    number, zhang = clamp(world, days_left=-6), world.person("zhang")
    visit = finished(world)
    before = compose(visit, "zh_Hans")
    assert (FORM, sorted(before)) == ("FSR-3", sorted(SIGNED["FSR-3"]))
    old = {name: value for name, value in before.items() if name != "readings"} | {"form": "FSR-2"}
    assert same_facts(before, old) and not differences(old, before)
    visits.log_reading(visit, quantity="current", value=Decimal("4.80"), point="电机", instrument=number, person=zhang)
    visits.log_reading(visit, quantity="temperature", value=Decimal(-5), person=zhang)
    now = compose(visit, "zh_Hans")
    assert not same_facts(now, old)
    told = [(one.label, one.before, one.after) for one in differences(old, now)]
    assert [(label, was) for label, was, _after in told] == [("测量读数", "")] * 2
    ended = (today("Asia/Shanghai") - timedelta(days=6)).isoformat()
    assert told[0][2] == f"电流 4.8 A · 电机 · 滚筒拉马 GJ-002 · 校准已于 {ended} 到期"
    assert told[1][2] == "温度 -5 °C · 未使用仪器"
    cells = {cell["label"]: cell["value"] for cell in Paper(now).work.cells}
    assert "电流 4.8 A" in cells["测量读数"].replace("\u200b", "")
    spanish = compose(visit, "es")
    assert not [one for one in differences(now, spanish) if "edici" in one.label]
    assert not same_facts(now, spanish | {"readings": []})
