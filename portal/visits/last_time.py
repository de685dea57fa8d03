"""The same as last time: what the last ended visit to the same unit found and used; else, said so, the last one to a
unit of the same product that found the same symptom.

What it fills in is what was wrong and what was done. Never how it ended, what was measured or what is left: those are
true of one visit only. Free text comes along only from a visit to the same customer.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, String, Uuid, and_, bindparam, func, select

from portal.calls.models import Call, Visit
from portal.db import Instant, db
from portal.stock.models import Balance, Held, Item, Location
from portal.visits import rules
from portal.visits.habits import FindingHabit, symptom_found
from portal.visits.models import Finding, PartUse, PartUseReversal
from portal.visits.queries import newest_version


@dataclass(frozen=True)
class LastTime:
    """`same_unit`: a visit to this very unit; else to another one of the product with the same symptom."""

    visit_id: uuid.UUID
    visited_at: datetime
    same_unit: bool
    codes: dict[str, str]
    error_code: str
    note: str

    def fills(self, note_before: str) -> dict[str, str]:
        """What the form shows after the tap. A note that was written already stays."""
        filled = {name: code for name, code in self.codes.items() if code}
        if self.error_code:
            filled["error_code"] = self.error_code
        return filled | ({"note": self.note} if self.note and not note_before else {})


def last_time(visit: Visit, symptom: str | None = None) -> LastTime | None:
    """`symptom`: the one looked for; else the one that the visit has found so far."""
    unit = visit.call.equipment
    if unit is None:
        return None
    before = visit.window_start or visit.created_at
    values = {"equipment_id": unit.id, "visit_id": visit.id, "before": before}
    row = db.session.execute(unit_query(), values).first()
    if row is None:
        known = {"product_id": unit.product_id, "symptom": symptom, "visit_id": visit.id}
        return told(db.session.execute(product_query(), known).first(), visit, same_unit=False)
    return told(row, visit, same_unit=True)


def told(row: Row[Any] | None, visit: Visit, *, same_unit: bool) -> LastTime | None:
    if row is None:
        return None
    codes = {name: getattr(row, name) or "" for name in rules.CODE_NAMES}
    note = row.note if row.customer_id == visit.call.customer_id else ""
    return LastTime(row.id, row.window_start, same_unit, codes, row.error_code, note)


def found_at() -> Select[Any]:
    ended = func.coalesce(Visit.state, "").in_(rules.ENDED_STATES)  # not by the index on states: most visits are ended
    columns = [getattr(Finding, name) for name in (*rules.CODE_NAMES, "error_code", "note")]
    return (
        select(Visit.id, Visit.window_start, Call.customer_id, *columns)
        .join(Call, Call.id == Visit.call_id)
        .join(Finding, and_(Finding.visit_id == Visit.id, Finding.version == newest_version(Visit.id)))
        .where(Visit.id != bindparam("visit_id"), ended)
    )


@cache
def unit_query() -> Select[Any]:
    """Made once, like the next two: making them costs more than running them."""
    here = (Call.equipment_id == bindparam("equipment_id"), Visit.window_start < bindparam("before", type_=Instant()))
    return found_at().where(*here).order_by(Visit.window_start.desc(), Visit.id).limit(1)


@cache
def product_query() -> Select[Any]:
    wanted = func.coalesce(bindparam("symptom", type_=String()), symptom_found())
    own = (FindingHabit.product_id == bindparam("product_id", type_=Uuid()), FindingHabit.symptom == wanted)
    return found_at().join(FindingHabit, FindingHabit.visit_id == Visit.id).where(*own)


@dataclass(frozen=True)
class Again:
    """A part of last time: how many were used then, and what the van holds."""

    held: Held
    quantity: Decimal


def parts_of(last: LastTime, van: Location | None) -> list[Again]:
    """The parts used then and not taken back, one line for each, in the order of their use."""
    used: dict[uuid.UUID, Again] = {}
    for item, quantity, there in db.session.execute(
        parts_query(), {"visit_id": last.visit_id, "van_id": van.id if van else None}
    ):
        before = used[item.id].quantity if item.id in used else Decimal(0)
        used[item.id] = Again(Held(item, there or Decimal(0)), before + quantity)
    return list(used.values())


@cache
def parts_query() -> Select[Any]:
    here = and_(Balance.item_id == Item.id, Balance.location_id == bindparam("van_id", type_=Balance.location_id.type))
    query: Any = (
        select(Item, PartUse.quantity, Balance.quantity)
        .select_from(PartUse)
        .join(Item, Item.id == PartUse.item_id)
        .outerjoin(PartUseReversal, PartUseReversal.part_use_id == PartUse.id)
        .outerjoin(Balance, here)
        .where(PartUse.visit_id == bindparam("visit_id"), PartUseReversal.id.is_(None), Item.active)
        .order_by(PartUse.recorded_at, PartUse.id)
    )
    return query
