"""A photo that comes in pieces is as one that comes whole: the same digest, effect, and answer to a repeat."""

import hashlib
import json
import os
import uuid
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import files, jobs, pieces
from portal.clock import now
from portal.db import db
from portal.pieces import Piece
from portal.receipts import HeldEntry, content_digest
from portal.visits.models import Photo
from tests.offline.phone import hello, seal_entry
from tests.page import Page, Person
from tests.visits.steps import on_site, picture

BOTH = pytest.mark.engine("sqlite", "postgresql")
LABEL = {"label": "before"}
DAILY = dict(jobs.DAILY)  # the tests begin without any


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def put(phone: Person, sha256: str, start: Any, content: bytes, token: str | None = None) -> Page:
    headers = {"X-CSRF-Token": phone.token() if token is None else token, "X-Outbox": "1"}
    return phone.open(
        f"/offline/pieces/{sha256}?start={start}", method="POST", data=content, headers=headers,
        content_type="application/octet-stream",
    )  # fmt: skip


def length(phone: Person, sha256: str, **asked: str) -> Any:
    return phone.get(f"/offline/pieces/{sha256}", headers={"X-Outbox": "1"}, query_string=asked).json


def bring(phone: Person, content: bytes, size: int = 300) -> str:
    sha256 = digest(content)
    for start in range(0, len(content), size):
        said = put(phone, sha256, start, content[start : start + size])
        assert (said.status, said.json["length"]) == (200, min(start + size, len(content)))
    return sha256


def name(content: bytes, field: str = "photo", **other: Any) -> str:
    said = {"filename": "p.jpg", "type": "image/jpeg", "sha256": digest(content), "size": len(content)} | other
    return json.dumps([field, said["filename"], said["type"], said["sha256"], said["size"]])


def send(phone: Person, path: str, content: bytes, entry_id: str | None = None, **fields: str) -> Page:
    values = {**LABEL, "in_pieces": name(content), **fields}
    return phone.post(path, values, entry_id=entry_id or str(uuid.uuid4()), outbox=True)


