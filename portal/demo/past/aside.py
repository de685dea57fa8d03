"""What slows a bulk load down is set aside and comes back word for word in the same transaction: either all of it
stands again, or nothing was written.

Indexes are built from sorted rows in a fraction of the time that keeping them up takes. Guards of append-only rows have
nothing to guard while there are only new ones, and keys stay unique because constraints stay. Balances are written
with the movements, and `ledger check` makes them again. PostgreSQL's foreign keys are checked when they come back, all
rows at once.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, bindparam, text

from portal.db import db

OF_SQLITE = "SELECT type, name, sql FROM sqlite_master WHERE tbl_name IN :tables AND sql <> '' ORDER BY type, rowid"
INDEXES = """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
  WHERE indrelid::regclass::text IN :tables
    AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid AND contype IN ('p', 'u'))"""
FOREIGN_KEYS = """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE contype = 'f' AND conrelid::regclass::text IN :tables"""
SORTING = "SET LOCAL maintenance_work_mem = '512MB'"  # of one index


@contextmanager
def set_aside(tables: Sequence[str]) -> Iterator[None]:
    """Indexes and triggers of the tables, and foreign keys on PostgreSQL, for the time of the block."""
    db.session.flush()
    connection = db.session.connection()
    take = sqlite if connection.dialect.name == "sqlite" else postgresql
    away, back = take(connection, tables)
    for statement in away:
        connection.exec_driver_sql(statement)
    yield
    for statement in back:
        connection.exec_driver_sql(statement)


def sqlite(connection: Connection, tables: Sequence[str]) -> tuple[list[str], list[str]]:
    found = [one for one in asked(connection, OF_SQLITE, tables) if one.type in ("index", "trigger")]
    return [f"DROP {one.type} {one.name}" for one in found], [one.sql for one in found]


def postgresql(connection: Connection, tables: Sequence[str]) -> tuple[list[str], list[str]]:
    indexes, keys = asked(connection, INDEXES, tables), asked(connection, FOREIGN_KEYS, tables)
    away = [f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables]
    away += [f"ALTER TABLE {table} DROP CONSTRAINT {name}" for table, name, _made in keys]
    away += [f"DROP INDEX {name}" for name, _made in indexes]
    back = [SORTING, *(made for _name, made in indexes)]
    back += [f"ALTER TABLE {table} ADD CONSTRAINT {name} {made}" for table, name, made in keys]
    back += [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables]
    return away, [*back, f"ANALYZE {', '.join(tables)}"]


def asked(connection: Connection, question: str, tables: Sequence[str]) -> list[Any]:
    return list(connection.execute(text(question).bindparams(bindparam("tables", tables, expanding=True))))
