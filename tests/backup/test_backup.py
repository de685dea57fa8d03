"""What a backup holds, and what a restore does with it: in the other database, broken off, damaged, tampered with."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from portal import cli, epoch, files, history, jobs, server
from portal.backup import archive, rows
from portal.customers.operations import add_customer
from portal.db import db, snapshot
from portal.search.folding import folded
from portal.search.queries import overview
from portal.search.rules import terms
from portal.search.scope import Reach
from portal.signing import head
from portal.signing.models import SealedDocument
from portal.signing.operations import seal
from tests.backup.places import Place
from tests.conftest import long_form
from tests.page import Person
from tests.reports.evidence import ordinary
from tests.servers import ROOT

OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}
SETTLED = {"sign_in", "job", "epoch"}  # what a restore does not leave as it was


@pytest.fixture
def backup(app: Flask, world: Any, tmp_path: Path) -> Path:
    """Of a company with one signed report."""
    ordinary(world)
    db.session.commit()
    path = tmp_path / "whole.backup"
    assert "SECRETS AND PERSONAL DATA" in taken(app, path)
    return path


def taken(app: Flask, path: Path) -> str:
    result = app.test_cli_runner().invoke(args=["backup", str(path)])
    assert result.exit_code == 0, result.output
    return result.output


def everything() -> dict[str, list[str]]:
    with snapshot() as connection:
        found = {
            table: sorted(
                str([meaning(value) for value in row]) for part in rows.read(connection, table) for row in part
            )
            for table in rows.tables(connection)
        }
    return {table: rows for table, rows in found.items() if table not in SETTLED}


def meaning(value: Any) -> Any:
    """PostgreSQL keeps JSON by its meaning, SQLite by its letters."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return json.dumps(json.loads(value), sort_keys=True)
    return value


def test_a_backup_of_one_database_goes_into_the_other(
    app: Flask, engine: str, backup: Path, empty_place: Callable[..., Place], world: Any
) -> None:
    place = empty_place(OTHER[engine])
    before = everything()
    assert max(len(rows) for rows in before.values()) > 10
    result = place.flask("restore", backup)
    assert result.exit_code == 0, result.output
    before["backup_taken"] = []  # no backup can hold the word that it ended well
    assert place.ask(everything) == before
    assert_found(place)
    assert place.ask(writes_on)


def assert_found(place: Place) -> None:
    """The search finds what was restored, and what is added after it."""
    checked = place.flask("search", "check")
    assert checked.exit_code == 0 and "unit            0" not in checked.output, checked.output
    assert place.ask(lambda: titles("虚构动力")) == {"虚构动力健身俱乐部"}

    def add() -> None:
        add_customer("虚构动力二店")
        db.session.commit()

    place.ask(add)
    assert place.ask(lambda: titles("虚构动力")) == {"虚构动力健身俱乐部", "虚构动力二店"}


def titles(question: str) -> set[str]:
    _exact, groups = overview(question, terms(folded(question)), {"customer": Reach.ALL}, uuid.uuid4())
    return {str(hit.shown["title"]) for group in groups for hit in group.hits}


def writes_on() -> bool:
    """The next row gets the next number, and a guard refuses to change what stands."""
    last = db.session.scalar(select(history.HistoryEntry.n).order_by(history.HistoryEntry.n.desc()).limit(1)) or 0
    history.record("try", db.session.scalars(select(SealedDocument)).first())
    newest = db.session.scalar(select(history.HistoryEntry.n).order_by(history.HistoryEntry.n.desc()).limit(1))
    with pytest.raises(Exception, match="append-only"):
        db.session.execute(text("UPDATE sealed_document SET number = 'x'"))
    return newest == last + 1


