"""Reading rows for the check: in batches, and past a row that somebody has made unreadable."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.db import db
from portal.signing.models import SealedDocument

BATCH = 200
UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, OperationalError)


@dataclass(frozen=True)
class Break:
    """A document that is not what was sealed, or that does not follow the one before it. `n` is 0 for what belongs to
    no single document."""

    n: int
    number: str
    why: str


def read(query: Any, key: Any) -> Iterator[Any]:
    """The rows of `query` in the order of `key`, the column with the document's place in the chain. For a row with
    values that are none of its column's type, which SQLite lets a hand write, comes a Break."""
    keys = db.session.scalars(select(key).where(key.is_not(None)).order_by(key)).all()
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        try:
            yield from fetch(query, key, some)
        except UNREADABLE:
            yield from one_by_one(query, key, some)


def fetch(query: Any, key: Any, keys: Any) -> list[Any]:
    fresh = {"populate_existing": True}  # what the database holds now, not what the session remembers
    return list(db.session.execute(query.where(key.in_(keys)).order_by(key), execution_options=fresh))


def one_by_one(query: Any, key: Any, keys: Any) -> Iterator[Any]:
    for n in keys:
        try:
            yield from fetch(query, key, [n])
        except UNREADABLE:
            number = db.session.scalar(select(SealedDocument.number).where(SealedDocument.n == n))
            yield Break(n, str(number), "a row that belongs to it cannot be read")
