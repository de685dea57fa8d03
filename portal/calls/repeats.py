"""Repeat visits (SR-08): the verbs that link two visits or part them, which links hold, and who was there lately."""

import uuid
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, bindparam, func, select
from sqlalchemy.orm import aliased

from portal import history, settings
from portal.accounts.models import Person
from portal.calls.models import Call, Repeat, RepeatUnlink, Visit
from portal.clock import now
from portal.customers.models import Equipment
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy

BEEN_THERE = ("working", "paused", "finished", "signed", "unsigned", "approved", "returned")
FINDING, SIGNATURE = "finding", "signature"


def link_repeat(
    visit: Visit, earlier_id: uuid.UUID, *, serial_no: str, component: str, days: int, ground: str, person: Person
) -> Repeat:
    repeat = Repeat(
        visit_id=visit.id,
        earlier_id=earlier_id,
        serial_no=serial_no,
        component=component,
        days=days,
        ground=ground,
        person_id=person.id,
        recorded_at=now(),
    )
    db.session.add(repeat)
    db.session.flush()
    history.record("link_repeat", visit, person_id=person.id, earlier=earlier_id, component=component, days=days)
    return repeat


def unlink_repeat(repeat: Repeat, reason: str, *, person: Person, by_hand: bool = True) -> RepeatUnlink:
    """The two have nothing to do with each other. What a supervisor has parted is not linked again by itself."""
    db.session.execute(select(Repeat.id).where(Repeat.id == repeat.id).with_for_update())
    db.session.refresh(repeat, ["unlink"])
    if repeat.unlink is not None:
        raise Conflict(lazy("These visits were parted already."))
    parted = RepeatUnlink(repeat=repeat, person=person, reason=reason, by_hand=by_hand, recorded_at=now())
    db.session.add(parted)
    db.session.flush()
    history.record("unlink_repeat", repeat.visit, person_id=person.id, earlier=repeat.earlier_id, reason=reason)
    return parted


def links_of(visit: Visit) -> list[Repeat]:
    """All links that the visit has or had."""
    return list(db.session.scalars(select(Repeat).where(Repeat.visit_id == visit.id)))


def repeats_of(visits: Iterable[Visit]) -> dict[uuid.UUID, list[Row[Any]]]:
    """For each visit the earlier ones that it repeats: id, number, days, component; not those that were parted."""
    found: dict[uuid.UUID, list[Row[Any]]] = {}
    for row in db.session.execute(repeats_query(), {"visit_ids": [visit.id for visit in visits]}):
        found.setdefault(row.visit_id, []).append(row)
    return found


@cache
def repeats_query() -> Any:  # a Select of more columns than its type can name
    earlier, its_call = aliased(Visit), aliased(Call)
    return (
        select(
            Repeat.id, Repeat.visit_id, Repeat.earlier_id, Repeat.days, Repeat.component, Repeat.ground,
            its_call.number, earlier.seq,
        )
        .join(earlier, earlier.id == Repeat.earlier_id)
        .join(its_call, its_call.id == earlier.call_id)
        .outerjoin(RepeatUnlink, RepeatUnlink.repeat_id == Repeat.id)
        .where(Repeat.visit_id.in_(bindparam("visit_ids", expanding=True)), RepeatUnlink.id.is_(None))
        .order_by(Repeat.days)
    )  # fmt: skip


def visited_lately(units: Iterable[Equipment]) -> dict[uuid.UUID, Row[Any]]:
    """For whoever takes a call: each unit's newest visit within the days of a repeat, with its number and day."""
    ids = [unit.id for unit in units]
    if not ids:
        return {}
    values = {"unit_ids": ids, "since": now() - timedelta(days=settings.value("repeat_days")), "until": now()}
    return {row.equipment_id: row for row in db.session.execute(lately_query(), values)}


@cache
def lately_query() -> Any:  # a Select of more columns than its type can name
    return (
        select(Call.equipment_id, Call.number, Visit.seq, Visit.window_start)
        .join(Visit, Visit.call_id == Call.id)
        .where(
            Call.equipment_id.in_(bindparam("unit_ids", expanding=True)),
            Visit.state.in_(BEEN_THERE),
            func.coalesce(Visit.window_end, Visit.created_at) >= bindparam("since", type_=Visit.created_at.type),
            Visit.window_start <= bindparam("until", type_=Visit.created_at.type),
        )
        .order_by(Visit.window_start)
    )


def find_repeat(repeat_id: uuid.UUID) -> Repeat | None:
    return db.session.get(Repeat, repeat_id)
