"""Many rows of one table at once: past the ORM and past Core, which cost more than the database itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Table, text

from portal.db import Model, db

CACHE, USUAL_CACHE = 600_000, 2_000  # KiB


@contextmanager
def room_to_write() -> Iterator[None]:
    """Lets SQLite keep the pages of one long transaction in memory instead of writing each many times."""
    set_cache(CACHE)
    yield
    set_cache(USUAL_CACHE)


def set_cache(size: int) -> None:
    if db.session.get_bind().dialect.name == "sqlite":
        db.session.execute(text(f"PRAGMA cache_size = -{size}"))


def write_rows(name: str, rows: list[dict[str, Any]]) -> None:
    """Inserts the rows, which all have the same columns, in the session's transaction. Guards and triggers work as
    they do for a single row."""
    columns = tuple(rows[0])
    dialect = db.session.get_bind().dialect
    cursor = db.session.connection().connection.cursor()
    if dialect.name == "postgresql":
        with cursor.copy(f"COPY {name} ({', '.join(map(quoted, columns))}) FROM STDIN") as copy:
            for values in prepared(name, columns, rows):
                copy.write_row(values)
    else:
        places = ", ".join("?" * len(columns))
        sql = f"INSERT INTO {name} ({', '.join(map(quoted, columns))}) VALUES ({places})"
        cursor.executemany(sql, list(prepared(name, columns, rows)))
    cursor.close()


def count_on(table: str, column: str) -> None:
    """Lets the numbers that the database gives go on behind those that were written; SQLite does so by itself."""
    if db.session.get_bind().dialect.name == "postgresql":
        newest = f"SELECT max({column}) FROM {table}"
        db.session.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), ({newest}))"))


def prepared(name: str, columns: tuple[str, ...], rows: list[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """The values as the driver takes them."""
    changes = processors(name, columns)
    for row in rows:
        yield tuple(change(row[column]) if change else row[column] for column, change in changes)


@cache
def processors(name: str, columns: tuple[str, ...]) -> list[tuple[str, Callable[[Any], Any] | None]]:
    dialect, table = db.session.get_bind().dialect, table_of(name)
    return [(column, table.c[column].type.dialect_impl(dialect).bind_processor(dialect)) for column in columns]


def table_of(name: str) -> Table:
    return Model.metadata.tables[name]


def quoted(column: str) -> str:
    return f'"{column}"'
