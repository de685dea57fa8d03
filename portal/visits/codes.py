"""What a scanned or typed code stands for: a part, a tool, a unit by its serial number or asset tag, or a report by the
address on its paper. The last four characters are enough; whoever asks chooses when several end so.

Whole codes are found through indexes, and a unit's ending through those of the last four characters of its plates. An
ending of a part or a tool is looked for in the whole catalogue, which stays small.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, func, or_, select, union
from sqlalchemy.orm import joinedload

from portal.customers.merged import staying_for
from portal.customers.models import Equipment
from portal.customers.rules import LAST_FIGURES, plate_end
from portal.db import db
from portal.stock.models import Item, find_item

LEAST = LAST_FIGURES  # characters of an ending
MOST = 8  # choices that are shown
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
    found = [Match(kind, item.code, item) for kind in ("part", "tool") if kind in kinds for item in items(code, kind)]
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


def items(code: str, kind: str) -> list[Item]:
    exact = find_item(code)
    if exact is not None:
        return [exact] if exact.kind == kind else []
    if len(code) < LEAST:
        return []
    ending = func.upper(Item.code).endswith(code.upper(), autoescape=True)
    query = select(Item).where(Item.kind == kind, Item.active, ending).order_by(Item.code).limit(MOST + 1)
    return list(db.session.scalars(query))


def units(code: str) -> list[Equipment]:
    spellings = list({code, code.upper()})

    def is_whole(unit: Any) -> ColumnElement[bool]:
        return or_(*(plate.in_(spellings) for plate in (unit.serial_no, unit.asset_tag)))

    found = drawn(is_whole)
    if found or len(code) < LEAST:
        return found
    last = plate_end(code)

    def ends_so(unit: Any) -> ColumnElement[bool]:
        plates = ((unit.serial_end, unit.serial_no), (unit.tag_end, unit.asset_tag))
        return or_(
            *((end == last) & func.upper(plate).endswith(code.upper(), autoescape=True) for end, plate in plates)
        )

    return drawn(ends_so)


def drawn(fits: Callable[[Any], ColumnElement[bool]]) -> list[Equipment]:
    """The units that fit; for an entry that was merged the one that stays. Their ids come together as a union: with
    an "or" of both PostgreSQL would read all units."""
    wanted = union(select(Equipment.id).where(fits(Equipment)), staying_for(Equipment, fits))
    whole = (
        select(Equipment)
        .where(Equipment.id.in_(wanted), Equipment.merged_into_id.is_(None))
        .options(joinedload(Equipment.product))
        .order_by(Equipment.serial_no, Equipment.id)
    )
    return list(db.session.scalars(whole.limit(MOST + 1)))
