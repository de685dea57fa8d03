"""The technician's pages: a day's work, and words beside what cannot be."""

import json
import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.clock import now
from portal.customers.models import CodeValue
from portal.db import db
from portal.visits.models import (
    PartUse,
    TimeEntry,
    latest_finding,
)
from portal.visits.rules import CODE_NAMES
from tests.visits.steps import DIAGNOSIS, OIL, on_site, press, van_holds


@pytest.mark.engine("sqlite")
def test_the_day_from_departure_to_ready(world: Any, sign_in: Any) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    base = f"/visits/{visit.id}"
    assert zhang.get("/").one("[data-state=assigned]").select_one(f"a[href='{base}']")
    for verb, state in (("departure", "en_route"), ("arrival", "on_site"), ("start", "working")):
        page = zhang.get(base)
        assert page.one(f"form[action='{base}/{verb}'] button.btn-primary")
        assert zhang.follow(zhang.post(f"{base}/{verb}")).one("[data-state]")["data-state"] == state
    assert zhang.follow(zhang.post(f"{base}/pause", {"cause": "break"})).one("[data-state]")["data-state"] == "paused"
    press(zhang, base, "start")
    assert zhang.post(f"{base}/findings", DIAGNOSIS).status == 303
    page = zhang.get(base)
    assert [gap["href"] for gap in page.all(".task-more a")] == [f"{base}/part-uses", base]
    page = zhang.follow(zhang.post(f"{base}/part-uses", OIL))
    assert "TM-OIL-100" in page.one("ul.lines:not(.waiting)").get_text()
    press(zhang, base, "finish")
    page = zhang.get(base)
    assert not page.all(".task-more a")
    assert page.one(f"a.task[href='{base}/handover']")
    assert len(page.all(".action-bar .btn-primary")) == 1


def ready_but_for_codes(phone: Any, base: str) -> None:
    uncoded = {name: words for name, words in DIAGNOSIS.items() if name not in CODE_NAMES}
    saved = phone.post(f"{base}/findings", {**uncoded, "note": "清灰上油"})
    assert saved.status == 303, saved.errors
    press(phone, base, "no-parts", "finish")


def retire(*kinds: str) -> None:
    for row in db.session.query(CodeValue).filter(CodeValue.kind.in_(kinds)):
        row.retired_at = now()
    db.session.commit()


def test_what_no_list_offers_is_not_asked_for(world: Any, sign_in: Any) -> None:
    zhang, english = sign_in("zhang"), {"Accept-Language": "en"}
    base = on_site(world, zhang)
    retire("symptom", "cause")
    page = zhang.get(f"{base}/findings", headers=english)
    assert "No codes yet: the administrator adds them. Symptom · Cause" in page.text
    assert not page.all("[name=symptom], [name=cause]") and page.one("#component") and page.one("#remedy")
    ready_but_for_codes(zhang, base)
    page = zhang.get(base, headers=english)
    assert [gap.get_text() for gap in page.all(".task-more a")] == ["Choose the component.", "Choose what was done."]
    retire("component", "remedy")
    assert zhang.get(base).one(f"a.task[href='{base}/handover']")
    assert not zhang.get(f"{base}/findings").all("#component, #remedy")
    db.session.query(CodeValue).filter_by(code="C01").one().retired_at = None
    db.session.commit()
    page = zhang.get(base, headers=english)
    assert [gap.get_text() for gap in page.all(".task-more a")] == ["Choose the cause."], "now there is something"


@pytest.mark.parametrize("family", ["XX", "", "BK"])
def test_a_unit_of_a_family_without_codes_of_its_own_has_something_to_choose(
    world: Any, sign_in: Any, family: str
) -> None:
    """Of a family that the house does not know all codes are offered, as where the unit is not known; of one that it
    knows those of the family and of all."""
    zhang, visit = sign_in("zhang"), world.visit()
    visit.call.equipment.product.family = family
    db.session.commit()
    page = zhang.get(f"/visits/{visit.id}/findings")
    assert bool(page.all("[name=symptom][value=TM-S03]")) == (family != "BK")
    assert page.all("#cause option[value=C01]")
    facts = zhang.get(f"/offline/visits/{visit.id}").json["catalogue"]
    assert facts["choosable"] == (["cause", "remedy"] if family == "BK" else list(CODE_NAMES))
    base = f"/visits/{visit.id}"
    press(zhang, base, "departure", "arrival", "start")
    ready_but_for_codes(zhang, base)
    assert len(zhang.get(base).all(".task-more a")) == (2 if family == "BK" else 4)


