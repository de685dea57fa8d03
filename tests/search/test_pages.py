"""The search page as people meet it: the jump, groups, pages, and nothing of what is not theirs."""

from typing import Any

import pytest
from flask import Flask

from portal.db import db
from portal.permissions import Role
from portal.search import links, rules
from portal.stock.models import Item
from tests.page import Page
from tests.reports.steps import finished, signed


def search(person: Any, question: str, **more: Any) -> Page:
    return person.get("/search", query_string={"q": question, **more})


def live(person: Any, question: str) -> Page:
    return person.get("/search", query_string={"q": question}, headers={"HX-Request": "true", "HX-Target": "results"})


def hits(page: Page, kind: str) -> list[str]:
    return [row.get_text(" ", strip=True) for row in page.all(f"#found-{kind} .task")]


def test_enter_with_a_whole_number_goes_straight_to_the_record(world: Any, sign_in: Any) -> None:
    visit = finished(world)
    report = signed(world, visit)
    sun, zhang, zhao = sign_in("sun", "laptop"), sign_in("zhang"), sign_in("zhao", "laptop")
    call = visit.call.number
    assert search(sun, call).location == f"/calls/{call}"
    assert search(sun, f" {call.lower().replace('-', ' ')} ").location == f"/calls/{call}"
    assert search(sun, f"{call}/1").location == f"/visits/{visit.id}"
    assert search(zhang, report.number.replace("-", "－")).location == f"/reports/{report.number}"
    assert search(zhao, "tm-oil-100").location == "/stock/items/TM-OIL-100"
    assert (search(sun, "DF2401-0002").location or "").startswith("/equipment/")
    assert (search(sun, "li").location or "").startswith("/calls?technician=")
    assert search(sun, call[:-1]).status == 200


def test_typing_a_whole_number_shows_it_first_and_stays(world: Any, sign_in: Any) -> None:
    visit, sun = world.visit(), sign_in("sun", "laptop")
    page = live(sun, visit.call.number)
    assert page.status == 200 and not page.all("h1")
    assert page.one("#exact .task")["href"] == f"/calls/{visit.call.number}"
    assert hits(page, "visit")


def test_results_stand_by_kind_with_their_number(world: Any, sign_in: Any) -> None:
    for _n in range(7):
        world.visit(description="空调漏水")
    sun = sign_in("sun", "laptop")
    page = search(sun, "漏水")
    assert len(hits(page, "visit")) == 5 and page.one("#found-visit .between .muted").get_text() == "7"
    more = page.one("#found-visit .btn")
    rest = sun.get(str(more["href"]))
    assert len(rest.all(".task")) == 7 and rest.value("q") == "漏水"
    assert sun.get("/search?q=漏水&kind=part").status == sun.get("/search?q=漏水&kind=x&before=-1").status == 200


def test_an_empty_box_shows_what_is_new_and_nothing_found_says_how_numbers_look(world: Any, sign_in: Any) -> None:
    visit, sun = world.visit(), sign_in("sun", "laptop")
    assert visit.number in " ".join(hits(sun.get("/search"), "visit"))
    page = search(sun, "没有这个词")
    assert "没有这个词" in page.one(".empty").get_text() and "JX-01-2611-0001/2" in page.text
    assert page.one(".empty a")["href"] == "/search"
    assert search(sun, "没有这个词", kind="visit").one(".empty a")["href"].startswith("/search?q=")


def test_a_strangers_record_never_shows_not_even_by_count(world: Any, sign_in: Any) -> None:
    visit = finished(world)
    report = signed(world, visit)
    li, qian, admin, zhou = sign_in("li"), sign_in("qian", "laptop"), sign_in("admin"), sign_in("zhou", "laptop")
    for question in ("跑带", "虚构动力", visit.call.number, report.number, "DF2401-0001", "10000000001", "甲示例"):
        for person in (li, qian, admin):
            for page in (search(person, question), live(person, question), search(person, question, kind="visit")):
                assert page.status == 200 and not page.all("#found-visit, #found-report, #found-unit, #found-customer")
                assert "虚构动力" not in page.one("#results").get_text().replace(f"“{question}”", "")
    assert "虚构动力" not in li.get("/search").text and "虚构动力" not in qian.get("/search").text
    assert hits(search(qian, "跑带"), "part") and not search(li, "跑带").all(".task")
    assert hits(search(zhou, "虚构动力"), "report") and not search(zhou, "虚构动力").all("#found-visit, #found-call")
    assert hits(search(admin, "张演示"), "person") and search(admin, "张演示").one("a.task")["href"].startswith(
        "/admin/people/"
    )
    assert not search(qian, "张演示").all(".task")


