"""What a scanned or typed code stands for: a part, a tool, a unit by its serial number or asset tag, or a report by the
address on its paper. The last four characters are enough; whoever asks chooses when several end so.

Whole codes are found through indexes, and a unit's ending through those of the last four characters of its plates. An
ending of a part or a tool is looked for in the whole catalogue, which stays small.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, bindparam, func, or_, select, union
from sqlalchemy.orm import joinedload

from portal.customers.merged import staying_for
from portal.customers.models import Equipment
from portal.customers.rules import LAST_FIGURES, plate_end
from portal.db import db
from portal.stock.models import Item, find_item

LEAST = LAST_FIGURES  # characters of an ending
MOST = 8  # choices that are shown
ITEMS = ("part", "tool")
ESCAPE, SPECIAL = "/", re.compile("[%_/]")
PAPER = re.compile(r"/verify/([0-9a-z]{1,64})/?\Z")


@dataclass(frozen=True)
class Match:
    """`kind`: part, tool, unit or paper; `code` is the whole one; `row` what it stands for, None for a paper."""

    kind: str
    code: str
    row: Any = None


def matches(code: str, kinds: tuple[str, ...]) -> list[Match]:
    """All that the code may stand for among these kinds, at most one more than is shown."""
    token = paper_token(code)
    if token:
        return [Match("paper", token)] if "paper" in kinds else []
    found = [Match(item.kind, item.code, item) for item in items(code, [one for one in ITEMS if one in kinds])]
    if "unit" in kinds:
        found += [Match("unit", unit.serial_no, unit) for unit in units(code)]
    return found[: MOST + 1]


def paper_token(code: str) -> str | None:
    """The token in the address of a report's paper. Only the path counts, so that no code leads out of the portal."""
    try:
        path = urlsplit(code).path
    except ValueError:
        return None
    found = PAPER.search(path)
    return found[1] if found else None


def items(code: str, kinds: list[str]) -> list[Item]:
    exact = find_item(code)
    if exact is not None:
        return [exact] if exact.kind in kinds else []
    if len(code) < LEAST or not kinds:
        return []
    return list(db.session.scalars(items_query(), {"kinds": kinds, "ending": ending(code)}))


def units(code: str) -> list[Equipment]:
    found = list(db.session.scalars(whole_query(), {"spellings": list({code, code.upper()})}))
    if found or len(code) < LEAST:
        return found
    return list(db.session.scalars(ending_query(), {"last": plate_end(code), "ending": ending(code)}))


def ending(code: str) -> str:
    """What a text in capitals is like that ends so."""
    return "%" + SPECIAL.sub(ESCAPE + r"\g<0>", code.upper())


def ends_so(text: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = func.upper(text).like(bindparam("ending"), escape=ESCAPE)
    return found


@cache
def items_query() -> Any:
    """Made once, like the next two: making them costs more than running them."""
    fits = (Item.kind.in_(bindparam("kinds", expanding=True)), Item.active, ends_so(Item.code))
    return select(Item).where(*fits).order_by(Item.kind, Item.code).limit(MOST + 1)


@cache
def whole_query() -> Any:
    spellings: Any = bindparam("spellings", expanding=True)
    return drawn(lambda unit: or_(unit.serial_no.in_(spellings), unit.asset_tag.in_(spellings)))


@cache
def ending_query() -> Any:
    """By the indexed end of a plate first."""
    last: Any = bindparam("last")
    return drawn(
        lambda unit: or_(
            (unit.serial_end == last) & ends_so(unit.serial_no), (unit.tag_end == last) & ends_so(unit.asset_tag)
        )
    )


def drawn(fits: Callable[[Any], ColumnElement[bool]]) -> Any:
    """The units that fit; for an entry that was merged the one that stays. Their ids come together as a union: with
    an "or" of both PostgreSQL would read all units."""
    wanted = union(select(Equipment.id).where(fits(Equipment)), staying_for(Equipment, fits))
    return (
        select(Equipment)
        .where(Equipment.id.in_(wanted), Equipment.merged_into_id.is_(None))
        .options(joinedload(Equipment.product))
        .order_by(Equipment.serial_no, Equipment.id)
        .limit(MOST + 1)
    )
