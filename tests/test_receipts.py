"""Contract 5: an entry takes effect once, whatever happens on the way, and every answer is the one that was agreed."""

import sqlite3
import threading
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import db
from portal.receipts import HeldEntry, Receipt, content_digest
from portal.visits.models import PartUse
from tests.page import Person

OIL = {"item": "TM-OIL-100", "quantity": "2", "old_part": "none"}


def part_uses() -> int:
    return int(db.session.scalar(select(func.count()).select_from(PartUse)) or 0)


def test_the_content_digest_is_the_one_of_the_contract() -> None:
    path = "/visits/00000000-0000-4000-8000-000000000001/part-uses"
    pairs = [("quantity", "2"), ("old_part", "none"), ("item", "TM-OIL-100"), ("csrf_token", "x"), ("entry_id", "y")]
    assert content_digest(path, pairs) == "ee7853148c0aae04bd844d76c56bc5b0baff2a334779b4bb15e3c6fd1171b8f1"


def test_line_ends_do_not_make_other_content() -> None:
    assert content_digest("/x", [("note", "a\r\nb")]) == content_digest("/x", [("note", "a\nb")])


def on_site(world: Any, person: Person) -> str:
    visit = world.visit()
    base = f"/visits/{visit.id}"
    for verb in ("departure", "arrival", "start"):
        assert person.post(f"{base}/{verb}").status == 303
    return base


def test_a_repeated_form_gets_the_same_answer_and_no_second_effect(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    answers = [zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id) for _ in range(10)]
    assert {(page.status, page.location) for page in answers} == {(303, answers[0].location)}
    assert part_uses() == 1


def test_a_used_id_with_other_content_is_a_conflict_and_keeps_what_was_typed(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id)
    page = zhang.post(f"{base}/part-uses", {**OIL, "quantity": "7"}, entry_id=entry_id)
    assert page.status == 409
    assert page.errors
    assert page.value("quantity") == "7"
    assert page.value("entry_id") != entry_id
    assert part_uses() == 1


def test_a_refused_form_may_be_corrected_under_the_same_id(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    assert zhang.post(f"{base}/part-uses", {**OIL, "quantity": "many"}, entry_id=entry_id).status == 422
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id).status == 303
    assert part_uses() == 1


