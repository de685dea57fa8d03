"""What the index knows of the words in a list's box. Which rows the reader may see is the list's own affair."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from portal.db import db
from portal.search import rules
from portal.search.documents import tokens_of
from portal.search.folding import folded
from portal.search.models import SearchEntry
from portal.search.queries import ENTRY, find_numbers
from portal.search.rules import Term
from portal.search.scope import Reach

FEW = 500  # hits of a kind that are read before the list; more are looked for in the list's order
NOBODY = uuid.UUID(int=0)


class Hits:
    """Numbers of the entries that hold all terms, FEW + 1 of a kind at most."""

    def __init__(self, terms: Sequence[Term], numbers: Mapping[str, Sequence[int]]) -> None:
        self.terms, self.numbers = terms, numbers

    def are_few(self) -> bool:
        return all(len(numbers) <= FEW for numbers in self.numbers.values())

    def have(self, kind: str) -> bool:
        return bool(self.numbers[kind])

    def records(self, kind: str) -> Any:
        return select(ENTRY.c.record_id).where(ENTRY.c.n.in_(self.numbers[kind]))

    def hold(self, kind: str, record: Any) -> ColumnElement[bool]:
        entry = SearchEntry.__table__.alias()
        contains = func.strpos if db.session.get_bind().dialect.name == "postgresql" else func.instr
        wanted = (or_(*(contains(entry.c.tokens, way.needle) > 0 for way in term)) for term in self.terms)
        return exists().where(and_(entry.c.kind == kind, entry.c.record_id == record, *wanted))


class Finder:
    def hits(self, words: str, kinds: Sequence[str]) -> Hits | None:
        terms = asked(words)
        if not terms:
            return None
        return Hits(terms, find_numbers(terms, dict.fromkeys(kinds, Reach.ALL), NOBODY, FEW + 1))

    def fits(self, words: str, text: str | None) -> bool:
        terms, line = asked(words), rules.line([tokens_of(text or "")])
        return bool(terms) and all(any(way.needle in line for way in term) for term in terms)


def asked(words: str) -> list[Term]:
    return rules.terms(folded(words))
