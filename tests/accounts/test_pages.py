import re
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from portal.accounts import secrets
from portal.accounts.models import FailedTries, Person, SignIn
from portal.clock import now
from portal.db import db
from portal.history import HistoryEntry
from tests.page import PASSWORD, PIN


def session_of(username: str) -> SignIn:
    return (
        db.session.query(SignIn)
        .join(Person)
        .filter(Person.username == username)
        .order_by(SignIn.created_at.desc())
        .first()
    )


def idle(world: Any) -> None:
    world.set_clock(now() + timedelta(minutes=16))


def test_a_person_signs_in_and_out(world: Any, sign_in: Any) -> None:
    person = sign_in()
    assert person.get("/login").value("username") == ""
    page = person.sign_in("admin")
    assert (page.status, page.location) == (303, "/")
    cookie = page.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and "Path=/" in cookie
    assert person.get("/me").status == 200
    assert (person.get("/login").status, person.get("/login").location) == (303, "/")
    assert person.open("/logout", method="POST").location == "/login"
    assert person.get("/me").location == "/login?next=/me"
    assert session_of("admin").ended_at


def test_next_leads_back_to_where_the_person_was(world: Any, sign_in: Any) -> None:
    person = sign_in()
    page = person.get("/login?next=/me/pin")
    assert page.value("next") == "/me/pin"
    fields = {"username": "admin", "password": PASSWORD}
    assert person.open("/login", method="POST", data={**fields, "next": "/me/pin"}).location == "/me/pin"
    evil = {**fields, "next": "//evil.example/"}
    assert sign_in().open("/login", method="POST", data=evil).location == "/"


@pytest.mark.parametrize(("username", "password"), [("sun", "wrong"), ("nobody", PASSWORD), ("", ""), ("sun", "")])
def test_wrong_names_and_passwords_are_refused_and_the_name_is_kept(
    world: Any, sign_in: Any, username: str, password: str
) -> None:
    page = sign_in().sign_in(username, password)
    assert page.status == 422 and page.errors
    assert page.value("username") == username and page.value("password") == ""
    assert "Set-Cookie" not in page.headers


def test_an_unknown_name_and_a_wrong_password_read_alike(world: Any, sign_in: Any) -> None:
    assert sign_in().sign_in("nobody", "x").errors == sign_in().sign_in("sun", "x").errors


@pytest.mark.parametrize("username", ["nobody", "sun", "li", ""])
def test_each_refusal_costs_one_hash_so_that_its_time_tells_nothing(
    world: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch, username: str
) -> None:
    """Another measure than a stopwatch: the hash is what takes time."""
    world.person("li").active = False
    db.session.commit()
    secrets.decoy()  # made once a process
    verified = []

    class Watched(PasswordHasher):
        def verify(self, *given: Any) -> Any:
            verified.append(given)
            return super().verify(*given)

    monkeypatch.setattr(secrets, "hasher", Watched(time_cost=1, memory_cost=8, parallelism=1))
    assert sign_in().sign_in(username, "wrong").status == 422
    assert len(verified) == (1 if username else 0)


def test_whoever_left_does_not_sign_in_and_is_out_at_once(world: Any, sign_in: Any) -> None:
    person = sign_in("sun")
    world.person("sun").active = False
    db.session.commit()
    assert person.get("/me").status == 303
    assert sign_in().sign_in("sun").status == 422


