"""Forms that another site sends, that lead elsewhere, that carry more than they ask, or text that would be code."""

import contextvars
import uuid
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import func, select

from portal.accounts.models import Person, PersonRole, SignIn
from portal.calls.models import Visit
from portal.db import Model, db
from portal.stock.models import Movement
from portal.visits.models import PartUse
from tests.conftest import ENGINES, LONG
from tests.page import Person as Somebody
from tests.security.corpus import CODE
from tests.stock.tools import new_tool
from tests.visits.steps import OIL, on_site

pytestmark = pytest.mark.engine(*(ENGINES if LONG else ("sqlite",)))
UNSEEN = {"sign_in", "failed_sign_in", "wrong_token", "sign_in_failure", "throttle"}  # counts of tries, by design
ID = "00000000-0000-4000-8000-000000000001"


def rows() -> dict[str, int]:
    tables = [table for table in Model.metadata.sorted_tables if table.name not in UNSEEN]
    found = {table.name: int(db.session.scalar(select(func.count()).select_from(table)) or 0) for table in tables}
    db.session.rollback()
    return found


def unsafe(app: Flask) -> list[tuple[str, str]]:
    """(endpoint, address) of all that takes a POST."""
    urls, found = app.url_map.bind("localhost"), []
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or set()):
            values = {name: 1 if name == "n" else ID for name in rule.arguments}
            found.append((rule.endpoint, urls.build(rule.endpoint, values, force_external=False)))
    return found


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_no_form_of_another_site_is_taken(app: Flask, sign_in: Any, site: str) -> None:
    zhao, before = sign_in("zhao", "laptop"), rows()
    token = zhao.token()
    db.session.rollback()
    for _endpoint, address in unsafe(app):
        sent = {"csrf_token": token, "entry_id": str(uuid.uuid4()), "theme": "light", "locale": "en"}
        headers = {"Sec-Fetch-Site": site, "Origin": "https://evil.example"}
        run = contextvars.Context().run
        answer: Any = run(zhao.client.open, address, method="POST", data=sent, headers=headers, buffered=True)
        assert answer.status_code == 403, address
        assert "Set-Cookie" not in answer.headers, address
    assert rows() == before
    assert zhao.get("/me").status == 200, "nobody was signed out"


def test_neither_no_token_nor_another_sessions_takes_effect(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, other = sign_in("zhang"), sign_in("zhang", "laptop")
    base = on_site(world, zhang)
    foreign, before = other.token(), rows()
    for token in (foreign, "", "x" * 2000, "\x00"):
        page = zhang.post(f"{base}/part-uses", OIL, token=token)
        assert page.status == 400 and page.errors
    page = zhang.open(f"{base}/part-uses", method="POST", data=OIL)
    assert page.status == 400
    assert rows() == before


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "javascript:alert(1)", "/%0d%0aSet-Cookie:x=1\r\nX: y", "https:evil.example", "///evil.example", "http:///x",
        " //evil.example", "/\n/evil.example", "@evil.example", "data:text/html,x", "/x" * 400,
    ],
)  # fmt: skip
def test_nothing_leads_out_of_the_portal(sign_in: Any, wanted: str) -> None:
    person = sign_in()
    sent = {"username": "zhao", "password": "demo-2026", "next": wanted}
    answers = [person.open("/login", method="POST", data=sent)]
    for address, field in (("/theme", {"theme": "light"}), ("/language", {"locale": "zh_Hans"})):
        answers.append(person.open(address, method="POST", data={**field, "next": wanted}))
        header = {"Referer": wanted.replace("\r", "").replace("\n", "").replace("\t", "")}
        answers.append(person.open(address, method="POST", data=field, headers=header))
    for answer in answers:
        assert answer.status == 303
        place = answer.location or ""
        assert place.startswith("/") and not place.startswith(("//", "/\\")) and "evil" not in place, place
        assert "X" not in answer.headers
    scanned = person.post("/scan", {"code": wanted})
    assert scanned.location is None or (scanned.location.startswith("/") and "evil" not in scanned.location)


