"""The rescue file: what a phone could not send comes in by hand, once, under its author's name."""

import base64
import io
import json
import uuid
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import sealing
from portal.db import db, transaction
from portal.held import Rescue
from portal.offline.rescue import DAMAGED, KNOWN, LOADED, load
from portal.receipts import HeldEntry, content_digest
from portal.stock.checks import audit
from portal.visits.models import Finding, PartUse, Photo
from tests.offline.held import decide
from tests.offline.phone import hello, seal_entry
from tests.page import Page, Person
from tests.visits.steps import OIL, on_site, picture, van_holds

BOTH = pytest.mark.engine("sqlite", "postgresql")


def entry(path: str, fields: dict[str, str], **more: Any) -> dict[str, Any]:
    said = [[name, value] for name, value in fields.items()]
    made: dict[str, Any] = {
        "id": str(uuid.uuid4()), "path": path, "fields": said, "files": [], "created_at": "2026-11-23T09:30:00+08:00",
        "form_version": "1", "label": "零件：硅油 × 2", "sha256": content_digest(path, list(fields.items())),
    }  # fmt: skip
    return made | more


def rescue_file(person: Any, *entries: Any) -> bytes:
    told = {"format": "portal-rescue-1", "person": str(person.id), "made_at": "2026-11-23T18:00:00+08:00"}
    return json.dumps({**told, "entries": list(entries)}).encode()


def upload(person: Person, content: bytes) -> Page:
    fields = {"file": (io.BytesIO(content), "rescue.json")}
    return person.post("/held/rescue", fields, content_type="multipart/form-data")


def upload_large(person: Person, content: bytes) -> Page:
    """Without the file that the test client would make of a large body, and leave open."""
    head = 'Content-Disposition: form-data; name="{}"'
    fields = {"csrf_token": person.token(), "entry_id": str(uuid.uuid4())}
    parts = [f"--x\r\n{head.format(name)}\r\n\r\n{value}\r\n".encode() for name, value in fields.items()]
    named = f'--x\r\n{head.format("file")}; filename="r.json"\r\nContent-Type: application/json\r\n\r\n'.encode()
    body = b"".join([*parts, named, content, b"\r\n--x--\r\n"])
    return person.open("/held/rescue", method="POST", data=body, content_type="multipart/form-data; boundary=x")


def states(content: bytes) -> list[tuple[str, str]]:
    rows = load(content, person=None).results
    db.session.commit()
    return [(row[3], row[4]) for row in rows]


def held() -> list[HeldEntry]:
    return list(db.session.scalars(select(HeldEntry)))


@BOTH
def test_the_work_of_a_disabled_technician_takes_effect(app: Flask, world: Any, sign_in: Any) -> None:
    """Failure mode 17: the phone can no longer sign in; its file is loaded, held, and applied by a supervisor."""
    zhang, zhao = sign_in("zhang"), sign_in("zhao", "laptop")
    base, before = on_site(world, zhang), van_holds(world)
    author = world.person("zhang")
    with transaction():
        author.active = False
    assert zhang.get("/").status == 303
    part = entry(f"{base}/part-uses", OIL)
    photo = entry(
        f"{base}/photos",
        {"label": "before"},
        files=[["photo", "p.jpg", "image/jpeg", base64.b64encode(picture()).decode()]],
        sha256=content_digest(f"{base}/photos", [("label", "before")], [("photo", picture())]),
    )
    page = upload(zhao, rescue_file(author, part, photo))
    result = zhao.follow(page)
    assert len(result.all(".tag-good")) == 2 and "零件：硅油 × 2" in result.text
    first, second = sorted(held(), key=lambda one: one.path)
    assert (str(first.entry_id), first.person_id, len(second.files)) == (part["id"], author.id, 1)
    assert decide(zhao, first, "application").status == 422, "who loaded the file does not decide alone"
    he = sign_in("he", "laptop")
    for one in (first, second):
        assert decide(he, one, "application").status == 303
    use, shown = db.session.scalars(select(PartUse)).one(), db.session.scalars(select(Photo)).one()
    assert use.person_id == shown.person_id == author.id
    assert use.occurred_at == world.at(9, 30) == shown.occurred_at
    assert van_holds(world) == before - 2 and audit().problems == []


