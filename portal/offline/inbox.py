"""What the inbox reads: few statements, however many entries there are."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, or_, select
from sqlalchemy.orm import aliased, joinedload

from portal.accounts.models import Person
from portal.calls.models import Call, Visit
from portal.clock import now
from portal.customers.models import Customer, Site
from portal.db import behind, db
from portal.held import HeldDecision
from portal.offline.payload import Line, lines_of, vocabulary
from portal.offline.rules import LATE, TOO_LATE, urgency
from portal.offline.targets import target_of
from portal.receipts import HeldEntry, Receipt
from portal.visits import queries as visits
from portal.visits.models import Finding, PartUse, Photo, Reading, TimeEntry, VisitEvent
from portal.visits.operations.findings import CODED, TICKED, WRITTEN

PAGE_SIZE = 30
MOST_OTHERS = 12
AGES = {"24": LATE, "72": TOO_LATE}
EFFECTS: dict[str, Any] = {
    "visits.findings": Finding,
    "visits.part_uses": PartUse,
    "visits.time_entries": TimeEntry,
    "visits.photos": Photo,
    "visits.readings": Reading,
}

SAID: dict[Any, tuple[str, ...]] = {  # what of a recorded row its form had sent
    Finding: (*CODED, *WRITTEN, *TICKED, "occurred_at"),
    PartUse: ("quantity", "new_serial", "old_serial", "old_part", "occurred_at"),
    TimeEntry: ("kind", "cause", "started_at", "ended_at", "reason"),
    Photo: ("label", "occurred_at"),
    Reading: ("quantity", "value", "unit", "point", "occurred_at"),
    VisitEvent: ("cause", "occurred_at"),
}


@dataclass(frozen=True)
class Wanted:
    """What the address asks for."""

    decided: bool = False
    person_id: uuid.UUID | None = None
    older_than: timedelta | None = None
    after: tuple[datetime, uuid.UUID] | None = None


def age_kind(recorded_at: datetime, moment: datetime) -> str:
    """The colour of an entry's age, by the rule for what waits on phones."""
    return urgency(recorded_at, moment) or "neutral"


def entries(wanted: Wanted) -> tuple[list[Row[Any]], tuple[datetime, uuid.UUID] | None]:
    """A page of the list, the oldest first, and where the next one begins."""
    decided = HeldDecision.held_id.is_not(None)
    query = rows_query().where(decided if wanted.decided else ~decided)
    if wanted.person_id:
        query = query.where(HeldEntry.person_id == wanted.person_id)
    if wanted.older_than:
        query = query.where(HeldEntry.recorded_at <= now() - wanted.older_than)
    if wanted.after:
        query = query.where(behind(wanted.after, HeldEntry.recorded_at, HeldEntry.id, descending=False))
    found: list[Any] = list(db.session.execute(query.limit(PAGE_SIZE + 1)))
    shown = found[:PAGE_SIZE]
    return shown, (shown[-1].recorded_at, shown[-1].id) if len(found) > PAGE_SIZE else None


@cache
def rows_query() -> Select[Any]:
    author, decider = aliased(Person), aliased(Person)
    query = select(
        HeldEntry.id, HeldEntry.entry_id, HeldEntry.person_id, HeldEntry.path, HeldEntry.fields, HeldEntry.files,
        HeldEntry.why, HeldEntry.created_at, HeldEntry.recorded_at, author.name.label("author"),
        Call.number, Visit.seq, Visit.state, Customer.name.label("customer"), Site.time_zone,
        HeldDecision.kind, HeldDecision.recorded_at.label("decided_at"), decider.name.label("decider"),
    )  # fmt: skip
    query = query.select_from(HeldEntry).join(author, author.id == HeldEntry.person_id)
    query = query.outerjoin(Visit, Visit.id == HeldEntry.record_id).outerjoin(Call, Call.id == Visit.call_id)
    query = query.outerjoin(Customer, Customer.id == Call.customer_id).outerjoin(Site, Site.id == Call.site_id)
    query = query.outerjoin(HeldDecision, HeldDecision.held_id == HeldEntry.id)
    query = query.outerjoin(decider, decider.id == HeldDecision.person_id)
    return query.order_by(HeldEntry.recorded_at, HeldEntry.id)


