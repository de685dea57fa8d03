"""停止使用 (SR-09): told at once, shown everywhere, until a later test or a supervisor clears it."""

from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal import jobs
from portal.calls.models import Visit
from portal.customers import stops
from portal.customers.models import UseStop
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import speaking
from portal.reports.content import compose, same_facts
from portal.reports.reading import Reading
from portal.visits import operations as visits
from portal.visits.letters import office_letter, stop_letter
from tests.reports.steps import known_address
from tests.visits.steps import DIAGNOSIS, working

CRACK = {"do_not_use": "y", "stop_reason": "焊缝开裂，会倒"}


def stopped(world: Any, **more: Any) -> Visit:
    visit = working(world)
    visits.save_findings(
        visit, person=world.person("zhang"), **(DIAGNOSIS | {"do_not_use": True, "stop_reason": "焊缝开裂"} | more)
    )
    db.session.commit()
    return visit


def test_saving_the_tick_stops_the_unit_and_tells_contact_and_supervisor(world: Any, sign_in: Any) -> None:
    email = known_address(world)
    visit = working(world)
    db.session.commit()
    zhang, zhao, base = sign_in("zhang"), sign_in("zhao", "laptop"), f"/visits/{visit.id}"
    refused = zhang.post(f"{base}/findings", {"do_not_use": "y"})
    assert refused.status == 422 and refused.errors and refused.value("do_not_use")
    assert zhao.get("/review").all("#stops") == []

    assert zhang.post(f"{base}/findings", CRACK).status == 303
    (stop,) = stops.all_standing()
    (job,) = jobs.about(f"use_stop:{stop.id}")
    assert job.state == "waiting" and email not in str(job.payload)
    with speaking("zh_Hans"):
        letter = stop_letter(stop, visit, email)
    assert "焊缝开裂，会倒" in letter.text and "DF2401-0001" in letter.text and letter.to == email

    assert zhao.get("/review").one("#stops")
    assert "焊缝开裂，会倒" in zhao.get("/stops").text
    assert zhang.post(f"{base}/findings", CRACK | {"note": "再看一次"}).status == 303
    assert len(stops.all_standing()) == 1 and len(jobs.about(f"use_stop:{stop.id}")) == 1

    later = world.visit()
    for person, address in (
        (zhang, base),
        (zhang, f"/visits/{later.id}"),
        (zhao, f"/equipment/{visit.call.equipment_id}"),
        (zhang, f"/visits/{later.id}/findings"),
        (sign_in("sun", "laptop"), f"/calls/{visit.call.number}"),
        (sign_in("sun", "laptop"), f"/calls/new?site={visit.call.site_id}"),
        (sign_in("sun", "laptop"), "/calls/new?q=DF2401-0001"),
    ):
        assert "停止使用" in person.get(address).text, address
    assert zhang.get("/stops").status == 403


def test_a_later_report_with_its_test_clears_it(world: Any) -> None:
    first = stopped(world)
    unit, li = first.call.equipment, world.person("li")
    visit = world.visit("li")
    with pytest.raises(Rejected):
        visits.save_findings(visit, person=li, use_again=True)
    with pytest.raises(Rejected):
        visits.save_findings(visit, person=li, use_again=True, do_not_use=True, test_result="好", note="x")
    visits.save_findings(visit, person=li, use_again=True, test_result="补焊后加载 200 kg，无变形")
    assert unit.stopped_at is None and stops.all_standing() == []
    (stop,) = db.session.scalars(select(UseStop))
    assert stop.release.reason == "补焊后加载 200 kg，无变形" and stop.release.source == visit.number
    with speaking("zh_Hans"):
        assert "可恢复使用" in str(Reading(compose(visit, "zh_Hans")).advice.cells)


def test_a_form_without_the_tick_takes_no_warning_back(world: Any) -> None:
    visit, zhang = stopped(world), world.person("zhang")
    saved = visits.save_findings(visit, person=zhang, **DIAGNOSIS)
    assert saved.do_not_use and saved.stop_reason == "焊缝开裂"
    paper = compose(visit, "zh_Hans")
    assert (paper["do_not_use"], paper["safety_notice"]) == (True, "焊缝开裂")
    assert "停止使用" in str(Reading(paper).advice.cells)
    visits.save_findings(visit, person=zhang, **DIAGNOSIS, use_again=True)
    assert stops.all_standing() == []


@pytest.mark.engine("sqlite")
def test_the_units_file_tells_stop_and_release_with_their_reasons(world: Any, sign_in: Any) -> None:
    visit = stopped(world)
    stops.release_unit(visit.call.equipment, "补焊后加载 200 kg", source=visit.number, person=world.person("zhao"))
    db.session.commit()
    zhao = sign_in("zhao", "laptop")
    told = zhao.get(f"/equipment/{visit.call.equipment_id}?show=changes").one("#history").get_text(" ", strip=True)
    assert "停止使用 (焊缝开裂)" in told and "可恢复使用 (补焊后加载 200 kg)" in told and "_use" not in told


