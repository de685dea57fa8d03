"""What the storekeeper's pages read: stock by place, movements page by page, all of it flat as the ledger grows."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, or_, select, union_all

from portal import finding
from portal.accounts.models import Person, PersonRole
from portal.db import db, read
from portal.i18n import current_locale, picked
from portal.permissions import Role
from portal.stock.models import OWN_KINDS, Balance, Item, Location, Movement, Valuation

ITEMS_PER_PAGE, MOVEMENTS_PER_PAGE, EXPORT_CHUNK, LINES_CHUNK = 50, 30, 2000, 500
MOST_ALIKE = 6
BY_PART = finding.Way("part")  # an item's entry in the search's index, a tool's too: its number and its names
MOST_DIFFERENCES, MOST_SUGGESTIONS = 50, 500
LISTED = (
    "n", "kind", "quantity", "document", "source_url", "occurred_at", "reverses_n", "reversed_by_n", "item_code",
    "unit", "source_code", "source_is_own", "source_balance", "destination_is_own",
    "destination_balance", "person_name",
)  # fmt: skip
# Lists of movements are made of tables, not of mapped classes: their rows come without a detour through the mapper.
ITEM: Any = Item.__table__
PERSON: Any = Person.__table__
MOVEMENT: Any = Movement.__table__
BALANCE: Any = Balance.__table__
LOCATION: Any = Location.__table__.c
SOURCE, DESTINATION = Location.__table__.alias("source"), Location.__table__.alias("destination")
MIRROR, ORIGINAL = MOVEMENT.alias("mirror"), MOVEMENT.alias("original")


@dataclass(frozen=True)
class Wanted:
    """Which movements: all that are given must fit. `start` and `end` are about `occurred_at`, end excluded."""

    item_id: uuid.UUID | None = None
    location_id: uuid.UUID | None = None
    start: datetime | None = None
    end: datetime | None = None
    person_id: uuid.UUID | None = None
    kind: str | None = None
    document: str | None = None

    @property
    def given(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


class Line(NamedTuple):
    """An item with what lies in stores, in vans, and at our other places."""

    item: Item
    store: Decimal
    vans: Decimal
    elsewhere: Decimal

    @property
    def total(self) -> Decimal:
        return self.store + self.vans + self.elsewhere


def stock_lines(
    words: str, show: str, location: Row[Any] | None, after: str = "", limit: int = ITEMS_PER_PAGE + 1
) -> list[Line]:
    """A page of items by part number, one more than it shows. `show`: "missing" in stores, "below" zero, or
    all."""
    query = select(Item).where(Item.code > after).order_by(Item.code).limit(limit)
    query = query.where(*item_conditions(words, show, location))
    items = list(db.session.scalars(query))
    held = held_by_kind([item.id for item in items], location)
    return [
        Line(item, kinds["store"], kinds["van"] + kinds["hands"], sum_of_others(kinds))
        for item in items
        for kinds in [held[item.id]]
    ]


def all_lines(words: str, show: str, location: Row[Any] | None) -> Iterator[Line]:
    """Every item that fits, read in chunks."""
    after = ""
    while chunk := stock_lines(words, show, location, after, LINES_CHUNK):
        yield from chunk
        after = chunk[-1].item.code


def parts_called(words: str) -> list[Item]:
    """Parts in use whose number or name has the words in it, as many as can be told apart in a sentence."""
    found = item_conditions(words, "", None)
    return list(db.session.scalars(select(Item).where(Item.active, *found).order_by(Item.code).limit(MOST_ALIKE)))


def item_conditions(words: str, show: str, location: Row[Any] | None) -> list[ColumnElement[bool]]:
    own = select(Balance.item_id).join(Location, Location.id == Balance.location_id).where(Balance.item_id == Item.id)
    found: list[ColumnElement[bool]] = [Item.kind == "part"]  # tools have pages of their own
    if words:
        found.append(or_(Item.code.icontains(words, autoescape=True), finding.found(words, Item.id, [BY_PART])))
    if show == "missing":
        found.append(Item.active & ~exists(own.where(Location.kind == "store", Balance.quantity > 0)))
    if show == "below":
        found.append(exists(own.where(Location.kind.in_(OWN_KINDS), Balance.quantity < 0)))
    if location is not None:
        found.append(exists(own.where(Balance.location_id == location.id, Balance.quantity != 0)))
    return found


def held_by_kind(
    item_ids: Sequence[uuid.UUID], location: Row[Any] | None
) -> dict[uuid.UUID, defaultdict[str, Decimal]]:
    query = (
        select(Balance.item_id, Location.kind, Balance.quantity)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.item_id.in_(item_ids), Location.kind.in_(OWN_KINDS))
    )
    if location is not None:
        query = query.where(Location.id == location.id)
    found: dict[uuid.UUID, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for item_id, kind, quantity in db.session.execute(query):
        found[item_id][kind] += quantity
    return found


def sum_of_others(kinds: dict[str, Decimal]) -> Decimal:
    return sum((n for kind, n in kinds.items() if kind not in ("store", "van", "hands")), Decimal(0))


def differences() -> list[Row[tuple[Item, Location, Decimal]]]:
    """Places of ours that are below zero: more was used than they were given. The storekeeper clears them up."""
    query = (
        select(Item, Location, Balance.quantity)
        .join(Item, Item.id == Balance.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.quantity < 0, Location.kind.in_(OWN_KINDS))
        .order_by(Location.code, Item.code)
        .limit(MOST_DIFFERENCES)
    )
    return list(db.session.execute(query))


def places_of(item: Item) -> list[Row[Any]]:
    """Codes and names of our places where the item lies, with how much of it."""
    return read(places_query(current_locale()), {"item_id": item.id})


@cache
def places_query(locale: str) -> Any:
    return (
        select(LOCATION.code, picked(LOCATION.labels, locale).label("name"), BALANCE.c.quantity)
        .join(BALANCE, BALANCE.c.location_id == LOCATION.id)
        .where(BALANCE.c.item_id == bindparam("item_id"), BALANCE.c.quantity != 0, LOCATION.kind.in_(OWN_KINDS))
        .order_by(LOCATION.kind, LOCATION.code)
    )


def valuation(item: Item) -> Row[Any] | None:
    return next(iter(read(valuation_query(), {"item_id": item.id})), None)


@cache
def valuation_query() -> Any:
    return select(Valuation.__table__).where(Valuation.__table__.c.item_id == bindparam("item_id"))


def movements(wanted: Wanted, before: int | None = None) -> list[Row[Any]]:
    """The newest movements that fit, recorded before number `before`; one more than a page shows."""
    given = wanted.given | ({"before": before} if before else {})
    return read(page_query(frozenset(given), current_locale()), given)


@cache
def page_query(given: frozenset[str], locale: str) -> Select[Any]:
    listed = [column for column in rows().selected_columns if column.key in LISTED]
    listed += [
        picked(labels, locale).label(name)
        for name, labels in (
            ("item", ITEM.c.labels),
            ("source", SOURCE.c.labels),
            ("destination", DESTINATION.c.labels),
        )
    ]
    chosen = numbers(given, MOVEMENTS_PER_PAGE + 1, newest_first=True)
    return rows().with_only_columns(*listed).where(MOVEMENT.c.n.in_(chosen)).order_by(MOVEMENT.c.n.desc())


def movement(n: int) -> Row[Any] | None:
    return db.session.execute(rows().where(MOVEMENT.c.n == n)).first()


def all_movements(wanted: Wanted) -> Iterator[Row[Any]]:
    """Every movement that fits, oldest first, read in chunks."""
    given = wanted.given | {"after": 0}
    chosen = numbers(frozenset(given), EXPORT_CHUNK, newest_first=False)
    query = rows().where(MOVEMENT.c.n.in_(chosen)).order_by(MOVEMENT.c.n)
    while True:
        chunk = db.session.execute(query, given).all()
        yield from chunk
        if len(chunk) < EXPORT_CHUNK:
            return
        given["after"] = chunk[-1].n


def numbers(given: frozenset[str], limit: int, *, newest_first: bool) -> Select[Any]:
    """The numbers of a page. A place is looked up at each end by its own index: an OR would read all its rows."""
    base = select(MOVEMENT.c.n).where(*(condition for name, condition in conditions() if name in given))
    order = MOVEMENT.c.n.desc() if newest_first else MOVEMENT.c.n
    if "location_id" not in given:
        return base.order_by(order).limit(limit)
    ends = [
        base.where(end == bindparam("location_id")).order_by(order).limit(limit).subquery()
        for end in (MOVEMENT.c.source_id, MOVEMENT.c.destination_id)
    ]
    both = union_all(*(select(end.c.n) for end in ends)).subquery()
    return select(both.c.n).order_by(both.c.n.desc() if newest_first else both.c.n).limit(limit)


def conditions() -> list[tuple[str, ColumnElement[bool]]]:
    """Each by the name of its value in `Wanted`; `before` and `after` are the edges of a page."""
    return [
        ("item_id", MOVEMENT.c.item_id == bindparam("item_id")),
        ("person_id", MOVEMENT.c.person_id == bindparam("person_id")),
        ("kind", MOVEMENT.c.kind == bindparam("kind")),
        ("document", MOVEMENT.c.document == bindparam("document")),
        ("start", MOVEMENT.c.occurred_at >= bindparam("start")),
        ("end", MOVEMENT.c.occurred_at < bindparam("end")),
        ("before", MOVEMENT.c.n < bindparam("before")),
        ("after", MOVEMENT.c.n > bindparam("after")),
    ]


@cache
def rows() -> Select[Any]:
    """Movements with all that a page or a file shows of them, and the numbers of their reversal and original. Made
    once: making it costs more than running it."""
    return (
        select(
            *[column for column in MOVEMENT.c if column.name not in ("item_id", "person_id")],
            ITEM.c.code.label("item_code"),
            ITEM.c.labels.label("item_labels"),
            ITEM.c.unit.label("unit"),
            ITEM.c.kind.label("item_kind"),
            SOURCE.c.code.label("source_code"),
            SOURCE.c.labels.label("source_labels"),
            is_own(SOURCE).label("source_is_own"),
            DESTINATION.c.code.label("destination_code"),
            DESTINATION.c.labels.label("destination_labels"),
            is_own(DESTINATION).label("destination_is_own"),
            PERSON.c.name.label("person_name"),
            PERSON.c.username.label("username"),
            MIRROR.c.n.label("reversed_by_n"),
            ORIGINAL.c.id.label("reverses_id"),
        )
        .join(ITEM, ITEM.c.id == MOVEMENT.c.item_id)
        .join(SOURCE, SOURCE.c.id == MOVEMENT.c.source_id)
        .join(DESTINATION, DESTINATION.c.id == MOVEMENT.c.destination_id)
        .join(PERSON, PERSON.c.id == MOVEMENT.c.person_id)
        .outerjoin(MIRROR, MIRROR.c.reverses_n == MOVEMENT.c.n)
        .outerjoin(ORIGINAL, ORIGINAL.c.n == MOVEMENT.c.reverses_n)
    )


def is_own(location: Any) -> ColumnElement[bool]:
    """Whether the place is ours. Not IN: its list would be written into the statement anew at each execution."""
    return or_(*(location.c.kind == kind for kind in OWN_KINDS))


def locations(*kinds: str) -> list[Location]:
    query = select(Location).where(Location.active).order_by(Location.kind, Location.code)
    return list(db.session.scalars(query.where(Location.kind.in_(kinds)) if kinds else query))


def places(*kinds: str) -> list[Row[Any]]:
    """As `locations`, for pages that name places: id, code and labels."""
    return read(kinds_query(kinds))


@cache
def kinds_query(kinds: tuple[str, ...]) -> Any:
    query = select(LOCATION.id, LOCATION.code, LOCATION.labels).where(LOCATION.active)
    query = query.order_by(LOCATION.kind, LOCATION.code)
    return query.where(LOCATION.kind.in_(kinds)) if kinds else query


def place_names(most: int | None = None) -> list[Row[Any]]:
    """Codes and names in the reader's language, of the first `most` places: a large house has a hundred of them."""
    return read(place_names_query(current_locale(), most))