def test_a_restore_begins_an_epoch_ends_sessions_and_sends_no_letter_twice(
    app: Flask, engine: str, world: Any, sign_in: Any, tmp_path: Path, empty_place: Callable[..., Place]
) -> None:
    sign_in("zhang")
    jobs.enqueue("mail", key="letter", to="a@example.com", subject="s", text="t")
    jobs.enqueue("forget_files", key="again")
    db.session.commit()
    taken(app, tmp_path / "b")
    first, second = empty_place(engine), empty_place(engine)
    for place in (first, second):
        assert place.flask("restore", tmp_path / "b").exit_code == 0
        assert_found(place)
        assert place.ask(lambda: [one.state for one in jobs.stuck()]) == ["stuck"]
        assert place.ask(lambda: [one.kind for one in jobs.waiting()]) == ["forget_files"]
        assert place.ask(lambda: db.session.scalar(text("SELECT count(*) FROM sign_in WHERE ended_at IS NULL"))) == 0
    assert first.ask(epoch.epoch) > epoch.FIRST and epoch.epoch() == epoch.FIRST
    started_before = Person(first.app).get("/login")
    assert started_before.status == 503, "a process from before the restore still answers, with the old keys"
    assert Person(first.app).get("/readyz").json["missing"] == ["restore"]


def test_nothing_is_written_over(backup: Path, app: Flask) -> None:
    content = backup.read_bytes()
    result = app.test_cli_runner().invoke(args=["backup", str(backup)])
    assert result.exit_code == 1 and "overwrites nothing" in result.output
    assert backup.read_bytes() == content and backup.stat().st_mode & 0o777 == 0o600
    assert not list(backup.parent.glob("*.part"))
    assert sum(name.startswith("rows/movement/") for name, _content in archive.members(backup)) == 1, "not by rows"


@pytest.mark.engine("sqlite")
def test_a_damaged_backup_is_refused_before_anything_is_written(
    backup: Path, empty_place: Callable[..., Place], tmp_path: Path
) -> None:
    whole, place = backup.read_bytes(), empty_place("sqlite")
    middle = len(whole) // 2
    cut, flipped = whole[:middle], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :]
    swapped = whole.replace(b'"revision": "', b'"revision": "x', 1)
    for number, content in enumerate((cut, flipped, swapped, b"", b"no tar at all" * 100)):
        damaged = tmp_path / f"damaged-{number}"
        damaged.write_bytes(content)
        result = place.flask("restore", damaged)
        assert result.exit_code == 1 and "not a whole backup" in result.output, result.output
    assert place.ask(cli.current_revision) is None
    assert not epoch.state_path(place.folder).exists() and not list(place.app.config["FILES"].iterdir())


@pytest.mark.engine("sqlite")
def test_a_place_that_is_not_empty_is_refused(app: Flask, engine: str, backup: Path, empty_place: Any) -> None:
    result = app.test_cli_runner().invoke(args=["restore", str(backup)])
    assert result.exit_code == 1 and "database here is not empty" in result.output
    place = empty_place(engine)
    place.ask(lambda: files.store().write("0" * 64, b"of somebody else"))
    result = place.flask("restore", backup)
    assert result.exit_code == 1 and "place for files is not empty" in result.output
    assert place.ask(cli.current_revision) is None


@long_form
@pytest.mark.engine("sqlite")
def test_an_interrupted_restore_is_not_served_until_it_is_made_again(
    app: Flask, backup: Path, empty_place: Callable[..., Place], monkeypatch: Any
) -> None:
    place = empty_place("sqlite")
    values = {**os.environ, "PORTAL_INSTANCE": str(place.folder)}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "restore", str(backup)]
    restoring = subprocess.Popen(command, cwd=ROOT, env=values, stdout=subprocess.DEVNULL)
    while not epoch.state_path(place.folder).exists():
        assert restoring.poll() is None
        time.sleep(0.002)
    restoring.send_signal(signal.SIGKILL)
    restoring.wait(20)
    assert epoch.is_half_restored(place.folder)
    monkeypatch.setenv("PORTAL_INSTANCE", str(place.folder))
    with pytest.raises(SystemExit, match="half restored"):
        server.main()
    shutil.rmtree(place.folder / "files")  # what an operator does who reads that
    (place.folder / "files").mkdir()
    for path in place.folder.glob("portal.sqlite*"):
        path.unlink()
    place.close()
    result = place.flask("restore", backup)
    assert result.exit_code == 0, result.output
    assert not epoch.is_half_restored(place.folder)


@pytest.mark.engine("sqlite")
def test_a_half_restored_place_says_so_under_any_server(app: Flask, empty_place: Callable[..., Place]) -> None:
    place = empty_place("sqlite")
    epoch.begin_restore(place.folder, "whole.backup")
    visitor = Person(place.app)
    assert visitor.get("/").status == 503
    assert visitor.get("/healthz").status == 200
    page = visitor.get("/readyz")
    assert page.status == 503 and "restore" in page.json["missing"]
    assert place.flask("db", "upgrade").exit_code == 1


