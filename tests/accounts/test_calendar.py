"""The calendar feed: made, shown, revoked; what it holds and never holds; wrong secrets."""

from datetime import timedelta
from typing import Any

import pytest
from icalendar import Calendar

from portal.accounts.calendar import CalendarFeed
from portal.calls.operations import add_member, cancel_visit, remove_member
from portal.clock import now
from portal.db import db
from portal.throttle import MOST_WRONG
from tests.page import Page, Person, within_one_minute


def address_of(zhang: Person) -> str:
    """Makes an address and reads it from the page."""
    page = zhang.follow(zhang.post("/me/calendar"))
    address = page.one("#feed-address").get_text().strip()
    assert address.startswith("http://localhost/calendar/") and page.one("a[href^='webcal://']")
    return address.removeprefix("http://localhost")


def events(page: Page) -> list[Any]:
    assert page.status == 200 and page.headers["Content-Type"] == "text/calendar; charset=utf-8"
    return list(Calendar.from_ical(page.response.get_data()).walk("VEVENT"))


def test_a_calendar_app_gets_the_visits_without_signing_in(world: Any, sign_in: Any) -> None:
    visit, soon = world.visit(), now() + timedelta(days=10)
    world.visit(window_start=soon, window_end=soon + timedelta(hours=2))
    world.visit("li")
    for days in (-31, 181):
        outside = now() + timedelta(days=days)
        world.visit(window_start=outside, window_end=outside + timedelta(hours=1))
    app, address = sign_in(), address_of(sign_in("zhang"))
    page = app.get(address)
    first, second = events(page)
    assert (str(first["UID"]), first["SEQUENCE"]) == (f"visit-{visit.id}@portal", visit.version)
    assert first["SUMMARY"] == "虚构动力健身俱乐部" and first["LOCATION"] == "总店"
    assert first["DESCRIPTION"].startswith(visit.number)
    assert first.decoded("DTSTART") == visit.window_start.replace(microsecond=0)
    assert f"DTSTART:{visit.window_start:%Y%m%dT%H%M%SZ}" in page.response.get_data(as_text=True)
    assert first.decoded("DTEND") == visit.window_end.replace(microsecond=0)
    assert second.decoded("DTEND") - second.decoded("DTSTART") == timedelta(hours=2)
    text = page.response.get_data(as_text=True)
    for secret in ("100 0000", "甲示例", "门禁码", "配电箱", "示例大道", "跑带打滑"):
        assert secret not in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT4H" in text and "X-PUBLISHED-TTL:PT4H" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert not page.headers.get("Set-Cookie")


def test_who_goes_along_has_the_visit_in_the_calendar_until_they_are_taken_off(world: Any, sign_in: Any) -> None:
    visit, own, sun = world.visit("li"), world.visit(), world.person("sun")
    app, address = sign_in(), address_of(sign_in("zhang"))
    add_member(visit, world.person("zhang"), person=sun)
    db.session.commit()
    uids = {f"visit-{one.id}@portal" for one in (visit, own)}
    assert {str(event["UID"]) for event in events(app.get(address))} == uids
    remove_member(visit, world.person("zhang"), reason="另有急修", person=sun)
    db.session.commit()
    assert [str(event["UID"]) for event in events(app.get(address))] == [f"visit-{own.id}@portal"]


def test_what_changed_has_a_higher_sequence_and_the_rest_is_not_sent_again(world: Any, sign_in: Any) -> None:
    visit, app, address = world.visit(), sign_in(), address_of(sign_in("zhang"))
    before = app.get(address)
    etag = {"If-None-Match": before.headers["ETag"]}
    assert app.get(address, headers=etag).status == 304
    head = app.open(address, method="HEAD")
    assert (head.status, head.headers["ETag"]) == (200, before.headers["ETag"])
    cancel_visit(visit, "客户改期", world.person("sun"))
    db.session.commit()
    (old,), (new,) = events(before), events(app.get(address, headers=etag))
    assert new["STATUS"] == "CANCELLED" and old["STATUS"] == "CONFIRMED" and new["UID"] == old["UID"]
    assert new["SEQUENCE"] > old["SEQUENCE"]
    assert new.decoded("LAST-MODIFIED") >= old.decoded("LAST-MODIFIED")


def test_an_address_ends_by_revoking_by_a_new_one_and_with_the_account(world: Any, sign_in: Any) -> None:
    zhang, app = sign_in("zhang"), sign_in()
    first, second = address_of(zhang), address_of(zhang)
    assert (app.get(first).status, app.get(second).status) == (404, 200)
    assert zhang.post("/me/calendar/end").status == 303
    assert app.get(second).status == 404 and not zhang.get("/me/calendar").all("#feed-address")
    third = address_of(zhang)
    world.person("zhang").active = False
    db.session.commit()
    assert app.get(third).status == 404


@pytest.mark.engine("sqlite")
def test_the_secret_is_not_in_the_database_and_wrong_ones_are_limited(world: Any, sign_in: Any) -> None:
    address = address_of(sign_in("zhang"))
    secret = address.split("/")[-1].removesuffix(".ics")
    row = db.session.query(CalendarFeed).one()
    assert len(secret) == 32 and secret not in (row.secret_hash, str(row.id))
    app = sign_in()
    within_one_minute()
    answers = [app.get(f"/calendar/{'a' * n}.ics").status for n in range(20, 22 + MOST_WRONG)]
    assert answers == [404] * MOST_WRONG + [429] * 2


@pytest.mark.engine("sqlite")
def test_a_shown_address_lasts_as_long_as_the_key(app: Any, world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    address = address_of(zhang)
    app.config["SECRET_KEY"] = "another"
    assert not zhang.get("/me/calendar").all("#feed-address")
    assert sign_in().get(address).status == 200


@pytest.mark.engine("sqlite")
def test_only_people_with_visits_have_one(sign_in: Any) -> None:
    assert sign_in("qian").get("/me/calendar").status == 403