LISTS = {"customer": "/customers", "unit": "/equipment", "visit": "/visits", "report": "/reports", "call": "/calls",
         "part": "/stock", "person": "/admin/people"}  # fmt: skip


@pytest.mark.parametrize("username", ["zhang", "sun", "zhao", "he", "qian", "zhou", "admin"])
def test_whoever_has_a_list_finds_what_stands_there_and_opens_all_that_they_find(
    world: Any, sign_in: Any, username: str
) -> None:
    visit = finished(world)
    report = signed(world, visit)
    person = sign_in(username, "laptop")
    questions = {
        "customer": ["虚构动力", "10000000001"], "unit": ["DF2401-0001", "0001"], "visit": [visit.number],
        "report": [report.number], "call": [visit.call.number], "part": ["TM-OIL-100"], "person": ["zhang"],
    }  # fmt: skip
    assert questions.keys() == LISTS.keys() == set(rules.KINDS)
    for kind, asked in questions.items():
        for question in asked:
            found = live(person, question).all(f"#exact .task, #found-{kind} .task")
            assert found or person.get(LISTS[kind]).status == 403, f"{kind}: {question}"
            for one in found:
                assert person.get(str(one["href"])).status == 200, f"{kind}: {one['href']}"


@pytest.mark.engine("sqlite")
def test_each_role_is_among_those_whose_search_is_tried(world: Any) -> None:
    tried = (world.person(name).roles for name in ("zhang", "sun", "zhao", "he", "qian", "zhou", "admin"))
    assert set().union(*tried) == set(Role)


def test_a_technician_comes_from_a_customer_to_the_own_visits_there(world: Any, sign_in: Any) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    there = search(zhang, "虚构动力").one("#found-customer a.task")["href"]
    assert str(there).startswith("/customers/") and visit.number in zhang.get(str(there)).text


@pytest.mark.engine("sqlite")
def test_links_lead_to_a_page_of_the_record_as_soon_as_there_is_one(
    app: Flask, world: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(links.PAGES, "customer", (("visits.show", {"*": "id"}), *links.PAGES["customer"]))
    world.visit()
    customer = world.site().customer
    assert (
        search(sign_in("sun", "laptop"), "虚构动力").one("#found-customer a.task")["href"] == f"/visits/{customer.id}"
    )


def panel(person: Any, question: str) -> Page:
    return person.get("/search", query_string={"q": question}, headers={"HX-Request": "true", "HX-Target": "found"})


def test_the_box_of_the_head_shows_the_first_results_as_links_and_leads_on(world: Any, sign_in: Any) -> None:
    visit, sun = world.visit(description="漏水"), sign_in("sun", "laptop")
    page = panel(sun, "漏水")
    assert page.status == 200 and not page.all("h1, #results")
    assert [str(link["href"]) for link in page.all("#found a")] == [
        f"/visits/{visit.id}",
        "/search?q=%E6%BC%8F%E6%B0%B4",
    ]
    assert visit.number in panel(sun, "").one("#found").get_text()
    assert panel(sun, visit.call.number).all("#found a")[0]["href"] == f"/calls/{visit.call.number}"
    nothing = panel(sun, "没有这个词")
    assert "没有这个词" in nothing.one("#found").get_text() and nothing.one("#found a")["href"]
    assert not panel(sign_in("li"), "漏水").all("#found li")
    assert not sun.get("/search").all("#found")


@pytest.mark.engine("sqlite")
def test_the_box_stands_on_laptop_pages_and_phones_have_the_place(world: Any, sign_in: Any) -> None:
    laptop, phone = sign_in("sun", "laptop"), sign_in("zhang")
    box = laptop.get("/calls").one("header .find input")
    assert box["data-key"] == "/" and laptop.get("/calls").all("script[src*=shortcuts]")
    assert not laptop.get("/search").all("header .find") and laptop.get("/search").one("main input[data-key]")
    assert not phone.get("/").all(".find, script[src*=shortcuts]")
    assert phone.get("/").one(".nav a[href='/search']")


def test_words_of_a_name_are_shown_and_not_run(world: Any, sign_in: Any) -> None:
    db.session.add(Item(code="XSS-1", labels={"zh_Hans": "<script>alert(1)</script>"}))
    db.session.commit()
    page = search(sign_in("qian", "laptop"), "alert")
    assert "<script>alert(1)</script>" in hits(page, "part")[0]