@pytest.mark.engine("sqlite")
def test_a_usual_part_is_logged_by_its_card(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    cards = zhang.get(f"{base}/part-uses").all("form:has(button.part-card)")
    fields = {str(field["name"]): str(field["value"]) for field in cards[1].select("input[name]")}
    wanted = {name: fields[name] for name in ("item", "quantity", "old_part")}
    assert wanted == {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}
    assert "车上 10 瓶" in cards[1].get_text() and "旧件去向" not in cards[1].get_text()
    assert zhang.post(f"{base}/part-uses", wanted).status == 303
    assert van_holds(world) == 9


@pytest.mark.engine("sqlite")
def test_a_part_below_zero_is_logged_with_a_word_about_it(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    page = zhang.follow(zhang.post(f"{base}/part-uses", {"item": "TM-KEY", "quantity": "1"}))
    assert len(page.all("#status p")) == 2
    assert van_holds(world, "TM-KEY") == -1


@pytest.mark.engine("sqlite")
def test_what_was_handed_over_is_the_old_part(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    use = {"item": "TM-KEY", "quantity": "1", "old_part": "handed_over"}
    assert "旧件去向：交还客户" in zhang.follow(zhang.post(f"{base}/part-uses", use)).text


@pytest.mark.engine("sqlite")
def test_other_parts_are_found_by_number_and_by_name(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    for words in ("tm-key", "安全锁"):
        assert zhang.get(f"{base}/part-uses?q={words}").one(f"a.part-card[href='{base}/part-uses?item=TM-KEY']")
    page = zhang.get(f"{base}/part-uses?item=TM-MTR-25")
    assert page.value("item") == "TM-MTR-25" and page.value("old_part") == "returned"
    assert page.one("[name=new_serial]")
    assert "选填" not in page.one(".field:has([name=new_serial])").get_text()  # it is asked for
    refused = zhang.post(f"{base}/part-uses", {"item": "TM-MTR-25", "quantity": "1"})
    assert refused.status == 422 and refused.one("[name=new_serial]")["aria-invalid"] == "true"
    assert "%" not in zhang.get(f"{base}/part-uses?q=%00nothing").errors


@pytest.mark.engine("sqlite")
def test_a_line_is_removed_by_one_button_and_a_stranger_s_line_is_not_found(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, other = on_site(world, zhang), f"/visits/{world.visit(serial='DF2401-0002').id}"
    zhang.post(f"{base}/part-uses", OIL)
    form = zhang.get(f"{base}/part-uses").one("li.line form")
    assert form.select_one("[name=reason]")["value"]
    use = db.session.scalars(select(PartUse)).one()
    assert zhang.post(f"{other}/part-uses/{use.id}/reversal", {"reason": "x"}).status == 404
    assert zhang.post(str(form["action"]), {}).status == 422
    assert zhang.post(str(form["action"]), {"reason": "wrong"}).status == 303
    assert van_holds(world) == 10
    assert zhang.post(str(form["action"]), {"reason": "wrong"}).status == 409


@pytest.mark.engine("sqlite")
def test_another_visit_s_clock_is_named_and_linked(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, other = on_site(world, zhang), f"/visits/{world.visit(serial='DF2401-0002').id}"
    page = zhang.post(f"{other}/departure")
    assert page.status == 422 and page.errors
    links = {link["href"] for link in page.all(".banner a")}
    assert {base, other} <= links
    clash = {"kind": "work", "started_at": "2026-11-23T00:00+00:00", "ended_at": "2026-11-23T00:10+00:00"}
    zhang.post(f"{other}/time-entries", {**clash, "reason": "late"})
    page = zhang.post(f"{base}/time-entries", {**clash, "reason": "late"})
    assert page.status == 422 and {link["href"] for link in page.all(".banner a")} == {base, other}
    assert page.value("started_at")


@pytest.mark.engine("sqlite")
def test_yesterday_s_clock_is_mended_from_today_in_one_post(world: Any, sign_in: Any) -> None:
    world.set_clock(world.at(9))
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    world.set_clock(world.at(8, day=24))
    zhang = sign_in("zhang")
    form = zhang.get("/").one("#forgotten form")
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input[name]")}
    fields = {name: value for name, value in fields.items() if name not in ("csrf_token", "entry_id")}
    assert zhang.post(str(form["action"]), fields).status == 303
    assert not zhang.get("/").all("#forgotten")
    entry = db.session.scalars(select(TimeEntry).where(TimeEntry.replaces_id.is_not(None))).one()
    assert entry.ended_at == world.at(18)
    assert zhang.get(base).one("[data-state]")["data-state"] == "paused"


@pytest.mark.engine("sqlite")
def test_a_stale_diagnosis_shows_what_was_saved_meanwhile(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    version = zhang.get(f"{base}/findings").value("version")
    zhang.post(f"{base}/findings", {"note": "first", "version": version})
    page = zhang.post(f"{base}/findings", {"note": "second", "version": version})
    assert page.status == 409 and page.value("note") == "second" and "first" in page.text
    assert zhang.post(f"{base}/findings", {"note": "second", "version": page.value("version")}).status == 303


@pytest.mark.engine("sqlite")
def test_a_known_fault_fills_in_the_codes(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    card = zhang.get(f"{base}/findings").one("a.part-card")
    assert json.loads(str(card["data-fills"]))["remedy"] == "A03"  # with scripts, beside what was typed already
    page = zhang.get(str(card["href"]).split("#")[0])
    assert [page.value(name) for name in ("symptom", "component", "cause", "remedy")] == [
        "TM-S03",
        "TM-P01",
        "C01",
        "A03",
    ]
    assert zhang.get(f"{base}/findings?fault=nonsense").value("symptom") == ""


@pytest.mark.engine("sqlite")
def test_nothing_left_is_an_answer(world: Any, sign_in: Any) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    for fields, stored in (
        ({"nothing_left": "y"}, "none"),
        ({"outstanding": "None"}, "none"),
        ({"outstanding": "换皮带"}, "换皮带"),
        ({}, ""),
    ):
        assert zhang.post(f"/visits/{visit.id}/findings", {"note": "x", **fields}).status == 303
        assert latest_finding(visit).outstanding == stored
    zhang.post(f"/visits/{visit.id}/findings", {"outstanding": "none", "nothing_left": "y"})
    page = zhang.get(f"/visits/{visit.id}/findings")
    assert page.value("outstanding") == "" and page.one("[name=nothing_left]").has_attr("checked")


@pytest.mark.engine("sqlite")
def test_nothing_left_and_what_is_left_are_not_both_taken(world: Any, sign_in: Any) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    page = zhang.post(f"/visits/{visit.id}/findings", {"nothing_left": "y", "outstanding": "换皮带"})
    assert page.status == 422 and latest_finding(visit) is None
    assert page.one(".field.bad [name=outstanding]").get_text().strip() == "换皮带"
    assert page.one("[name=nothing_left]").has_attr("checked") and page.one("#outstanding-error")


@pytest.mark.engine("sqlite")
def test_what_follows_from_a_tick_stands_after_it(world: Any, sign_in: Any) -> None:
    page = sign_in("zhang").get(f"/visits/{world.visit().id}/findings")
    tick = page.one("[name=plate_unreadable]")
    assert tick.find_next(id=tick["aria-describedby"]) and not tick.find_previous(id=tick["aria-describedby"])


def test_two_buttons_at_once_open_one_clock(app: Any, world: Any, sign_in: Any) -> None:
    phones = [sign_in("zhang"), sign_in("zhang")]
    bases = [f"/visits/{world.visit(serial=f'DF2401-000{n}').id}" for n in (1, 2)]
    forms = [
        (phone.client.get_cookie("session").value, {"csrf_token": phone.token(), "entry_id": str(uuid.uuid4())})
        for phone in phones
    ]
    db.session.commit()
    answers: list[int] = []

    def depart_from(number: int) -> None:
        client, (cookie, fields) = app.test_client(), forms[number]
        client.set_cookie("session", cookie)
        answers.append(client.post(f"{bases[number]}/departure", data=fields).status_code)

    threads = [threading.Thread(target=depart_from, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303, 422]
    assert db.session.scalar(select(func.count()).select_from(TimeEntry)) == 1
