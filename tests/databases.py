"""Settings and databases of the tests: where they lie, and how they are filled once."""

import os
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask

from portal import cli
from portal.db import db
from tests.world import build

TEMPLATE_CACHE = Path(__file__).parent.parent / ".pytest_cache" / "templates"


def settings(url: str, instance: Path) -> dict[str, Any]:
    return {
        "INSTANCE": instance,
        "HOST": "127.0.0.1",
        "PORT": 0,
        "DATABASE_URL": url,
        "SECRET_KEY": "of the tests",
        "SIGNING_KEY": "of the tests, for seals",
        "FILES": instance / "files",
        "TEMPLATE_CACHE": TEMPLATE_CACHE,
        "PUBLIC_URL": "",
        "TLS": None,
        "SECURE": False,
        "HSTS": False,
        "LAN": "",
        "SMTP_URL": "",
        "MAIL_FROM": "",
        "CHAIN_MAIL": "",
        "WORKER": True,
        "TESTING": True,
    }


def postgres_url(host: str, name: str) -> str:
    return f"postgresql+psycopg://postgres@/{name}?host={host}"


def own_name(name: str) -> str:
    """Of a database that no other worker of this run touches: all have one server."""
    return f"{name}_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


def has_database(host: str, name: str) -> bool:
    with psycopg.connect(f"postgresql://postgres@/postgres?host={host}", autocommit=True) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def administer(host: str, statement: str) -> None:
    with psycopg.connect(f"postgresql://postgres@/postgres?host={host}", autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]


def prepare(app: Flask) -> None:
    with app.app_context():
        cli.upgrade()
        build()
        db.session.commit()
        db.session.remove()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql("BEGIN")
        db.engine.dispose()
