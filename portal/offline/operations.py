"""Writing down what phones say that they hold, so that a lost phone, or lost work, is noticed by somebody."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from portal import history
from portal.accounts.models import SignIn
from portal.clock import now
from portal.db import db
from portal.offline.models import WaitingEntry
from portal.offline.rules import Outbox
from portal.receipts import HeldEntry, Receipt

KEPT = timedelta(days=90)  # how long it is remembered that an entry waited once, after it has come


@dataclass(frozen=True)
class Reported:
    """One entry as the phone lists it."""

    id: uuid.UUID
    action: str
    visit_id: uuid.UUID | None
    label: str
    created_at: datetime | None


def received(person_id: Any = WaitingEntry.person_id, entry_id: Any = WaitingEntry.entry_id) -> ColumnElement[bool]:
    """Whether an entry of that person is here: it took effect, or is held."""
    applied = select(Receipt.entry_id).where(Receipt.entry_id == entry_id, Receipt.person_id == person_id)
    held = select(HeldEntry.id).where(HeldEntry.entry_id == entry_id, HeldEntry.person_id == person_id)
    return applied.exists() | held.exists()


def note_count(session_id: uuid.UUID, said: Outbox, moment: datetime) -> None:
    """The phone of this session holds so many. Fewer than before without having sent them is a loss: somebody cleared
    the browser's data, or the browser did (failure mode 42)."""
    session = db.session.get_one(SignIn, session_id)
    earlier = earlier_sessions(session)
    if said.count == 0:
        leave(session, earlier, set(), moment)
    lost = missing_since(session, earlier, said.count)
    for old in earlier:
        old.waiting_count, old.waiting_since = 0, None  # what it held is what this session holds now
    session.waiting_count, session.waiting_since = said.count, said.oldest
    session.waiting_said_at, session.waiting_lost = moment, session.waiting_lost + lost


def missing_since(session: SignIn, earlier: list[SignIn], count: int) -> int:
    """By how many the count fell without as many having come. Only for a phone that never said which entries it holds:
    where it did, each of them is looked for by its id."""
    heard = [one for one in (session, *earlier) if one.waiting_said_at and one.waiting_count]
    sessions = [one.id for one in (session, *earlier)]
    if not heard or db.session.scalar(select(WaitingEntry.entry_id).where(of_sessions(sessions)).limit(1)):
        return 0
    since = min(one.waiting_said_at for one in heard if one.waiting_said_at)
    came = sum(
        db.session.scalar(
            select(func.count()).select_from(table).where(table.person_id == session.person_id)
            .where(table.recorded_at >= since)
        ) or 0
        for table in (Receipt, HeldEntry)
    )  # fmt: skip
    return max(0, sum(one.waiting_count for one in heard) - count - came)


def of_sessions(sessions: list[uuid.UUID]) -> ColumnElement[bool]:
    return WaitingEntry.sign_in_id.in_(sessions)


def earlier_sessions(session: SignIn) -> list[SignIn]:
    """Sessions of the same phone before this one, as far as can be told: the same person and the same browser, and
    not used any more since this one began. The work in a phone outlives a session."""
    query = select(SignIn).where(
        SignIn.person_id == session.person_id,
        SignIn.device == session.device,
        SignIn.browser == session.browser,
        SignIn.id != session.id,
        SignIn.last_seen_at <= session.created_at,
        SignIn.waiting_said_at.is_not(None),
    )
    return list(db.session.scalars(query))


def note_entries(session: SignIn, entries: list[Reported], removed: list[uuid.UUID]) -> None:
    """What the phone of this session holds, by id. `removed`: what its owner has taken out there on purpose."""
    moment, person_id = now(), session.person_id
    for entry_id in removed:
        forget(person_id, entry_id)
    known = {
        row.entry_id: row
        for row in db.session.scalars(
            select(WaitingEntry).where(
                WaitingEntry.person_id == person_id, WaitingEntry.entry_id.in_([entry.id for entry in entries])
            )
        )
    }
    for entry in {entry.id: entry for entry in entries}.values():
        row = known.get(entry.id) or WaitingEntry(person_id=person_id, entry_id=entry.id)
        row.sign_in_id, row.action, row.visit_id = session.id, entry.action, entry.visit_id
        row.label, row.created_at = entry.label, entry.created_at
        row.reported_at, row.gone_at = moment, None
        db.session.add(row)
    db.session.flush()
    leave(session, earlier_sessions(session), {entry.id for entry in entries}, moment)
    old = WaitingEntry.reported_at < moment - KEPT
    db.session.execute(delete(WaitingEntry).where(WaitingEntry.person_id == person_id, old, received()))


def forget(person_id: uuid.UUID, entry_id: uuid.UUID) -> None:
    """It was taken out of the phone on purpose: nobody looks for it any more, and the history says so."""
    row = db.session.get(WaitingEntry, (person_id, entry_id))
    if row is not None:
        session = db.session.get_one(SignIn, row.sign_in_id)
        history.record("remove_unsent", session, person_id=person_id, entry=entry_id, action=row.action)
        db.session.delete(row)


def leave(session: SignIn, earlier: list[SignIn], kept: set[uuid.UUID], moment: datetime) -> None:
    """What this phone reported before and does not report now, is not there any more."""
    sessions = [session.id, *(one.id for one in earlier)]
    db.session.execute(
        update(WaitingEntry)
        .where(of_sessions(sessions), WaitingEntry.gone_at.is_(None), WaitingEntry.entry_id.not_in(kept))
        .values(gone_at=moment)
        .execution_options(synchronize_session=False)
    )


def missing(person_id: uuid.UUID, ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these entries of that person the server does not have: after a restore it asks for them again."""
    here: set[uuid.UUID] = set()
    for table in (Receipt, HeldEntry):
        query = select(table.entry_id).where(table.entry_id.in_(ids), table.person_id == person_id)
        here |= set(db.session.scalars(query))
    return set(ids) - here


def settle_loss(session: SignIn) -> None:
    """The loss was looked into. What vanished is not looked for any more; whatever still comes is taken as ever."""
    gone = WaitingEntry.sign_in_id == session.id, WaitingEntry.gone_at.is_not(None), ~received()
    lost = list(db.session.scalars(select(WaitingEntry).where(*gone)))
    if lost or session.waiting_lost:
        history.record("settle_loss", session, lost=session.waiting_lost + len(lost))
    for entry in lost:
        db.session.delete(entry)
    session.waiting_lost = 0
