"""The failure modes of offline work that the server answers for, each under its number and name.

What must hold in one line: what a phone was told is saved is applied, held, or still on the phone, and no id twice.
"""

import base64
import gc
import io
import itertools
import resource
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select
from werkzeug.test import EnvironBuilder

from portal import files
from portal.accounts import operations as accounts
from portal.accounts.models import SignIn
from portal.calls import operations as calls
from portal.clock import now
from portal.db import db
from portal.receipts import HeldEntry, Receipt
from portal.reports import operations as reports
from portal.reports.models import newest_report
from portal.stock import checks as ledger
from portal.visits.models import Finding, PartUse, Photo, VisitEvent
from tests.backup.test_drill import restarted
from tests.offline.corpus import Frozen, corpus, noon, prepare
from tests.offline.phone import hello, seal_entry, send_sealed
from tests.offline.test_waiting import ask, entry, later, say, session
from tests.page import Page, Person
from tests.reports.steps import answer, finished, hand_to_customer, release, sign
from tests.visits.steps import OIL, on_site, photo_fields, press, visit_at

BOTH = pytest.mark.engine("sqlite", "postgresql")
SAFE = (200, 201, 202)


def count(model: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def new() -> str:
    return str(uuid.uuid4())


def part(phone: Person, base: str, entry_id: str | None = None, **fields: str) -> Page:
    return phone.post(f"{base}/part-uses", OIL | fields, entry_id=entry_id, outbox=True)


# 5, 9: half a request, and a fault in the middle of its effect


@BOTH
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the parser leaves its half file open
def test_05_half_a_request_takes_no_effect_and_the_whole_one_does(world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), new()
    base = on_site(world, zhang)
    fields: dict[str, Any] = {"csrf_token": zhang.token(), "entry_id": entry_id} | photo_fields()
    kind, whole = body_of(fields)
    for part_of in (0, 40, len(whole) // 3, len(whole) - 3):
        page = zhang.open(
            f"{base}/photos", method="POST", input_stream=io.BytesIO(whole[:part_of]), content_type=kind,
            headers={"X-Outbox": "1", "Content-Length": str(len(whole))},
        )  # fmt: skip
        assert page.status >= 400 and count(Photo) == count(HeldEntry) == 0
        assert db.session.get(Receipt, uuid.UUID(entry_id)) is None
    sent = zhang.post(
        f"{base}/photos", photo_fields(), entry_id=entry_id, outbox=True, content_type="multipart/form-data"
    )
    assert sent.status == 201 and count(Photo) == 1
    gc.collect()


def body_of(fields: dict[str, Any]) -> tuple[str, bytes]:
    """Type and bytes of a form with files as a phone sends it."""
    builder = EnvironBuilder(method="POST", data=fields)
    try:
        environ = builder.get_environ()
        return environ["CONTENT_TYPE"], environ["wsgi.input"].read()
    finally:
        builder.close()


class Planted(Exception):
    """Nothing that the portal knows."""


@contextmanager
def fault_at(statement: int) -> Iterator[list[str]]:
    """The n-th statement of the next request fails, and nothing after it is asked of the database; what was asked."""
    asked: list[str] = []

    def before(_connection: Any, _cursor: Any, text: str, *_more: Any) -> None:
        asked.append(text)
        if len(asked) == statement:
            raise Planted

    event.listen(db.engine, "before_cursor_execute", before)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", before)


@BOTH
def test_09_a_fault_at_any_statement_takes_everything_back_and_the_retry_applies_once(
    app: Flask, world: Any, sign_in: Any
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    zhang = sign_in("zhang")
    base, small = on_site(world, zhang), {"quantity": "1"}
    assert part(zhang, base, **small).status == 201
    for statement in itertools.count(1):
        entry_id, done, receipts = new(), count(PartUse), count(Receipt)
        token = zhang.token()
        db.session.commit()
        with fault_at(statement) as asked:
            page = zhang.post(f"{base}/part-uses", OIL | small, entry_id=entry_id, token=token, outbox=True)
        db.session.rollback()
        if page.status == 201:
            break
        assert page.status >= 500, asked[-1]
        assert (count(PartUse), count(Receipt)) == (done, receipts), asked[-1]
        assert part(zhang, base, entry_id, **small).status == 201, asked[-1]
        assert part(zhang, base, entry_id, **small).status == 200, asked[-1]
        assert (count(PartUse), count(Receipt)) == (done + 1, receipts + 1), asked[-1]
    assert statement > len(asked) > 10, "every statement of it had its turn"
    assert ledger.audit().problems == []


# 14, 15: the session


@BOTH
def test_14_a_session_that_ran_out_loses_nothing(world: Any, sign_in: Any) -> None:
    noon(world)
    zhang, entry_id = sign_in("zhang"), new()
    base = on_site(world, zhang)
    later(world, days=8)
    out = part(zhang, base, entry_id)
    assert (out.status, out.json["state"]) == (401, "signed_out")
    assert zhang.get("/offline/hello").status == 303 and count(PartUse) == 0
    zhang.sign_in("zhang")
    assert part(zhang, base, entry_id).status == 201
    assert count(PartUse) == 1


@BOTH
def test_15_a_token_that_changed_meanwhile_is_asked_for_again(world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), new()
    base, old = on_site(world, zhang), zhang.token()
    session(zhang).csrf_token = "another"
    db.session.commit()
    stale = zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, token=old, outbox=True)
    assert (stale.status, stale.json["state"]) == (400, "token")
    missing = zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, token="", outbox=True)
    assert missing.status == 400 and count(PartUse) == 0 and count(HeldEntry) == 0
    fresh = hello(zhang)["csrf"]
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, token=fresh, outbox=True).status == 201


