"""The store of files, a folder or a bucket that checks signatures: what it loses is said; away, it stores nothing."""

import io
import os
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from portal import config, files
from portal.db import db
from portal.errors import FileLost, StoreAway
from portal.files import StoredFile
from portal.receipts import HeldEntry, Receipt
from portal.stores import Bucket, Folder, Store, key_of, store_at
from portal.visits.models import Photo
from portal.worker import Worker
from tests.servers import free_port
from tests.visits.steps import picture

INK = b"ink"


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    if request.param == "bucket":
        return str(request.getfixturevalue("bucket"))
    (tmp_path / "apart").mkdir()
    return tmp_path / "apart"


@pytest.fixture
def stored(app: Flask, place: Path | str) -> Store:
    app.config["FILES"] = place
    return files.store()


def damage(store: Store, digest: str, content: bytes) -> None:
    """Writes something else under the name, past the portal."""
    if isinstance(store, Folder):
        store.path(digest).write_bytes(content)
    else:
        assert isinstance(store, Bucket)
        store.bucket.put(key_of(digest), content)


@pytest.mark.engine("sqlite")
def test_content_is_created_once_and_read_as_it_was(stored: Store) -> None:
    digest = files.keep(INK, "text/plain")
    assert files.keep(INK, "text/plain") == digest
    assert files.read(digest) == INK
    assert [name for name, _since in stored.listed()] == [digest]


@pytest.mark.engine("sqlite")
def test_what_is_lost_or_damaged_is_said_and_put_right_when_it_comes_again(stored: Store, caplog: Any) -> None:
    digest = files.keep(INK, "text/plain")
    damage(stored, digest, b"something else")
    with pytest.raises(FileLost, match="damaged"):
        files.read(digest)
    files.keep(INK, "text/plain")
    assert files.read(digest) == INK
    stored.remove(digest)
    with pytest.raises(FileLost, match="missing"):
        files.read(digest)


def test_a_photo_goes_to_the_bucket_and_comes_back(app: Flask, bucket: str, world: Any, sign_in: Any) -> None:
    app.config["FILES"] = bucket
    zhang, visit = sign_in("zhang"), started(world, sign_in)
    assert zhang.post(f"/visits/{visit.id}/photos", photo()).status == 303
    shot = db.session.scalars(select(Photo)).one()
    answer = zhang.get(f"/visits/{visit.id}/photos/{shot.id}.jpg")
    assert answer.status == 200 and answer.response.get_data() == files.read(shot.digest)
    assert sign_in().get("/readyz").json == {"missing": [], "ready": True}


@pytest.mark.engine("sqlite")
def test_a_wrong_secret_is_refused(app: Flask, bucket: str, monkeypatch: Any, sign_in: Any) -> None:
    app.config["FILES"] = bucket
    digest = files.keep(INK, "text/plain")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret-of-the-tests")
    wrong = Bucket(bucket)
    for attempt in (lambda: wrong.content(digest), lambda: wrong.write("0" * 64, INK), wrong.check):
        with pytest.raises(StoreAway):
            attempt()
    assert [name for name, _since in files.store().listed()] == [digest]
    app.config["FILES"] = f"{bucket}/with-the-wrong-secret"
    assert sign_in().get("/readyz").json == {"missing": ["files"], "ready": False}


@pytest.mark.engine("sqlite")
def test_a_bucket_that_does_not_exist_is_not_an_empty_one(app: Flask, bucket: str, sign_in: Any) -> None:
    app.config["FILES"] = f"s3://no-such-{uuid.uuid4().hex[:8]}/files"
    with pytest.raises(StoreAway):
        files.read("0" * 64)
    assert sign_in().get("/readyz").json["missing"] == ["files"]


@pytest.mark.parametrize("away", ["dead", "silent", "folder"])
def test_a_store_that_is_away_stores_nothing_and_uses_up_nothing(
    app: Flask, away: str, request: Any, tmp_path: Path, monkeypatch: Any, world: Any, sign_in: Any
) -> None:
    zhang, visit = sign_in("zhang"), started(world, sign_in)
    app.config["FILES"] = gone(away, tmp_path, monkeypatch, request)
    entry_id, path = str(uuid.uuid4()), f"/visits/{visit.id}/photos"
    began = time.monotonic()
    page = zhang.post(path, photo(), entry_id=entry_id)
    assert page.status == 503 and "未保存" in page.text
    answer = zhang.post(path, photo(), entry_id=entry_id, outbox=True)
    assert time.monotonic() - began < 12
    assert answer.status == 503 and answer.json["state"] == "error" and answer.json["why"]
    assert sign_in().get("/readyz").json["missing"] == ["files"]
    for table in (Photo, StoredFile, HeldEntry):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert db.session.get(Receipt, uuid.UUID(entry_id)) is None
    app.config["FILES"] = tmp_path / "files"
    assert zhang.post(path, photo(), entry_id=entry_id, outbox=True).status == 201
    assert db.session.scalar(select(func.count()).select_from(Photo)) == 1


