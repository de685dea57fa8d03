"""The first set-up of an empty company: with the code that the server printed, once, and everything acts at once."""

import io
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image

from portal import create_app, settings, throttle
from portal.accounts.models import Branch, Person
from portal.admin.operations import setup_code
from portal.calls.models import Visit
from portal.customers.models import CodeValue
from portal.db import db
from portal.reports.models import Report
from portal.signing.operations import content_of
from portal.stock.models import Location
from portal.visits.rules import CODE_NAMES
from tests.databases import administer, own_name, postgres_url
from tests.databases import settings as app_settings
from tests.page import Page, within_one_minute
from tests.page import Person as Visitor
from tests.reports.steps import answer, hand_to_customer, release, sign
from tests.servers import ROOT
from tests.visits.steps import DIAGNOSIS, press

SECRET = "seven blue herons at noon"


def drawing(mode: str = "RGBA") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (900, 300)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def empty(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A migrated app without people."""
    if engine == "sqlite":
        url = f"sqlite:///{tmp_path / 'empty.sqlite'}"
    else:
        administer(request.getfixturevalue("postgres"), f"CREATE DATABASE {own_name('nobody')}")
        url = postgres_url(request.getfixturevalue("postgres"), own_name("nobody"))
    app = create_app(app_settings(url, tmp_path))
    with app.app_context():
        from portal import cli

        cli.upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()
    if engine == "postgresql":
        administer(request.getfixturevalue("postgres"), f"DROP DATABASE {own_name('nobody')} WITH (FORCE)")


def answers(**other: Any) -> dict[str, Any]:
    return {
        "setup_code": setup_code(), "zh_Hans": "甲示例服务公司", "en": "First Example Service",
        "hotline": "100 0000 0000", "branch_code": "sh", "time_zone": "Asia/Shanghai",
        "languages": ["en", "zh_Hans"], "first_language": "en", "username": "owner", "person_name": "甲示例",
        "new_password": SECRET, "new_pin": "1357", **other,
    }  # fmt: skip


def test_an_empty_portal_is_set_up_with_the_code_and_works(empty: Flask) -> None:
    owner = Visitor(empty, "laptop")
    assert owner.get("/login").location == "/setup"
    assert owner.get("/setup").value("time_zone") == "Asia/Shanghai"
    sent = answers(logo=(io.BytesIO(drawing()), "logo.png"))
    done = owner.open("/setup", method="POST", data=sent, content_type="multipart/form-data")
    assert (done.status, done.location) == (303, "/admin"), done.errors
    page = owner.follow(done)
    assert page.one(".brand").get_text(strip=True) == "First Example Service"
    picture = owner.get(str(page.one(".brand img")["src"]))
    assert picture.status == 200 and Image.open(io.BytesIO(picture.response.data)).size == (480, 160)
    assert [button["value"] for button in page.all(".languages button")] == ["en", "zh_Hans"]
    branch = db.session.query(Branch).one()
    assert (branch.code, branch.hotline, branch.labels["zh_Hans"]) == ("SH", "100 0000 0000", "甲示例服务公司")
    assert db.session.query(Location).filter_by(kind="store").one().code == "STORE-SH"
    assert owner.get("/admin/people").status == 200
    assert Visitor(empty).sign_in("owner", SECRET).status == 303
    assert owner.get("/setup").status == 404 and owner.open("/setup", method="POST", data=answers()).status == 404


def test_the_first_day_of_an_empty_company_ends_with_a_signed_report(empty: Flask) -> None:
    """Setup, a technician, a customer with a call, the visit, the signature: each step through its page."""
    owner = Visitor(empty, "laptop")
    assert owner.get("/setup").value("standard_codes"), "offered, and ticked"
    sent = answers(standard_codes="y", roles=["dispatcher"], first_language="zh_Hans", languages=["zh_Hans", "en"])
    assert owner.open("/setup", method="POST", data=sent).location == "/admin"
    phone = taken_on(owner)
    call = owner.get("/calls/new?new=1")
    names = ("channel", "priority", "service_class", "work_type", "window_start", "window_end")
    plan = {name: call.value(name) for name in names} | {"technician": str(person("neu").id)}
    customer = {"customer_name": "丁虚构", "customer_kind": "consumer", "address": "雾里市占位街 4 号"}
    caller = {"contact_name": "丁", "contact_phone": "100 0000 0009", "description": "跑步机不转"}
    page = owner.follow(owner.post("/calls/new", {**plan, **customer, **caller}))
    visit = db.session.query(Visit).one()
    assert "丁虚构" in page.text and phone.get("/").all(f"a[href='/visits/{visit.id}']")
    base = f"/visits/{visit.id}"
    press(phone, base, "departure", "arrival", "start")
    form = phone.get(f"{base}/findings")
    chosen = {name: first_choice(form, name) for name in CODE_NAMES}
    assert chosen == {"symptom": "TM-S01", "component": "TM-P01", "cause": "C01", "remedy": "A01"}
    saved = phone.post(f"{base}/findings", DIAGNOSIS | chosen)
    assert saved.status == 303, saved.errors
    press(phone, base, "no-parts", "finish")
    assert phone.get(base).one(f"a.task[href='{base}/handover']"), phone.get(base).text
    address = hand_to_customer(phone, visit)
    assert answer(phone, address).status == 303 and sign(phone, address).status == 303
    assert release(phone, address, "2580").status == 303
    report = db.session.query(Report).one()
    assert report.signed and content_of(report.document)["symptom_code"]
    assert phone.get(f"/reports/{report.number}").status == 200


def taken_on(owner: Visitor, role: str = "technician") -> Visitor:
    """Somebody's phone: hired by the owner, signed in with what was handed out, then with an own password."""
    newcomer = {"username": "neu", "name": "新人", "roles": [role], "branch": "SH", "language": "zh_Hans"}
    page = owner.follow(owner.post("/admin/people/new", newcomer))
    once, phone = page.one("#one-time .code").get_text(strip=True), Visitor(owner.app)
    assert phone.sign_in("neu", once).status == 303
    own = {"password": once, "new_password": "nine grey geese at dusk", "new_pin": "2580"}
    assert phone.post("/me/password", own).location == "/"
    return phone


def person(username: str) -> Person:
    return db.session.query(Person).filter_by(username=username).one()


def first_choice(page: Page, name: str) -> str:
    """What stands first on the list: chips or a select."""
    return next(str(one["value"]) for one in page.all(f"input[name={name}], #{name} option") if one["value"])


def test_without_the_tick_the_lists_are_empty_and_the_button_is_there(empty: Flask) -> None:
    owner = Visitor(empty, "laptop")
    assert owner.open("/setup", method="POST", data=answers()).location == "/admin"
    assert db.session.query(CodeValue).count() == 0
    assert owner.follow(owner.post("/admin/codes/symptom/standard")).all("tbody tr")
    assert {row.kind for row in db.session.query(CodeValue)} == set(CODE_NAMES)


@pytest.mark.engine("sqlite")
def test_empty_lists_lead_whoever_may_to_the_import(empty: Flask) -> None:
    owner = Visitor(empty, "laptop")
    sent = answers(roles=["supervisor"], first_language="en")
    assert owner.open("/setup", method="POST", data=sent).location == "/admin"
    lists = {"/stock": "parts", "/equipment": "products", "/customers": "customers", "/tools": "tools"}
    for path, kind in (lists | {"/admin/usual-parts": "products"}).items():
        link = owner.get(path).one(".empty a[href^='/imports/new']")
        assert owner.get(str(link["href"])).value("kind") == kind, path
    assert "No products yet" in owner.get("/calls/new?new=1").one("#product-hint").get_text()
    accountant = taken_on(owner, "accountant")
    for path in lists:
        assert not accountant.get(path).all("a[href^='/imports']"), path


WRONG = [
    ({"setup_code": "AAAA-AAAA-AAAA"}, "setup_code"),
    ({"setup_code": "\ud83d"}, "setup_code"),
    ({"new_password": "password1234"}, "new_password"),
    ({"branch_code": "TOO-LONG"}, "branch_code"),
    ({"time_zone": "Nowhere/Here"}, "time_zone"),
    ({"zh_Hans": "", "en": ""}, "zh_Hans"),
    ({"username": "Not Plain"}, "username"),
    ({"new_pin": "12"}, "new_pin"),
]


@pytest.mark.engine("sqlite")
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_made(empty: Flask) -> None:
    for wrong, field in WRONG:
        sent = {key: value.encode("utf-8", "replace") for key, value in wrong.items()}
        page = Visitor(empty).open("/setup", method="POST", data=answers(**sent))
        assert page.status == 422 and page.one(f"#{field}-error").get_text(strip=True)
        assert page.value("person_name") == "甲示例"
    assert db.session.query(Person).count() == 0 and not settings.rows()


@pytest.mark.engine("sqlite")
def test_the_code_is_not_guessed(empty: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "MOST_WRONG", 3)
    stranger = Visitor(empty)
    within_one_minute()
    for _try in range(3):
        assert stranger.open("/setup", method="POST", data=answers(setup_code="AAAA-BBBB-CCCC")).status == 422
    assert stranger.open("/setup", method="POST", data=answers()).status == 429


@pytest.mark.engine("sqlite")
def test_the_command_prints_the_code_only_while_nobody_is_there(empty: Flask, app: Flask) -> None:
    with empty.app_context():
        printed = empty.test_cli_runner().invoke(args=["setup", "code"])
        assert printed.exit_code == 0 and printed.output.strip() == setup_code()
    refused = app.test_cli_runner().invoke(args=["setup", "code"])
    assert refused.exit_code == 1 and "people already" in refused.output
    assert (ROOT / "portal" / "start.py").read_text("utf-8").count("setup_code()") == 1


@pytest.mark.engine("sqlite")
def test_with_people_there_is_no_set_up(world: Any, sign_in: Any) -> None:
    assert sign_in().get("/setup").status == 404
    assert sign_in().get("/login").status == 200
