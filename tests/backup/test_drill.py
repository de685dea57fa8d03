"""The restore drill: a backup while phones send, restored into an empty place, and everything that was acknowledged
before is there, balances, holds its seals and looks the same."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from portal import epoch, files
from portal.db import db
from portal.receipts import Receipt
from portal.visits.models import PartUse, Photo
from tests.backup.phones import Phone
from tests.backup.places import Camera, Place, seen
from tests.page import Person
from tests.reports.evidence import by_link, ordinary
from tests.servers import Server

BEFORE, DURING = 12, 3  # entries acknowledged before the backup, and at least so many while it is taken


def test_a_backup_among_writers_restores_to_the_same_portal(
    app: Flask, engine: str, database_url: str, tmp_path: Path, world: Any, sign_in: Any,
    empty_place: Callable[..., Place], request: Any, monkeypatch: Any, capsys: Any,
) -> None:  # fmt: skip
    """SQLite with a folder, PostgreSQL with a bucket."""
    bucket = request.getfixturevalue("bucket") if engine == "postgresql" else None
    if bucket:
        app.config["FILES"] = bucket
        monkeypatch.setenv("PORTAL_FILES_URL", bucket)
    report = ordinary(world)
    by_link(world, 2)
    db.session.commit()
    (tmp_path / "signing.key").write_text(app.config["SIGNING_KEY"])
    phones, visit = phones_of(world, sign_in), str(report.visit.id)
    others = effects_without_a_phone()
    pictures = db.session.scalars(select(Photo.id).where(Photo.visit_id == report.visit.id)).all()
    paths = [
        f"/visits/{visit}",
        f"/reports/{report.number}",
        f"/reports/{report.number}.pdf",
        "/stock/items/TM-BELT-1300",
    ]
    paths += [f"/visits/{visit}/photos/{picture}.jpg" for picture in pictures]
    before = seen(sign_in("zhao", device="laptop"), paths)
    old = sign_in("zhao")
    server = Server(tmp_path, database_url)
    backup = tmp_path / "whole.backup"
    server.start()
    try:
        for phone in phones:
            phone.port = server.port
            phone.thread.start()
        wait_until(lambda: acknowledged(phones) >= BEFORE)
        early = {entry for phone in phones for entry in phone.acknowledged}
        said = server.flask("backup", str(backup))
        during = acknowledged(phones) - len(early)
    finally:
        for phone in phones:
            phone.stopped.set()
        for phone in phones:
            phone.thread.join()
        server.stop()
    assert during >= DURING, "nobody wrote while the backup was taken"
    assert "SECRETS AND PERSONAL DATA" in said and backup.stat().st_mode & 0o777 == 0o600
    place = empty_place(engine, f"{bucket}-restored" if bucket else None)
    began = time.monotonic()
    result = place.flask("restore", str(backup))
    needed = time.monotonic() - began
    assert result.exit_code == 0, result.output
    with capsys.disabled():
        print(f"\n{engine}: {said.partition('SHA')[0]} RTO: restored and checked in {needed:.1f} s")
    assert place.flask("ledger", "check").exit_code == 0
    checked = place.flask("signing", "check")
    assert checked.exit_code == 0 and "Restored on" in checked.output, checked.output
    assert place.ask(lambda: early <= {str(one) for one in db.session.scalars(select(Receipt.entry_id))})
    assert place.ask(effects_without_a_phone) == others
    assert place.ask(epoch.epoch) > epoch.epoch() == 1
    assert set(place.ask(everything_kept)) >= set(place.ask(named))

    served = restarted(place)
    cookie = old.client.get_cookie("session")
    stranger = Person(served.app, "laptop")
    stranger.client.set_cookie("session", cookie.value)
    assert stranger.get("/reports").status == 303, "a session of before the backup is still good"
    zhao = Person(served.app, "laptop")
    assert served.ask(lambda: zhao.sign_in("zhao").status) == 303
    assert served.ask(lambda: seen(zhao, paths)) == before
    served.close()


def phones_of(world: Any, sign_in: Any) -> list[Phone]:
    zhang, visit = sign_in("zhang"), world.visit()
    for verb in ("departure", "arrival", "start"):
        assert zhang.post(f"/visits/{visit.id}/{verb}").status == 303
    cookie, token, base = zhang.client.get_cookie("session").value, zhang.token(), f"/visits/{visit.id}"
    return [
        Phone(0, cookie, token, f"{base}/part-uses"),
        Phone(0, cookie, token, f"{base}/part-uses"),
        Camera(0, cookie, token, f"{base}/photos"),
    ]


def acknowledged(phones: list[Phone]) -> int:
    return sum(len(phone.acknowledged) for phone in phones)


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, "the phones do not get through"
        time.sleep(0.02)


def effects_without_a_phone() -> tuple[int, int]:
    """Part uses and photos beyond those of the phones' receipts: the world's own, before and after."""
    found = []
    for path, table in (("/part-uses", PartUse), ("/photos", Photo)):
        sent = db.session.scalar(select(func.count()).select_from(Receipt).where(Receipt.path.endswith(path)))
        found.append((db.session.scalar(select(func.count()).select_from(table)) or 0) - (sent or 0))
    return found[0], found[1]


def everything_kept() -> list[str]:
    return [digest for digest, _since in files.store().listed()]


def named() -> list[str]:
    return list(db.session.scalars(select(files.StoredFile.digest).where(files.StoredFile.forgotten_at.is_(None))))


def restarted(place: Place) -> Place:
    """The place as a process sees it that starts after the restore, with the key that came back."""
    place.close()
    again = Place.__new__(Place)
    again.folder, again.database_url = place.folder, place.database_url
    from portal import create_app

    chosen = {name: place.app.config[name] for name in place.app.config if name.isupper()}
    chosen["SIGNING_KEY"] = (place.folder / "signing.key").read_text()
    again.app = create_app(chosen)
    return again