def test_a_supervisor_clears_it_with_a_reason_once(world: Any, sign_in: Any) -> None:
    visit = stopped(world)
    (stop,) = stops.all_standing()
    zhao, address = sign_in("zhao", "laptop"), f"/stops/{stop.id}/release"
    assert zhao.post(address, {"reason": " "}).status == 422
    assert zhao.post(address, {"reason": "厂家已复检"}).status == 303
    assert zhao.post(address, {"reason": "厂家已复检"}).status == 409
    assert "厂家已复检" in zhao.get(address).text
    assert db.session.get_one(Visit, visit.id).call.equipment.stopped_at is None
    assert "停止使用" not in sign_in("sun", "laptop").get(f"/calls/{visit.call.number}").text
    assert zhao.get("/stops/00000000-0000-4000-8000-000000000009/release").status == 404
    for username in ("zhang", "sun"):
        assert sign_in(username).post(address, {"reason": "x"}).status == 403


def test_a_unit_with_two_warnings_stays_stopped_until_both_are_cleared(world: Any) -> None:
    first = stopped(world)
    other = world.visit("li")
    visits.save_findings(other, person=world.person("li"), do_not_use=True, stop_reason="螺栓断")
    unit = first.call.equipment
    one, two = stops.standing(unit)
    stops.release(one, "补焊", person=world.person("zhao"))
    assert unit.stopped_at is not None
    stops.release(two, "换螺栓", person=world.person("zhao"))
    assert unit.stopped_at is None
    with pytest.raises(Conflict):
        stops.release(two, "x", person=world.person("zhao"))


def test_without_an_address_the_page_says_that_nobody_was_written_to(world: Any, sign_in: Any) -> None:
    world.site().contacts[0].email = ""
    visit = stopped(world)
    (stop,) = stops.all_standing()
    assert jobs.about(f"use_stop:{stop.id}") == []
    assert "没有邮箱地址" in sign_in("zhang").get(f"/visits/{visit.id}").text


def test_a_letter_about_a_unit_released_meanwhile_is_not_sent(world: Any) -> None:
    known_address(world)
    stopped(world)
    (stop,) = stops.all_standing()
    stops.release(stop, "误报", person=world.person("zhao"))
    (job,) = jobs.about(f"use_stop:{stop.id}")
    jobs.KINDS["use_stop"].run(job)
    assert job.payload["not_sent"] is True


def test_an_older_paper_without_the_new_fields_still_says_the_same(world: Any) -> None:
    paper = compose(working(world), "zh_Hans")
    older = {name: value for name, value in paper.items() if name not in ("do_not_use", "use_again")}
    assert same_facts(paper, older | {"form": "FSR-2"})


@pytest.mark.parametrize("table", ["use_stop", "use_release", "repeat_visit", "repeat_unlink"])
def test_the_database_refuses_to_forget(world: Any, table: str) -> None:
    stopped(world)
    (stop,) = stops.all_standing()
    stops.release(stop, "x", person=world.person("zhao"))
    if table.startswith("repeat"):
        from portal.calls import repeats

        first, second = world.visit(), world.visit()
        link = repeats.link_repeat(
            second, first.id, serial_no="1", component="C", days=1, ground="finding", person=world.person("zhang")
        )
        repeats.unlink_repeat(link, "x", person=world.person("zhao"))
    db.session.commit()
    for attack in (f"DELETE FROM {table}", f"UPDATE {table} SET person_id = person_id"):
        with pytest.raises(DBAPIError, match="append-only"):
            db.session.execute(text(attack))
        db.session.rollback()


def test_supervisors_and_dispatchers_with_an_address_are_written_to_at_once(world: Any, sign_in: Any) -> None:
    addresses = {"zhao": "zhao@example.com", "sun": "sun@example.com", "zhang": "zhang@example.com"}
    for username, email in addresses.items():
        world.person(username).email = email
    world.person("sun").locale = "es"
    visit = stopped(world)
    (stop,) = stops.all_standing()
    sent = jobs.about(f"use_stop:{stop.id}")
    told = {job.payload["person"] for job in sent}
    assert told == {str(world.person("zhao").id), str(world.person("sun").id)}
    assert not any(email in str(job.payload) for job in sent for email in addresses.values())
    with speaking("zh_Hans"):
        letter = office_letter(stop, visit, world.person("zhao"))
    assert letter.to == "zhao@example.com" and f"/visits/{visit.id}" in letter.text
    assert "焊缝开裂" in letter.text and "DF2401-0001" in letter.text and world.site().name in letter.text
    zhao = sign_in("zhao", "laptop")
    for page in (zhao.get(f"/visits/{visit.id}"), zhao.get("/stops")):
        office = page.text.split("致公司内部的信：")[1][:60]
        assert "赵虚构" in office and "孙测试" in office and "吴双职" not in page.text.split("致公司内部的信：")[1][:60]


def test_whoever_left_meanwhile_gets_no_letter_and_nobody_to_write_to_is_said(world: Any, sign_in: Any) -> None:
    visit = stopped(world)
    zhao = sign_in("zhao", "laptop")
    assert "致公司内部的信： 未发，没有邮箱地址" in zhao.get(f"/visits/{visit.id}").text
    world.person("zhao").email = "zhao@example.com"
    other = world.visit("li")
    visits.save_findings(other, person=world.person("li"), do_not_use=True, stop_reason="螺栓断")
    world.person("zhao").active = False
    (job,) = jobs.about(f"use_stop:{stops.standing_at(other.id)[0].id}")
    jobs.KINDS[job.kind].run(job)
    assert job.payload["not_sent"] is True