def gone(away: str, tmp_path: Path, monkeypatch: Any, request: Any) -> Path | str:
    if away == "folder":
        return tmp_path / "a disk that is not mounted"
    port = free_port()
    if away == "silent":  # takes the connection and never answers
        import socket

        listener = socket.create_server(("127.0.0.1", port))
        request.addfinalizer(listener.close)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return f"s3://portal-tests/{uuid.uuid4().hex}"


def test_an_erasure_that_the_store_missed_is_made_up_for(app: Flask, tmp_path: Path) -> None:
    digest = files.keep(INK, "text/plain")
    db.session.commit()
    app.config["FILES"] = tmp_path / "away for a moment"
    files.forget([digest])
    db.session.commit()
    app.config["FILES"] = tmp_path / "files"
    assert files.read(digest) == INK
    files.jobs.enqueue("forget_files", key="forget_files:test")
    db.session.commit()
    Worker(app).drain()
    with pytest.raises(FileLost):
        files.read(digest)


def test_what_was_forgotten_and_is_stored_again_stays(app: Flask) -> None:
    digest = files.keep(INK, "text/plain")
    db.session.commit()
    files.forget([digest])
    db.session.commit()
    with pytest.raises(FileLost):
        files.read(digest)
    files.keep(INK, "text/plain")
    db.session.commit()
    files.remove_now([digest])
    assert files.read(digest) == INK


def test_a_sweep_takes_old_orphans_and_nothing_else(app: Flask, stored: Store) -> None:
    kept = files.keep(INK, "text/plain")
    db.session.commit()
    orphan = files.keep(b"of a request that failed", "text/plain")
    db.session.rollback()
    runner = app.test_cli_runner()
    assert "Removed 0" in runner.invoke(args=["files", "sweep"]).output
    if isinstance(stored, Folder):
        long_ago = (datetime.now(UTC) - timedelta(days=3)).timestamp()
        for digest in (kept, orphan):
            os.utime(stored.path(digest), (long_ago, long_ago))
    grace = "24" if isinstance(stored, Folder) else "0"
    time.sleep(0 if isinstance(stored, Folder) else 1.1)  # a bucket dates by the second
    assert "Removed 1" in runner.invoke(args=["files", "sweep", "--grace-hours", grace]).output
    assert [name for name, _since in stored.listed()] == [kept]


@pytest.mark.parametrize(
    "text", ["https://host/bucket", "s3://", "s3://a/b?c", "file://host/folder", "files", "s3://k:s@bucket"]
)
def test_a_place_that_is_none_ends_the_start(text: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="PORTAL_FILES_URL"):
        config.files_place(text, tmp_path)


def test_places_are_read_from_their_addresses(tmp_path: Path) -> None:
    assert config.files_place("", tmp_path) == tmp_path / "files"
    assert config.files_place("file:///srv/portal%20files", tmp_path) == Path("/srv/portal files")
    assert config.files_place("s3://bucket/some/prefix/", tmp_path) == "s3://bucket/some/prefix"
    assert store_at(tmp_path) is store_at(tmp_path)


def started(world: Any, sign_in: Any) -> Any:
    zhang, visit = sign_in("zhang"), world.visit()
    for verb in ("departure", "arrival", "start"):
        assert zhang.post(f"/visits/{visit.id}/{verb}").status == 303
    return visit


def photo() -> dict[str, Any]:
    return {"photo": (io.BytesIO(picture()), "photo.jpg"), "label": "after"}


def test_a_photo_is_drawn_once_and_while_others_may_write(
    app: Flask, world: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repeat is answered without drawing it again."""
    zhang, path = sign_in("zhang"), f"/visits/{started(world, sign_in).id}/photos"
    turned, open_then = files.upright, []

    def watched(drawn: Image.Image) -> Any:
        open_then.append(db.session().in_transaction())
        return turned(drawn)

    monkeypatch.setattr(files, "upright", watched)
    entry_id = str(uuid.uuid4())
    for status in (201, 200):
        answer = zhang.post(path, photo(), entry_id=entry_id, outbox=True)
        assert answer.status == status
        assert open_then == [False], "a transaction was open while the photo was drawn"
    assert db.session.scalar(select(func.count()).select_from(Photo)) == 1
