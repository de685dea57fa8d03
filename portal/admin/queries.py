"""What the pages of the administration read: page by page, with the place where the page before ended."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select

from portal import finding
from portal.accounts.models import SESSION_LENGTH, Branch, Person, PersonRole, SignIn
from portal.calls.models import Call, Visit, is_on_team
from portal.calls.rules import CLOSED
from portal.clock import now
from portal.db import behind, db
from portal.history import HistoryEntry
from portal.receipts import parse_id
from portal.reports.models import Report
from portal.stock.models import Movement

PAGE_SIZE = 50
MOVEMENT: Any = ("movement", Movement.id, Movement.n)
OVER = CLOSED | {"signed", "unsigned"}
Mark = tuple[datetime, Any]  # where a page ended: its last moment, and the key that tells equal moments apart


@dataclass(frozen=True)
class PeopleWanted:
    q: str = ""
    role: str = ""
    branch: str = ""
    left: bool = False
    after: str = ""


def people(wanted: PeopleWanted) -> list[Row[Any]]:
    """One more than a page holds, in the order of usernames."""
    query = (
        select(Person.id, Person.username, Person.name, Person.email, Person.one_time_until, Branch.code)
        .join(Branch, Branch.id == Person.branch_id)
        .where(Person.active.is_(not wanted.left), Person.username > wanted.after)
        .order_by(Person.username)
        .limit(PAGE_SIZE + 1)
    )
    if wanted.q:
        named = finding.found(wanted.q, Person.id, [finding.Way("person")])
        query = query.where(or_(named, Person.username.icontains(wanted.q, autoescape=True)))
    if wanted.role:
        query = query.where(Person.id.in_(select(PersonRole.person_id).where(PersonRole.role == wanted.role)))
    if wanted.branch:
        query = query.where(Branch.code == wanted.branch)
    return list(db.session.execute(query))


def roles_of(people: Iterable[Any]) -> dict[uuid.UUID, set[str]]:
    found: dict[uuid.UUID, set[str]] = {person.id: set() for person in people}
    query = select(PersonRole.person_id, PersonRole.role).where(PersonRole.person_id.in_(list(found)))
    for person_id, role in db.session.execute(query):
        found[person_id].add(role)
    return found


def branches() -> list[Branch]:
    return list(db.session.scalars(select(Branch).order_by(Branch.code)))


def everybody() -> list[Row[Any]]:
    """For the choice of a person in a filter."""
    query = select(Person.id, Person.username, Person.name, Person.active)
    return list(db.session.execute(query.order_by(Person.active.desc(), Person.name)))


def open_visits(person: Person, most: int = 50) -> list[Row[Any]]:
    """What is still planned for the person, leading or going along: somebody else has to go."""
    query = (
        select(Visit.id, Visit.seq, Visit.state, Visit.window_start, Call.number)
        .join(Call, Call.id == Visit.call_id)
        .where(is_on_team(person.id), Visit.state.not_in(OVER))
        .order_by(Visit.window_start, Visit.id)
        .limit(most)
    )
    return list(db.session.execute(query))


@dataclass(frozen=True)
class SessionsWanted:
    person_id: uuid.UUID | None = None
    device: str = ""
    before: Mark | None = None


def sessions(wanted: SessionsWanted) -> list[Row[Any]]:
    """Sessions that live, last used first; one more than a page holds."""
    moment = now()
    phone = and_(SignIn.device == "phone", SignIn.last_seen_at > moment - SESSION_LENGTH["phone"])
    laptop = and_(SignIn.device == "laptop", SignIn.created_at > moment - SESSION_LENGTH["laptop"])
    query = (
        select(
            SignIn.id, SignIn.device, SignIn.browser, SignIn.created_at, SignIn.last_seen_at, SignIn.handover_token,
            SignIn.waiting_count, SignIn.waiting_since, Person.id.label("person_id"), Person.name, Person.username,
        )
        .join(Person, Person.id == SignIn.person_id)
        .where(SignIn.ended_at.is_(None), or_(phone, laptop))
        .order_by(SignIn.last_seen_at.desc(), SignIn.id.desc())
        .limit(PAGE_SIZE + 1)
    )  # fmt: skip
    if wanted.person_id:
        query = query.where(SignIn.person_id == wanted.person_id)
    if wanted.device:
        query = query.where(SignIn.device == wanted.device)
    if wanted.before:
        query = query.where(behind(wanted.before, SignIn.last_seen_at, SignIn.id))
    return list(db.session.execute(query))


def phones_of(person: Person) -> int:
    """On how many phones the person is signed in."""
    own = (SignIn.person_id == person.id, SignIn.ended_at.is_(None), SignIn.device == "phone")
    return db.session.scalar(select(func.count()).select_from(SignIn).where(*own)) or 0


@dataclass(frozen=True)
class HistoryWanted:
    """`subjects` are (kind, id) pairs; None means all, an empty list nothing."""

    person_id: uuid.UUID | None = None
    verb: str = ""
    subjects: list[tuple[str, str]] | None = None
    start: datetime | None = None
    end: datetime | None = None
    before: Mark | None = None


def history(wanted: HistoryWanted, most: int = PAGE_SIZE) -> list[Row[Any]]:
    """Newest first, one more than asked for. Each filter has an index in this order."""
    query = (
        select(
            HistoryEntry.n, HistoryEntry.recorded_at, HistoryEntry.verb, HistoryEntry.subject_kind,
            HistoryEntry.subject_id, HistoryEntry.details, Person.name,
        )
        .outerjoin(Person, Person.id == HistoryEntry.person_id)
        .order_by(HistoryEntry.recorded_at.desc(), HistoryEntry.n.desc())
        .limit(most + 1)
    )  # fmt: skip
    return list(db.session.execute(narrowed(query, wanted)))


def narrowed(query: Select[Any], wanted: HistoryWanted) -> Select[Any]:
    entry = HistoryEntry
    if wanted.person_id:
        query = query.where(entry.person_id == wanted.person_id)
    if wanted.verb:
        query = query.where(entry.verb == wanted.verb)
    if wanted.subjects is not None:
        pairs = (and_(entry.subject_kind == kind, entry.subject_id == key) for kind, key in wanted.subjects)
        query = query.where(or_(False, *pairs))
    if wanted.start:
        query = query.where(entry.recorded_at >= wanted.start)
    if wanted.end:
        query = query.where(entry.recorded_at < wanted.end)
    if wanted.before:
        query = query.where(behind(wanted.before, entry.recorded_at, entry.n))
    return query


def subjects_named(text: str) -> list[tuple[str, str]]:
    """The records that a person may mean by a number or username: a call with its visits, a report with all of its
    revisions and its visit, a person, a movement's number, or the id itself."""
    found = [
        ("person", str(key)) for key in db.session.scalars(select(Person.id).where(Person.username == text.lower()))
    ]
    for call_id, visit_id in db.session.execute(
        select(Call.id, Visit.id).outerjoin(Visit, Visit.call_id == Call.id).where(Call.number == text.upper())
    ):
        found += [("call", str(call_id)), *([("visit", str(visit_id))] if visit_id else [])]
    reports = select(Report.id, Report.visit_id).where(Report.number == text.upper())
    for report_id, visit_id in db.session.execute(reports):
        found += [("report", str(report_id)), ("visit", str(visit_id))]
    if text.isascii() and text.isdigit():
        moved = db.session.scalar(select(Movement.id).where(Movement.n == min(int(text), 2**62)))
        found += [("movement", str(moved))] if moved else []
    key = parse_id(text)
    if key is not None:
        found += [(kind, str(key)) for kind in ("visit", "call", "report", "person", "branch", "sign_in", "setting")]
    return list(dict.fromkeys(found))


def numbers_of(rows: Iterable[Any]) -> dict[tuple[str, str], str]:
    """The numbers of the calls, reports and movements that these entries are about."""
    wanted: dict[str, set[uuid.UUID]] = {"call": set(), "report": set(), "movement": set()}
    for row in rows:
        key = parse_id(row.subject_id)
        if row.subject_kind in wanted and key:
            wanted[row.subject_kind].add(key)
    found = {}
    for kind, own, number in (("call", Call.id, Call.number), ("report", Report.id, Report.number), MOVEMENT):
        if wanted[kind]:
            for key, text in db.session.execute(select(own, number).where(own.in_(wanted[kind]))):
                found[kind, str(key)] = str(text)
    return found
