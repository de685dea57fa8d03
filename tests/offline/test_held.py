"""The inbox: what was held is seen in plain words, decided about once, and takes effect as if it had come in time."""

import re
import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DatabaseError

from portal.accounts.models import Person as Employee
from portal.accounts.models import PersonRole
from portal.calls import operations as calls
from portal.db import db, transaction
from portal.held import HeldDecision
from portal.permissions import Role
from portal.receipts import HeldEntry, Receipt
from portal.stock.checks import audit
from portal.visits.models import Finding, PartUse, Photo, TimeEntry, VisitEvent, events_of, live_time_entries
from tests.offline.held import decide, give_away, hold
from tests.test_statements import statements
from tests.visits.steps import DIAGNOSIS, OIL, on_site, photo_fields, press, van_holds

BOTH = pytest.mark.engine("sqlite", "postgresql")
OTHER_VERSION = {"form_version": "99"}


def count(kind: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(kind)) or 0)


@BOTH
def test_a_part_of_a_visit_that_was_given_away_comes_from_its_authors_van(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    visit = world.visit()
    before = van_holds(world)
    give_away(world, visit)
    entry = hold(zhang, f"/visits/{visit.id}/part-uses", {**OIL, "occurred_at": "2026-11-23T09:30"})
    page = decide(zhao, entry, "application")
    assert (page.status, page.location) == (303, "/held"), page.errors
    use = db.session.scalars(select(PartUse)).one()
    assert use.person_id == world.person("zhang").id and use.occurred_at == world.at(9, 30)
    assert van_holds(world) == before - 2
    assert audit().problems == []
    receipt = db.session.get_one(Receipt, entry.entry_id)
    assert (receipt.state, receipt.location) == ("applied", f"/visits/{visit.id}/part-uses")
    again = zhang.post(
        f"/visits/{visit.id}/part-uses",
        {**OIL, "occurred_at": "2026-11-23T09:30"},
        entry_id=str(entry.entry_id),
        outbox=True,
    )
    assert (again.status, again.json["state"]) == (200, "applied")
    assert count(PartUse) == 1


@BOTH
def test_all_kinds_take_effect_as_if_sent_in_time(app: Flask, world: Any, sign_in: Any) -> None:
    """An unknown form version holds everything; applied, it is the same record as if it had come at once."""
    world.set_clock(world.at(12))
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    visit = world.visit()
    base = f"/visits/{visit.id}"
    sent = [
        hold(zhang, f"{base}/departure", {"occurred_at": "2026-11-23T08:00", **OTHER_VERSION}),
        hold(zhang, f"{base}/arrival", {"occurred_at": "2026-11-23T08:30", **OTHER_VERSION}),
        hold(zhang, f"{base}/start", {"occurred_at": "2026-11-23T08:40", **OTHER_VERSION}),
        hold(zhang, f"{base}/part-uses", {**OIL, "occurred_at": "2026-11-23T09:00", **OTHER_VERSION}),
        hold(zhang, f"{base}/findings", {**DIAGNOSIS, "occurred_at": "2026-11-23T09:10", **OTHER_VERSION}),
        hold(zhang, f"{base}/photos", {**photo_fields(), **OTHER_VERSION}, content_type="multipart/form-data"),
        hold(
            zhang,
            f"{base}/time-entries",
            {"kind": "wait", "cause": "customer", "started_at": "2026-11-22T09:00", "ended_at": "2026-11-22T09:30",
             "reason": "等开门", **OTHER_VERSION},
        ),
    ]  # fmt: skip
    assert count(VisitEvent) == count(PartUse) == count(Finding) == count(Photo) == count(TimeEntry) == 0
    for n, entry in enumerate(sent):
        world.set_clock(world.at(12, n))
        page = decide(zhao, entry, "application", {"version": "0"})
        assert page.status == 303, page.errors
    db.session.refresh(visit)
    author = world.person("zhang").id
    assert visit.state == "working"
    assert [(event.kind, event.occurred_at, event.clock_suspect) for event in events_of(visit)] == [
        ("departure", world.at(8), False),
        ("arrival", world.at(8, 30), False),
        ("start", world.at(8, 40), False),
    ]
    spans = [(entry.kind, entry.started_at, entry.ended_at) for entry in live_time_entries(visit)]
    assert spans == [
        ("wait", world.at(9, day=22), world.at(9, 30, day=22)),
        ("travel", world.at(8), world.at(8, 30)),
        ("work", world.at(8, 40), None),
    ]
    for kind in (PartUse, Finding, Photo, TimeEntry):
        assert {row.person_id for row in db.session.scalars(select(kind))} == {author}
    assert audit().problems == []
    press(zhang, base, "finish")
    assert "TM-OIL-100" in zhao.get(f"{base}/report").text
    assert zhao.get("/held").all(".empty")


def test_a_sealed_visit_stays_sealed_and_says_what_may_be_done(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    visit = world.visit()
    calls.cancel_visit(visit, "客户改期", world.person("sun"))
    db.session.commit()
    entry = hold(zhang, f"/visits/{visit.id}/part-uses", OIL)
    shown = zhao.get(f"/held/{entry.id}")
    assert shown.one("#standing .banner") and shown.all("#decide p")
    page = decide(zhao, entry, "application")
    assert page.status == 422 and page.errors
    assert count(PartUse) == count(HeldDecision) == 0
    assert db.session.get_one(Receipt, entry.entry_id).state == "held"


@BOTH
def test_what_is_applied_elsewhere_stands_at_the_other_visit(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    visit, other = world.visit(), world.visit()
    calls.cancel_visit(visit, "客户改期", world.person("sun"))
    db.session.commit()
    first, second, third = (hold(zhang, f"/visits/{visit.id}/part-uses", OIL) for _n in range(3))
    assert zhao.get(f"/held/{first.id}").all(f"#elsewhere input[value='{other.id}']")
    assert decide(zhao, first, "transfer").status == 422
    assert decide(zhao, first, "transfer", {"number": "JX-00-0000-0000"}).status == 422
    assert decide(zhao, first, "transfer", {"visit": str(visit.id)}).status == 422
    assert decide(zhao, first, "transfer", {"visit": str(other.id)}).status == 303
    assert decide(zhao, second, "transfer", {"number": other.number}).status == 303
    assert decide(zhao, third, "transfer", {"number": visit.number}).status == 422
    assert {use.visit_id for use in db.session.scalars(select(PartUse))} == {other.id}
    assert db.session.get_one(HeldDecision, first.id).path == f"/visits/{other.id}/part-uses"
    assert audit().problems == []


def test_a_declined_entry_is_told_to_its_author_until_it_was_read(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao, li = sign_in("zhang"), sign_in("zhao", "laptop"), sign_in("li")
    base = on_site(world, zhang)
    entry = hold(zhang, f"{base}/departure")
    assert decide(zhao, entry, "refusal").status == 422
    assert decide(zhao, entry, "refusal", {"reason": "你已经在现场了"}).status == 303
    assert count(HeldEntry) == 1
    today = zhang.get("/")
    assert "你已经在现场了" in today.one(f"#told-{entry.id}").get_text()
    assert "你已经在现场了" in zhang.get(base).one("#held").get_text()
    assert li.post(f"/held/{entry.id}/notice").status == 404
    assert zhang.post(f"/held/{entry.id}/notice").status == 303
    assert zhang.post(f"/held/{entry.id}/notice").status == 303
    assert not zhang.get("/").all(f"#told-{entry.id}")
    assert "你已经在现场了" in zhang.get(base).one("#held").get_text()
    assert "你已经在现场了" in zhao.get("/held?state=decided").text or zhao.get(f"/held/{entry.id}").one("#decision")


def test_nobody_decides_about_their_own(app: Flask, world: Any, sign_in: Any) -> None:
    wu, zhao = sign_in("wu"), sign_in("zhao", "laptop")
    visit = world.visit("wu")
    calls.cancel_visit(visit, "客户改期", world.person("sun"))
    db.session.commit()
    entry = hold(wu, f"/visits/{visit.id}/part-uses", OIL)
    page = wu.get(f"/held/{entry.id}")
    assert page.status == 200 and not page.all("#decide")
    for how in ("application", "transfer", "refusal"):
        assert decide(wu, entry, how, {"reason": "x"}).status == 403
    assert decide(zhao, entry, "refusal", {"reason": "改期了"}).status == 303


def test_the_inbox_is_for_supervisors(app: Flask, world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    entry = hold(zhang, f"{on_site(world, zhang)}/departure")
    for username in ("zhang", "sun", "qian", "zhou", "admin"):
        person = sign_in(username, "laptop")
        assert person.get("/held").status == 403
        assert person.get(f"/held/{entry.id}").status == 403
        assert decide(person, entry, "application").status == 403
    assert sign_in("zhao", "laptop").get(f"/held/{uuid.uuid4()}").status == 404


@BOTH
def test_of_two_supervisors_the_second_is_told_what_the_first_decided(app: Flask, world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    visit = world.visit()
    give_away(world, visit)
    entry = hold(zhang, f"/visits/{visit.id}/part-uses", OIL)
    people = [sign_in("zhao", "laptop"), sign_in("he", "laptop")]
    address = f"/held/{entry.id}/application"
    tickets = [(one.client.get_cookie("session").value, one.token()) for one in people]
    db.session.commit()
    answers: list[tuple[int, str]] = []

    def send(cookie: str, token: str) -> None:
        client = app.test_client()
        client.set_cookie("session", cookie)
        data = {"csrf_token": token, "entry_id": str(uuid.uuid4())}
        answer = client.post(address, data=data)
        answers.append((answer.status_code, answer.get_data(as_text=True)))

    threads = [threading.Thread(target=send, args=ticket) for ticket in tickets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(status for status, _text in answers) == [303, 409]
    assert count(PartUse) == count(HeldDecision) == 1
    assert 'id="decision"' in next(body for status, body in answers if status == 409)


@BOTH
def test_decisions_are_facts(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    entry = hold(zhang, f"{on_site(world, zhang)}/departure")
    decide(zhao, entry, "refusal", {"reason": "重复"})
    zhang.post(f"/held/{entry.id}/notice")
    for table in ("held_entry", "held_decision", "held_notice"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET recorded_at = recorded_at"):
            with pytest.raises(DatabaseError):
                db.session.execute(text(statement))
            db.session.rollback()


def test_both_contents_under_one_number_are_shown(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, outbox=True).status == 201
    entry = hold(zhang, f"{base}/part-uses", {**OIL, "quantity": "7"}, entry_id=entry_id)
    both = zhao.get(f"/held/{entry.id}").one("#contents")
    row = next(row for row in both.select("tbody tr") if "7" in row.get_text())
    assert [cell.get_text() for cell in row.select("td")] == ["7 瓶", "2 瓶"]
    assert decide(zhao, entry, "application").status == 303
    assert count(PartUse) == 2
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, outbox=True).json["state"] == "applied"


def test_an_entry_is_read_in_plain_words(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base = on_site(world, zhang)
    parts = hold(zhang, f"{base}/part-uses", {**OIL, **OTHER_VERSION})
    notes = hold(zhang, f"{base}/findings", {**DIAGNOSIS, "do_not_use": "y", **OTHER_VERSION})
    photo = hold(zhang, f"{base}/photos", {**photo_fields(), **OTHER_VERSION}, content_type="multipart/form-data")
    said = zhao.get(f"/held/{parts.id}").one("#said").get_text(" ")
    assert "硅油" in said or "TM-OIL-100" in said
    assert "old_part" not in said and "form_version" not in said
    said = zhao.get(f"/held/{notes.id}").one("#said").get_text(" ")
    assert "跑带打滑、停顿" in said and "缺少润滑" in said and "TM-S03" not in said
    shown = zhao.get(f"/held/{photo.id}")
    address = shown.one("#said img")["src"]
    assert zhao.get(address).headers["Content-Type"] == "image/jpeg"
    assert zhao.get(address.replace("/0.jpg", "/1.jpg")).status == 404
    assert zhang.get(address).status == 403
    assert re.search("硅油|TM-OIL", zhao.get("/held").text)


def test_a_diagnosis_that_changed_while_the_supervisor_looked_is_shown_again(
    app: Flask, world: Any, sign_in: Any
) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base = on_site(world, zhang)
    assert zhang.post(f"{base}/findings", {"note": "先"}).status == 303
    entry = hold(zhang, f"{base}/findings", {"note": "后", "version": "0"})
    seen = zhao.get(f"/held/{entry.id}")
    assert seen.one("#both").get_text().count("先") == 1
    version = seen.value("version")
    assert zhang.post(f"{base}/findings", {"note": "又改", "version": "1"}).status == 303
    assert decide(zhao, entry, "application", {"version": version}).status == 422
    assert decide(zhao, entry, "application", {"version": "2"}).status == 303
    assert db.session.scalars(select(Finding.note).order_by(Finding.version.desc())).first() == "后"


def test_the_inbox_lends_no_rights(app: Flask, world: Any, sign_in: Any) -> None:
    """A technician sends the form of an administrator: a supervisor cannot let it take effect."""
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    target = f"/admin/people/{world.person('zhang').id}/change"
    page = zhang.post(target, {"roles": "admin"}, outbox=True)
    entry = db.session.scalars(select(HeldEntry)).one() if page.status == 202 else None
    assert entry is not None, page.text
    assert decide(zhao, entry, "application").status == 422
    assert world.person("zhang").roles == {Role.TECHNICIAN}
    own = hold(zhang, "/me/password", OTHER_VERSION)
    assert decide(zhao, own, "application").status == 422


def test_work_of_somebody_whose_role_was_withdrawn_still_counts(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base = on_site(world, zhang)
    with transaction():
        world.person("zhang").role_rows = [PersonRole(role=Role.STOREKEEPER.value)]
    entry = hold(zhang, f"{base}/part-uses", OIL)
    assert decide(zhao, entry, "application").status == 303
    assert count(PartUse) == 1


def test_the_supervisor_stays_who_they_are(app: Flask, world: Any, sign_in: Any) -> None:
    """Nothing of the author's request is left behind: messages, language, session."""
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    visit = world.visit()
    give_away(world, visit)
    db.session.execute(update(Employee).where(Employee.username == "zhao").values(locale="en"))
    db.session.commit()
    entry = hold(zhang, f"/visits/{visit.id}/part-uses", OIL)
    shown = zhao.follow(decide(zhao, entry, "application"))
    assert shown.soup.html["lang"] == "en" and "It took effect" in shown.text
    assert "Logged" not in shown.text
    assert zhao.get("/held?state=decided").status == 200


def test_filters_stand_in_the_address(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    world.set_clock(world.at(9))
    base = on_site(world, zhang)
    old = hold(zhang, f"{base}/departure")
    world.set_clock(world.at(9, day=26))
    new = hold(zhang, f"{base}/arrival")
    zhao = sign_in("zhao", "laptop")

    def listed(query: str) -> list[str]:
        return [str(link["href"]).rsplit("/", 1)[1] for link in zhao.get(f"/held{query}").all("main .card-link")]

    assert listed("") == [str(old.id), str(new.id)]
    assert listed("?age=72") == [str(old.id)]
    assert listed(f"?person={world.person('li').id}") == []
    assert listed(f"?person={world.person('zhang').id}&age=24") == [str(old.id)]
    assert listed("?state=decided") == [] and listed("?state=x&person=y&age=z&after=w") == [str(old.id), str(new.id)]
    assert zhao.get("/held").one(".card .tag-bad")
    assert (
        zhao.get("/review").one("#held") and zhao.get("/review").one(".nav a[href='/held'] .badge").get_text()[0] == "2"
    )
    assert not zhang.get("/").all(".nav .badge")


def test_a_long_inbox_has_pages_and_needs_few_statements(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base = on_site(world, zhang)
    for n in range(35):
        hold(zhang, f"{base}/part-uses", {**OIL, "quantity": str(n + 1), **OTHER_VERSION})
    with statements() as found:
        page = zhao.get("/held")
    assert len(found) <= 8, "\n".join(found)
    assert len(page.all("main .card")) == 30
    rest = zhao.get(str(page.one("a[rel=next]")["href"]))
    assert len(rest.all("main .card")) == 5
