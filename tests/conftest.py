"""Fixtures: an app on each database, one believable company in it, and people who open pages.

The schema is migrated and the company built once a run; each test gets a copy of that database.
"""

import gc
import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from portal import create_app, jobs
from portal.accounts import secrets
from portal.db import db
from tests import radosgw, s3, shared
from tests.databases import administer, has_database, own_name, postgres_url, prepare, settings
from tests.page import Person
from tests.servers import Server
from tests.shared import once
from tests.world import World

ENGINES = ("sqlite", "postgresql")
secrets.hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # the real costs are for real passwords
secrets.VERIFIER_ROUNDS = 1000
gc.set_threshold(20_000, 20, 50)  # the collector walked the whole app for what a test lets go of: an eighth of all work
SLOWEST = (
    "test_what_was_saved", "browser/test_main_job", "test_phone_kills", "test_more_fields", "test_flight_mode",
    "test_the_technicians_pages", "test_kill", "test_start", "lan/test_serve",
    "test_matrix.py", "test_processes", "browser/test_pages", "test_past", "test_loading",
    "browser", "test_the_stated_load", "test_setup", "test_bad_input",
)  # fmt: skip
LONG = os.environ.get("PORTAL_LONG") == "1"
long_form = pytest.mark.skipif(not LONG, reason="only with --long")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """What the database does is tried on both. What pages say is tried on SQLite, in the long form on both; that each
    page opens on PostgreSQL for whom it should is tried by `test_permissions.py`, and the whole job in the browser."""
    if "engine" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("engine")
        usual = ENGINES[:1] if "sign_in" in metafunc.fixturenames and not LONG else ENGINES
        metafunc.parametrize("engine", only.args if only else usual, scope="function")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no worker is left alone with it at the end. Each worker begins with a
    stretch of the list (xdist cuts it into equal ones), so each stretch gets its share of the slow ones."""
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    slow = [item for item in items if slowness(item) < len(SLOWEST)]
    quick = [item for item in items if slowness(item) == len(SLOWEST)]
    slow.sort(key=slowness)
    items[:] = []
    for number in range(workers):
        share = slow[number::workers]
        rest = (len(slow) + len(quick)) // workers - len(share)
        items += share + (quick if number == workers - 1 else quick[: max(rest, 0)])
        quick = quick[max(rest, 0) :]


def slowness(item: pytest.Item) -> int:
    """Its place among the slowest; their number for all others."""
    return next((place for place, name in enumerate(SLOWEST) if name in item.nodeid), len(SLOWEST))


@pytest.fixture(scope="session")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("instance")


@pytest.fixture(scope="session")
def sqlite_template(instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once a run."""

    def make(folder: Path) -> None:
        path = folder / "template.sqlite"
        prepare(create_app(settings(f"sqlite:///{path}", instance)))
        with_wal = path.with_suffix(".sqlite-wal")
        assert not with_wal.exists() or with_wal.stat().st_size == 0

    return once(tmp_path_factory, "sqlite", make) / "template.sqlite"


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket folder of a real PostgreSQL server, one for all workers of this run: the first one that asks starts
    it, the last one that goes stops it."""
    with shared.postgres(tmp_path_factory) as host:
        yield host


@pytest.fixture(scope="session")
def postgres_template(postgres: str, instance: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Made once a server."""

    def make() -> None:
        administer(postgres, "DROP DATABASE IF EXISTS half_made WITH (FORCE)")
        administer(postgres, "CREATE DATABASE half_made")
        prepare(create_app(settings(postgres_url(postgres, "half_made"), instance)))
        administer(postgres, "ALTER DATABASE half_made RENAME TO template_portal")

    with shared.locked(tmp_path_factory, "template"):
        if not has_database(postgres, "template_portal"):
            make()
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
    company = own_name("company")
    administer(host, f"CREATE DATABASE {company} TEMPLATE {template} STRATEGY FILE_COPY")
    yield postgres_url(host, company)
    administer(host, f"DROP DATABASE {company} WITH (FORCE)")


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
def demo_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder with the demonstration company, made once a run; tests work on copies."""

    def load(folder: Path) -> None:
        server = Server(folder)
        server.flask("db", "upgrade")
        assert "zhang" in server.flask("demo", "load")

    return once(tmp_path_factory, "demo", load)


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
