"""Random edits of sealed evidence by hand, with the guards off: `signing check` finds every one of them.

The company is built once an engine; each edit happens in a transaction that is rolled back.
"""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import create_app
from portal.db import db
from portal.reports.models import Report
from portal.signing import checks, head
from portal.signing.models import SealedDocument
from tests.conftest import LONG
from tests.databases import administer, postgres_url, settings
from tests.reports.evidence import every_end, ordinary
from tests.signing.edits import NoChange, Tamperer
from tests.world import World

SEEDS = {engine: 10_000 if LONG else few for engine, few in (("sqlite", 250), ("postgresql", 60))}


@pytest.fixture(scope="module")
def sqlite_url(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("tampering") / "portal.sqlite"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def postgresql_url(postgres: str, postgres_template: str) -> Iterator[str]:
    name = f"t{uuid.uuid4().hex}"
    administer(postgres, f"CREATE DATABASE {name} TEMPLATE {postgres_template} STRATEGY FILE_COPY")
    yield postgres_url(postgres, name)
    administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sealed(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A portal whose evidence holds every kind of end, without the guards of its database."""
    app = create_app(settings(request.getfixturevalue(f"{engine}_url"), tmp_path))
    with app.app_context():
        every_end(World(app))
        if engine == "sqlite":
            for name in db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                db.session.execute(text(f"DROP TRIGGER {name}"))
            db.session.commit()
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


def without_guards() -> None:
    """What the owner of the database can switch off for one transaction."""
    postgresql = db.session.get_bind().dialect.name == "postgresql"
    off = "SET LOCAL session_replication_role = replica" if postgresql else "PRAGMA defer_foreign_keys = ON"
    db.session.execute(text(off))


def tampered(seed: int) -> Tamperer:
    """The first edit of this seed that changes something."""
    hand = Tamperer(seed)
    for _ in range(100):
        without_guards()
        try:
            hand.edit()
            return hand
        except (NoChange, DBAPIError):  # the schema itself refuses some
            db.session.rollback()
            hand.undo_files()
    raise AssertionError(f"seed {seed} found nothing to change")


def test_every_edit_is_found(sealed: Flask, engine: str) -> None:
    result = check(sealed)
    assert result.exit_code == 0 and "Everything stands" in result.output, result.output
    missed, done = [], set()
    for seed in range(SEEDS[engine]):
        hand = tampered(seed)
        db.session.expire_all()
        found = next(checks.breaks(), None)
        db.session.rollback()
        hand.undo_files()
        done.add(hand.done)
        if not found:
            missed.append(f"{seed}: {hand.done}")
    assert not missed, f"{len(missed)} of {SEEDS[engine]} edits were not found: " + "; ".join(missed[:20])
    assert len(done) > SEEDS[engine] / 4
    assert checks.audit() == []


def check(app: Flask) -> Any:
    return app.test_cli_runner().invoke(args=["signing", "check"])


def by_force(statement: str, **values: Any) -> None:
    without_guards()
    if db.session.get_bind().dialect.name == "sqlite":
        for name in db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            db.session.execute(text(f"DROP TRIGGER {name}"))
    db.session.execute(text(statement), values)
    db.session.commit()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sealed_document SET content = replace(content, '清灰', '清扫') WHERE kind = 'service_report'",
        "UPDATE report SET reason = 'x'",
        "UPDATE survey SET answers = '{}'",
        "UPDATE report_signature SET method = 'typed'",
        "DELETE FROM report_signature",
        "DELETE FROM survey",
    ],
)
def test_the_command_ends_with_1_and_the_documents_number(app: Flask, world: World, statement: str) -> None:
    number = ordinary(world).number
    visit = db.session.query(Report).one().visit.number
    db.session.commit()
    by_force(statement)
    result = check(app)
    assert result.exit_code == 1
    assert (visit if "survey" in statement else number) in result.output


def test_the_command_finds_that_the_last_document_is_gone(app: Flask, world: World) -> None:
    number = ordinary(world).number
    db.session.commit()
    by_force("DELETE FROM report_signature")
    by_force("DELETE FROM report")
    by_force("DELETE FROM sealed_document WHERE kind = 'service_report'")
    result = check(app)
    assert result.exit_code == 1 and "missing at the end" in result.output
    assert number not in result.output  # nothing that is left knows it


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("content", [None, "", "{}", '{"places": [[2, "x"]], "mac": "y"}'])
def test_the_command_finds_that_the_head_is_gone_or_was_written_by_hand(
    app: Flask, world: World, content: str | None
) -> None:
    ordinary(world)
    db.session.commit()
    head.path().unlink()
    if content is not None:
        head.path().write_text(content)
    result = check(app)
    assert result.exit_code == 1 and "chain.head" in result.output


@pytest.mark.engine("sqlite")
def test_a_row_that_cannot_be_read_is_named_and_hides_no_other(app: Flask, world: World) -> None:
    first, second = ordinary(world, 1).number, ordinary(world).number
    db.session.commit()
    by_force("UPDATE report SET submitted_at = 'never' WHERE number = :number", number=first)
    by_force("UPDATE sealed_document SET sealed_at = 'never' WHERE number = :number", number=second)
    result = check(app)
    assert result.exit_code == 1
    assert first in result.output and second in result.output
    assert db.session.query(SealedDocument.n).count() == 4
