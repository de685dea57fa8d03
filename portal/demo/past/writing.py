"""Many rows of one table at once: past the ORM and past Core, which cost more than the database itself.

Values come as the database stores them (`stored`), so that what many rows have in common is made ready once.
"""

import json
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import Table, text

from portal import db as database
from portal.db import Model, db

CACHE = 600_000  # KiB
NUMBERED = {("history", "n")}  # the database counts these itself


@contextmanager
def straight_into_the_file() -> Iterator[None]:
    """Around a long transaction of its own: lets SQLite write gigabytes to where they stay instead of through its log,
    which it would write twice and search at each page that is read again. Left as it is while others use the file."""
    changed = db.engine.dialect.name == "sqlite" and journal("DELETE") == "delete"
    try:
        yield
    finally:
        if changed:
            db.session.remove()
            journal("WAL")


def journal(mode: str) -> str:
    """The way in which SQLite keeps transactions from now on."""
    connection = db.engine.raw_connection()
    try:
        return str(connection.cursor().execute(f"PRAGMA journal_mode = {mode}").fetchone()[0])
    except OperationalError:  # somebody else has the file open
        return ""
    finally:
        connection.close()


@contextmanager
def room_to_write() -> Iterator[None]:
    """Lets SQLite keep the pages of one long transaction in memory instead of writing each many times."""
    set_cache(CACHE)
    yield
    set_cache(database.CACHE)


def set_cache(size: int) -> None:
    if on_sqlite():
        db.session.execute(text(f"PRAGMA cache_size = -{size}"))


def on_sqlite() -> bool:
    return db.session.get_bind().dialect.name == "sqlite"


def write_rows(name: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Inserts the rows, each with the values of `columns_of(name)`, in the session's transaction."""
    columns = ", ".join(f'"{column}"' for column in columns_of(name))
    cursor = db.session.connection().connection.cursor()
    if on_sqlite():
        places = ", ".join("?" * len(columns_of(name)))
        cursor.executemany(f"INSERT INTO {name} ({columns}) VALUES ({places})", rows)
    else:
        with cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
    cursor.close()


@cache
def columns_of(name: str) -> tuple[str, ...]:
    return tuple(column.name for column in table_of(name).c if (name, column.name) not in NUMBERED)


def count_on(table: str, column: str) -> None:
    """Lets the numbers that the database gives go on behind those that were written; SQLite does so by itself."""
    if not on_sqlite():
        newest = f"SELECT max({column}) FROM {table}"
        db.session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), ({newest}))"))


def stored(name: str, column: str, value: Any) -> Any:
    """The value as the database takes it. Ids are 32 figures on both, which PostgreSQL reads as well."""
    if isinstance(value, uuid.UUID):
        return value.hex
    if isinstance(value, dict | list):
        return json.dumps(value)
    dialect = db.session.get_bind().dialect
    change = table_of(name).c[column].type.dialect_impl(dialect).bind_processor(dialect)
    return change(value) if change else value


class Clock:
    """Moments as the database writes them: UTC, and with its offset on PostgreSQL alone."""

    def __init__(self) -> None:
        self.length = 26 if on_sqlite() else 32

    def text(self, moment: datetime) -> str:
        """`moment` in UTC."""
        return moment.isoformat(" ", "microseconds")[: self.length]


def table_of(name: str) -> Table:
    return Model.metadata.tables[name]