def authors() -> list[Row[Any]]:
    """Whose entries were ever held, by name."""
    sent = select(HeldEntry.person_id).distinct()
    found: list[Any] = list(
        db.session.execute(select(Person.id, Person.name).where(Person.id.in_(sent)).order_by(Person.name))
    )
    return found


def find(held_id: uuid.UUID) -> HeldEntry | None:
    return db.session.get(HeldEntry, held_id)


def find_visit(record_id: uuid.UUID | None) -> Visit | None:
    """The visit that an entry is about, with what its page shows of it."""
    if record_id is None:
        return None
    query = select(Visit).where(Visit.id == record_id).options(*visits.with_place())
    return db.session.scalars(query).unique().one_or_none()


def other_visits(visit: Visit) -> list[Visit]:
    """Visits to the same unit or customer, the nearest in time first: one of them was probably meant."""
    same = [Call.customer_id == visit.call.customer_id]
    if visit.call.equipment_id:
        same.append(Call.equipment_id == visit.call.equipment_id)
    query = select(Visit).join(Call, Call.id == Visit.call_id).where(or_(*same), Visit.id != visit.id)
    place = joinedload(Visit.call)
    query = query.options(place.joinedload(Call.site), place.joinedload(Call.customer), joinedload(Visit.person))
    newest = query.order_by(Visit.created_at.desc(), Visit.id).limit(MOST_OTHERS)
    return list(db.session.scalars(newest).unique())


def first_content(entry: HeldEntry, zone: str) -> tuple[Receipt, list[Line]] | None:
    """What stands under the entry's id when that is other content: what was held under it first, or the effect that it
    had, which its author's receipt was claimed for a moment before."""
    receipt = db.session.get(Receipt, entry.entry_id)
    if receipt is None or (receipt.sha256, receipt.person_id) == (entry.sha256, entry.person_id):
        return None
    held = select(HeldEntry.fields).where(HeldEntry.entry_id == entry.entry_id, HeldEntry.sha256 == receipt.sha256)
    fields = db.session.scalar(held)
    if fields is None:
        fields = effect_of(receipt)
    return receipt, lines_of(receipt.path, fields, vocabulary([fields]), zone)


def effect_of(receipt: Receipt) -> list[list[str]]:
    """The first row that its author recorded once the receipt was claimed, in the names of its form's fields."""
    target = target_of(receipt.path)
    if target is None or target.record_id is None or not target.endpoint.startswith("visits."):
        return []
    kind = EFFECTS.get(target.endpoint, VisitEvent)
    query = select(kind).where(
        kind.visit_id == target.record_id,
        kind.person_id == receipt.person_id,
        kind.recorded_at >= receipt.recorded_at,
    )
    row = db.session.scalars(query.order_by(kind.recorded_at).limit(1)).first()
    return fields_of(row) if row is not None else []


def fields_of(row: Any) -> list[list[str]]:
    """A recorded row as its form would have sent it."""
    named = {name: getattr(row, name) for name in SAID[type(row)]}
    if isinstance(row, PartUse):
        named = {"item": row.item.code} | named
    if isinstance(row, Reading) and row.tool:
        named["instrument"] = row.tool.number
    return [[name, as_sent(value)] for name, value in named.items() if value not in (None, "", False)]


def as_sent(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    return f"{value.normalize():f}" if hasattr(value, "normalize") else str(value)


def standing_finding(finding: Finding | None, zone: str) -> list[Line]:
    """The diagnosis as it stands, in the names of its form's fields."""
    if finding is None:
        return []
    fields = fields_of(finding)
    return lines_of(f"/visits/{finding.visit_id}/findings", fields, vocabulary([fields]), zone)
