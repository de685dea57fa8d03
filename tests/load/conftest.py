"""A real server over the database of the test, on the port that `port` names."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.db import db
from tests.servers import Server


@pytest.fixture
def home(app: Flask, tmp_path: Path) -> Path:
    """An instance folder for servers that seal with the same keys as the app of the test."""
    for name in ("SECRET_KEY", "SIGNING_KEY"):
        (tmp_path / name.lower().replace("_", ".")).write_text(app.config[name])
    return tmp_path


@pytest.fixture
def port(database_url: str, home: Path) -> Iterator[int]:
    server = Server(home, database_url)
    server.start()
    yield server.port
    server.stop()


@pytest.fixture
def checked(app: Flask) -> Any:
    """`checked()` runs what an operator runs after a bad day: ledger and chain of seals must hold."""

    def run() -> None:
        db.session.rollback()
        for words in (["ledger", "check"], ["signing", "check"]):
            result = app.test_cli_runner().invoke(args=words)
            assert result.exit_code == 0, result.output

    return run


def played(scene: Any) -> Any:
    """Runs an asynchronous scene, in a thread of its own: the browser of other tests has a loop in this one. The
    session holds no lock meanwhile."""
    db.session.commit()
    db.session.remove()
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, scene).result()