def test_a_form_without_an_id_is_refused_with_words(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    page = zhang.open(f"{base}/part-uses", method="POST", data={"csrf_token": zhang.token(), **OIL})
    assert page.status == 422 and page.errors
    assert part_uses() == 0


def test_a_stale_token_brings_the_page_back_with_values_and_a_new_token(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    page = zhang.post(f"{base}/part-uses", OIL, token="yesterday's")
    assert page.status == 400 and page.errors
    assert page.value("quantity") == "2"
    assert page.one(f"form[action='{base}/part-uses'] [name=csrf_token]")["value"] == zhang.token()
    assert part_uses() == 0


def test_the_outbox_gets_proof_and_the_same_proof_again(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    first = zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, outbox=True)
    again = zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, outbox=True)
    assert (first.status, again.status) == (201, 200)
    assert first.json["state"] == again.json["state"] == "applied"
    assert first.json["entry_id"] == entry_id
    assert first.json["sha256"] == again.json["sha256"] == content_digest(f"{base}/part-uses", list(OIL.items()))
    assert first.json["location"] == again.json["location"]


def test_the_outbox_is_told_which_value_to_mend_and_nothing_is_stored(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    page = zhang.post(f"{base}/part-uses", {**OIL, "quantity": "0"}, outbox=True)
    assert (page.status, page.json["state"]) == (422, "refused")
    assert page.json["errors"]["quantity"]
    assert db.session.scalar(select(func.count()).select_from(HeldEntry)) == 0


def test_an_entry_for_another_state_is_held_whole_and_shown_to_the_supervisor(world: Any, sign_in: Any) -> None:
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    page = zhang.post(f"{base}/departure", {"occurred_at": "2026-11-23T08:10"}, entry_id=entry_id, outbox=True)
    assert (page.status, page.json["state"]) == (202, "held")
    assert page.json["why"]
    again = zhang.post(f"{base}/departure", {"occurred_at": "2026-11-23T08:10"}, entry_id=entry_id, outbox=True)
    assert (again.status, again.json["state"]) == (202, "held")
    held = db.session.scalars(select(HeldEntry)).one()
    assert ["occurred_at", "2026-11-23T08:10"] in held.fields
    link = zhao.get(base).one("#held a")
    assert "2026-11-23 08:10" in zhao.get(str(link["href"])).one("#said").get_text()


def test_a_used_id_with_other_content_is_held_for_the_outbox(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, outbox=True)
    other = zhang.post(f"{base}/part-uses", {**OIL, "quantity": "7"}, entry_id=entry_id, outbox=True)
    assert (other.status, other.json["state"]) == (202, "held")
    assert part_uses() == 1
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, outbox=True).status == 200


def test_what_mends_an_entry_that_had_arrived_is_held_and_does_not_count_beside_it(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, first = on_site(world, zhang), str(uuid.uuid4())
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=first, outbox=True).json["state"] == "applied"
    mended = zhang.post(f"{base}/part-uses", {**OIL, "quantity": "3", "amends": first}, outbox=True)
    assert mended.status == 202 and mended.json["state"] == "held" and part_uses() == 1
    unheard = {**OIL, "quantity": "4", "amends": str(uuid.uuid4())}
    assert zhang.post(f"{base}/part-uses", unheard, outbox=True).json["state"] == "applied"
    assert part_uses() == 2
    li = sign_in("li")
    assert li.post("/me/pin", {"amends": first}, outbox=True).status == 422, "of somebody else's ids nothing is told"


def test_a_visit_that_never_was_this_persons_is_unknown(world: Any, sign_in: Any) -> None:
    base = on_site(world, sign_in("zhang"))
    page = sign_in("li").post(f"{base}/part-uses", OIL, outbox=True)
    assert (page.status, page.json["state"]) == (404, "unknown")


def test_an_unknown_form_version_is_held(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    page = zhang.post(f"{base}/part-uses", {**OIL, "form_version": "99"}, outbox=True)
    assert (page.status, page.json["state"]) == (202, "held")
    assert zhang.post(f"{base}/part-uses", {**OIL, "form_version": "99"}).status == 409


def test_somebody_elses_id_is_neither_answered_nor_applied(world: Any, sign_in: Any) -> None:
    zhang, li = sign_in("zhang"), sign_in("li")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id)
    page = li.post("/language", {"locale": "en"}, entry_id=entry_id)
    assert page.status == 303
    own = world.visit("li")
    assert li.post(f"/visits/{own.id}/departure", entry_id=entry_id).status == 409


def test_ten_copies_at_once_have_one_effect(app: Flask, world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    cookie, token, answers = zhang.client.get_cookie("session").value, zhang.token(), []
    db.session.commit()

    def send() -> None:
        client = app.test_client()
        client.set_cookie("session", cookie)
        data = {"csrf_token": token, "entry_id": entry_id, **OIL}
        answers.append(client.post(f"{base}/part-uses", data=data, headers={"X-Outbox": "1"}).status_code)

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] * 9 + [201]
    assert part_uses() == 1
    assert (
        db.session.scalar(select(func.count()).select_from(Receipt).where(Receipt.entry_id == uuid.UUID(entry_id))) == 1
    )


@pytest.mark.engine("sqlite")
def test_a_server_error_leaves_the_id_free(
    app: Flask, world: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    zhang = sign_in("zhang")
    base, entry_id = on_site(world, zhang), str(uuid.uuid4())
    app.config["PROPAGATE_EXCEPTIONS"] = False
    view = app.view_functions["visits.part_uses"]

    def broken(**_values: Any) -> None:
        raise OSError("the disk is full")

    broken.access = view.access  # type: ignore[attr-defined]
    app.view_functions["visits.part_uses"] = broken
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id).status == 500
    app.view_functions["visits.part_uses"] = view
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id).status == 303
    assert part_uses() == 1


@pytest.mark.engine("sqlite")
def test_whoever_comes_while_the_database_is_busy_is_told_when_to_come_again(
    world: Any, sign_in: Any, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is stored, the entry is not used up, and the same form sent again takes effect."""
    zhang = sign_in("zhang")
    base, entry_id, token = on_site(world, zhang), str(uuid.uuid4()), zhang.token()
    monkeypatch.setattr("portal.db.LONGEST", 0.05)
    db.session.remove()
    db.engine.dispose()
    other = sqlite3.connect(str(db.engine.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")  # another process writes, and does not stop
    for outbox in (True, False):
        page = zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, token=token, outbox=outbox)
        assert page.status == 503 and int(page.headers["Retry-After"]) > 0
    other.close()
    assert zhang.post(f"{base}/part-uses", OIL, entry_id=entry_id, token=token, outbox=True).status == 201
    assert part_uses() == 1
