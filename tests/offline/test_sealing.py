"""What a phone has sealed is opened here alone, takes effect as if it had come plainly, and is never lost."""

import base64
import json
import os
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import files, sealing
from portal.db import db
from portal.receipts import HeldEntry, content_digest
from portal.visits.models import Finding, PartUse, live_photos
from tests.offline.phone import hello, seal, seal_entry, send_sealed
from tests.visits.steps import OIL, on_site, picture, visit_at


def count(model: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def envelope_with(sealed: str, **changed: Any) -> str:
    envelope = json.loads(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)))
    return base64.urlsafe_b64encode(json.dumps(envelope | changed).encode()).decode()


@pytest.mark.engine("sqlite", "postgresql")
def test_a_sealed_entry_takes_effect_and_is_proved_like_a_plain_one(world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), str(uuid.uuid4())
    path = on_site(world, zhang) + "/part-uses"
    first = send_sealed(zhang, path, OIL, entry_id=entry_id)
    again = send_sealed(zhang, path, OIL, entry_id=entry_id)  # another envelope, the same entry
    plain = zhang.post(path, OIL, entry_id=entry_id, outbox=True)
    assert [page.status for page in (first, again, plain)] == [201, 200, 200]
    assert {page.json["sha256"] for page in (first, again, plain)} == {content_digest(path, list(OIL.items()))}
    assert first.json["received_at"] == again.json["received_at"]
    assert count(PartUse) == 1


def test_a_sealed_photo_arrives_whole(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    photo = [("photo", "p.jpg", "image/jpeg", picture())]
    page = send_sealed(zhang, f"{base}/photos", {"label": "before"}, photo, entry_id=str(uuid.uuid4()))
    assert page.status == 201, page.json
    assert [one.label for one in live_photos(visit_at(base))] == ["before"]


def test_a_sealed_photo_may_be_as_large_as_phones_make_them(world: Any, sign_in: Any) -> None:
    """400 KB become a field of a megabyte, more than other forms may send."""
    zhang, entry_id = sign_in("zhang"), str(uuid.uuid4())
    base = on_site(world, zhang)
    noise = [("photo", "p.jpg", "image/jpeg", os.urandom(600_000))]
    page = send_sealed(zhang, f"{base}/photos", {"label": "before"}, noise, entry_id=entry_id)
    assert (page.status, page.json["state"]) == (422, "refused"), "it came whole, and is no picture"
    assert page.json["entry_id"] == entry_id


def test_what_is_to_be_mended_in_a_sealed_entry_comes_back_by_its_field(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    path = on_site(world, zhang) + "/part-uses"
    page = send_sealed(zhang, path, OIL | {"quantity": "0"}, entry_id=str(uuid.uuid4()))
    assert page.status == 422 and page.json["errors"]["quantity"]


def test_old_keys_open_after_a_rotation_and_phones_are_given_the_new_one(app: Flask, world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), str(uuid.uuid4())
    path, before = on_site(world, zhang) + "/part-uses", hello(zhang)
    sealed = seal_entry(before["key"], entry_id, path, before["person"], OIL)
    said = app.test_cli_runner().invoke(args=["offline", "rotate-key"])
    assert said.exit_code == 0, said.output
    after = hello(zhang)["key"]
    assert after["id"] in said.output and after != before["key"]
    assert zhang.post(path, {"sealed": sealed}, entry_id=entry_id, outbox=True).status == 201
    assert send_sealed(zhang, path, OIL, entry_id=str(uuid.uuid4())).status == 201


def test_keys_are_for_their_owner_only(app: Flask) -> None:
    sealing.newest_key()
    assert sealing.key_path().stat().st_mode & 0o777 == 0o600
    assert list(Path(app.config["INSTANCE"]).glob("sealing.keys.*")) == []


@pytest.mark.engine("sqlite", "postgresql")
@pytest.mark.parametrize(
    "damage",
    [
        {"key": "00000000"},
        {"ct": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
        {"epk": "AAAA"},
        {"epk": None},
        {"iv": ""},
        {"iv": "\u0000é"},
        {"key": {"a": 1}},
    ],
    ids=str,
)
def test_an_envelope_that_cannot_be_opened_is_held_whole(world: Any, sign_in: Any, damage: dict[str, Any]) -> None:
    zhang, zhao, entry_id = sign_in("zhang"), sign_in("zhao", "laptop"), str(uuid.uuid4())
    base, said = on_site(world, zhang), hello(zhang)
    path = f"{base}/part-uses"
    sealed = envelope_with(seal_entry(said["key"], entry_id, path, said["person"], OIL), **damage)
    answers = [zhang.post(path, {"sealed": sealed}, entry_id=entry_id, outbox=True) for _ in range(2)]
    assert {page.status for page in answers} == {202}
    assert answers[0].json["sha256"] == content_digest(path, [("sealed", sealed)])
    held = db.session.scalars(select(HeldEntry)).one()
    assert files.read(held.files[0][2]).decode() == sealed
    shown = zhao.get(f"/held/{held.id}")
    assert held.why in shown.text and f"{entry_id}.sealed" in shown.text
    assert count(PartUse) == 0


@pytest.mark.parametrize("sealed", ["", "x", "bnVsbA", "W10", "字", "[" * 50_000, "e30="])
def test_what_is_no_envelope_at_all_is_held_too(world: Any, sign_in: Any, sealed: str) -> None:
    zhang = sign_in("zhang")
    path = on_site(world, zhang) + "/part-uses"
    assert zhang.post(path, {"sealed": sealed}, outbox=True).status == 202
    assert zhang.post(path, {"sealed": sealed}).status == 409


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"path": 1, "person": "x", "fields": []},
        {"path": "/", "person": "x", "fields": [["a"]]},
        {"path": "/", "person": "x", "fields": [["a", 1]]},
        {"path": "/", "person": "x", "fields": [], "files": [["photo", "a", "b", 7]]},
    ],
    ids=str,
)
def test_an_envelope_with_other_things_in_it_is_held(world: Any, sign_in: Any, content: Any) -> None:
    zhang, entry_id = sign_in("zhang"), str(uuid.uuid4())
    path = on_site(world, zhang) + "/part-uses"
    sealed = seal(hello(zhang)["key"], content, entry_id)
    assert zhang.post(path, {"sealed": sealed}, entry_id=entry_id, outbox=True).status == 202


