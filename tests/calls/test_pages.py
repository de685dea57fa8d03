from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from portal.calls import operations
from portal.calls.models import Call, Visit
from portal.clock import now
from portal.customers.models import Customer
from portal.db import db
from tests.page import Page

PRESET = [
    "site", "equipment", "contact", "channel", "service_class", "work_type", "priority", "window_start", "window_end",
]  # fmt: skip


def filled(page: Page, **changes: str) -> dict[str, str]:
    """The call form as it was preset, with the customer's words and a technician."""
    fields = {name: page.value(name) for name in PRESET if page.all(f"main [name={name}]")}
    zhang = next(o["value"] for o in page.all("[name=technician] option") if "张演示" in o.get_text())
    return {**fields, "description": "跑带打滑", "technician": str(zhang), **changes}


def test_a_call_is_taken_by_searching_the_unit(world: Any, sign_in: Any) -> None:
    sun = sign_in("sun", device="laptop")
    found = sun.get("/calls/new?q=2401-0002")
    unit = next(a["href"] for a in found.all("main a") if "DF2401-0002" in a.get_text())
    form = sun.get(unit)
    assert form.value("equipment") == str(world.equipment("DF2401-0002").id)
    page = sun.follow(sun.post("/calls/new", filled(form, priority="urgent")))
    assert "跑带打滑" in page.text and "张演示" in page.text and "DF2401-0002" in page.text
    call = db.session.query(Call).one()
    assert (call.priority, call.contact.name, call.visits[0].state) == ("urgent", "甲示例", "assigned")
    assert call.registered_by_id == world.person("sun").id
    assert page.one("[data-state]")["data-state"] == "assigned"


@pytest.mark.parametrize("words", ["虚构动力", "示例大道", "甲示例", "10000000001", "100 0000 0001", "df2401-0001"])
def test_a_customer_is_found_by_what_the_caller_says(world: Any, sign_in: Any, words: str) -> None:
    page = sign_in("sun", device="laptop").get("/calls/new", query_string={"q": words})
    assert "虚构动力健身俱乐部" in page.text and "Hotel Ejemplo" not in page.text


@pytest.mark.parametrize("words", ["%", "_", "\x00", "nobody", "'"])
def test_a_search_without_a_match_leads_to_a_new_customer(world: Any, sign_in: Any, words: str) -> None:
    page = sign_in("sun", device="laptop").get("/calls/new", query_string={"q": words})
    assert page.status == 200 and "虚构动力健身俱乐部" not in page.text
    assert page.all("main a[href^='/calls/new?new=1']")


@pytest.mark.parametrize(
    ("typed", "field", "shown"),
    [
        ("丁虚构", "customer_name", "丁虚构"),
        ("Gimnasio 24", "customer_name", "Gimnasio 24"),
        ("１００ 0000 0009", "contact_phone", "100 0000 0009"),
        ("+86 (10) 0000-0009", "contact_phone", "+86 (10) 0000-0009"),
        ("ZZ99-1", "serial_no", "ZZ99-1"),
    ],
)
def test_what_was_searched_in_vain_is_not_typed_twice(
    world: Any, sign_in: Any, typed: str, field: str, shown: str
) -> None:
    sun = sign_in("sun", device="laptop")
    found = sun.get("/calls/new", query_string={"q": typed}).all("main a[href^='/calls/new?new=1']")[0]
    form = sun.get(str(found["href"]))
    values = {name: form.value(name) for name in ("customer_name", "contact_phone", "serial_no")}
    assert values == {"customer_name": "", "contact_phone": "", "serial_no": "", field: shown}


def test_all_that_is_wrong_is_said_at_once(world: Any, sign_in: Any) -> None:
    sun = sign_in("sun", device="laptop")
    form = sun.get("/calls/new?new=1")
    wrong = {"serial_no": "X-1", "contact_phone": "12", "technician": "", "window_end": form.value("window_start")}
    page = sun.post("/calls/new", filled(form, description="", **wrong))
    named = {str(link["href"]) for link in page.all(".error-summary a")}
    places = ("customer_name", "address", "contact_phone", "product", "description", "technician", "window_end")
    assert named == {f"#{place}" for place in places}


