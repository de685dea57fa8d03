"""Phones say what they hold, and the office notices what waits too long, was lost with a phone, or has vanished."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import epoch
from portal.accounts.models import SignIn
from portal.clock import now
from portal.db import db
from portal.offline.listening import HEADER
from portal.offline.models import WaitingEntry
from portal.offline.rules import Outbox, read_moment, read_waiting, urgency
from tests.offline.phone import hello
from tests.page import Page, Person
from tests.test_statements import statements
from tests.visits.steps import OIL, on_site

PERSON = "00000000-0000-4000-8000-00000000000a"


def say(phone: Person, header: str, path: str = "/offline/hello") -> None:
    assert phone.get(path, headers={HEADER: header}).status == 200


def ask(phone: Person, path: str, content: Any, token: str | None = None) -> Page:
    headers = {"X-CSRF-Token": phone.token() if token is None else token, "X-Outbox": "1"}
    return phone.open(path, method="POST", data=json.dumps(content), content_type="application/json", headers=headers)


def entry(label: str = "硅油 × 2", **other: Any) -> dict[str, Any]:
    made = {"id": str(uuid.uuid4()), "action": "part-uses", "visit": None, "label": label}
    return made | {"created_at": (now() - timedelta(hours=2)).isoformat()} | other


def session(phone: Person) -> SignIn:
    return db.session.query(SignIn).filter_by(csrf_token=phone.token()).one()


def later(world: Any, **step: float) -> None:
    world.set_clock(now() + timedelta(**step))


# Hello


def test_hello_is_cheap(sign_in: Any) -> None:
    zhang = sign_in("zhang")
    hello(zhang)
    with statements() as found:
        said = hello(zhang)
    assert len(found) <= 3, "\n".join(found)
    assert said["backed_up_until"] is None and len(said["worker"]) == 12 and said["min_version"] == 1


def test_hello_says_up_to_when_a_backup_covers_the_database(app: Flask, sign_in: Any, tmp_path: Any) -> None:
    zhang, before = sign_in("zhang"), now()
    (tmp_path / "signing.key").write_text(app.config["SIGNING_KEY"])
    db.session.commit()
    done = app.test_cli_runner().invoke(args=["backup", str(tmp_path / "whole.backup")])
    assert done.exit_code == 0, done.output
    covered = epoch.backed_up_until()
    assert covered is not None and before - timedelta(minutes=6) < covered < before, "never later than it began"
    assert hello(zhang)["backed_up_until"] == covered.isoformat()


# Have


@pytest.mark.engine("sqlite", "postgresql")
def test_the_server_says_which_entries_it_does_not_have(world: Any, sign_in: Any) -> None:
    zhang, li = sign_in("zhang"), sign_in("li")
    base = on_site(world, zhang)
    applied, held, never = (str(uuid.uuid4()) for _n in range(3))
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=applied, outbox=True).status == 201
    assert zhang.post(f"{base}/departure", entry_id=held, outbox=True).status == 202
    asked = {"ids": [applied, held, never, "no id", 7]}
    assert ask(zhang, "/offline/have", asked).json == {"missing": [never, "no id"]}
    assert ask(li, "/offline/have", {"ids": [applied]}).json == {"missing": [applied]}, "somebody else's is not theirs"


@pytest.mark.parametrize("path", ["/offline/have", "/offline/waiting"])
@pytest.mark.parametrize(
    "content", [None, [], {}, {"ids": 1, "entries": 1}, {"ids": ["x"] * 1001, "entries": [0] * 201}]
)
def test_odd_questions_are_refused_with_words(sign_in: Any, path: str, content: Any) -> None:
    page = ask(sign_in("zhang"), path, content)
    assert (page.status, page.json["state"]) == (422, "refused")


@pytest.mark.parametrize("path", ["/offline/have", "/offline/waiting"])
def test_questions_need_the_token_of_the_session(sign_in: Any, path: str) -> None:
    zhang = sign_in("zhang")
    for token in ("", "yesterday's", "字".encode().decode("latin-1")):
        assert (ask(zhang, path, {"ids": [], "entries": []}, token).status) == 400
    stranger = sign_in()
    assert ask(stranger, path, {"ids": []}, "x").status == 401


# Waiting


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("3;2026-11-23T08:00:00+08:00", Outbox(3, read_moment("2026-11-23T00:00:00+00:00"))),
        ("0;", Outbox(0, None)),
        ("0", Outbox(0, None)),
        ("2;yesterday", Outbox(2, None)),
        ("2;2026-11-23T08:00:00", Outbox(2, None)),
        ("2;0001-01-01T00:00:00+14:00", Outbox(2, None)),
        (f"1;;{PERSON}", Outbox(1, None, PERSON)),
        (f"1;{PERSON}", Outbox(1, None)),
        (f"1;;{PERSON}0", None),
        ("", None),
        ("-1;", None),
        ("1e3;", None),
        ("9999999;", None),
        ("٣;", None),
        ("3;" + "x" * 500, None),
    ],
)
def test_the_header_is_read_with_care(header: str, said: Outbox | None) -> None:
    assert read_waiting(header) == said


def test_unsent_work_is_late_after_a_day_and_too_late_after_three() -> None:
    ages = {0: "", 23: "", 24: "warn", 71: "warn", 72: "bad", 500: "bad"}
    assert {hours: urgency(now() - timedelta(hours=hours, seconds=1), now()) for hours in ages} == ages
    assert urgency(None, now()) == ""


def test_a_change_is_noted_once_a_minute_and_no_change_never(world: Any, sign_in: Any) -> None:
    zhang, oldest = sign_in("zhang"), "2026-11-23T08:00:00+08:00"
    say(zhang, f"3;{oldest}")
    assert (session(zhang).waiting_count, session(zhang).waiting_since) == (3, read_moment(oldest))
    with statements() as found:
        say(zhang, f"3;{oldest}")
        say(zhang, f"2;{oldest}")
    assert not [one for one in found if one.startswith(("UPDATE", "INSERT"))], "within the minute"
    later(world, seconds=61)
    say(zhang, f"2;{oldest}", "/van")
    assert session(zhang).waiting_count == 2
    say(zhang, "nonsense")
    assert session(zhang).waiting_count == 2
    say(zhang, "0;")
    assert session(zhang).waiting_count == 0, "at once: such a phone may say no more for hours"


def test_a_tab_of_whoever_was_here_before_says_nothing_of_this_persons_work(world: Any, sign_in: Any) -> None:
    zhang, li = sign_in("zhang"), sign_in("li")
    before = world.person("zhang").id
    say(li, f"4;2026-11-23T08:00:00+08:00;{before}")
    assert session(li).waiting_count == 0 and session(li).waiting_said_at is None
    say(zhang, f"4;2026-11-23T08:00:00+08:00;{before}")
    assert session(zhang).waiting_count == 4


def test_the_office_sees_whose_phone_holds_what_since_when(world: Any, sign_in: Any) -> None:
    zhang, zhao, admin = sign_in("zhang"), sign_in("zhao", "laptop"), sign_in("admin", "laptop")
    visit = world.visit()
    held = entry(visit=str(visit.id), created_at=(now() - timedelta(hours=30)).isoformat())
    assert ask(zhang, "/offline/waiting", {"entries": [held, "odd", {"id": "no"}]}).json == {"noted": 1}
    say(zhang, f"1;{held['created_at']}")
    page = zhao.get("/offline/phones")
    assert page.one("[data-waiting]")["data-waiting"] == "1"
    assert page.one("[data-waiting]")["data-urgency"] == "warn"
    assert "张演示" in page.text and "硅油 × 2" in page.text
    assert zhang.get("/offline/phones").status == 403
    for path in ("/admin/sessions", f"/admin/people/{world.person('zhang').id}"):
        assert admin.get(path).one("[data-waiting]")["data-urgency"] == "warn", path
    later(world, hours=43)
    admin, zhao = sign_in("admin", "laptop"), sign_in("zhao", "laptop")
    assert zhao.get("/offline/phones").one("[data-waiting]")["data-urgency"] == "bad"


def test_what_has_come_does_not_wait_any_more(world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base, held = on_site(world, zhang), entry()
    ask(zhang, "/offline/waiting", {"entries": [held]})
    assert zhao.get("/offline/phones").all("[data-entry]")
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=held["id"], outbox=True).status == 201
    page = zhao.get("/offline/phones")
    assert not page.all("[data-entry]") and not page.all("[data-lost]")


def test_a_lost_phones_page_says_what_has_arrived(world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base, came, missing = on_site(world, zhang), entry("来了"), entry("没来")
    ask(zhang, "/offline/waiting", {"entries": [came, missing]})
    zhang.post(f"{base}/part-uses", OIL, entry_id=came["id"], outbox=True)
    page = zhao.get(f"/admin/people/{world.person('zhang').id}/lost-phone")
    words = {row["data-entry"]: row.select_one(".tag")["class"][-1] for row in page.all("[data-entry]")}
    assert words == {came["id"]: "tag-good", missing["id"]: "tag-neutral"}


def test_what_was_taken_out_on_purpose_is_no_loss(world: Any, sign_in: Any) -> None:
    zhang, zhao, held = sign_in("zhang"), sign_in("zhao", "laptop"), entry()
    ask(zhang, "/offline/waiting", {"entries": [held]})
    ask(zhang, "/offline/waiting", {"entries": [], "removed": [held["id"], "odd", str(uuid.uuid4())]})
    assert not zhao.get("/offline/phones").all("[data-lost]")
    assert db.session.scalar(select(WaitingEntry.entry_id)) is None


def test_a_phone_that_reports_again_is_no_loss_any_more(sign_in: Any) -> None:
    zhang, zhao, held = sign_in("zhang"), sign_in("zhao", "laptop"), entry()
    ask(zhang, "/offline/waiting", {"entries": [held]})
    ask(zhang, "/offline/waiting", {"entries": []})
    assert zhao.get("/offline/phones").one("[data-lost]")["data-lost"] == "1"
    ask(zhang, "/offline/waiting", {"entries": [held]})
    assert not zhao.get("/offline/phones").all("[data-lost]")


def test_work_outlives_a_session_on_the_same_phone(world: Any, sign_in: Any) -> None:
    """Who signs in again on the phone goes on with what it holds: nothing is counted twice, and nothing lost."""
    zhang, zhao, held = sign_in("zhang"), sign_in("zhao", "laptop"), entry()
    ask(zhang, "/offline/waiting", {"entries": [held]})
    say(zhang, "1;")
    later(world, minutes=2)
    again = sign_in("zhang")
    say(again, "1;")
    ask(again, "/offline/waiting", {"entries": [held]})
    page = zhao.get("/offline/phones")
    assert [one["data-waiting"] for one in page.all("[data-waiting]")] == ["1"] and not page.all("[data-lost]")


def test_the_office_closes_an_alert_and_the_history_says_who_did(sign_in: Any) -> None:
    zhang, zhao, held = sign_in("zhang"), sign_in("zhao", "laptop"), entry()
    ask(zhang, "/offline/waiting", {"entries": [held]})
    ask(zhang, "/offline/waiting", {"entries": []})
    address = f"/offline/phones/{session(zhang).id}/settlement"
    assert zhang.post(address).status == 403
    assert zhao.post(f"/offline/phones/{uuid.uuid4()}/settlement").status == 404
    page = zhao.post(address)
    assert page.status == 303 and not zhao.follow(page).all("[data-lost]")