def count(model: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


@BOTH
def test_a_photo_in_pieces_takes_effect_like_one_that_came_whole(world: Any, sign_in: Any) -> None:
    zhang, content, entry_id = sign_in("zhang"), picture(), str(uuid.uuid4())
    path = on_site(world, zhang) + "/photos"
    bring(zhang, content)
    first = send(zhang, path, content, entry_id)
    assert (first.status, first.json["state"]) == (201, "applied")
    assert first.json["sha256"] == content_digest(path, list(LABEL.items()), [("photo", content)])
    assert db.session.scalars(select(Photo.digest)).one() == digest(files.draw(content)[0])
    assert count(Piece) == 0, "they went in the transaction of the effect"
    again = send(zhang, path, content, entry_id)
    assert (again.status, again.json) == (200, first.json), "its pieces are not needed for the same answer"
    bring(zhang, content)
    assert send(zhang, path, content, entry_id).status == 200
    assert (count(Piece), count(Photo)) == (0, 1)


@BOTH
def test_a_piece_is_put_behind_what_is_there_and_its_repeat_changes_nothing(sign_in: Any) -> None:
    zhang, content = sign_in("zhang"), os.urandom(1000)
    sha256 = digest(content)
    assert length(zhang, sha256) == {"sha256": sha256, "length": 0, "known": False}
    steps = [(0, 400, 400), (0, 400, 400), (300, 900, 400), (900, 1000, 400), (400, 1000, 1000), (1000, 1000, 1000)]
    for start, end, here in steps:
        assert put(zhang, sha256, start, content[start:end]).json["length"] == here, (start, end)
    assert length(zhang, sha256)["length"] == 1000
    for odd in ("-1", "x", "", "9" * 30, "1e3"):
        assert put(zhang, sha256, odd, b"more").json["length"] == 1000
    rows = db.session.execute(select(Piece.start, Piece.content).order_by(Piece.start)).all()
    assert [tuple(row) for row in rows] == [(0, content[:400]), (400, content[400:])]


@BOTH
def test_the_same_piece_from_two_tabs_at_once_is_there_once(app: Flask, sign_in: Any) -> None:
    zhang, content = sign_in("zhang"), os.urandom(500)
    cookie, token = zhang.client.get_cookie("session").value, zhang.token()
    sha256, barrier, said = digest(content), Barrier(4), []
    db.session.commit()

    def tab(size: int) -> None:
        client = app.test_client()
        client.set_cookie("session", cookie)
        barrier.wait()
        address, headers = f"/offline/pieces/{sha256}?start=0", {"X-CSRF-Token": token}
        said.append(client.post(address, data=content[:size], headers=headers).status_code)

    tabs = [Thread(target=tab, args=(size,)) for size in (500, 200, 500, 300)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()
    assert said == [200] * 4
    db.session.expire_all()
    row = db.session.scalars(select(Piece)).one()
    assert row.start == 0 and row.content == content[: row.size]


@BOTH
def test_an_entry_without_all_of_its_file_is_not_taken_and_nothing_is_used_up(world: Any, sign_in: Any) -> None:
    zhang, content, entry_id = sign_in("zhang"), picture(), str(uuid.uuid4())
    path = on_site(world, zhang) + "/photos"
    put(zhang, digest(content), 0, content[:200])
    page = send(zhang, path, content, entry_id)
    assert (page.status, page.json["state"], page.json["entry_id"]) == (409, "pieces", entry_id)
    assert (count(Photo), count(HeldEntry), length(zhang, digest(content))["length"]) == (0, 0, 200)
    put(zhang, digest(content), 200, content[200:])
    assert send(zhang, path, content, entry_id).status == 201


@BOTH
def test_what_is_not_what_its_digest_says_is_thrown_away(world: Any, sign_in: Any) -> None:
    zhang, content, entry_id = sign_in("zhang"), picture(), str(uuid.uuid4())
    path, sha256 = on_site(world, zhang) + "/photos", digest(content)
    put(zhang, sha256, 0, content[:100] + b"x" * (len(content) - 100))
    assert send(zhang, path, content, entry_id).json["state"] == "pieces"
    assert length(zhang, sha256)["length"] == 0, "the phone begins anew"
    bring(zhang, content)
    bring_more = put(zhang, sha256, len(content), b"and more")
    assert bring_more.json["length"] == len(content) + 8
    assert send(zhang, path, content, entry_id).json["state"] == "pieces"
    bring(zhang, content)
    assert send(zhang, path, content, entry_id).status == 201


@BOTH
def test_nobody_uses_the_pieces_of_somebody_else_or_learns_of_them(world: Any, sign_in: Any) -> None:
    zhang, li, content = sign_in("zhang"), sign_in("li"), picture()
    entry_id, path = str(uuid.uuid4()), on_site(world, zhang) + "/photos"
    sha256 = bring(zhang, content)
    assert length(li, sha256)["length"] == 0
    mine = f"/visits/{world.visit('li', 'DF2401-0003').id}/photos"
    assert send(li, mine, content).json["state"] == "pieces"
    assert send(zhang, path, content, entry_id).status == 201
    asked = {"entry": entry_id, "content": content_digest(path, list(LABEL.items()), [("photo", content)])}
    assert length(zhang, sha256, **asked)["known"] is True
    assert length(zhang, sha256, entry=entry_id, content="0" * 64)["known"] is False
    assert length(zhang, sha256, entry="no id", content="\x00")["known"] is False
    assert length(li, sha256, **asked)["known"] is False
    assert send(li, path, content, entry_id).json["state"] == "pieces", "nor is the first answer given away"


@BOTH
def test_an_entry_that_is_held_has_its_photo_and_the_pieces_are_gone(world: Any, sign_in: Any) -> None:
    zhang, content, entry_id = sign_in("zhang"), picture(), str(uuid.uuid4())
    path = on_site(world, zhang) + "/photos"
    bring(zhang, content)
    assert send(zhang, path, content, entry_id, form_version="99").status == 202
    held = db.session.scalars(select(HeldEntry)).one()
    assert files.read(held.files[0][2]) == content and held.fields == [["label", "before"], ["form_version", "99"]]
    assert count(Piece) == 0
    assert send(zhang, path, content, entry_id, form_version="99").status == 202, "and again without them"
    other = picture() + b"other"
    bring(zhang, other)
    differs = send(zhang, path, other, entry_id)
    assert differs.status == 202 and count(HeldEntry) == 2 and count(Piece) == 0


def test_a_refused_photo_comes_back_by_its_field_and_its_pieces_wait_for_the_next_entry(
    world: Any, sign_in: Any
) -> None:
    zhang, content = sign_in("zhang"), os.urandom(900)
    path = on_site(world, zhang) + "/photos"
    sha256 = bring(zhang, content)
    page = send(zhang, path, content)
    assert (page.status, page.json["state"]) == (422, "refused") and page.json["errors"]["photo"]
    assert length(zhang, sha256)["length"] == 900


def test_a_sealed_entry_may_come_in_pieces_too(world: Any, sign_in: Any) -> None:
    zhang, said, entry_id = sign_in("zhang"), hello(sign_in("zhang")), str(uuid.uuid4())
    path = on_site(world, zhang) + "/photos"
    photo = [("photo", "p.jpg", "image/jpeg", picture())]
    sealed = seal_entry(said["key"], entry_id, path, said["person"], LABEL, photo).encode()
    named = {"in_pieces": name(sealed, "sealed", filename="", type="text/plain")}
    assert zhang.post(path, named, entry_id=entry_id, outbox=True).json["state"] == "pieces"
    for _try in range(2):
        bring(zhang, sealed, 1000)
        page = zhang.post(path, named, entry_id=entry_id, outbox=True)
        assert page.json["sha256"] == content_digest(path, list(LABEL.items()), [("photo", picture())])
    assert page.status == 200 and (count(Photo), count(Piece)) == (1, 0)


def test_only_the_outbox_names_files_so(world: Any, sign_in: Any) -> None:
    zhang, content = sign_in("zhang"), picture()
    path = on_site(world, zhang) + "/photos"
    bring(zhang, content)
    assert zhang.post(path, {**LABEL, "in_pieces": name(content)}).status == 422
    assert count(Photo) == 0


@pytest.mark.parametrize(
    "odd",
    [
        "", "x", "{}", "[]", "7", "null", "[" * 50_000, '["photo","a","b","c",1]', name(b"x", sha256=7),
        name(b"x", size=0), name(b"x", size=True), name(b"x", size="1"), name(b"x", size=-1),
        name(b"x", filename=None), name(b"x", type=[]),
        json.dumps([["photo"], "a", "b", "0" * 64, 1]),
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_odd_names_are_refused(world: Any, sign_in: Any, odd: str) -> None:
    zhang = sign_in("zhang")
    page = zhang.post(on_site(world, zhang) + "/photos", {**LABEL, "in_pieces": odd}, outbox=True)
    assert page.status == 422 and page.json["state"] != "applied"


def test_names_of_more_than_a_request_may_bring_are_refused(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    path = on_site(world, zhang) + "/photos"
    for many in ([name(b"x", size=10**9)], [name(b"x")] * 41):
        page = zhang.post(path, {**LABEL, "in_pieces": many}, outbox=True)
        assert (page.status, page.json["state"]) == (422, "refused"), "in words, as any file that is too large"


def test_odd_characters_in_a_name_are_as_a_plain_form_would_bring_them(world: Any, sign_in: Any) -> None:
    zhang, content = sign_in("zhang"), picture()
    path = on_site(world, zhang) + "/photos"
    bring(zhang, content)
    named = name(content, filename='a"\ud800\x00\r\n字.jpg', type="image/jpeg\r\nX: y")
    assert zhang.post(path, {**LABEL, "in_pieces": named}, outbox=True).status == 201


def test_a_piece_needs_the_token_of_the_session_and_a_digest(sign_in: Any) -> None:
    zhang, sha256 = sign_in("zhang"), digest(b"x")
    for token in ("", "yesterday's", "字".encode().decode("latin-1")):
        page = put(zhang, sha256, 0, b"x", token)
        assert (page.status, page.json["state"]) == (400, "token")
    for odd in ("x", sha256[1:], sha256.upper(), sha256 + "0", "0" * 63 + "%00"):
        assert put(zhang, odd, 0, b"x").status == 404
        assert zhang.get(f"/offline/pieces/{odd}", headers={"X-Outbox": "1"}).status == 404
    page = put(sign_in(), sha256, 0, b"x", "x")
    assert (page.status, page.json["state"]) == (401, "signed_out")
    assert count(Piece) == 0


def test_pieces_go_on_while_the_phone_is_in_the_customers_hands_or_idle(world: Any, sign_in: Any) -> None:
    from tests.reports.steps import finished, hand_to_customer

    visit, zhang = finished(world), sign_in("zhang")
    hand_to_customer(zhang, visit)
    assert bring(zhang, picture())
    li = sign_in("li")
    world.set_clock(now() + timedelta(minutes=20))
    assert li.get("/van").status == 303, "idle: the PIN first"
    assert length(li, digest(b"x"))["length"] == 0 and put(li, digest(b"x"), 0, b"x").status == 200


def test_too_much_is_refused_in_words(sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    zhang = sign_in("zhang")
    assert put(zhang, digest(b"a"), 0, b"a" * (pieces.LARGEST + 1)).json["errors"]["photo"]
    monkeypatch.setattr(pieces, "PHOTO_LIMIT", 1000)
    monkeypatch.setattr(pieces, "OPEN", 1500)
    assert put(zhang, digest(b"a"), 0, b"a" * 900).status == 200
    page = put(zhang, digest(b"a"), 900, b"a" * 101)
    assert (page.status, page.json["state"]) == (422, "refused") and "15 MB" in page.json["errors"]["photo"][0]
    page = put(zhang, digest(b"b"), 0, b"b" * 700)
    assert (page.status, page.json["state"]) == (429, "full") and page.json["why"]
    assert count(Piece) == 1


@BOTH
def test_pieces_that_nobody_completed_are_removed_after_days(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    put(zhang, digest(b"a"), 0, b"old")
    put(zhang, digest(b"b"), 0, b"growing")
    world.set_clock(now() + pieces.KEPT - timedelta(hours=1))
    zhang = sign_in("zhang")
    put(zhang, digest(b"b"), 7, b"still")
    world.set_clock(now() + timedelta(hours=2))
    assert "forget_pieces" in DAILY
    jobs.KINDS["forget_pieces"].run(jobs.Job())
    db.session.commit()
    assert set(db.session.scalars(select(Piece.sha256))) == {digest(b"b")} and count(Piece) == 2
