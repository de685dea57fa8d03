"""The rows of every table as plain values that SQLite and PostgreSQL both take: text, whole numbers, and nothing.

Tables are read from the database, not from the models, because a backup is also taken before a migration, when the two
differ. Rows go back as they were, under no guard: a backup is no judge. The guards stand again before the commit, and
the checks say afterwards whether all is true.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, inspect
from sqlalchemy.types import JSON, BigInteger, Boolean, Date, DateTime, Integer, String, Text, Uuid

BATCH = 2000
VERSION = "alembic_version"
DERIVED = {"search_entry", "search_words_own"}  # the search's index: made anew from what is restored
PASSING = {"piece"}  # on its way from a phone, which begins anew
Row = list[Any]


def tables(connection: Connection) -> list[str]:
    """Every table with rows of its own, those that others refer to first. Not the version, and no index that is
    kept as tables: that is derived, and made again."""
    inspector = inspect(connection)
    own = set(inspector.get_table_names()) - {VERSION} - DERIVED - PASSING
    if connection.dialect.name == "sqlite":
        kinds = connection.exec_driver_sql("PRAGMA table_list").mappings()
        own &= {row["name"] for row in kinds if row["type"] == "table" and row["schema"] == "main"}
    found = [name for name, _keys in inspector.get_sorted_table_and_fkc_names() if name]
    return [name for name in found if name in own]


def columns(connection: Connection, table: str) -> dict[str, Any]:
    """Name and type of each column that is stored; one that the database computes is left out."""
    found = inspect(connection).get_columns(table)
    return {column["name"]: column["type"] for column in found if not column.get("computed")}


def read(connection: Connection, table: str) -> Iterator[list[Row]]:
    """All rows, some at a time, in the order of `columns`."""
    plain = plain_sqlite if connection.dialect.name == "sqlite" else plain_postgresql
    wanted = ", ".join(plain(name, kind) for name, kind in columns(connection, table).items())
    streamed = {"stream_results": True, "max_row_buffer": BATCH}
    found = connection.exec_driver_sql(f'SELECT {wanted} FROM "{table}"', execution_options=streamed)
    for part in found.partitions(BATCH):
        yield [list(row) for row in part]


def plain_sqlite(name: str, _kind: Any) -> str:
    return f'"{name}"'


def plain_postgresql(name: str, kind: Any) -> str:
    """As SQLite would have stored it. TypeError for a type that nobody has thought about yet."""
    column = f'"{name}"'
    if isinstance(kind, Uuid):
        return f"replace({column}::text, '-', '')"
    if isinstance(kind, DateTime):
        return f"to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
    if isinstance(kind, (JSON, Date)):
        return f"{column}::text"
    if isinstance(kind, Boolean):
        return f"{column}::int"
    if isinstance(kind, (Integer, BigInteger, String, Text)):
        return column
    raise TypeError(f"the column {name} has a type that a backup cannot hold: {kind!r}")


def is_empty(connection: Connection) -> bool:
    return not any(
        connection.exec_driver_sql(f'SELECT 1 FROM "{table}" LIMIT 1').first() for table in tables(connection)
    )


@contextmanager
def unguarded(connection: Connection) -> Iterator[None]:
    """No trigger of ours fires inside; the same ones stand afterwards. Foreign keys hold all the time."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL timezone = 'UTC'")
        for table in tables(connection):
            connection.exec_driver_sql(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        yield
        for table in tables(connection):
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        return
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")  # until the commit
    guards = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").all()
    for name, _statement in guards:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
    yield
    for _name, statement in guards:
        connection.exec_driver_sql(statement)


def clear(connection: Connection) -> None:
    """Takes out what migrations put into a new database."""
    for table in reversed(tables(connection)):
        connection.exec_driver_sql(f'DELETE FROM "{table}"')


def write(connection: Connection, table: str, names: list[str], parts: Iterable[list[Row]]) -> int:
    """Puts rows back and says how many."""
    listed, count = ", ".join(f'"{name}"' for name in names), 0
    if connection.dialect.name == "postgresql":
        cursor: Any = connection.connection.cursor()
        with cursor, cursor.copy(f'COPY "{table}" ({listed}) FROM STDIN') as copy:
            for part in parts:
                for row in part:
                    copy.write_row(row)
                count += len(part)
        return count
    marks = ", ".join("?" * len(names))
    for part in parts:
        connection.exec_driver_sql(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', [tuple(row) for row in part])
        count += len(part)
    return count


def continue_numbers(connection: Connection) -> None:
    """PostgreSQL's counters go on after the highest number; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables(connection):
        for name, kind in columns(connection, table).items():
            if not isinstance(kind, Integer):
                continue
            series = connection.exec_driver_sql(f"SELECT pg_get_serial_sequence('\"{table}\"', '{name}')").scalar()
            if series:
                highest = f'coalesce((SELECT max("{name}") FROM "{table}"), 0)'
                connection.exec_driver_sql(f"SELECT setval('{series}', {highest} + 1, false)")
