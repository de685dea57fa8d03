"""What happened at a visit. Facts are appended; a correction is a new row that names the old one."""

import uuid
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    ForeignKey,
    Index,
    ScalarResult,
    Select,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    exists,
    select,
    text,
)
from sqlalchemy.orm import Mapped, aliased, joinedload, mapped_column, relationship

from portal.accounts.models import Person, Specimen
from portal.calls.models import Call, Visit
from portal.db import Model, Quantity, UnitCost, WithId, db
from portal.stock.models import Item, Movement
from portal.stock.tools.models import Calibration, Tool

EVENT_KINDS = ("departure", "arrival", "start", "pause", "finish", "leaving", "no_parts")
PAUSE_CAUSES = ("parts", "customer", "transport", "force_majeure", "break")
TIME_KINDS = ("travel", "work", "wait", "break")
OUTCOMES = (
    "fixed", "temporary_fix", "awaiting_parts", "taken_to_workshop", "no_fault_found", "not_repairable",
    "customer_declined", "no_access",
)  # fmt: skip
PHOTO_LABELS = ("before", "after", "nameplate", "damage", "meter", "other")


class VisitEvent(WithId, Model):
    """A moment of the visit as the phone saw it. `clock_suspect`: the phone's clock was implausible; kept as it is."""

    __tablename__ = "visit_event"

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    cause: Mapped[str | None] = mapped_column(String(20))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    clock_suspect: Mapped[bool] = mapped_column(default=False)
    specimen_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("specimen.id"))  # confirmed at the end

    person: Mapped[Person] = relationship()
    specimen: Mapped[Specimen | None] = relationship()


class TimeEntry(WithId, Model):
    """A stretch of someone's time. An open one (`ended_at` None) is the running clock: one a person at most.

    A correction is a new entry that `replaces` the old one, with a reason; `dropped` marks one that replaces an
    entry by nothing. `stopped_by` somebody else: the clock was running when the visit was moved on, or its owner was
    taken off it, or the lead stopped it after the end of the work.
    """

    __tablename__ = "time_entry"
    __table_args__ = (
        UniqueConstraint("replaces_id"),
        Index("ix_time_entry_person_id_started_at", "person_id", "started_at"),
    )

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(10))
    cause: Mapped[str | None] = mapped_column(String(20))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(300), default="")
    replaces_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("time_entry.id"))
    dropped: Mapped[bool] = mapped_column(default=False)
    stopped_by_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    visit: Mapped[Visit] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])


# What still has to be done, word for word as in the index of these few: a value sent apart would not lead to it.
LEFT_OVER = text(
    "(outstanding NOT IN ('', 'none')"
    " OR outcome IN ('temporary_fix', 'awaiting_parts', 'taken_to_workshop', 'no_access'))"
)