def test_a_new_customer_is_entered_with_the_call(world: Any, sign_in: Any) -> None:
    sun = sign_in("sun", device="laptop")
    form = sun.get("/calls/new?new=1")
    newcomer = {"customer_name": "丁虚构", "customer_kind": "consumer", "address": "雾里市占位街 4 号"}
    unit = {
        "product": str(world.product().id),
        "serial_no": "X-1",
        "contact_name": "丁",
        "contact_phone": "100 0000 0009",
    }
    page = sun.follow(sun.post("/calls/new", filled(form, **newcomer, **unit)))
    assert "丁虚构" in page.text and "X-1" in page.text and "100 0000 0009" in page.text
    site = db.session.query(Customer).filter_by(name="丁虚构").one().sites[0]
    assert (site.name, site.time_zone) == ("丁虚构", "Asia/Shanghai")


def test_what_is_missing_or_wrong_is_said_and_what_was_typed_is_kept(world: Any, sign_in: Any) -> None:
    sun = sign_in("sun", device="laptop")
    form = sun.get("/calls/new?new=1")
    page = sun.post("/calls/new", filled(form, description="响个不停", serial_no="X-1"))
    assert page.status == 422 and len(page.all(".error-summary li")) >= 2
    assert page.value("description") == "响个不停" and page.value("serial_no") == "X-1"
    late = filled(form, customer_name="丁", address="x", window_end=form.value("window_start"))
    assert sun.post("/calls/new", late).status == 422
    lone = filled(form, customer_name="丁", address="x", serial_no="X-1")
    assert sun.post("/calls/new", lone).status == 422
    assert db.session.query(Call).count() == 0 and db.session.query(Customer).filter_by(name="丁").count() == 0


def test_somebody_else_who_was_typed_goes_before_the_preset_contact(world: Any, sign_in: Any) -> None:
    sun = sign_in("sun", device="laptop")
    form = sun.get(f"/calls/new?site={world.site().id}")
    sun.post("/calls/new", filled(form, equipment="none", contact_name="新人", contact_phone="100 0009"))
    call = db.session.query(Call).one()
    assert (call.contact.name, call.equipment) == ("新人", None)


@pytest.mark.engine("sqlite")
def test_a_new_customer_pays_and_a_unit_under_guarantee_does_not(world: Any, sign_in: Any) -> None:
    sun, unit = sign_in("sun", device="laptop"), world.equipment()
    known = f"/calls/new?site={unit.site_id}&equipment={unit.id}"
    assert sun.get("/calls/new?new=1").value("service_class") == "A"
    unit.purchased_on = now().date() - timedelta(days=300)
    db.session.commit()
    assert sun.get(known).value("service_class") == "C"
    unit.purchased_on = now().date() - timedelta(days=3650)
    db.session.commit()
    assert sun.get(known).value("service_class") == "A"
    world.visit()  # a call under a contract
    assert sun.get(known).value("service_class") == "B"


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("typed", ["12ab", "无", "1234"])
def test_what_is_no_phone_number_is_said_beside_the_field(world: Any, sign_in: Any, typed: str) -> None:
    sun = sign_in("sun", device="laptop")
    newcomer = {"customer_name": "丁虚构", "customer_kind": "consumer", "address": "x", "contact_phone": typed}
    page = sun.post("/calls/new", filled(sun.get("/calls/new?new=1"), **newcomer))
    assert page.status == 422 and page.one(".field.bad input")["name"] == "contact_phone"
    assert page.value("contact_phone") == typed


@pytest.mark.engine("sqlite")
def test_nobody_is_called_by_a_phone_number(world: Any, sign_in: Any) -> None:
    sun = sign_in("sun", device="laptop")
    newcomer = {"customer_name": "丁虚构", "customer_kind": "consumer", "address": "x", "contact_phone": "100 0009"}
    sun.post("/calls/new", filled(sun.get("/calls/new?new=1"), **newcomer))
    contact = db.session.query(Call).one().contact
    assert (contact.name, contact.phone) == ("丁虚构", "100 0009")


def test_the_form_says_what_is_open_at_the_site(world: Any, sign_in: Any) -> None:
    number = world.visit().call.number
    page = sign_in("sun", device="laptop").get(f"/calls/new?site={world.site().id}")
    assert number in page.text


