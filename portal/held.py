"""What became of entries that were held (`receipts.HeldEntry`): a supervisor's decision, and that its author read it.

Facts are appended: an entry without a decision waits, one with a decision stays where it is. The pages of `offline`
decide; lower features ask here what waits about their records and what a person has to be told.
"""

import uuid
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Row,
    Select,
    String,
    Text,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    select,
    table,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import now
from portal.db import Json, Model, WithId, db
from portal.receipts import HELD, HeldEntry, claim_statement

APPLIED, ELSEWHERE, DECLINED = "applied", "elsewhere", "declined"
PEOPLE = table("person", column("id", Uuid), column("name", String))  # of a feature above this module
AUTHOR, DECIDER = PEOPLE.alias("author"), PEOPLE.alias("decider")


class Rescue(WithId, Model):
    """A rescue file that was loaded, and what became of each of its entries. `person`: who loaded it, None for the
    command; `results`: rows of number, entry id, label, what became of it, and why."""

    __tablename__ = "rescue"

    person_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    results: Mapped[list[Any]] = mapped_column(Json)
    recorded_at: Mapped[datetime]


class HeldDecision(Model):
    """What a supervisor decided about a held entry: one decision, for good. `path`: the form through which it took
    effect; `location`: where that led to; `reason`: the words that its author reads."""

    __tablename__ = "held_decision"

    held_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("held_entry.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text, default="")
    path: Mapped[str | None] = mapped_column(String(300))
    location: Mapped[str | None] = mapped_column(String(500))
    recorded_at: Mapped[datetime]


class HeldNotice(Model):
    """The author has read what was decided about their entry."""

    __tablename__ = "held_notice"

    held_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("held_decision.held_id"), primary_key=True)
    recorded_at: Mapped[datetime]


def keep(
    *,
    entry_id: uuid.UUID,
    person_id: uuid.UUID,
    sha256: str,
    path: str,
    record_id: uuid.UUID | None,
    fields: list[list[str]],
    why: str,
    files: list[list[str]] | None = None,
    created_at: datetime | None = None,
    rescue_id: uuid.UUID | None = None,
) -> HeldEntry:
    """Holds an entry that no request brings, under its own id: when its phone sends it after all, it is told that it is
    here. A receipt that stands already stays as it is."""
    claim = {
        "entry_id": entry_id,
        "person_id": person_id,
        "sha256": sha256,
        "path": path,
        "state": HELD,
        "status": 202,
        "why": why,
        "recorded_at": now(),
    }
    db.session.execute(claim_statement(db.session.get_bind().dialect.name), claim)
    entry = HeldEntry(
        entry_id=entry_id,
        person_id=person_id,
        sha256=sha256,
        path=path,
        record_id=record_id,
        fields=fields,
        files=files or [],
        why=why,
        created_at=created_at,
        rescue_id=rescue_id,
        recorded_at=now(),
    )
    db.session.add(entry)
    db.session.flush()
    return entry


def is_open() -> ColumnElement[bool]:
    return ~exists().where(HeldDecision.held_id == HeldEntry.id)


def is_unread() -> ColumnElement[bool]:
    return ~exists().where(HeldNotice.held_id == HeldEntry.id)


@cache
def open_count() -> Select[Any]:
    """How many entries wait for a decision."""
    return select(func.count()).select_from(HeldEntry).where(is_open())


def about(record_id: uuid.UUID) -> list[Row[Any]]:
    """All that was held about a record, oldest first, with what was decided. Rows of `told_query`."""
    return list(db.session.execute(about_query(), {"record_id": record_id}))


def told_to(person: Any) -> list[Row[Any]]:
    """What was decided about this person's entries and was not read by them yet."""
    return list(db.session.execute(told_to_query(), {"person_id": person.id}))


@cache
def about_query() -> Select[Any]:
    query = told_query().outerjoin(HeldDecision, HeldDecision.held_id == HeldEntry.id)
    query = query.outerjoin(DECIDER, DECIDER.c.id == HeldDecision.person_id)
    return query.where(HeldEntry.record_id == bindparam("record_id")).order_by(HeldEntry.recorded_at, HeldEntry.id)


@cache
def told_to_query() -> Select[Any]:
    query = told_query().join(HeldDecision, HeldDecision.held_id == HeldEntry.id)
    query = query.join(DECIDER, DECIDER.c.id == HeldDecision.person_id)
    query = query.where(HeldEntry.person_id == bindparam("person_id"), is_unread())
    return query.order_by(HeldDecision.recorded_at, HeldEntry.id)


def told_query() -> Select[Any]:
    entry, decision = HeldEntry, HeldDecision
    said = (entry.id, entry.person_id, entry.record_id, entry.path, entry.fields, entry.why, entry.recorded_at)
    query = select(
        *said,
        AUTHOR.c.name.label("author"),
        decision.kind,
        decision.reason,
        decision.location,
        decision.recorded_at.label("decided_at"),
        DECIDER.c.name.label("decider"),
        is_unread().label("unread"),
    )
    return query.select_from(entry).join(AUTHOR, AUTHOR.c.id == entry.person_id)