def test_an_envelope_opens_for_its_own_entry_only(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    path, said = on_site(world, zhang) + "/part-uses", hello(zhang)
    sealed = seal_entry(said["key"], str(uuid.uuid4()), path, said["person"], OIL)
    assert zhang.post(path, {"sealed": sealed}, entry_id=str(uuid.uuid4()), outbox=True).status == 202
    assert count(PartUse) == 0


def test_what_was_sealed_for_another_address_is_held_with_its_content(world: Any, sign_in: Any) -> None:
    zhang, entry_id = sign_in("zhang"), str(uuid.uuid4())
    base = on_site(world, zhang)
    page = send_sealed(zhang, f"{base}/part-uses", OIL, entry_id=entry_id, to=f"{base}/findings")
    assert page.status == 202 and "part-uses" in page.json["why"]
    assert page.json["sha256"] == content_digest(f"{base}/part-uses", list(OIL.items()))
    assert ["item", "TM-OIL-100"] in db.session.scalars(select(HeldEntry)).one().fields


def test_nobody_has_somebody_elses_envelope_opened_for_them(world: Any, sign_in: Any) -> None:
    """Whoever finds one is shown nothing of it; a supervisor is."""
    zhang, li = sign_in("zhang"), sign_in("li")
    said, entry_id = hello(zhang), str(uuid.uuid4())
    path = f"/visits/{world.visit('li').id}/findings"
    sealed = seal_entry(said["key"], entry_id, path, said["person"], {"note": "只给办公室看"})
    page = li.post(path, {"sealed": sealed}, entry_id=entry_id)
    assert page.status == 409 and "只给办公室看" not in page.text
    held = li.post(path, {"sealed": sealed}, entry_id=entry_id, outbox=True)
    assert held.status == 202 and "只给办公室看" not in json.dumps(held.json, ensure_ascii=False)
    assert "只给办公室看" not in li.get(path.rpartition("/")[0]).text
    zhao = sign_in("zhao", "laptop")
    link = zhao.get(path.rpartition("/")[0]).one("#held a")
    assert "只给办公室看" in zhao.get(str(link["href"])).text
    found = db.session.scalars(select(HeldEntry)).one()
    assert zhao.post(f"/held/{found.id}/application").status == 422, "not in the name of who brought it"
    assert zhao.post(f"/held/{found.id}/refusal", {"reason": "不是李的"}).status == 303
    assert "只给办公室看" not in li.get("/").text, "nor when it was decided"


def test_an_envelope_that_was_brought_by_somebody_else_takes_nothing_from_its_author(world: Any, sign_in: Any) -> None:
    zhang, li, entry_id = sign_in("zhang"), sign_in("li"), str(uuid.uuid4())
    base, said = on_site(world, zhang), hello(zhang)
    sealed = seal_entry(said["key"], entry_id, f"{base}/findings", said["person"], {"note": "张的话"})
    stolen = li.post(f"/visits/{world.visit('li', 'DF2401-0002').id}/findings", {"sealed": sealed},
                     entry_id=entry_id, outbox=True)  # fmt: skip
    own = zhang.post(f"{base}/findings", {"sealed": sealed}, entry_id=entry_id, outbox=True)
    assert stolen.status == own.status == 202 and stolen.json["sha256"] != own.json["sha256"]
    assert own.json["sha256"] == content_digest(f"{base}/findings", [("note", "张的话")])
    rows = {row.person_id: row for row in db.session.scalars(select(HeldEntry))}
    mine = rows[world.person("zhang").id]
    assert len(rows) == 2 and sign_in("zhao", "laptop").post(f"/held/{mine.id}/application").status == 303
    assert db.session.scalars(select(Finding)).one().person_id == world.person("zhang").id


def test_nothing_sealed_is_logged(world: Any, sign_in: Any, caplog: pytest.LogCaptureFixture) -> None:
    zhang, entry_id = sign_in("zhang"), str(uuid.uuid4())
    base, said = on_site(world, zhang), hello(zhang)
    sealed = seal_entry(said["key"], entry_id, f"{base}/findings", said["person"], {"note": "canary"})
    for text in (sealed, envelope_with(sealed, ct="AAAA")):
        zhang.post(f"{base}/findings", {"sealed": text}, entry_id=entry_id, outbox=True)
    assert "canary" not in caplog.text and sealed[:60] not in caplog.text


def test_half_characters_are_what_a_plain_form_would_have_brought(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    page = send_sealed(zhang, f"{base}/findings", {"note": "a\ud800\x00b"}, entry_id=str(uuid.uuid4()))
    assert page.status == 201


def test_sealed_answers_open_for_their_hand_over_only(app: Flask, sign_in: Any) -> None:
    key, answers = hello(sign_in("zhang"))["key"], [["q_overall", "5"], ["q_reasons", "price"]]
    sealed = seal(key, {"fields": answers}, "token-of-this")
    assert sealing.open_answers(sealed, "token-of-this") == [tuple(pair) for pair in answers]
    with pytest.raises(sealing.Unopened):
        sealing.open_answers(sealed, "token-of-another")