@pytest.mark.engine("sqlite")
def test_a_row_that_the_other_database_refuses_is_said_and_leaves_nothing_served(
    app: Flask, tmp_path: Path, empty_place: Callable[..., Place]
) -> None:
    db.session.execute(text("UPDATE branch SET code = 'longer than it may be'"))  # SQLite does not count letters
    db.session.commit()
    taken(app, tmp_path / "b")
    place = empty_place("postgresql")
    result = place.flask("restore", tmp_path / "b")
    assert result.exit_code == 1 and "too long" in result.output and "half restored" in result.output, result.output
    assert place.ask(cli.current_revision) is None and epoch.is_half_restored(place.folder)


@pytest.mark.engine("sqlite")
def test_a_removed_document_shows_after_a_restore_as_before(
    app: Flask, engine: str, world: Any, tmp_path: Path, empty_place: Callable[..., Place]
) -> None:
    """Whoever takes the newest document away cannot wash that off by a backup and a restore."""
    ordinary(world)
    seal("note", "X-1", 0, {"text": "the newest"}, {})
    db.session.commit()
    with db.engine.begin() as connection, rows.unguarded(connection):
        connection.exec_driver_sql("DELETE FROM sealed_document WHERE number = 'X-1'")
    taken(app, tmp_path / "b")
    place = empty_place(engine)
    result = place.flask("restore", tmp_path / "b")
    assert result.exit_code == 1 and "documents are missing at the end" in result.output, result.output
    assert place.flask("signing", "check").exit_code == 1


@pytest.mark.engine("sqlite")
def test_a_restore_says_what_this_place_knew_and_the_backup_does_not(
    app: Flask, backup: Path, world: Any, empty_place: Callable[..., Place]
) -> None:
    ordinary(world, 1)
    db.session.commit()
    known = head.read()
    place = empty_place("sqlite")
    shutil.copy(head.path(), place.folder / "chain.head")
    result = place.flask("restore", backup)
    assert result.exit_code == 0 and known and f"up to #{known.head.n}" in result.output
    assert place.ask(lambda: [one.known_n for one in epoch.restores()]) == [known.head.n]
    assert (place.folder / "chain.head.before-restore").exists()


def test_an_upgrade_takes_a_whole_backup_first(engine: str, empty_place: Callable[..., Place]) -> None:
    place = empty_place(engine)
    place.ask(lambda: cli.upgrade(target="0003"))
    place.ask(a_branch)
    result = place.flask("db", "upgrade")
    assert result.exit_code == 0 and "SECRETS AND PERSONAL DATA" in result.output, result.output
    (kept,) = place.folder.glob("before-upgrade-from-0003-*.backup")
    assert archive.verified(kept).revision == "0003"
    other = empty_place(OTHER[engine])
    result = other.flask("restore", kept)
    assert result.exit_code == 0, result.output
    assert other.ask(cli.current_revision) == cli.newest_revision()
    assert other.ask(lambda: db.session.scalar(text("SELECT code FROM branch"))) == "77"


def a_branch() -> None:
    with db.engine.begin() as connection:
        row = [uuid.uuid4().hex, "77", '{"en": "Example"}', "100 0000 0077", "Asia/Shanghai"]
        rows.write(connection, "branch", ["id", "code", "labels", "hotline", "time_zone"], [[row]])


@pytest.mark.engine("sqlite")
def test_a_backup_of_a_newer_portal_is_refused(app: Flask, engine: str, tmp_path: Path, empty_place: Any) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    taken(app, tmp_path / "b")
    result = empty_place(engine).flask("restore", tmp_path / "b")
    assert result.exit_code == 1 and "newer portal" in result.output


@pytest.mark.engine("sqlite")
def test_a_lost_file_is_named_and_the_rest_is_kept(app: Flask, backup: Path, tmp_path: Path, empty_place: Any) -> None:
    digest = sorted(name for name, _since in files.store().listed())[0]
    files.store().remove(digest)
    assert f"LOST  the store has no file {digest}" in taken(app, tmp_path / "again")
    result = empty_place("sqlite").flask("restore", tmp_path / "again")
    assert "LOST" in result.output and "Restored the backup" in result.output
