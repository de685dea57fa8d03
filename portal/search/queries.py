"""Finding entries: the same ones in the same order on both databases, and quick for words that stand everywhere.

The order is the number of the entry, so nothing is ever sorted: a search reads from the newest on and stops when it has
enough. FTS5 gives its hits in that order by itself. PostgreSQL's index does not; so there the newest entries are first
read one by one, and only when they hold too few is the index asked for the others. A word that stands everywhere
fills its page from the newest; a word that does not is rare in the index too. The newest of one's own are known from a
table that triggers keep.

Counts stop at MOST. What a person may see is a condition like any other word: entries of own visits, and of their
places, hold a token of their technician.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, bindparam, select, text, union_all

from portal.db import db
from portal.search import rules
from portal.search.folding import folded
from portal.search.models import SearchEntry
from portal.search.rules import Term
from portal.search.scope import Reach

MOST = 100  # counted; more is "100+"
IN_SHORT, PER_PAGE = 5, 50
MOST_ALIKE = 20  # records of one number that are looked at: a plate without a number may read "N/A"
NO_CODE = "-"  # no entry has it
NEWEST = 1000  # entries that PostgreSQL reads one by one
NEWEST_OWN = 400  # the same of one's own, where each is looked up
ENTRY: Any = SearchEntry.__table__
COLUMNS = (ENTRY.c.n, ENTRY.c.kind, ENTRY.c.record_id, ENTRY.c.shown, ENTRY.c.moment)
ONE_BY_ONE = "SELECT tokens FROM search_entry AS e WHERE e.n = own.n LIMIT 1"  # a plain join would read the whole table
VECTOR = "array_to_tsvector(string_to_array(btrim(tokens), ' '))"


class Hit(NamedTuple):
    """An entry as a list shows it."""

    n: int
    kind: str
    record_id: uuid.UUID
    shown: dict[str, Any]
    moment: datetime | None


class Group(NamedTuple):
    """What was found of one kind: the first of it, and how much there is (MOST + 1: more than MOST)."""

    kind: str
    hits: list[Hit]
    total: int

    @property
    def counted(self) -> str:
        return f"{MOST}+" if self.total > MOST else str(self.total)


Reaches = Mapping[str, Reach]


def overview(
    question: str, terms: Sequence[Term], reach: Reaches, person_id: uuid.UUID
) -> tuple[list[Hit], list[Group]]:
    """Records whose number is the question, however it is typed; and the first few hits of each kind with their
    number, kinds with none left out."""
    numbers = find_numbers(terms, reach, person_id, MOST + 1) if terms else {}
    wanted = [n for found in numbers.values() for n in found[:IN_SHORT]]
    exact, hits = read(wanted, rules.exact(folded(question)), reach, person_id)
    return exact, groups_of(numbers, hits)


def page_of(
    kind: str, terms: Sequence[Term], reach: Reaches, person_id: uuid.UUID, before: int | None
) -> tuple[list[Hit], int | None]:
    """A page of one kind, and the place within the kind before which the next page begins."""
    first, _last = rules.band(kind)
    found = find_numbers(terms, {kind: reach[kind]}, person_id, PER_PAGE + 1, before and first + before)[kind]
    _exact, hits = read(found[:PER_PAGE])
    following = found[PER_PAGE - 1] - first if len(found) > PER_PAGE else None
    return [hits[n] for n in found[:PER_PAGE] if n in hits], following


def recent(reach: Reaches, person_id: uuid.UUID) -> list[Group]:
    """The newest of each kind."""
    kinds = {kind: own for kind, own in reach.items() if kind != "call"}
    numbers = find_numbers([], kinds, person_id, IN_SHORT)
    return groups_of(numbers, read([n for found in numbers.values() for n in found])[1])


def groups_of(numbers: Mapping[str, list[int]], hits: Mapping[int, Hit]) -> list[Group]:
    return [
        Group(kind, [hits[n] for n in found[:IN_SHORT] if n in hits], len(found))
        for kind, found in numbers.items()
        if found
    ]


def read(
    numbers: Sequence[int], code: str = "", reach: Reaches | None = None, person_id: uuid.UUID | None = None
) -> tuple[list[Hit], dict[int, Hit]]:
    """The entries that have this code and that the person may see, and those of these numbers."""
    if not numbers and not code:
        return [], {}
    mine = f" {rules.owner(person_id.hex)} " if person_id else ""
    exact: list[Hit] = []
    hits: dict[int, Hit] = {}
    wanted = set(numbers)
    values = {"numbers": list(numbers), "code": code or NO_CODE}
    for row in db.session.execute(read_query(), values):
        hit = Hit(*row[:5])
        if hit.n in wanted:
            hits[hit.n] = hit
        reached = (reach or {}).get(hit.kind)
        if row.code == code and (reached is Reach.ALL or (reached is Reach.OWN and mine in row.tokens)):
            exact.append(hit)
    return exact[:IN_SHORT], hits


@cache
def read_query() -> Any:
    """Both sorts of numbers in one list: an OR of the two would make PostgreSQL read the whole table."""
    listed = select(ENTRY.c.n).where(ENTRY.c.n.in_(bindparam("numbers", expanding=True)))
    alike = select(ENTRY.c.n).where(ENTRY.c.code == bindparam("code")).order_by(ENTRY.c.n.desc()).limit(MOST_ALIKE)
    wanted = union_all(listed, select(alike.subquery().c.n))
    return select(*COLUMNS, ENTRY.c.code, ENTRY.c.tokens).where(ENTRY.c.n.in_(wanted)).order_by(ENTRY.c.n)


def find_numbers(
    terms: Sequence[Term], reach: Reaches, person_id: uuid.UUID, limit: int, before: int | None = None
) -> dict[str, list[int]]:
    """Numbers of the entries that hold all terms, the newest first, `limit` of each kind at most; one statement."""
    found: dict[str, list[int]] = {kind: [] for kind in reach}
    if not reach:
        return found
    postgresql = db.session.get_bind().dialect.name == "postgresql"
    shape = tuple(tuple(bool(needed(way, postgresql)) for way in term) for term in terms)
    make = postgresql_query if postgresql else sqlite_query
    values: dict[str, Any] = {"limit": limit, "person": person_id}
    for kind, reached in reach.items():
        first, last = rules.band(kind)
        values |= {f"{kind}_first": first, f"{kind}_last": min(last, before - 1) if before else last}
        values[f"match_{reached}"] = match(terms, person_id if reached is Reach.OWN else None, postgresql)
    for at, term in enumerate(terms):
        values |= {f"needle_{at}_{way}": one.needle for way, one in enumerate(term)}
    for n in db.session.scalars(make(tuple(reach.items()), shape), values):
        found[rules.kind_of(n)].append(n)
    return {kind: sorted(numbers, reverse=True) for kind, numbers in found.items()}


def needed(way: rules.Way, postgresql: bool) -> bool:
    """Whether the line of tokens must be looked at. On PostgreSQL always: it reads the newest entries without its
    index."""
    return postgresql or way.doubtful


def match(terms: Sequence[Term], owner: uuid.UUID | None, postgresql: bool) -> str:
    """The terms in the language of the database's index. Tokens are letters and figures alone, so nothing in them can
    be read as anything else."""
    both, either, begins = (" & ", " | ", "{}:*") if postgresql else (" AND ", " OR ", "{} *")
    quote = "'{}'" if postgresql else '"{}"'

    def one(token: str, beginning: bool) -> str:
        return begins.format(quote.format(token)) if beginning else quote.format(token)

    wanted = []
    for term in terms:
        ways = ["(" + both.join(one(*token) for token in way.tokens) + ")" for way in term]
        wanted.append("(" + either.join(ways) + ")")
    if owner:
        wanted.append(quote.format(rules.owner(owner.hex)))
    return both.join(wanted)


@cache
def sqlite_query(kinds: tuple[tuple[str, Reach], ...], shape: tuple[tuple[bool, ...], ...]) -> TextClause:
    """For each kind: the hits of FTS5 from the newest on. Without a word and an owner the table itself is read."""
    alike = conditions(shape, "instr")
    parts = []
    for kind, reach in kinds:
        between = f"BETWEEN :{kind}_first AND :{kind}_last"
        if shape or reach is Reach.OWN:
            found = f"SELECT rowid AS n FROM search_words WHERE search_words MATCH :match_{reach}"
            parts.append(f"SELECT n FROM ({found} AND rowid {between}{alike} ORDER BY rowid DESC LIMIT :limit)")
        else:
            parts.append(f"SELECT n FROM (SELECT n FROM search_entry WHERE n {between} ORDER BY n DESC LIMIT :limit)")
    return text(" UNION ALL ".join(parts))


@cache
def postgresql_query(kinds: tuple[tuple[str, Reach], ...], shape: tuple[tuple[bool, ...], ...]) -> TextClause:
    """For each kind: the newest entries one by one, then, when those are not enough, the others by the index. An
    appended part is not begun once the limit is reached. `n + 0` keeps the planner from walking the numbers; the kind's
    name chooses the kind's own index."""
    alike = conditions(shape, "strpos")
    ahead, parts = [], []
    for kind, reach in kinds:
        if not shape:
            parts.append(f"SELECT n FROM ({from_newest(kind, reach)} LIMIT :limit) AS newest_{kind}")
            continue
        newest = f"{from_newest(kind, reach, 'tokens')} LIMIT {NEWEST_OWN if reach is Reach.OWN else NEWEST}"
        if reach is Reach.OWN:
            newest = (
                f"SELECT n, tokens FROM ({newest}) AS own CROSS JOIN LATERAL ({ONE_BY_ONE}) AS entry ORDER BY n DESC"
            )
        ahead.append(f"newest_{kind} AS MATERIALIZED ({newest})")
        newer = f"SELECT n FROM newest_{kind} WHERE true{alike}"
        indexed = f"SELECT n FROM search_entry WHERE kind = '{kind}' AND {VECTOR} @@ CAST(:match_{reach} AS tsquery)"
        older = f"{indexed} AND n + 0 < (SELECT min(n) FROM newest_{kind}){alike} ORDER BY n + 0 DESC LIMIT :limit"
        both = f"({newer}) UNION ALL (SELECT n FROM ({older}) AS older_{kind})"
        parts.append(f"SELECT n FROM (SELECT n FROM ({both}) AS both_{kind} LIMIT :limit) AS found_{kind}")
    return text((f"WITH {', '.join(ahead)} " if ahead else "") + " UNION ALL ".join(parts))


def from_newest(kind: str, reach: Reach, *more: str) -> str:
    """The numbers of all entries of a kind that somebody may see, the newest first, and `more` where all are theirs."""
    between = f"n BETWEEN :{kind}_first AND :{kind}_last ORDER BY n DESC"
    if reach is Reach.OWN:
        return f"SELECT n FROM search_words_own WHERE person = :person AND {between}"
    return f"SELECT {', '.join(['n', *more])} FROM search_entry WHERE {between}"


def conditions(shape: tuple[tuple[bool, ...], ...], contains: str) -> str:
    """What the line of tokens must hold, term by term."""
    found = ""
    for at, term in enumerate(shape):
        if any(term):
            ways = " OR ".join(f"{contains}(tokens, :needle_{at}_{way}) > 0" for way in range(len(term)))
            found += f" AND ({ways})"
    return found