def test_failed_tries_slow_down_one_account_from_one_address(world: Any, sign_in: Any) -> None:
    person = sign_in()
    for _try in range(5):
        assert person.sign_in("sun", "wrong").status == 422
    page = person.sign_in("sun")
    assert page.status == 429 and 0 < int(page.headers["Retry-After"]) <= 31
    assert re.search(r"\d+", page.errors) and page.value("username") == "sun"
    assert sign_in().sign_in("li").status == 303
    elsewhere = {"data": {"username": "sun", "password": PASSWORD}, "environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    assert sign_in().open("/login", method="POST", **elsewhere).status == 303


def test_the_pause_doubles_and_success_forgets_it(world: Any, sign_in: Any) -> None:
    person, start = sign_in(), world.at(8)
    world.set_clock(start)
    for _try in range(5):
        person.sign_in("sun", "wrong")
    world.set_clock(start + timedelta(seconds=31))
    assert person.sign_in("sun", "wrong").status == 422
    page = person.sign_in("sun")
    assert (page.status, page.headers["Retry-After"]) == (429, "61")
    world.set_clock(start + timedelta(seconds=93))
    assert person.sign_in("sun").status == 303
    assert db.session.query(FailedTries).count() == 0


def test_an_old_cookie_and_a_made_up_one_open_nothing(world: Any, sign_in: Any) -> None:
    person = sign_in("sun")
    old = person.client.get_cookie("session").value
    person.sign_in("li")
    assert person.client.get_cookie("session").value != old
    for value in (old, "made up", "x" * 3000, "ü"):
        stranger = sign_in()
        stranger.client.set_cookie("session", value)
        assert stranger.get("/me").status == 303


@pytest.mark.engine("sqlite")
def test_demonstration_accounts_are_listed_while_they_exist(world: Any, sign_in: Any) -> None:
    assert "zhang" not in sign_in().get("/login").text
    world.person("zhang").demo = True
    db.session.commit()
    page = sign_in().get("/login")
    assert "zhang" in page.text and PASSWORD in page.text and PIN in page.text


def test_an_idle_phone_asks_for_the_pin(world: Any, sign_in: Any) -> None:
    person = sign_in("admin")
    idle(world)
    page = person.get("/me?x=1")
    assert page.location == "/unlock?next=/me?x%3D1"
    page = person.get(page.location)
    assert page.value("next") == "/me?x=1"
    page = person.post("/unlock", {"pin": "1111", "next": "/me"})
    assert page.status == 422 and "4" in page.errors
    assert person.get("/me").status == 303
    assert person.post("/unlock", {"pin": PIN, "next": "/me"}).location == "/me"
    assert person.get("/me").status == 200
    assert session_of("admin").pin_failures == 0


def test_a_laptop_is_not_asked_for_a_pin(world: Any, sign_in: Any) -> None:
    person = sign_in("admin", device="laptop")
    idle(world)
    assert person.get("/me").status == 200


def test_five_wrong_pins_need_the_password(world: Any, sign_in: Any) -> None:
    person = sign_in("admin")
    idle(world)
    for _try in range(4):
        assert person.post("/unlock", {"pin": "1111"}).status == 422
    page = person.post("/unlock", {"pin": "1111", "next": "/me"})
    assert (page.status, page.location) == (303, "/login?next=/me")
    assert session_of("admin").ended_at
    assert person.post("/unlock", {"pin": PIN}).location.startswith("/login")


def test_an_idle_phone_without_a_pin_asks_for_the_password(world: Any, sign_in: Any) -> None:
    world.person("admin").pin_hash = None
    db.session.commit()
    person = sign_in("admin")
    idle(world)
    assert person.get("/unlock").one("main [name=password]")
    assert person.post("/unlock", {"password": "wrong"}).status == 422
    assert person.post("/unlock", {"password": PASSWORD}).status == 303
    assert person.get("/me").status == 200


def test_being_here_is_noted_once_a_minute(world: Any, sign_in: Any) -> None:
    world.set_clock(world.at(8))
    person = sign_in("admin")
    world.set_clock(world.at(8, 0) + timedelta(seconds=50))
    person.get("/me")
    assert session_of("admin").last_seen_at == world.at(8)
    world.set_clock(world.at(8, 5))
    person.get("/me")
    assert session_of("admin").last_seen_at == world.at(8, 5)


def test_the_language_changes_on_the_same_page_and_stays_with_the_person(world: Any, sign_in: Any) -> None:
    person = sign_in("admin")
    page = person.open("/language", method="POST", data={"locale": "es", "next": "/me/pin"})
    assert (page.status, page.location) == (303, "/me/pin")
    assert world.person("admin").locale == "es"
    other_browser = sign_in("admin")
    assert other_browser.get("/me").one("html")["lang"] == "es"
    referred = {"data": {"locale": "en"}, "headers": {"Referer": "http://localhost/me/pin?a=b"}}
    assert person.open("/language", method="POST", **referred).location == "/me/pin?a=b"
    foreign = {"data": {"locale": "en"}, "headers": {"Referer": "https://evil.example/x"}}
    assert person.open("/language", method="POST", **foreign).location == "/"
    assert person.open("/language", method="POST", data={"locale": "xx"}).status == 422


@pytest.mark.engine("sqlite")
def test_a_stranger_chooses_a_language_and_colours(world: Any, sign_in: Any) -> None:
    stranger = sign_in()
    stranger.open("/language", method="POST", data={"locale": "zh_Hant", "next": "/login"})
    stranger.open("/theme", method="POST", data={"theme": "dark", "next": "/login"})
    html = stranger.get("/login").one("html")
    assert (html["lang"], html["data-theme"]) == ("zh-Hant", "dark")
    assert stranger.open("/theme", method="POST", data={"theme": "pink"}).status == 422
    for address in ("/language", "/theme", "/logout"):
        assert stranger.get(address).status == 200


def test_a_person_ends_own_sessions_only(world: Any, sign_in: Any) -> None:
    phone, laptop, stranger = sign_in("admin"), sign_in("admin", device="laptop"), sign_in("sun")
    mine = db.session.query(SignIn).filter_by(device="phone").join(Person).filter(Person.username == "admin").one()
    assert stranger.post(f"/me/sessions/{mine.id}/end").status == 404
    assert len(laptop.get("/me").all("main .lines .verb")) == 2
    assert laptop.post(f"/me/sessions/{mine.id}/end").status == 303
    assert phone.get("/me").status == 303 and laptop.get("/me").status == 200
    assert laptop.post(f"/me/sessions/{mine.id}/end").status == 404


def test_pin_and_password_change_with_the_present_password_only(world: Any, sign_in: Any) -> None:
    person, other = sign_in("admin", device="laptop"), sign_in("admin")
    assert person.post("/me/pin", {"password": "wrong", "new_pin": "1357"}).status == 422
    assert person.post("/me/pin", {"password": PASSWORD, "new_pin": "1"}).errors
    assert person.post("/me/pin", {"password": PASSWORD, "new_pin": "1357"}).status == 303
    assert person.post("/me/password", {"password": PASSWORD, "new_password": "too short"}).status == 422
    assert person.post("/me/password", {"password": PASSWORD, "new_password": "long enough now"}).status == 303
    assert person.get("/me").status == 200 and other.get("/me").status == 303
    assert sign_in().sign_in("admin").status == 422
    assert sign_in().sign_in("admin", "long enough now").status == 303


def test_passwords_are_not_guessed_through_the_change_form(world: Any, sign_in: Any) -> None:
    person = sign_in("admin")
    for _try in range(5):
        person.post("/me/pin", {"password": "wrong", "new_pin": "1357"})
    page = person.post("/me/pin", {"password": PASSWORD, "new_pin": "1357"})
    assert page.status == 429 and "Retry-After" in page.headers


@pytest.mark.engine("sqlite")
def test_over_https_the_cookie_is_bound_to_the_host(app: Flask, world: Any, sign_in: Any) -> None:
    app.config["SECURE"] = True
    cookie = sign_in().sign_in("admin").headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=") and "Secure" in cookie and "Domain" not in cookie


def test_everybody_keeps_an_own_mail_address(world: Any, sign_in: Any) -> None:
    person = sign_in("zhang")
    for wrong in (
        "zhang",
        "a@b",
        "张 <z@example.com>",
        "z@example.com\nBcc: x@example.com",
        "x" * 200 + "@example.com",
    ):
        page = person.post("/me/mail", {"email": wrong})
        assert page.status == 422 and page.errors, wrong
    assert person.post("/me/mail", {"email": "zhang@example.com"}).location == "/me"
    assert person.post("/me/mail", {"email": "zhang@example.com"}).status == 303
    assert "zhang@example.com" in person.get("/me").text
    assert person.get("/me/mail").value("email") == "zhang@example.com"
    (entry,) = db.session.query(HistoryEntry).filter_by(verb="set_email")
    assert entry.details == {"email.before": "", "email.after": "zhang@example.com"}
    assert person.post("/me/mail", {"email": ""}).status == 303
    assert world.person("zhang").email == ""
