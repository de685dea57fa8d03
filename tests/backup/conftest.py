"""Places that are still empty, on either database."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.backup.places import Place
from tests.databases import administer, postgres_url


@pytest.fixture
def empty_place(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., Place]]:
    """`empty_place("sqlite")` or `empty_place("postgresql", files=…)`."""
    made: list[Place] = []
    databases: list[tuple[str, str]] = []

    def make(engine: str, files: Any = None) -> Place:
        name = f"place_{uuid.uuid4().hex[:8]}"
        url = f"sqlite:///{tmp_path / name / 'portal.sqlite'}"
        if engine == "postgresql":
            host = request.getfixturevalue("postgres")
            administer(host, f"CREATE DATABASE {name}")
            databases.append((host, name))
            url = postgres_url(host, name)
        made.append(Place(tmp_path / name, url, files))
        return made[-1]

    yield make
    for place in made:
        place.close()
    for host, name in databases:
        administer(host, f"DROP DATABASE {name} WITH (FORCE)")
