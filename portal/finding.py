"""What is typed into a list's box finds what the one search box finds: the index answers both, with the same folding.

Lists stand below the search and know nothing of it; it puts its answer in here when the app starts.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from flask import Flask, current_app
from sqlalchemy import ColumnElement, exists, false, or_, true, union


class Way(NamedTuple):
    """How an entry of a kind leads to the list's rows: `rows` selects their keys, and `record` is the column in which
    the entry's record stands. Without `rows` the record is the row itself."""

    kind: str
    rows: Any = None
    record: Any = None


class Hits(Protocol):
    """What the index knows of some words."""

    def are_few(self) -> bool: ...

    def have(self, kind: str) -> bool: ...

    def records(self, kind: str) -> Any:
        """A query of their records; only when they are few."""

    def hold(self, kind: str, record: Any) -> ColumnElement[bool]:
        """A condition on the column of a record: its entry holds the words."""


class Finder(Protocol):
    def hits(self, words: str, kinds: Sequence[str]) -> Hits | None:
        """None when there is no word in the words."""

    def fits(self, words: str, text: str | None) -> bool:
        """Whether a text that has no entry holds the words."""


def provide(app: Flask, finder: Finder) -> None:
    app.extensions["finder"] = finder


def finder() -> Finder:
    found: Finder = current_app.extensions["finder"]
    return found


def fits(words: str, text: str | None) -> bool:
    return finder().fits(words, text)


def found(
    words: str, key: Any, ways: Sequence[Way], *, also: Sequence[Any] = (), otherwise: Sequence[Any] = ()
) -> ColumnElement[bool]:
    """Which rows the words find; `key` names a row. `also`: queries of further keys; `otherwise`: queries that read
    much, for when the index has nothing.

    Few hits are read first and looked up in the list. Words that stand everywhere are looked for row by row instead,
    in the list's order: its page is full before many were read.
    """
    if not words.strip():
        return true()
    hits = finder().hits(words, [way.kind for way in ways])
    if hits is None:
        return false()
    known = [way for way in ways if hits.have(way.kind)]
    more = [*also, *(() if known else otherwise)]
    if hits.are_few():
        chosen = [*(keys(way, hits) for way in known), *more]
        return key.in_(union(*chosen)) if chosen else false()
    return or_(*(holds(key, way, hits) for way in known), *(key.in_(query) for query in more))


def keys(way: Way, hits: Hits) -> Any:
    records = hits.records(way.kind)
    return records if way.rows is None else way.rows.where(way.record.in_(records))


def holds(key: Any, way: Way, hits: Hits) -> ColumnElement[bool]:
    if way.rows is None:
        return hits.hold(way.kind, key)
    (own_key,) = way.rows.selected_columns
    return exists(way.rows.where(own_key == key, hits.hold(way.kind, way.record)).correlate(key.table))