def test_loading_twice_changes_nothing_and_the_phone_may_still_send(app: Flask, world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, author = on_site(world, zhang), world.person("zhang")
    sent, kept = entry(f"{base}/part-uses", OIL), entry(f"{base}/part-uses", {**OIL, "quantity": "1"})
    assert zhang.post(sent["path"], OIL, entry_id=sent["id"], outbox=True).status == 201
    content = rescue_file(author, sent, kept)
    assert [state for state, _why in states(content)] == [KNOWN, LOADED]
    assert [state for state, _why in states(content)] == [KNOWN, KNOWN]
    assert len(held()) == 1
    late = zhang.post(kept["path"], {**OIL, "quantity": "1"}, entry_id=kept["id"], outbox=True)
    assert (late.status, late.json["state"]) == (202, "held")
    other = entry(f"{base}/part-uses", {**OIL, "quantity": "9"}, id=sent["id"])
    ((state, why),) = states(rescue_file(author, other))
    assert state == LOADED and why
    assert len(held()) == 2


def test_an_entry_twice_in_one_file_is_held_once(app: Flask, world: Any) -> None:
    one = entry(f"/visits/{world.visit().id}/part-uses", OIL)
    found = states(rescue_file(world.person("zhang"), one, one))
    assert [state for state, _why in found] == [LOADED, KNOWN]
    assert len(held()) == 1


def test_sealed_entries_are_opened(app: Flask, world: Any) -> None:
    one = entry(f"/visits/{world.visit().id}/part-uses", OIL)
    inner = {name: one[name] for name in ("path", "fields", "files", "created_at", "form_version")}
    inner["person"] = str(world.person("zhang").id)
    sealed = {"id": one["id"], "sealed": seal(inner, one["id"])}
    moved = {"id": str(uuid.uuid4()), "sealed": sealed["sealed"]}
    found = states(rescue_file(world.person("li"), sealed, moved))
    assert [state for state, _why in found] == [LOADED, DAMAGED]
    assert held()[0].person_id == world.person("zhang").id
    assert held()[0].sha256 == one["sha256"]


def seal(content: dict[str, Any], about: str) -> str:
    """As a phone seals."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key, own = sealing.newest_key(), ec.generate_private_key(ec.SECP256R1())
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key.public)
    secret = HKDF(SHA256(), 32, salt=point, info=b"portal entry 1").derive(own.exchange(ec.ECDH(), public))
    iv = b"0" * 12
    ct = AESGCM(secret).encrypt(iv, json.dumps(content).encode(), about.encode())
    parts = {"v": 1, "key": key.id, "epk": point, "iv": iv, "ct": ct}
    told = {name: base64.b64encode(part).decode() if isinstance(part, bytes) else part for name, part in parts.items()}
    return base64.urlsafe_b64encode(json.dumps(told).encode()).decode()


@pytest.mark.parametrize(
    "change",
    [
        {"id": "x"},
        {"path": "visits"},
        {"path": "/x" * 400},
        {"path": 7},
        {"fields": {"a": "b"}},
        {"fields": [["a"]]},
        {"fields": [["a", 1]]},
        {"fields": [["a", "\ud83d"]]},
        {"fields": [["a", "b"]] * 300},
        {"files": "x"},
        {"files": [["photo", "p.jpg", "image/jpeg", "***"]]},
        {"files": [["photo", "p.jpg", "image/jpeg", ""]]},
        {"files": [[1, 2, 3, 4]]},
        {"sha256": "0" * 64},
        {"sealed": "x"},
        {"sealed": {"v": 1}},
    ],
)
def test_a_damaged_entry_is_named_and_the_others_are_loaded(app: Flask, world: Any, change: dict[str, Any]) -> None:
    path = f"/visits/{world.visit().id}/part-uses"
    found = states(rescue_file(world.person("zhang"), entry(path, OIL) | change, entry(path, OIL), 7, None, "x"))
    assert [state for state, _why in found] == [DAMAGED, LOADED, DAMAGED, DAMAGED, DAMAGED]
    assert all(why for state, why in found if state == DAMAGED)
    assert len(held()) == 1


def test_nobody_can_be_named_who_is_not_here(app: Flask, world: Any) -> None:
    content = rescue_file(world.person("zhang"), entry("/x", {})).replace(str(world.person("zhang").id).encode(), b"0")
    assert [state for state, _why in states(content)] == [DAMAGED]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\xff\xfe", b"[]", b"{}", b"null", b"[" * 200_000, b'{"format": "portal-rescue-1"}',
        b'{"format": "portal-rescue-1", "entries": []}', b'{"format": "portal-rescue-1", "entries": {}}',
        json.dumps({"format": "portal-rescue-1", "entries": [1] * 501}).encode(), picture(),
    ],
)  # fmt: skip
def test_what_is_no_rescue_file_is_refused_with_words(app: Flask, world: Any, sign_in: Any, content: bytes) -> None:
    page = upload(sign_in("zhao", "laptop"), content)
    assert page.status == 422 and page.errors
    assert db.session.scalar(select(func.count()).select_from(Rescue)) == 0


def test_a_large_file_is_taken_here_and_nowhere_else(app: Flask, world: Any, sign_in: Any) -> None:
    zhao, one = sign_in("zhao", "laptop"), entry(f"/visits/{world.visit().id}/part-uses", OIL)
    large = rescue_file(world.person("zhang"), one) + b" " * (20 * 1024 * 1024)
    assert upload_large(zhao, large).status == 303
    assert upload_large(zhao, large + b" " * (40 * 1024 * 1024)).status == 413


def test_hostile_addresses_wait_and_take_no_effect(app: Flask, world: Any, sign_in: Any) -> None:
    zhao, zhang = sign_in("zhao", "laptop"), world.person("zhang")
    paths = ["/", "//x", "/../../etc", "/logout", "/login", "/visits/x/part-uses", "/held/rescue", "/static/js/app.js"]
    paths += ["/me/password", "/<script>", "/visits/%00", "/admin/setup", f"/held/{uuid.uuid4()}/notice", "/language"]
    assert upload(zhao, rescue_file(zhang, *(entry(path, {"a": "<b>"}) for path in paths))).status == 303
    assert len(held()) == len(paths)
    assert zhao.get("/held").status == 200
    for one in held():
        assert zhao.get(f"/held/{one.id}").status == 200
        assert decide(zhao, one, "application").status == 422, one.path
        assert decide(zhao, one, "transfer", {"number": world.visit().number}).status == 422


def test_only_supervisors_and_administrators_load_files(app: Flask, world: Any, sign_in: Any) -> None:
    content = rescue_file(world.person("zhang"), entry(f"/visits/{world.visit().id}/part-uses", OIL))
    for username in ("zhang", "sun", "he", "qian", "zhou"):
        person = sign_in(username, "laptop")
        assert person.get("/held/rescue").status == 403 and upload(person, content).status == 403
    page = upload(sign_in("admin", "laptop"), content)
    assert page.status == 303
    assert sign_in("zhao", "laptop").get(page.location).status == 200
    assert sign_in("he", "laptop").get(page.location).status == 403


def test_the_command_says_what_became_of_each(app: Flask, world: Any, tmp_path: Any) -> None:
    file, run = tmp_path / "r.json", app.test_cli_runner()
    good = entry(f"/visits/{world.visit().id}/part-uses", OIL)
    db.session.commit()
    file.write_bytes(rescue_file(world.person("zhang"), good))
    db.session.rollback()
    done = run.invoke(args=["offline", "load-rescue", str(file)])
    assert done.exit_code == 0 and LOADED in done.output and good["id"] in done.output
    again = run.invoke(args=["offline", "load-rescue", str(file)])
    assert again.exit_code == 0 and KNOWN in again.output
    file.write_bytes(rescue_file(world.person("zhang"), good, 7))
    assert run.invoke(args=["offline", "load-rescue", str(file)]).exit_code == 1
    file.write_text("no")
    assert run.invoke(args=["offline", "load-rescue", str(file)]).exit_code == 1


def test_a_file_gives_nobody_somebody_elses_name(app: Flask, world: Any, sign_in: Any) -> None:
    """Anybody could have written the file, the sealed entries in it too, for the key is public: a supervisor who makes
    one up in a technician's name needs a second person, who reads where it came from."""
    zhao, author = sign_in("zhao", "laptop"), world.person("zhang")
    path, number = f"/visits/{world.visit().id}/findings", str(uuid.uuid4())
    plain = entry(path, {"note": "编的"})
    closed = {
        "id": number,
        "sealed": seal_entry(hello(zhao)["key"], number, path, str(author.id), {"note": "也是编的"}),
    }
    assert zhao.follow(upload(zhao, rescue_file(author, plain, closed))).status == 200
    other = f"{world.visit(number='DF2401-0002').number}"
    for one in held():
        assert decide(zhao, one, "application").status == 422
        assert decide(zhao, one, "transfer", {"number": other}).status == 422
    assert db.session.scalar(select(func.count()).select_from(Finding)) == 0
    page = sign_in("he", "laptop").get(f"/held/{held()[0].id}")
    assert held()[0].why in page.text
    assert decide(zhao, held()[0], "refusal", {"reason": "不是他写的"}).status == 303, "it may always be declined"


def test_a_pin_in_a_file_is_not_kept(app: Flask, world: Any) -> None:
    path = f"/visits/{world.visit().id}/departure"
    states(rescue_file(world.person("zhang"), entry(path, {"pin": "2468", "password": "x"})))
    assert {value for _name, value in held()[0].fields} == {""}
