from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.accounts import operations
from portal.accounts.models import Person, SignIn
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected


def add(world: Any, username: str = "neu", **more: Any) -> Person:
    return operations.add_person(
        username, "新人", ["technician"], world.person("sun").branch, "long enough now", **more
    )


def test_a_new_person_signs_in_and_the_row_holds_no_secret(world: Any) -> None:
    person = add(world, pin="1357")
    session, token = operations.sign_in("NEU ", "long enough now", address="192.0.2.1", device="phone")
    assert session.person is person
    assert token not in (session.token_hash, session.csrf_token)
    assert "long enough now" not in person.password_hash and person.password_hash.startswith("$argon2id$")
    assert person.pin_hash and "1357" not in person.pin_hash


def test_a_username_exists_once(world: Any) -> None:
    add(world)
    with pytest.raises(Conflict):
        add(world)
    assert db.session.query(Person).filter_by(username="neu").count() == 1


@pytest.mark.parametrize("more", [{"pin": "12"}, {"username": "Not Plain"}])
def test_odd_names_and_pins_are_refused(world: Any, more: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        add(world, **more)


def test_a_short_password_is_refused(world: Any) -> None:
    with pytest.raises(Rejected):
        operations.set_password(world.person("sun"), "eleven char")


def test_ending_all_sessions_spares_the_one_in_use(world: Any) -> None:
    person = add(world)
    kept, _token = operations.sign_in("neu", "long enough now", address="a", device="laptop")
    other, _token = operations.sign_in("neu", "long enough now", address="a", device="phone")
    assert operations.end_sessions(person, but=kept) == 1
    db.session.expire_all()
    assert kept.is_live() and not other.is_live()
    assert operations.live_sessions(person) == [kept]


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("device", "seen", "later", "live"),
    [
        ("phone", timedelta(days=20), timedelta(days=6), True),
        ("phone", timedelta(0), timedelta(days=7, seconds=1), False),
        ("laptop", timedelta(hours=11), timedelta(minutes=59), True),
        ("laptop", timedelta(hours=11), timedelta(hours=1), False),
    ],
)
def test_phones_roll_seven_days_and_laptops_end_after_twelve_hours(
    world: Any, device: str, seen: timedelta, later: timedelta, live: bool
) -> None:
    start = world.at(8)
    world.set_clock(start + seen + later)
    session = SignIn(device=device, created_at=start, last_seen_at=start + seen)
    assert session.is_live() == live


def test_the_right_pin_wakes_an_idle_phone_and_forgets_wrong_ones(world: Any) -> None:
    add(world, pin="1357")
    session, _token = operations.sign_in("neu", "long enough now", address="a", device="phone")
    session.pin_failures, session.last_seen_at = 4, now() - timedelta(hours=1)
    assert session.is_idle()
    assert operations.check_pin(session, "1357").ok
    assert session.pin_failures == 0 and not session.is_idle()


def test_no_pin_is_tried_after_five_wrong_ones(world: Any) -> None:
    add(world, pin="1357")
    session, _token = operations.sign_in("neu", "long enough now", address="a", device="phone")
    session.pin_failures = 5
    check = operations.check_pin(session, "1357")
    assert not check.ok and check.exhausted


# --- flask people … -------------------------------------------------------------------------------------------------


def run(app: Flask, *arguments: str, stdin: str = "") -> Any:
    db.session.commit()
    return app.test_cli_runner().invoke(args=["people", *arguments], input=stdin)


def test_people_add_makes_an_account_that_signs_in(app: Flask, world: Any, sign_in: Any) -> None:
    roles = ("--role", "technician", "--role", "dispatcher")
    asked = run(
        app, "add", "neu", "--name", "新人", *roles, "--mail", "neu@example.com", "--pin", "1357", "--password-stdin",
        stdin="long enough now\n",
    )  # fmt: skip
    assert asked.exit_code == 0 and "neu" in asked.output
    assert sign_in().sign_in("neu", "long enough now").status == 303
    assert sorted(world.person("neu").roles) == ["dispatcher", "technician"]
    assert world.person("neu").email == "neu@example.com"


def test_people_add_asks_for_what_is_missing(app: Flask, world: Any) -> None:
    asked = run(
        app, "add", "neu", "--name", "新人", "--role", "technician", stdin="long enough now\nlong enough now\n\n"
    )
    assert asked.exit_code == 0, asked.output
    assert world.person("neu").pin_hash is None


@pytest.mark.parametrize(
    ("more", "stdin", "words"),
    [
        (["--role", "technician"], "short\n", "12 to 200"),
        (["--role", "technician", "--pin", "1"], "long enough now\n", "PIN"),
        (["--role", "technician", "--branch", "99"], "long enough now\n", "no branch 99"),
        (["--role", "technician", "--mail", "neu@"], "long enough now\n", "name@example.com"),
        (["--role", "king"], "long enough now\n", "king"),
    ],
)
def test_people_add_says_what_is_wrong(app: Flask, world: Any, more: list[str], stdin: str, words: str) -> None:
    asked = run(app, "add", "neu", "--name", "x", "--password-stdin", *more, stdin=stdin)
    assert asked.exit_code != 0 and words in asked.output
    assert db.session.query(Person).filter_by(username="neu").count() == 0


def test_people_reset_gives_a_new_password_and_ends_sessions(app: Flask, world: Any, sign_in: Any) -> None:
    person = sign_in("sun")
    for _try in range(6):
        sign_in().sign_in("sun", "wrong")
    asked = run(app, "reset", "sun", "--password-stdin", "--pin", "9753", stdin="quite another one\n")
    assert asked.exit_code == 0, asked.output
    assert person.get("/me").status == 303
    assert sign_in().sign_in("sun").status == 422
    assert sign_in().sign_in("sun", "quite another one").status == 303


def test_people_reset_of_a_stranger_fails(app: Flask, world: Any) -> None:
    asked = run(app, "reset", "nobody", "--pin", "1234")
    assert asked.exit_code == 1 and "nobody" in asked.output
