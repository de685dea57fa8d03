"""What has been recorded at a visit so far, read in six statements for the visit page and for the readiness rule."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import aliased, joinedload

from portal.accounts.models import Person
from portal.calls.models import Call, Visit
from portal.customers.models import CodeValue, Equipment, Product
from portal.customers.queries import suits
from portal.db import db
from portal.visits import rules
from portal.visits.models import (
    Finding,
    PartUse,
    Photo,
    Reading,
    TimeEntry,
    VisitEvent,
    events_of,
    live_photos,
    live_readings,
    live_time_entries,
    part_uses,
)


@dataclass
class Facts:
    """The rows that stand: `labels` are those of the finding's codes; `all_parts` holds also what was taken back;
    `offered` are the code lists from which something can be chosen for the unit, known once there is a finding."""

    visit: Visit
    finding: Finding | None
    labels: dict[str, Any]
    all_parts: list[PartUse]
    time: list[TimeEntry]
    photos: list[Photo]
    events: list[VisitEvent]
    readings: list[Reading] = field(default_factory=list)
    offered: frozenset[str] = frozenset()

    @property
    def overdue_readings(self) -> list[Reading]:
        """Those that were taken with an instrument whose calibration had ended."""
        return [reading for reading in self.readings if reading.is_overdue]

    @property
    def parts(self) -> list[PartUse]:
        return [use for use in self.all_parts if use.reversal is None]

    @property
    def no_parts(self) -> bool:
        """The technician said so, and has logged nothing since."""
        said = [event.recorded_at for event in self.events if event.kind == "no_parts"]
        logged = [use.recorded_at for use in self.all_parts]
        return bool(said) and not self.parts and (not logged or said[-1] >= logged[-1])

    @property
    def stretches(self) -> list[rules.Stretch]:
        return [stretch(entry) for entry in self.time]

    @property
    def each(self) -> list[rules.Times]:
        """The moments of each person who pressed a button or has time, in no order."""
        people = dict.fromkeys([event.person_id for event in self.events] + [entry.person_id for entry in self.time])
        return [
            rules.times_of(
                [(event.kind, event.occurred_at) for event in self.events if event.person_id == one],
                [stretch(entry) for entry in self.time if entry.person_id == one],
            )
            for one in people
        ]

    @property
    def times(self) -> rules.Times:
        return rules.team_times(self.each)

    @property
    def running(self) -> list[TimeEntry]:
        return [entry for entry in self.time if entry.ended_at is None]

    def minutes(self, kind: str, until: datetime | None = None) -> int:
        return rules.minutes(self.stretches, kind, until)

    @property
    def record(self) -> rules.Record:
        found, each = self.finding, self.each
        is_open = rules.may_change(self.visit.state, self.visit.to_mend, "findings")
        return rules.Record(
            state=self.visit.state,
            work_type=self.visit.call.work_type,
            saved=found is not None,
            codes={name: getattr(found, name, None) for name in rules.CODE_NAMES},
            choosable=self.offered if is_open else frozenset(),
            outcome=found.outcome if found else None,
            test_result=found.test_result if found else "",
            outstanding=found.outstanding if found else "",
            plate_unreadable=bool(found and found.plate_unreadable),
            old_parts=tuple(use.old_part for use in self.parts),
            no_parts=self.no_parts,
            times=rules.team_times(each),
            each=tuple(each),
            running=bool(self.running),
            photo_labels=tuple(photo.label for photo in self.photos),
        )


def stretch(entry: TimeEntry) -> rules.Stretch:
    return rules.Stretch(entry.kind, entry.started_at, entry.ended_at)


def facts_of(visit: Visit) -> Facts:
    finding, labels, offered = finding_with_codes(visit)
    return Facts(
        visit=visit,
        finding=finding,
        labels=labels,
        all_parts=part_uses(visit),
        time=live_time_entries(visit),
        photos=live_photos(visit) if visit.has_photos is not False else [],
        events=events_of(visit),
        readings=live_readings(visit) if visit.has_readings is not False else [],
        offered=offered,
    )


def finding_with_codes(visit: Visit) -> tuple[Finding | None, dict[str, Any], frozenset[str]]:
    """The diagnosis as it stands, the labels of its four codes in all languages, and which of the four lists offer
    something: none as long as nothing is saved."""
    row = db.session.execute(finding_query(), {"visit_id": visit.id}).first()
    if row is None:
        return None, {}, frozenset()
    names = rules.CODE_NAMES
    labels, offered = row[1 : 1 + len(names)], row[1 + len(names) :]
    found = {name: one for name, one in zip(names, labels, strict=True) if one}
    return row[0], found, frozenset(name for name, one in zip(names, offered, strict=True) if one)


@cache
def finding_query() -> Select[Any]:
    """Made once: making it costs more than running it."""
    lists = {name: aliased(CodeValue) for name in rules.CODE_NAMES}
    labels = [values.labels for values in lists.values()]
    query = select(Finding, *labels, *map(offers_something, lists)).where(Finding.visit_id == bindparam("visit_id"))
    for name, values in lists.items():
        query = query.outerjoin(values, (values.kind == name) & (values.code == getattr(Finding, name)))
    query = query.join(Visit, Visit.id == Finding.visit_id).join(Call, Call.id == Visit.call_id)
    query = query.outerjoin(Equipment, Equipment.id == Call.equipment_id)
    query = query.outerjoin(Product, Product.id == Equipment.product_id)
    return query.options(joinedload(Finding.person).load_only(Person.name)).order_by(Finding.version.desc()).limit(1)


def offers_something(name: str) -> Any:
    """Whether the list holds a code for the family of the row's product."""
    one = aliased(CodeValue)
    query = select(one.id).where(one.kind == name, one.retired_at.is_(None), suits(one, Product.family))
    return query.correlate(Product).exists()
