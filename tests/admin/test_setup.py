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
from portal.db import db
from portal.stock.models import Location
from tests.databases import administer, own_name, postgres_url
from tests.databases import settings as app_settings
from tests.page import Person as Visitor
from tests.page import within_one_minute
from tests.servers import ROOT

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