class Finding(WithId, Model):
    """The diagnosis as it stood at one save; the newest version holds until the report is sealed."""

    __tablename__ = "finding"
    __table_args__ = (
        UniqueConstraint("visit_id", "version"),
        Index("ix_finding_left_over", "visit_id", sqlite_where=LEFT_OVER, postgresql_where=LEFT_OVER),
    )

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"))
    version: Mapped[int]
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    symptom: Mapped[str | None] = mapped_column(String(20))
    component: Mapped[str | None] = mapped_column(String(20))
    cause: Mapped[str | None] = mapped_column(String(20))
    remedy: Mapped[str | None] = mapped_column(String(20))
    error_code: Mapped[str] = mapped_column(String(20), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    test_result: Mapped[str] = mapped_column(Text, default="")
    outcome: Mapped[str | None] = mapped_column(String(20))
    outstanding: Mapped[str] = mapped_column(Text, default="")  # what is left to do, or "none"
    internal_note: Mapped[str] = mapped_column(Text, default="")  # never printed, not signed
    plate_unreadable: Mapped[bool] = mapped_column(default=False)
    do_not_use: Mapped[bool] = mapped_column(default=False)  # 停止使用 (SR-09)
    stop_reason: Mapped[str] = mapped_column(Text, default="")
    use_again: Mapped[bool] = mapped_column(default=False)  # tested: an earlier stop is over
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class PartUse(WithId, Model):
    """A part that was fitted: one movement from the van to the customer's machine stands behind it."""

    __tablename__ = "part_use"

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    item_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("item.id"))
    movement_n: Mapped[int] = mapped_column(ForeignKey("movement.n"), unique=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    new_serial: Mapped[str] = mapped_column(String(80), default="")
    old_serial: Mapped[str] = mapped_column(String(80), default="")
    old_part: Mapped[str] = mapped_column(String(20))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    item: Mapped[Item] = relationship()
    movement: Mapped[Movement] = relationship()
    reversal: Mapped["PartUseReversal | None"] = relationship(back_populates="part_use", lazy="joined")


class PartUseReversal(WithId, Model):
    """The part was not used after all: the mirror movement and why."""

    __tablename__ = "part_use_reversal"

    part_use_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("part_use.id"), unique=True)
    movement_n: Mapped[int] = mapped_column(ForeignKey("movement.n"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(300), default="")
    recorded_at: Mapped[datetime]

    part_use: Mapped[PartUse] = relationship(back_populates="reversal")


class Photo(WithId, Model):
    """A picture of the visit. `digest` names the bytes; `person` may be someone whom the visit was moved away from."""

    __tablename__ = "photo"

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    digest: Mapped[str] = mapped_column(String(64), ForeignKey("stored_file.digest"))
    thumbnail: Mapped[str] = mapped_column(String(64), ForeignKey("stored_file.digest"))
    label: Mapped[str] = mapped_column(String(20), default="other")
    width: Mapped[int]
    height: Mapped[int]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
    removal: Mapped["PhotoRemoval | None"] = relationship(lazy="joined")


class PhotoRemoval(WithId, Model):
    """The photo does not belong to the report: taken by mistake, or showing a person."""

    __tablename__ = "photo_removal"

    photo_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("photo.id"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]


class Reading(WithId, Model):
    """A value that was measured, and the instrument it was measured with. What the instrument's calibration was on
    that day is kept with it: a later certificate does not make an old reading better."""

    __tablename__ = "reading"

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    quantity: Mapped[str] = mapped_column(String(20))  # what was measured: one of rules.QUANTITIES
    value: Mapped[Decimal] = mapped_column(UnitCost)  # 6 places
    unit: Mapped[str] = mapped_column(String(10))
    point: Mapped[str] = mapped_column(String(80), default="")  # where it was measured
    tool_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("tool.id"), index=True)
    calibration_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("calibration.id"))
    calibration_state: Mapped[str] = mapped_column(String(10), default="none")
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
    tool: Mapped[Tool | None] = relationship()
    calibration: Mapped[Calibration | None] = relationship()
    removal: Mapped["ReadingRemoval | None"] = relationship(lazy="joined")

    @property
    def is_overdue(self) -> bool:
        """The instrument's calibration had ended when it was used."""
        return self.calibration_state == "overdue"


class ReadingRemoval(WithId, Model):
    """The reading was wrong and does not belong to the report."""

    __tablename__ = "reading_removal"

    reading_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("reading.id"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]


THE_VISIT: BindParameter[Any] = bindparam("visit_id")
THE_PERSON: BindParameter[Any] = bindparam("person_id")


def of_visit(query: Select[Any], visit: Visit) -> ScalarResult[Any]:
    """Runs one of the queries below, which are made once, because making them costs more than running them."""
    return db.session.scalars(query, {"visit_id": visit.id})


def latest_finding(visit: Visit) -> Finding | None:
    """The diagnosis as it stands."""
    return of_visit(latest_finding_query(), visit).first()


@cache
def latest_finding_query() -> Select[Any]:
    query = select(Finding).where(Finding.visit_id == THE_VISIT).order_by(Finding.version.desc()).limit(1)
    return query.options(joinedload(Finding.person).load_only(Person.name))


def part_uses(visit: Visit) -> list[PartUse]:
    """All parts that were logged, also those taken back, in the order of recording."""
    return list(of_visit(part_uses_query(), visit))


@cache
def part_uses_query() -> Select[Any]:
    query = select(PartUse).where(PartUse.visit_id == THE_VISIT).order_by(PartUse.recorded_at, PartUse.id)
    return query.options(joinedload(PartUse.item))


