"""What the last twelve months teach: the parts that a product needs, and how a symptom of it was found last.

Counted once a day by a job into two small tables, which pages read by their key. The same as a query would walk all
visits of a product at each opening of a page, and cost more the longer the portal is in use; that a part of today
counts from tomorrow on does no harm. Only ended visits count, and only parts that were not taken back.
"""

import uuid
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import ForeignKey, Select, String, Uuid, and_, bindparam, delete, func, insert, literal, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from portal import jobs
from portal.calls.models import Call, Visit
from portal.clock import now
from portal.customers.models import Equipment
from portal.db import Model, db, only_reading
from portal.i18n import lazy
from portal.stock.models import Balance, Held, Item, Location, UsualPart
from portal.visits import rules, usual
from portal.visits.models import Finding, PartUse, PartUseReversal

MONTHS = timedelta(days=365)
HOUR_UTC = 19  # three in the morning in China
ANY = ""  # in the place of a symptom: whatever it was


class PartHabit(Model):
    """At how many visits to units of the product the part was used; `symptom` is the one found, or "" for all."""

    __tablename__ = "part_habit"

    product_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("product.id"), primary_key=True)
    symptom: Mapped[str] = mapped_column(String(20), primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("item.id"), primary_key=True)
    visits: Mapped[int]


class FindingHabit(Model):
    """The newest ended visit to a unit of the product that found the symptom."""

    __tablename__ = "finding_habit"

    product_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("product.id"), primary_key=True)
    symptom: Mapped[str] = mapped_column(String(20), primary_key=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"))


def init_app(_app: Flask) -> None:
    jobs.daily("habits", hour_utc=HOUR_UTC)


@jobs.handler("habits", words=lazy("Usual parts learned from the last 12 months"), repeatable=True)
def learn_daily(_job: jobs.Job) -> None:
    """Counts without holding up anybody who writes, then stores in a moment."""
    with only_reading():
        counts = count()
    store(*counts)


def learn() -> None:
    """The same inside the transaction of the caller."""
    store(*count())


def count() -> tuple[list[Any], list[Any]]:
    """(product_id, symptom, item_id, visits) and (product_id, symptom, visit_id)."""
    used = [row for by in (Finding.symptom, literal(ANY)) for row in db.session.execute(parts_used(by))]
    return used, list(db.session.execute(last_found()))


def store(used: list[Any], found: list[Any]) -> None:
    """Replaces what was counted before, in one transaction: pages see the one or the other."""
    db.session.execute(delete(PartHabit))
    db.session.execute(delete(FindingHabit))
    for table, rows in ((PartHabit, used), (FindingHabit, found)):
        if rows:
            names = [column.name for column in table.__table__.columns]
            db.session.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def ended() -> tuple[Any, ...]:
    return Visit.state.in_(rules.ENDED_STATES), Visit.window_start > now() - MONTHS


def newest_findings() -> Any:
    """(visit_id, symptom) of the diagnosis that stands."""
    newest = select(Finding.visit_id, func.max(Finding.version).label("version")).group_by(Finding.visit_id).subquery()
    stands = and_(newest.c.visit_id == Finding.visit_id, newest.c.version == Finding.version)
    return stands, newest


def parts_used(symptom: Any) -> Select[Any]:
    query = (
        select(Equipment.product_id, symptom, PartUse.item_id, func.count(func.distinct(Visit.id)))
        .select_from(PartUse)
        .join(Visit, Visit.id == PartUse.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .join(Equipment, Equipment.id == Call.equipment_id)
        .outerjoin(PartUseReversal, PartUseReversal.part_use_id == PartUse.id)
        .where(*ended(), PartUseReversal.id.is_(None))
    )
    if symptom is Finding.symptom:
        stands, newest = newest_findings()
        query = query.join(newest, newest.c.visit_id == Visit.id).join(Finding, stands)
        query = query.where(Finding.symptom.is_not(None), Finding.symptom != ANY)
        return query.group_by(Equipment.product_id, Finding.symptom, PartUse.item_id)
    return query.group_by(Equipment.product_id, PartUse.item_id)


def last_found() -> Select[Any]:
    stands, newest = newest_findings()
    latest = func.row_number().over(
        partition_by=(Equipment.product_id, Finding.symptom), order_by=(Visit.window_start.desc(), Visit.id)
    )
    ranked = (
        select(Equipment.product_id, Finding.symptom, Visit.id.label("visit_id"), latest.label("rank"))
        .select_from(Visit)
        .join(Call, Call.id == Visit.call_id)
        .join(Equipment, Equipment.id == Call.equipment_id)
        .join(newest, newest.c.visit_id == Visit.id)
        .join(Finding, stands)
        .where(*ended(), Finding.symptom.is_not(None), Finding.symptom != ANY)
        .subquery()
    )
    return select(ranked.c.product_id, ranked.c.symptom, ranked.c.visit_id).where(ranked.c.rank == 1)


class Candidate(NamedTuple):
    """A part that the first screen may show: what the van holds, its place in the catalogue's list (None: not in it),
    and at how many visits it was used, for the symptom and for all."""

    held: Held
    position: int | None
    for_symptom: int
    for_product: int


def candidates(visit: Visit, product_id: uuid.UUID, van: Location | None) -> list[Candidate]:
    """One statement for the catalogue's usual parts and the learned ones, in the catalogue's order."""
    values = {"product_id": product_id, "visit_id": visit.id, "van_id": van.id if van else None}
    rows = db.session.execute(candidates_query(), values)
    return [Candidate(Held(item, held or Decimal(0)), at, here or 0, all_ or 0) for item, held, at, here, all_ in rows]


@cache
def candidates_query() -> Any:
    """Made once: making it costs more than running it."""
    product = bindparam("product_id", type_=Uuid())
    here, everywhere = aliased(PartHabit), aliased(PartHabit)
    learned = select(PartHabit.item_id).where(
        PartHabit.product_id == product, PartHabit.visits >= usual.ENOUGH, PartHabit.symptom.in_([ANY, symptom_found()])
    )
    named = select(UsualPart.item_id).where(UsualPart.product_id == product)
    in_van = and_(Balance.item_id == Item.id, Balance.location_id == bindparam("van_id", type_=Uuid()))
    own = and_(here.product_id == product, here.item_id == Item.id, here.symptom == symptom_found())
    any_ = and_(everywhere.product_id == product, everywhere.item_id == Item.id, everywhere.symptom == ANY)
    return (
        select(Item, Balance.quantity, UsualPart.position, here.visits, everywhere.visits)
        .outerjoin(UsualPart, and_(UsualPart.product_id == product, UsualPart.item_id == Item.id))
        .outerjoin(here, own)
        .outerjoin(everywhere, any_)
        .outerjoin(Balance, in_van)
        .where(Item.active, Item.id.in_(named.union(learned)))
        .order_by(UsualPart.position, Item.code)
    )


def symptom_found() -> Any:
    """The symptom that the visit at hand has found so far (its id is `visit_id`)."""
    own = aliased(Finding)
    found = select(own.symptom).where(own.visit_id == bindparam("visit_id", type_=Uuid()))
    return found.order_by(own.version.desc()).limit(1).scalar_subquery()