def test_14_an_idle_phone_sends_on_and_stays_locked(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    later(world, minutes=20)
    assert zhang.get("/van").status == 303, "it asks for the PIN"
    assert zhang.get("/offline/hello").status in (200, 303)
    assert part(zhang, base).status == 201
    assert zhang.get("/van").status == 303, "sending does not unlock it"


def test_14_a_changed_password_ends_sessions_and_the_work_goes_on_after_signing_in(world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), new()
    base = on_site(world, zhang)
    accounts.set_password(world.person("zhang"), "another-long-one-2026")
    for row in db.session.scalars(select(SignIn).where(SignIn.person_id == world.person("zhang").id)):
        row.ended_at = now()
    db.session.commit()
    assert part(zhang, base, entry_id).status == 401
    assert zhang.sign_in("zhang", "another-long-one-2026").status == 303
    assert part(zhang, base, entry_id).status == 201


# 16: the visit changed meanwhile


def send_all(world: Any, phone: Person, examples: list[Frozen], places: dict[str, str]) -> dict[str, Page]:
    return {str(one): one.send(phone, places) for one in examples}


def kept_whole(answers: dict[str, Page]) -> bool:
    """Everything is applied or held, once each, and what is held has its files."""
    ids = {uuid.UUID(page.json["entry_id"]) for page in answers.values()}
    receipts = set(db.session.scalars(select(Receipt.entry_id).where(Receipt.entry_id.in_(ids))))
    held = list(db.session.scalars(select(HeldEntry).where(HeldEntry.entry_id.in_(ids))))
    assert {page.status for page in answers.values()} <= set(SAFE), {
        name: (page.status, page.json) for name, page in answers.items() if page.status not in SAFE
    }
    for one in held:
        assert one.why and all(files.read(digest) for _name, _filename, digest in one.files)
    return receipts == ids and {one.entry_id for one in held} <= ids


def of_a_visit(*but: str) -> list[Frozen]:
    return [one for one in corpus() if not one.endpoint.startswith("handover.") and one.endpoint not in but]


@BOTH
def test_16_everything_for_a_visit_given_to_somebody_else_is_attached_or_held(world: Any, sign_in: Any) -> None:
    noon(world)
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    assert part(zhang, base).status == 201
    visit = visit_at(base)
    use = db.session.scalars(select(PartUse.id)).one()
    calls.assign(
        visit, world.person("li"), window_start=now(), window_end=now() + timedelta(hours=1), reason="病假",
        person=world.person("sun"),
    )  # fmt: skip
    db.session.commit()
    answers = send_all(world, zhang, of_a_visit(), {"visit": str(visit.id), "use": str(use)})
    assert kept_whole(answers)
    states = {name.partition("@")[0]: page.json["state"] for name, page in answers.items()}
    facts = ("visits.findings", "visits.time_entries", "visits.photos", "visits.readings")
    assert {name: states[name] for name in facts} == dict.fromkeys(facts, "applied"), "they are true all the same"
    assert states["visits.departure"] == states["visits.finish"] == states["reports.handover"] == "held"


@BOTH
def test_16_everything_for_a_cancelled_visit_is_attached_or_held(world: Any, sign_in: Any) -> None:
    noon(world)
    zhang, visit = sign_in("zhang"), world.visit()
    calls.cancel_visit(visit, "客户取消", world.person("sun"))
    db.session.commit()
    answers = send_all(world, zhang, of_a_visit("visits.part_use_reversal"), {"visit": str(visit.id)})
    assert kept_whole(answers)


@BOTH
def test_16_everything_for_an_approved_visit_is_attached_or_held(world: Any, sign_in: Any) -> None:
    noon(world)
    zhang, visit = sign_in("zhang"), finished(world)
    address = hand_to_customer(zhang, visit)
    assert answer(zhang, address).status == sign(zhang, address).status == release(zhang, address).status == 303
    db.session.expire_all()
    reports.approve(newest_report(visit), person=world.person("zhao"))
    db.session.commit()
    use = db.session.scalars(select(PartUse.id)).one()
    answers = send_all(world, zhang, of_a_visit(), {"visit": str(visit.id), "use": str(use)})
    assert kept_whole(answers)
    assert {page.json["state"] for page in answers.values()} == {"held"}, "what was signed stands"


def test_16_a_visit_that_is_not_there_is_said_to_be_unknown_and_the_phone_keeps_it(world: Any, sign_in: Any) -> None:
    noon(world)
    zhang = sign_in("zhang")
    answers = send_all(world, zhang, of_a_visit(), {"visit": new(), "use": new()})
    assert {(page.status, page.json["state"]) for page in answers.values()} == {(404, "unknown")}
    assert count(Receipt) == count(HeldEntry) == 0, "its id is free: it can be sent again when the visit is back"


# 17, 18: the person and the poison


@BOTH
def test_17_whoever_left_can_send_nothing_and_loses_nothing(world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), new()
    base = on_site(world, zhang)
    world.person("zhang").active = False
    db.session.commit()
    assert part(zhang, base, entry_id).status == 401
    assert count(PartUse) == count(HeldEntry) == 0
    world.person("zhang").active = True
    db.session.commit()
    assert part(zhang, base, entry_id).status == 201


@BOTH
def test_17_a_role_that_was_withdrawn_holds_what_was_done_before(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    person = world.person("zhang")
    person.role_rows[0].role = "storekeeper"
    db.session.commit()
    page = part(zhang, base)
    assert (page.status, page.json["state"]) == (202, "held") and page.json["why"]
    assert part(zhang, base, page.json["entry_id"]).json["state"] == "held", "the same answer again"
    assert ["item", "TM-OIL-100"] in db.session.scalars(select(HeldEntry)).one().fields


@BOTH
def test_18_a_poisoned_entry_is_held_and_the_rest_moves_on(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    unknown = part(zhang, base, form_version="99")
    invalid = part(zhang, base, quantity="many", item="\x00\ufffd", old_part="?")
    foreign = zhang.post(f"{base}/part-uses", {"whatever": "x" * 3000}, outbox=True)
    garbage = zhang.post(f"{base}/part-uses", {"sealed": "garbage"}, outbox=True)
    assert [page.status for page in (unknown, invalid, foreign, garbage)] == [202, 422, 422, 202]
    assert part(zhang, base).status == 201
    assert (count(PartUse), count(HeldEntry)) == (1, 2)


# 20, 21, 23: order, content and age


def test_20_facts_of_two_devices_in_any_order_end_in_the_same_state(world: Any, sign_in: Any) -> None:
    noon(world)
    zhang, ends = sign_in("zhang"), set()
    for turn, order in enumerate(itertools.permutations(range(4))):
        start, end = (f"2026-11-23T{minute // 60:02}:{minute % 60:02}" for minute in (turn * 20, turn * 20 + 15))
        visit = world.visit()
        base = f"/visits/{visit.id}"
        sent: list[tuple[str, dict[str, Any]]] = [
            ("part-uses", dict(OIL)),
            ("findings", {"note": "听到异响", "symptom": "TM-S03"}),
            ("photos", photo_fields()),
            ("time-entries", {"kind": "travel", "started_at": start, "ended_at": end,
                              "reason": "补记"}),
        ]  # fmt: skip
        for number in order:
            verb, fields = sent[number]
            kind = {"content_type": "multipart/form-data"} if verb == "photos" else {}
            page = zhang.post(f"{base}/{verb}", fields, outbox=True, **kind)
            assert page.status in SAFE, (order, verb, page.json)
        ends.add((state_of(visit), held_of(visit)))
    assert len(ends) == 1, ends


def state_of(visit: Any) -> tuple[Any, ...]:
    db.session.expire_all()
    uses = tuple(db.session.scalars(select(PartUse.quantity).where(PartUse.visit_id == visit.id)))
    notes = tuple(db.session.scalars(select(Finding.note).where(Finding.visit_id == visit.id)))
    photos = len(list(db.session.scalars(select(Photo.id).where(Photo.visit_id == visit.id))))
    return visit.state, uses, notes, photos


def held_of(visit: Any) -> int:
    query = select(func.count()).select_from(HeldEntry).where(HeldEntry.record_id == visit.id)
    return int(db.session.scalar(query) or 0)


def test_20_steps_of_the_day_in_the_wrong_order_are_applied_or_held(world: Any, sign_in: Any) -> None:
    noon(world)
    zhang = sign_in("zhang")
    visit = world.visit()
    statuses = [
        zhang.post(f"/visits/{visit.id}/{verb}", outbox=True).status for verb in ("start", "arrival", "departure")
    ]
    assert set(statuses) <= {201, 202}
    assert statuses.count(202) == held_of(visit)


@BOTH
def test_21_the_first_content_under_an_id_stands_and_the_second_is_held(world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), new()
    base = on_site(world, zhang)
    first, other, again = (part(zhang, base, entry_id, quantity=n) for n in ("2", "7", "2"))
    assert [page.status for page in (first, other, again)] == [201, 202, 200]
    assert other.json["sha256"] != first.json["sha256"] == again.json["sha256"]
    assert list(db.session.scalars(select(PartUse.quantity))) == [Decimal(2)]
    assert ["quantity", "7"] in db.session.scalars(select(HeldEntry)).one().fields
    assert other.json["why"] in sign_in("zhao", "laptop").get(base).text


@BOTH
def test_21_an_id_of_somebody_else_never_gives_their_answer_away(world: Any, sign_in: Any) -> None:
    zhang, li, entry_id = sign_in("zhang"), sign_in("li"), new()
    base, own = on_site(world, zhang), f"/visits/{world.visit('li', 'DF2401-0002').id}"
    first = part(zhang, base, entry_id)
    assert first.status == 201
    same = part(li, base, entry_id)
    assert same.status == 202 and same.json["location"] is None, "held, though the content is the same"
    sealed = send_sealed(li, f"{own}/findings", {"note": "李的"}, entry_id=entry_id)
    assert sealed.status == 202 and sealed.json["location"] is None
    page = li.post(f"{own}/findings", {"note": "李的"}, entry_id=entry_id)
    assert page.status == 409 and page.location is None
    assert part(zhang, base, entry_id).json["location"] == first.json["location"]
    assert {row.person_id for row in db.session.scalars(select(HeldEntry))} == {world.person("li").id}


@BOTH
def test_23_an_entry_of_last_month_gets_the_answer_of_last_month(world: Any, sign_in: Any) -> None:
    noon(world)
    zhang, entry_id = sign_in("zhang"), new()
    base = on_site(world, zhang)
    first = part(zhang, base, entry_id)
    later(world, days=31)
    zhang.sign_in("zhang")
    again = part(zhang, base, entry_id)
    assert (first.status, again.status) == (201, 200)
    assert again.json["location"] == first.json["location"]
    assert again.json["received_at"] == first.json["received_at"]
    assert count(PartUse) == 1


# 31: `test_form_versions.py` sends the frozen forms of every version; here sealed, as a phone of today keeps them


@pytest.mark.parametrize("example", [one for one in corpus() if one.name == "usual"], ids=str)
def test_31_an_old_form_that_was_sealed_takes_effect_too(world: Any, sign_in: Any, example: Frozen) -> None:
    noon(world)
    zhang = sign_in("zhang")
    path = example.path.format(**prepare(world, zhang, example))
    kept = [(name, filename, kind, base64.b64decode(content)) for name, filename, kind, content in example.files]
    page = send_sealed(zhang, path, dict(map(tuple, example.fields)), kept, entry_id=new())
    assert (page.status, page.json["state"]) == (201, "applied"), page.json


# 33, 35: what phones get wrong


@BOTH
def test_33_a_photo_that_was_read_back_empty_is_refused_and_sent_whole_later(world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), new()
    base = on_site(world, zhang)
    empty = {"photo": (io.BytesIO(b""), "p.jpg"), "label": "before"}
    page = zhang.post(f"{base}/photos", empty, entry_id=entry_id, outbox=True, content_type="multipart/form-data")
    assert page.status == 422 and page.json["errors"]["photo"]
    sealed = send_sealed(
        zhang, f"{base}/photos", {"label": "before"}, [("photo", "p.jpg", "image/jpeg", b"")], entry_id=entry_id
    )
    assert sealed.status == 422 and count(Photo) == count(HeldEntry) == 0
    whole = zhang.post(
        f"{base}/photos", photo_fields(), entry_id=entry_id, outbox=True, content_type="multipart/form-data"
    )
    assert whole.status == 201 and count(Photo) == 1


@BOTH
@pytest.mark.parametrize("days", [-2, 2])
def test_35_a_clock_that_is_days_off_is_kept_marked_and_never_corrected(world: Any, sign_in: Any, days: int) -> None:
    noon(world)
    zhang = sign_in("zhang")
    base = f"/visits/{world.visit().id}"
    press(zhang, base, "departure")
    claimed = now() + timedelta(days=days)
    page = zhang.post(f"{base}/arrival", {"occurred_at": claimed.isoformat()}, outbox=True)
    assert page.status == 201, page.json
    event = db.session.scalars(select(VisitEvent).where(VisitEvent.kind == "arrival")).one()
    assert event.occurred_at == claimed and event.recorded_at == now() and event.clock_suspect
    used = zhang.post(f"{base}/part-uses", OIL | {"occurred_at": claimed.isoformat()}, outbox=True)
    assert used.status == 201, used.json
    use = db.session.scalars(select(PartUse)).one()
    assert use.occurred_at == claimed and use.recorded_at == now()


# 37, 38: the server's own disasters


@contextmanager
def full_disk() -> Iterator[None]:
    """From now on this process may write into no file: the system itself refuses the database and the store."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.engine("sqlite")
def test_37_a_full_disk_acknowledges_nothing_and_loses_nothing(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, entry_id, photo_id = sign_in("zhang"), new(), new()
    base, token = on_site(world, zhang), zhang.token()
    db.session.commit()
    with full_disk():
        answers = [
            zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, token=token, outbox=True),
            zhang.post(f"{base}/departure", entry_id=new(), token=token, outbox=True),
            zhang.post(f"{base}/photos", photo_fields(), entry_id=photo_id, token=token, outbox=True,
                       content_type="multipart/form-data"),
        ]  # fmt: skip
    assert [page.status for page in answers] == [503, 503, 503]
    assert count(PartUse) == count(Photo) == count(HeldEntry) == 0
    assert part(zhang, base, entry_id).status == 201
    sent = zhang.post(
        f"{base}/photos", photo_fields(), entry_id=photo_id, outbox=True, content_type="multipart/form-data"
    )
    assert sent.status == 201


@BOTH
def test_38_after_a_restore_phones_send_again_what_is_missing(
    app: Flask, engine: str, world: Any, sign_in: Any, tmp_path: Path, empty_place: Any
) -> None:
    """Ten minutes of acknowledged work are gone from the restored database, and come back from the phone."""
    (tmp_path / "signing.key").write_text(app.config["SIGNING_KEY"])
    zhang, ids = sign_in("zhang"), [new() for _n in range(3)]
    base, before = on_site(world, zhang), hello(zhang)
    assert part(zhang, base, ids[0]).status == 201
    backup = tmp_path / "whole.backup"
    assert app.test_cli_runner().invoke(args=["backup", str(backup)]).exit_code == 0
    assert part(zhang, base, ids[1], quantity="1").status == 201
    assert send_sealed(zhang, f"{base}/findings", {"note": "备份之后"}, entry_id=ids[2]).status == 201
    expected = state_of(visit_at(base))
    sealed = seal_entry(before["key"], ids[2], f"{base}/findings", before["person"], {"note": "备份之后"})

    place = empty_place(engine)
    done = place.flask("restore", str(backup))
    assert done.exit_code == 0, done.output
    served = restarted(place)
    phone = Person(served.app)
    assert served.ask(lambda: phone.sign_in("zhang").status) == 303
    after = served.ask(lambda: hello(phone))
    assert after["epoch"] > before["epoch"] and after["key"] == before["key"], "it opens what was sealed before"
    missing = served.ask(lambda: ask(phone, "/offline/have", {"ids": ids}, after["csrf"]).json["missing"])
    assert missing == ids[1:]
    again = served.ask(
        lambda: [
            part(phone, base, ids[0]).status,
            part(phone, base, ids[1], quantity="1").status,
            phone.post(f"{base}/findings", {"sealed": sealed}, entry_id=ids[2], outbox=True).status,
        ]
    )
    assert again == [200, 201, 201]
    assert served.ask(lambda: state_of(visit_at(base))) == expected
    served.close()


# 42: the browser's data was cleared


def test_42_work_that_vanished_from_a_phone_is_an_alert_for_supervisors(world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base, came, gone = on_site(world, zhang), entry("来了"), entry("没来")
    ask(zhang, "/offline/waiting", {"entries": [came, gone]})
    say(zhang, "2;")
    assert part(zhang, base, came["id"]).status == 201
    later(world, minutes=2)
    say(zhang, "0;")
    page = zhao.get("/offline/phones")
    assert page.one("[data-lost]")["data-lost"] == "1" and page.all("#lost")
    assert [row["data-entry"] for row in page.all("[data-entry]")] == [gone["id"]]
    assert part(zhang, base, gone["id"]).status == 201, "found again in a rescue file, say"
    assert not zhao.get("/offline/phones").all("[data-lost]")


def test_42_signing_in_anew_after_clearing_everything_shows_it_too(world: Any, sign_in: Any) -> None:
    """Whoever clears the browser's data is signed out as well: the next session says 0."""
    zhang, gone = sign_in("zhang"), entry()
    ask(zhang, "/offline/waiting", {"entries": [gone]})
    say(zhang, "1;")
    later(world, minutes=2)
    say(sign_in("zhang"), "0;")
    assert sign_in("zhao", "laptop").get("/offline/phones").one("[data-lost]")["data-lost"] == "1"


def test_42_a_phone_that_only_counts_is_missed_by_the_number(world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base = on_site(world, zhang)
    later(world, minutes=1)
    say(zhang, "3;")
    later(world, minutes=2)
    assert part(zhang, base).status == 201
    say(zhang, "0;")
    assert zhao.get("/offline/phones").one("[data-lost]")["data-lost"] == "2"
    assert zhao.post(f"/offline/phones/{session(zhang).id}/settlement").status == 303
    assert not zhao.get("/offline/phones").all("[data-lost]")


def test_42_sending_everything_is_no_loss(world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base = on_site(world, zhang)
    later(world, minutes=1)
    say(zhang, "2;")
    for _n in range(2):
        part(zhang, base)
    later(world, minutes=2)
    say(zhang, "0;")
    assert not zhao.get("/offline/phones").all("[data-lost], [data-waiting]")
