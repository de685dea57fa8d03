"""停止使用: the verbs that stop and release a unit, and which stops stand (SR-09)."""

import uuid
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import joinedload

from portal import history
from portal.accounts.models import Person
from portal.clock import now
from portal.customers.merged import stood_for
from portal.customers.models import Equipment, Site, UseRelease, UseStop
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy

MOST = 50


def stop_use(unit: Equipment | None, reason: str, *, source: str, source_id: uuid.UUID, person: Person) -> UseStop:
    """From now on the unit must not be used; without a unit the stop stands for whatever the source is about."""
    lock(unit)
    stop = UseStop(equipment=unit, reason=reason, source=source, source_id=source_id, person=person, recorded_at=now())
    db.session.add(stop)
    if unit is not None:
        unit.stopped_at = unit.stopped_at or stop.recorded_at
    db.session.flush()
    told = {"stop": stop.id, "source": source, "reason": reason}
    history.record("stop_use", unit or stop, person_id=person.id, **told)
    return stop


def release(stop: UseStop, reason: str, *, source: str = "", person: Person) -> UseRelease:
    """This stop is over; the unit may be used when it was the last one."""
    lock(stop.equipment)
    db.session.refresh(stop, ["release"])
    if stop.release is not None:
        raise Conflict(lazy("This was cleared already."))
    done = UseRelease(stop=stop, reason=reason, source=source, person=person, recorded_at=now())
    db.session.add(done)
    db.session.flush()
    for unit in with_those_that_stay(stop.equipment):
        if not standing(unit):
            unit.stopped_at = None
    db.session.flush()
    told = {"stop": stop.id, "source": source, "reason": reason}
    history.record("release_use", stop.equipment or stop, person_id=person.id, **told)
    return done


def with_those_that_stay(unit: Equipment | None) -> Iterator[Equipment]:
    """The unit, the entry that it was merged into, and so on: what stopped the one stops the others."""
    while unit is not None:
        yield unit
        unit = db.session.get(Equipment, unit.merged_into_id) if unit.merged_into_id else None


def release_unit(unit: Equipment, reason: str, *, source: str, person: Person) -> None:
    """Tested and found good: every stop of the unit is over."""
    lock(unit)
    for stop in standing(unit):
        release(stop, reason, source=source, person=person)


def lock(unit: Equipment | None) -> None:
    """One at a time: two people who stop and release the same unit wait for each other."""
    if unit is not None:
        db.session.flush()
        db.session.refresh(unit, ["stopped_at"], with_for_update=True)


def standing(unit: Equipment | None) -> list[UseStop]:
    """The stops of the unit that nobody has released, oldest first. A unit that may be used costs no statement."""
    if unit is None or unit.stopped_at is None:
        return []
    merged = select(stood_for(Equipment.__table__, [unit.id]).c.id)
    mine = or_(UseStop.equipment_id == unit.id, UseStop.equipment_id.in_(merged))
    return list(db.session.scalars(standing_query().where(mine)))


def standing_at(source_id: uuid.UUID) -> list[UseStop]:
    """The stops that come from this visit and stand."""
    return list(db.session.scalars(standing_query().where(UseStop.source_id == source_id)))


@cache
def standing_query() -> Select[Any]:
    """Made once: making it costs more than running it."""
    released = select(UseRelease.id).where(UseRelease.stop_id == UseStop.id).exists()
    query = select(UseStop).where(~released).order_by(UseStop.recorded_at)
    return query.options(joinedload(UseStop.person).load_only(Person.name))


@cache
def all_standing_query() -> Select[Any]:
    unit = joinedload(UseStop.equipment)
    return (
        standing_query()
        .options(unit.joinedload(Equipment.product), unit.joinedload(Equipment.site).joinedload(Site.customer))
        .limit(bindparam("most"))
    )


def all_standing(most: int = MOST) -> list[UseStop]:
    """Everything that must not be used, oldest first."""
    return list(db.session.scalars(all_standing_query(), {"most": most}))


def number_standing() -> Any:
    """How many things must not be used, as part of a larger query."""
    released = select(UseRelease.id).where(UseRelease.stop_id == UseStop.id).exists()
    return select(func.count(UseStop.id)).where(~released).scalar_subquery()


def count_standing() -> int:
    return db.session.scalar(select(number_standing())) or 0


def of_units(units: Iterable[Equipment]) -> dict[uuid.UUID, list[UseStop]]:
    return {unit.id: standing(unit) for unit in units if unit.stopped_at}


def find_stop(stop_id: uuid.UUID) -> UseStop | None:
    return db.session.get(UseStop, stop_id)