def test_the_register_lists_filters_and_links(world: Any, sign_in: Any) -> None:
    one, two = world.visit("zhang"), world.visit("li", "DF2401-0003", description="Ruido extraño")
    two.state = "approved"
    db.session.commit()
    sun = sign_in("sun", device="laptop")
    for query, numbers in {
        "": {one, two},
        "?q=ejemplo": {two},
        "?q=RUIDO": {two},
        "?state=open": {one},
        "?state=done": {two},
        f"?technician={world.person('li').id}": {two},
        "?from=2000-01-01&to=2000-01-02": set(),
        "?from=x&to=9999-99-99&technician=x&state=x&before=x_y": {one, two},
    }.items():
        page = sun.get(f"/calls{query}")
        shown = {a.get_text() for a in page.all("table a[href^='/calls/']")}
        assert (page.status, shown) == (200, {visit.call.number for visit in numbers}), query


def test_the_register_is_paged_by_its_last_row(world: Any, sign_in: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("portal.calls.queries.PAGE_SIZE", 2)
    moment = now() - timedelta(hours=1)
    numbers = [world.visit(reported_at=moment).call.number for _call in range(5)]
    sun, seen, address = sign_in("sun", device="laptop"), [], "/calls?state=open"
    while address:
        page = sun.get(address)
        seen += [a.get_text() for a in page.all("table a[href^='/calls/']")]
        older = page.all("a[rel=next]")
        address = str(older[0]["href"]) if older else ""
    assert sorted(seen) == sorted(numbers) and len(seen) == 5


def test_the_plan_changes_and_a_stale_form_is_told(world: Any, sign_in: Any) -> None:
    visit = world.visit("zhang")
    address = f"/calls/visits/{visit.id}/assignment"
    zhao = sign_in("zhao", device="laptop")
    form = zhao.get(address)
    li = next(o["value"] for o in form.all("[name=technician] option") if "李示例" in o.get_text())
    fields = {name: form.value(name) for name in ("window_start", "window_end", "version")} | {"technician": str(li)}
    operations.advance(visit, "en_route")
    db.session.commit()
    stale = zhao.post(address, fields)
    assert stale.status == 409 and stale.value("technician") == li
    page = zhao.follow(zhao.post(address, {**fields, "version": stale.value("version"), "reason": "病假"}))
    assert "李示例" in page.text and "病假" in page.text
    db.session.refresh(visit)
    assert (visit.person.username, visit.state) == ("li", "assigned")


def test_a_visit_is_cancelled_once_and_with_a_reason(world: Any, sign_in: Any) -> None:
    visit = world.visit()
    address = f"/calls/visits/{visit.id}/cancellation"
    sun = sign_in("sun", device="laptop")
    assert sun.get(address).status == 200
    assert sun.post(address).status == 422
    assert "客户取消" in sun.follow(sun.post(address, {"reason": "客户取消"})).text
    assert sun.post(address, {"reason": "again"}).status == 409


def test_the_next_visit_is_planned_on_the_call_and_an_overlap_is_said(world: Any, sign_in: Any) -> None:
    visit = world.visit("zhang", window_start=now() + timedelta(hours=1), window_end=now() + timedelta(hours=4))
    sun = sign_in("sun", device="laptop")
    address = f"/calls/{visit.call.number}/visits"
    form = sun.get(address)
    fields = {name: form.value(name) for name in ("window_start", "window_end")}
    page = sun.follow(
        sun.post(address, {**fields, "technician": str(world.person("zhang").id), "instructions": "带扳手"})
    )
    assert db.session.query(Visit).count() == 2
    assert "带扳手" in page.text and len(page.all(".banner-warn ul")) == 2


def test_an_overlap_names_who_goes_along(world: Any, sign_in: Any) -> None:
    hours = {"window_start": now() + timedelta(hours=1), "window_end": now() + timedelta(hours=4)}
    visit, other = world.visit("zhang", **hours), world.visit("li", **hours)
    operations.add_member(visit, world.person("li"), person=world.person("sun"))
    db.session.commit()
    said = sign_in("sun", device="laptop").get(f"/calls/{visit.call.number}").one(".banner-warn:has(ul)").get_text()
    assert "李示例" in said and "张演示" not in said and other.number in said


def test_strangers_find_nothing_and_technicians_have_no_register(world: Any, sign_in: Any) -> None:
    visit = world.visit()
    sun, zhang = sign_in("sun", device="laptop"), sign_in("zhang")
    nobody = "00000000-0000-4000-8000-000000000001"
    for address in (
        "/calls/JX-0",
        "/calls/JX-0/visits",
        f"/calls/visits/{nobody}/assignment",
        f"/calls/visits/{nobody}/cancellation",
    ):
        assert sun.get(address).status == 404
    for address in ("/calls", "/calls/new", f"/calls/{visit.call.number}", f"/calls/visits/{visit.id}/assignment"):
        assert zhang.get(address).status == 403
    manager = sign_in("he", device="laptop")
    assert manager.get(f"/calls/{visit.call.number}").status == 200
    assert manager.get("/calls/new").status == 403


@pytest.mark.engine("sqlite")
def test_pages_ask_the_database_a_fixed_number_of_questions(app: Any, world: Any, sign_in: Any) -> None:
    for serial in ("DF2401-0001", "DF2401-0002", "DF2401-0003") * 3:
        number = world.visit("zhang", serial).call.number
    sun = sign_in("sun", device="laptop")
    counted: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: counted.append(a[2]))
    for address, budget in {"/calls": 8, f"/calls/{number}": 12, f"/calls/new?site={world.site().id}": 12}.items():
        counted.clear()
        assert sun.get(address).status == 200
        asked = [statement for statement in counted if statement.startswith("SELECT")]
        assert len(asked) <= budget, f"{address}: {len(asked)}"


