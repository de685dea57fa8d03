"""Keeping the index: entries are written as their records say, in the caller's transaction."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select, text, update

from portal.db import db
from portal.search import rules
from portal.search.documents import Document, documents
from portal.search.models import SearchEntry

CHUNK = 500
ENTRY: Any = SearchEntry.__table__
BEGINNING = datetime.min.replace(tzinfo=UTC)


class Difference(NamedTuple):
    """What the index must do to say what the records say: new entries, changed ones by their number, and numbers of
    entries without a record."""

    missing: list[Document]
    changed: list[tuple[int, Document]]
    left_over: list[int]

    @property
    def size(self) -> int:
        return len(self.missing) + len(self.changed) + len(self.left_over)


def index_rows(kind: str, ids: Iterable[uuid.UUID]) -> int:
    """Brings the entries of these records up to date: made, changed or removed. For whatever was written past the
    session's objects, in bulk; changes of objects are seen without a call. How many entries were written."""
    return sum(settle(kind, chunk, documents(kind, chunk)) for chunk in chunks(list(ids)))


def index_together(kind: str, ids: Collection[uuid.UUID]) -> int:
    """As `index_rows`, of records that were entered together: numbered by what they say, on both databases alike."""
    found = {one.record_id: one for chunk in chunks(list(ids)) for one in documents(kind, chunk)}
    order = sorted(ids, key=lambda one: place_of(found.get(one)))
    return sum(settle(kind, chunk, [found[one] for one in chunk if one in found]) for chunk in chunks(order))


def place_of(document: Document | None) -> tuple[datetime, str, str]:
    return (document.moment or BEGINNING, document.code, document.tokens) if document else (BEGINNING, "", "")


def chunks(ids: Sequence[uuid.UUID]) -> Iterator[Sequence[uuid.UUID]]:
    return (ids[at : at + CHUNK] for at in range(0, len(ids), CHUNK))


def settle(kind: str, ids: Sequence[uuid.UUID], wanted: Iterable[Document]) -> int:
    found = difference(kind, ids, wanted)
    remove(found.left_over)
    change(found.changed)
    add(kind, found.missing)
    return found.size


def difference(kind: str, ids: Sequence[uuid.UUID], documents: Iterable[Document]) -> Difference:
    """Of at most CHUNK records and what is to be found of them. The order of `ids` is the order in which new entries
    are numbered."""
    wanted = {document.record_id: document for document in documents}
    entries = select(*ENTRY.c).where(ENTRY.c.kind == kind, ENTRY.c.record_id.in_(ids))
    changed, left_over = [], []
    for row in db.session.execute(entries):
        document = wanted.pop(row.record_id, None)
        if document is None:
            left_over.append(row.n)
        elif document != Document(row.record_id, row.code, row.shown, row.moment, row.tokens):
            changed.append((row.n, document))
    return Difference([wanted[one] for one in ids if one in wanted], changed, left_over)


def remove(numbers: list[int]) -> None:
    if numbers:
        db.session.execute(delete(ENTRY).where(ENTRY.c.n.in_(numbers)))


def change(entries: list[tuple[int, Document]]) -> None:
    if entries:
        columns = {
            name: bindparam(f"new_{name}", type_=ENTRY.c[name].type) for name in ("code", "shown", "moment", "tokens")
        }
        statement = update(ENTRY).where(ENTRY.c.n == bindparam("the_n")).values(columns)
        values = [{"the_n": n, **{f"new_{name}": getattr(one, name) for name in columns}} for n, one in entries]
        db.session.connection().execute(statement, values)


def add(kind: str, fresh: list[Document]) -> None:
    if fresh:
        numbers = new_numbers(kind, len(fresh))
        rows = [{"n": n, "kind": kind, **one._asdict()} for n, one in zip(numbers, fresh, strict=True)]
        db.session.execute(insert(ENTRY), rows)


def new_numbers(kind: str, count: int) -> list[int]:
    """Numbers at the end of the kind's band. SQLite has one writer at a time; PostgreSQL a sequence, whose gaps do no
    harm."""
    first, last = rules.band(kind)
    if db.session.get_bind().dialect.name == "postgresql":
        drawn = db.session.scalars(
            text("SELECT nextval('search_number') FROM generate_series(1, :count)"), {"count": count}
        )
        return [first + number for number in drawn]
    newest = db.session.scalar(select(func.max(ENTRY.c.n)).where(ENTRY.c.n.between(first, last))) or first
    return [newest + 1 + number for number in range(count)]