@cache
def place_names_query(locale: str, most: int | None) -> Any:
    query = select(LOCATION.code, picked(LOCATION.labels, locale).label("name")).where(LOCATION.active)
    return query.order_by(LOCATION.kind, LOCATION.code).limit(most)


def people(most: int | None = None) -> list[Row[Any]]:
    """Whoever may stand on a movement: username and name, of the first `most`."""
    return read(people_query(most))


@cache
def people_query(most: int | None) -> Any:
    return select(PERSON.c.username, PERSON.c.name).order_by(PERSON.c.name).limit(most)


def person_called(username: str) -> uuid.UUID | None:
    found: uuid.UUID | None = db.session.scalar(select(PERSON.c.id).where(PERSON.c.username == username))
    return found


def technicians_without_van() -> list[Person]:
    query = (
        select(Person)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .outerjoin(Location, Location.person_id == Person.id)
        .where(PersonRole.role == Role.TECHNICIAN, Person.active, Location.id.is_(None))
        .order_by(Person.username)
    )
    return list(db.session.scalars(query))


def catalogue() -> list[Row[tuple[str, dict[str, Any]]]]:
    """Part numbers and names, for the field's suggestions."""
    query = (
        select(Item.code, Item.labels)
        .where(Item.active, Item.kind == "part")
        .order_by(Item.code)
        .limit(MOST_SUGGESTIONS)
    )
    return list(db.session.execute(query))
