"""Whose phone holds what, and what went from a phone without ever arriving."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.accounts.models import PHONES_TOLD, Person, SignIn
from portal.clock import now
from portal.db import db
from portal.offline.models import WaitingEntry
from portal.offline.operations import received
from portal.offline.rules import urgency
from portal.receipts import HeldEntry, Receipt

MOST = 200


@dataclass
class Phone:
    """One session on a phone that holds something, or lost something. `waiting` and `vanished` are entries that never
    came: still there by its last report, and not there any more."""

    session: Any
    waiting: list[WaitingEntry] = field(default_factory=list)
    vanished: list[WaitingEntry] = field(default_factory=list)

    @property
    def count(self) -> int:
        return max(int(self.session.waiting_count), len(self.waiting))

    @property
    def since(self) -> datetime | None:
        told = [entry.created_at for entry in self.waiting if entry.created_at]
        since: datetime | None = self.session.waiting_since
        return since or min(told, default=None)

    @property
    def lost(self) -> int:
        return int(self.session.waiting_lost) + len(self.vanished)

    @property
    def urgency(self) -> str:
        return "bad" if self.lost else urgency(self.since, now())


def phones(person_id: uuid.UUID | None = None) -> list[Phone]:
    """Those that hold or lost something, the most urgent first; of one person, or of all."""
    found: dict[uuid.UUID, Phone] = {}
    for entry in entries_missing(person_id):
        phone = found.setdefault(entry.sign_in_id, Phone(None))
        (phone.vanished if entry.gone_at else phone.waiting).append(entry)
    for row in sessions(list(found), person_id):
        found.setdefault(row.id, Phone(None)).session = row
    first = {"bad": 0, "warn": 1, "": 2}
    moment = now()
    return sorted(found.values(), key=lambda phone: (first[phone.urgency], phone.since or moment))


def entries_missing(person_id: uuid.UUID | None) -> list[WaitingEntry]:
    query = select(WaitingEntry).where(~received()).order_by(WaitingEntry.created_at).limit(MOST)
    if person_id:
        query = query.where(WaitingEntry.person_id == person_id)
    return list(db.session.scalars(query))


def sessions(with_entries: list[uuid.UUID], person_id: uuid.UUID | None) -> list[Any]:
    columns = (
        SignIn.id, SignIn.person_id, SignIn.browser, SignIn.last_seen_at, SignIn.ended_at, SignIn.waiting_count,
        SignIn.waiting_since, SignIn.waiting_said_at, SignIn.waiting_lost, Person.name, Person.username,
    )  # fmt: skip
    query = select(*columns).join(Person, Person.id == SignIn.person_id)
    marked = query.where(PHONES_TOLD).order_by(SignIn.waiting_said_at).limit(MOST)
    if person_id:
        marked = marked.where(SignIn.person_id == person_id)
    found: dict[uuid.UUID, Any] = {row.id: row for row in db.session.execute(marked)}
    rest = [session_id for session_id in with_entries if session_id not in found]
    if rest:
        found |= {row.id: row for row in db.session.execute(query.where(SignIn.id.in_(rest)))}
    return list(found.values())


@dataclass(frozen=True)
class Told:
    """An entry that a phone told of, and when it came; None while it did not."""

    entry: WaitingEntry
    came_at: datetime | None


def told_of(person: Person) -> list[Told]:
    """What this person's phones reported as unsent, the newest first, and which of it has come since: what is asked
    when a phone is lost."""
    applied, held = (
        select(table.recorded_at)
        .where(table.entry_id == WaitingEntry.entry_id, table.person_id == WaitingEntry.person_id)
        .limit(1)
        .scalar_subquery()
        for table in (Receipt, HeldEntry)
    )
    query = (
        select(WaitingEntry, applied, held)
        .where(WaitingEntry.person_id == person.id)
        .order_by(WaitingEntry.reported_at.desc(), WaitingEntry.created_at.desc())
        .limit(MOST)
    )
    return [Told(entry, one or other) for entry, one, other in db.session.execute(query)]