def test_several_technicians_are_sent_in_one_step(world: Any, sign_in: Any) -> None:
    visit = world.visit("zhang")
    address, sun = f"/calls/visits/{visit.id}/assignment", sign_in("sun", device="laptop")
    form = sun.get(address)
    plan = {name: form.value(name) for name in ("window_start", "window_end", "version")}
    ids = {username: str(world.person(username).id) for username in ("zhang", "li", "wu")}
    assert {str(tick["value"]) for tick in form.all("[name=others]")} == set(ids.values())

    for wrong in (["x"], [ids["li"], str(world.person("qian").id)], ["00000000-0000-4000-8000-000000000009"]):
        refused = sun.post(address, {**plan, "technician": ids["zhang"], "others": wrong})
        assert refused.status == 422 and refused.errors, wrong
    assert sun.post(address, {**plan, "technician": "", "others": [ids["li"]]}).status == 422
    db.session.refresh(visit)
    assert visit.members == [] and len(visit.assignments) == 1

    sent = sun.post(address, {**plan, "technician": ids["li"], "others": [ids["wu"], ids["li"], ids["zhang"]]})
    assert sent.status == 303
    db.session.refresh(visit)
    assert visit.person.username == "li"
    assert {member.person.username for member in visit.members} == {"zhang", "wu"}
    opened = sun.get(address)
    assert [str(tick["value"]) for tick in opened.all("[name=others]")] == [ids["li"]]
    again = {**plan, "technician": ids["li"], "others": [ids["wu"]], "version": opened.value("version")}
    assert sun.post(address, again).status == 303, "whoever is on the team already is not sent twice"
    db.session.refresh(visit)
    assert len(visit.members) == 2


def test_somebody_is_sent_along_while_the_work_runs_and_a_stale_plan_takes_nobody_with_it(
    world: Any, sign_in: Any
) -> None:
    visit = world.visit("zhang")
    address, sun = f"/calls/visits/{visit.id}/assignment", sign_in("sun", device="laptop")
    form = sun.get(address)
    plan = {name: form.value(name) for name in ("window_start", "window_end", "version")}
    ids = {username: str(world.person(username).id) for username in ("zhang", "li", "wu")}
    for state in ("en_route", "on_site", "working"):
        operations.advance(visit, state)
    db.session.commit()
    assert sun.post(address, {**plan, "technician": ids["zhang"], "others": [ids["wu"]]}).status == 303
    stale = sun.post(address, {**plan, "technician": ids["li"], "others": [ids["li"]], "reason": "病假"})
    assert stale.status == 409 and stale.errors
    db.session.refresh(visit)
    assert visit.person.username == "zhang" and [one.person.username for one in visit.members] == ["wu"]
