"""Repeat visits are found by themselves: the same serial number and component, within 30 days of the end of the work
there (SR-08). A supervisor may part them; what was parted is not linked again."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select

from portal import settings
from portal.accounts.models import Person
from portal.calls import repeats
from portal.calls.models import Call, Visit
from portal.calls.rules import days_since
from portal.clock import now
from portal.customers.models import Equipment, Product
from portal.db import Instant, db
from portal.i18n import lazy
from portal.visits import rules
from portal.visits.models import Finding, TimeEntry, VisitEvent, is_live
from portal.visits.queries import newest_version

LOOK_BACK = timedelta(days=30)  # a window may lie before the work that was done in it
BEGUN = ("arrival", "start")
ENDED = ("finish", "leaving")


def link_repeats(visit: Visit, component: str | None, *, ground: str, person: Person) -> None:
    """Links the earlier visits that this one repeats, by the component that its diagnosis names."""
    unit = visit.call.equipment
    if unit is None or not unit.serial_no or not component:
        return
    begun, within = begin_of(visit), settings.value("repeat_days")
    values = {
        "since": begun - timedelta(days=within) - LOOK_BACK,
        "serial_no": unit.serial_no,
        "brand": unit.product.brand,
        "component": component,
        "visit_id": visit.id,
    }
    candidates = list(db.session.scalars(candidates_query(), values))
    if not candidates:
        return
    links = [one for one in repeats.links_of(visit) if one.component == component]
    known = {one.earlier_id for one in links if one.unlink is None or one.unlink.by_hand}
    for earlier_id in candidates:
        ended = end_of(earlier_id)
        days = days_since(ended, begun, visit.zone, within) if ended else None
        if days is not None and earlier_id not in known:
            repeats.link_repeat(
                visit,
                earlier_id,
                serial_no=unit.serial_no,
                component=component,
                days=days,
                ground=ground,
                person=person,
            )


def drop_links(visit: Visit, component: str | None, *, person: Person) -> None:
    """The diagnosis names another component now, so what was linked for the old one is no repeat of it."""
    for link in repeats.links_of(visit):
        if link.component != component and link.unlink is None:
            words = str(lazy("The diagnosis names another component now."))
            repeats.unlink_repeat(link, words, person=person, by_hand=False)


@cache
def candidates_query() -> Select[Any]:
    """Visits that ended with the same component of the same unit. A visit at which nothing was done is no repair."""
    newest = and_(Finding.visit_id == Visit.id, Finding.version == newest_version(Visit.id))
    return (
        select(Visit.id)
        .join(Call, Call.id == Visit.call_id)
        .join(Equipment, Equipment.id == Call.equipment_id)
        .join(Product, Product.id == Equipment.product_id)
        .join(Finding, newest)
        .where(
            Equipment.serial_no == bindparam("serial_no"),
            Product.brand == bindparam("brand"),
            Finding.component == bindparam("component"),
            func.coalesce(Finding.outcome, "").not_in(rules.NO_WORK),
            Visit.state.in_(rules.ENDED_STATES),
            Visit.id != bindparam("visit_id"),
            Visit.window_start >= bindparam("since", type_=Instant()),
        )
    )


def begin_of(visit: Visit) -> datetime:
    """When somebody came to the site, or now."""
    moments = (VisitEvent.visit_id == visit.id, VisitEvent.kind.in_(BEGUN))
    pressed = db.session.scalar(
        select(func.min(VisitEvent.occurred_at, type_=VisitEvent.occurred_at.type)).where(*moments)
    )
    return pressed or now()


def end_of(visit_id: Any) -> datetime | None:
    """When the work ended: by the time entries, else by the button."""
    kind = VisitEvent.occurred_at.type
    worked = (TimeEntry.visit_id == visit_id, TimeEntry.kind == "work", *is_live())
    ended: datetime | None = db.session.scalar(select(func.max(TimeEntry.ended_at, type_=kind)).where(*worked))
    if ended is not None:
        return ended
    pressed = (VisitEvent.visit_id == visit_id, VisitEvent.kind.in_(ENDED))
    return db.session.scalar(select(func.max(VisitEvent.occurred_at, type_=kind)).where(*pressed))