def live_part_uses(visit: Visit) -> list[PartUse]:
    return [use for use in part_uses(visit) if use.reversal is None]


def live_time_entries(visit: Visit) -> list[TimeEntry]:
    """The visit's time as it stands, by start; an open entry is a running clock."""
    return list(of_visit(live_time_query(), visit))


@cache
def live_time_query() -> Select[Any]:
    query = select(TimeEntry).where(TimeEntry.visit_id == THE_VISIT, *is_live()).order_by(TimeEntry.started_at)
    return query.options(joinedload(TimeEntry.person).load_only(Person.name))


def is_live() -> tuple[ColumnElement[bool], ...]:
    """Neither replaced by a correction nor dropped."""
    later = aliased(TimeEntry)
    return TimeEntry.dropped.is_(False), ~exists().where(later.replaces_id == TimeEntry.id)


def open_clock(person: Person) -> TimeEntry | None:
    """The person's running clock, with its visit; over all visits there is one at most."""
    found: TimeEntry | None = db.session.scalar(open_clock_query(), {"person_id": person.id})
    return found


@cache
def open_clock_query() -> Select[Any]:
    query = own_time().where(TimeEntry.ended_at.is_(None))
    return query.order_by(TimeEntry.started_at.desc()).limit(1)


def running_clock(person: Person) -> TimeEntry | None:
    """As `open_clock`, for whoever has read the visit already: what is missing of it is read when it is asked for."""
    found: TimeEntry | None = db.session.scalar(running_clock_query(), {"person_id": person.id})
    return found


@cache
def running_clock_query() -> Select[Any]:
    query = select(TimeEntry).where(TimeEntry.person_id == THE_PERSON, *is_live(), TimeEntry.ended_at.is_(None))
    return query.order_by(TimeEntry.started_at.desc()).limit(1)


@cache
def own_time() -> Select[Any]:
    """A person's live time on all visits, with what is needed to name the visit."""
    place = joinedload(TimeEntry.visit).joinedload(Visit.call)
    query = select(TimeEntry).where(TimeEntry.person_id == THE_PERSON, *is_live())
    return query.options(place.joinedload(Call.site), place.joinedload(Call.customer))


def entries_from(person: Person, moment: datetime) -> list[TimeEntry]:
    """The person's live time on any visit that ends after the moment, running clocks among it."""
    query = own_time().where((TimeEntry.ended_at.is_(None)) | (TimeEntry.ended_at > moment))
    return list(db.session.scalars(query, {"person_id": person.id}))


def entries_between(person: Person, start: datetime, end: datetime) -> list[TimeEntry]:
    """The person's live time on any visit that shares a moment with the span."""
    return [entry for entry in entries_from(person, start) if entry.started_at < end]


def live_photos(visit: Visit) -> list[Photo]:
    return [photo for photo in of_visit(photos_query(), visit) if photo.removal is None]


@cache
def photos_query() -> Select[Any]:
    query = select(Photo).where(Photo.visit_id == THE_VISIT).order_by(Photo.recorded_at, Photo.id)
    return query.options(joinedload(Photo.person).load_only(Person.name))


def live_readings(visit: Visit) -> list[Reading]:
    """What was measured, in the order of recording."""
    return [reading for reading in of_visit(readings_query(), visit) if reading.removal is None]


@cache
def readings_query() -> Select[Any]:
    query = select(Reading).where(Reading.visit_id == THE_VISIT).order_by(Reading.recorded_at, Reading.id)
    return query.options(
        joinedload(Reading.person).load_only(Person.name),
        joinedload(Reading.tool).joinedload(Tool.item),
        joinedload(Reading.calibration),
    )


def events_of(visit: Visit) -> list[VisitEvent]:
    """What was pressed at the visit, in the order of recording."""
    return list(of_visit(events_query(), visit))


@cache
def events_query() -> Select[Any]:
    query = select(VisitEvent).where(VisitEvent.visit_id == THE_VISIT)
    return query.order_by(VisitEvent.recorded_at, VisitEvent.id).options(
        joinedload(VisitEvent.person).load_only(Person.name)
    )