def test_more_fields_than_a_form_asks_for_change_nothing(world: Any, sign_in: Any) -> None:
    zhang, sun, li = sign_in("zhang"), sign_in("sun", "laptop"), world.person("li")
    base = on_site(world, zhang)
    extra = {
        "role": "manager", "roles": "admin", "person_id": str(li.id), "technician_id": str(li.id), "state": "closed",
        "signed": "1", "price": "0.01", "unit_cost": "0.01", "list_price": "0", "payer": "seller", "id": ID,
        "recorded_at": "2001-01-01T00:00", "visit_id": ID, "active": "1", "merged_into_id": ID, "password_hash": "x",
    }  # fmt: skip
    assert zhang.post(f"{base}/part-uses", {**OIL, **extra}).status == 303
    use = db.session.scalars(select(PartUse)).one()
    assert use.person_id == world.person("zhang").id and str(use.visit_id) in base and use.recorded_at.year > 2001
    assert db.session.get_one(Movement, use.movement_n).unit_cost > 1
    visit = db.session.get_one(Visit, uuid.UUID(base.split("/")[2]))
    assert visit.state == "working" and visit.is_assigned(world.person("zhang"))
    roles = db.session.execute(select(PersonRole.person_id, PersonRole.role)).all()
    customer = f"/customers/{visit.call.customer_id}"
    version = sun.get(f"{customer}/edit").value("version")
    sun.post(f"{customer}/edit", {"name": "虚构动力", "kind": "business", "version": version, **extra})
    sun.post("/me/pin", {"password": "demo-2026", "new_pin": "8642", "again": "8642", **extra})
    assert db.session.execute(select(PersonRole.person_id, PersonRole.role)).all() == roles
    assert visit.call.customer.merged_into_id is None
    assert all(one.password_hash.startswith("$argon2") for one in db.session.scalars(select(Person)).unique())


def bones(page: Any) -> list[Any]:
    """Elements with the names of their attributes: what text must never add to."""
    soup: BeautifulSoup = page.soup
    return [(tag.name, sorted(tag.attrs)) for tag in soup.find_all(True)]


def test_typed_text_is_only_ever_text(world: Any, sign_in: Any) -> None:
    zhang, sun = sign_in("zhang"), sign_in("sun", "laptop")
    base = on_site(world, zhang, description="CODE-HERE")
    visit = db.session.get_one(Visit, uuid.UUID(base.split("/")[2]))
    call, customer, unit = visit.call, visit.call.customer, visit.call.equipment
    tool = new_tool(world, "GJ-1")
    assert sun.post("/lists/calls/views?state=open", {"name": "CODE-HERE"}).status == 303
    pages = [(zhang, base), (zhang, f"{base}/findings"), (sun, f"/calls/{call.number}"), (sun, "/calls"),
             (sun, f"/customers/{customer.id}"), (sun, f"/customers/{customer.id}/edit"), (sun, "/customers"),
             (sun, f"/equipment/{unit.id}"), (sign_in("qian", "laptop"), "/tools/GJ-1")]  # fmt: skip
    from portal.records.models import SavedView

    def write(text: str) -> None:
        call.description = customer.name = customer.note = unit.location = text
        visit.instructions = text
        tool.item.labels = dict.fromkeys(tool.item.labels, text)
        db.session.scalars(select(SavedView)).one().name = text
        db.session.commit()

    write("plain words")
    sun.get("/calls")  # takes the message about the view off
    usual = [bones(person.get(address)) for person, address in pages]
    for first in range(0, len(CODE), 6):  # six at once: whichever breaks out changes the page
        text = " ".join(CODE[first : first + 6])
        write(text)
        for (person, address), before in zip(pages, usual, strict=True):
            page: Any = person.get(address)
            assert page.status == 200 and bones(page) == before, f"{text!r} on {address}"
    assert "<script>alert(1)</script>" not in zhang.get(base).response.get_data(as_text=True)


def test_an_old_session_is_worth_nothing(world: Any, sign_in: Any) -> None:
    planted = sign_in()
    planted.client.set_cookie("session", "planted-by-somebody")
    planted.sign_in("zhao")
    assert planted.client.get_cookie("session").value != "planted-by-somebody"
    kept: Somebody = sign_in()
    kept.client.set_cookie("session", planted.client.get_cookie("session").value)
    assert kept.get("/me").status == 200
    planted.post("/logout")
    kept.client.set_cookie("session", kept.client.get_cookie("session").value)
    assert kept.get("/me").status == 303
    first, second = sign_in("zhao", "laptop"), sign_in("zhao", "laptop")
    fresh = {"password": "demo-2026", "new_password": "another-long-one-7", "again": "another-long-one-7"}
    page = first.post("/me/password", fresh)
    assert page.status == 303, page.errors
    assert first.get("/me").status == 200 and second.get("/me").status == 303


def test_nobody_learns_which_names_there_are(sign_in: Any) -> None:
    answers = []
    for username in ("zhao", "nobody-here"):
        person = sign_in()
        page = person.open("/login", method="POST", data={"username": username, "password": "wrong-words-1"})
        answers.append((page.status, page.errors, sorted(page.headers.keys())))
    assert answers[0] == answers[1]
    assert sign_in().get("/setup").status == 404
    assert db.session.scalar(select(func.count()).select_from(SignIn)) == 0
