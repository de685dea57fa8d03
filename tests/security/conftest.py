"""The company with everybody's records in it: built once a worker, then copied."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal.db import db
from tests.security import probes as asked
from tests.security.probes import Probe


@pytest.fixture(scope="session")
def kept() -> Iterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        yield {"files": Path(folder) / "files"}


@pytest.fixture
def probes(app: Flask, world: Any, engine: str, kept: dict[str, Any]) -> list[Probe]:
    """Every route with the records of three technicians; the database holds them."""
    if engine != "sqlite":
        return asked.build_all(app, world)
    path = str(db.engine.url.database)
    if "probes" not in kept:
        kept["probes"] = asked.build_all(app, world)
        with sqlite3.connect(path) as connection:
            kept["rows"] = connection.serialize()
        connection.close()
        shutil.copytree(app.config["FILES"], kept["files"])
    else:
        db.session.remove()
        db.engine.dispose()
        for rest in Path(path).parent.glob(f"{Path(path).name}-*"):
            rest.unlink()
        Path(path).write_bytes(kept["rows"])
        shutil.copytree(kept["files"], app.config["FILES"], dirs_exist_ok=True)
    return list(kept["probes"])
