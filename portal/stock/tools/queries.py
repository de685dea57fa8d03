"""What the pages of tools read: the register by number, what is overdue, who holds what, and the chain of one tool.

Where a tool is stands in its newest step, and how its calibration stands in its newest certificate.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, case, exists, func, or_, select

from portal import finding
from portal.accounts.models import Person, PersonRole
from portal.db import db
from portal.permissions import Role
from portal.stock.models import Item, Location, Movement
from portal.stock.queries import BY_PART
from portal.stock.tools import rules
from portal.stock.tools.models import (
    Calibration,
    Tool,
    ToolConfirmation,
    ToolDecision,
    ToolReport,
    ToolStep,
)

PER_PAGE, STEPS_PER_PAGE, MOST_CALIBRATIONS, MOST_REPORTS, MOST_INSTRUMENTS, CHUNK = 50, 30, 30, 30, 60, 500
GONE = ("scrap", "lost")
TOOL: Any = Tool.__table__
ITEM: Any = Item.__table__
STEP: Any = ToolStep.__table__
MOVEMENT: Any = Movement.__table__
PLACE: Any = Location.__table__
HOLDER: Any = Person.__table__.alias("holder")
GIVER: Any = Person.__table__.alias("giver")
NEWEST: Any = Calibration.__table__
REPORT: Any = ToolReport.__table__
DECISION: Any = ToolDecision.__table__
CONFIRMATION: Any = ToolConfirmation.__table__


@dataclass(frozen=True)
class Wanted:
    """Which tools: all that are given must fit. `show`: overdue, idle, open (somebody has to do something),
    or all."""

    words: str = ""
    category: str = ""
    state: str = ""
    calibration: str = ""
    holder_id: uuid.UUID | None = None
    show: str = ""

    @property
    def narrowed(self) -> bool:
        return self != Wanted()


@cache
def rows() -> Select[Any]:
    """A tool with its newest step and certificate. Made once: making it costs more than running it."""
    every, each = STEP.alias("every"), NEWEST.alias("each")
    last_step = select(func.max(every.c.movement_n)).where(every.c.tool_id == TOOL.c.id).scalar_subquery()
    last_version = select(func.max(each.c.version)).where(each.c.tool_id == TOOL.c.id).scalar_subquery()
    return (
        select(
            *TOOL.c,
            ITEM.c.code.label("number"),
            ITEM.c.labels,
            STEP.c.movement_n,
            STEP.c.state,
            STEP.c.due_back,
            STEP.c.condition,
            STEP.c.holder_id,
            HOLDER.c.name.label("holder"),
            HOLDER.c.username.label("username"),
            PLACE.c.labels.label("place_labels"),
            MOVEMENT.c.occurred_at.label("since"),
            MOVEMENT.c.document,
            NEWEST.c.calibrated_on,
            NEWEST.c.valid_until,
            NEWEST.c.result,
            NEWEST.c.certificate_no,
            is_unconfirmed().label("unconfirmed"),
            is_asked_back().label("asked_back"),
            is_reported().label("reported"),
        )
        .join(ITEM, ITEM.c.id == TOOL.c.item_id)
        .join(STEP, and_(STEP.c.tool_id == TOOL.c.id, STEP.c.movement_n == last_step))
        .join(MOVEMENT, MOVEMENT.c.n == STEP.c.movement_n)
        .join(PLACE, PLACE.c.id == MOVEMENT.c.destination_id)
        .outerjoin(HOLDER, HOLDER.c.id == STEP.c.holder_id)
        .outerjoin(NEWEST, and_(NEWEST.c.tool_id == TOOL.c.id, NEWEST.c.version == last_version))
    )


def is_unconfirmed() -> ColumnElement[bool]:
    """The newest step went from or to a person, and that person has not said yes to it."""
    confirmed = exists().where(CONFIRMATION.c.movement_n == STEP.c.movement_n)
    return and_(or_(STEP.c.holder_id.is_not(None), STEP.c.giver_id.is_not(None)), ~confirmed)


def is_asked_back() -> ColumnElement[bool]:
    return exists().where(REPORT.c.movement_n == STEP.c.movement_n, REPORT.c.kind == "give_back")


def is_reported() -> ColumnElement[bool]:
    """Damaged, incomplete or lost, and nobody has decided yet."""
    decided = exists().where(DECISION.c.report_id == REPORT.c.id)
    return exists().where(REPORT.c.tool_id == TOOL.c.id, REPORT.c.kind != "give_back", ~decided)


def calibration_is(state: str, day: date) -> ColumnElement[bool]:
    """As `rules.calibration_state` says it, in the words of the database."""
    soon = day + rules.SOON
    good = and_(NEWEST.c.id.is_not(None), NEWEST.c.result != "failed")
    asked = TOOL.c.interval_months.is_not(None)
    return {
        "none": ~asked,
        "valid": and_(asked, good, NEWEST.c.valid_until > soon),
        "due_soon": and_(asked, good, NEWEST.c.valid_until >= day, NEWEST.c.valid_until <= soon),
        "overdue": and_(asked, or_(NEWEST.c.id.is_(None), NEWEST.c.result == "failed", NEWEST.c.valid_until < day)),
    }[state]


def conditions(wanted: Wanted, day: date, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.words:
        texts = [ITEM.c.code, TOOL.c.spec, TOOL.c.brand, TOOL.c.maker_serial]
        named = finding.found(wanted.words, ITEM.c.id, [BY_PART])
        found.append(or_(named, *(one.icontains(wanted.words, autoescape=True) for one in texts)))
    if wanted.category:
        found.append(TOOL.c.category == wanted.category)
    if wanted.state:
        found.append(STEP.c.state == wanted.state)
    if wanted.calibration:
        found += [calibration_is(wanted.calibration, day), STEP.c.state.not_in(GONE)]
    if wanted.holder_id:
        found.append(STEP.c.holder_id == wanted.holder_id)
    if wanted.show == "overdue":
        ending = or_(calibration_is("overdue", day), calibration_is("due_soon", day))
        found += [or_(STEP.c.due_back < day, ending), STEP.c.state.not_in(GONE)]
    if wanted.show == "idle":
        found += [STEP.c.state == "store", MOVEMENT.c.occurred_at < now - rules.IDLE]
    if wanted.show == "open":
        found.append(or_(is_unconfirmed(), is_asked_back(), is_reported()))
    return found


def tools(wanted: Wanted, day: date, now: datetime, after: str = "", limit: int = PER_PAGE + 1) -> list[Row[Any]]:
    """A page of tools by number, one more than it shows."""
    query = rows().where(ITEM.c.code > after, *conditions(wanted, day, now)).order_by(ITEM.c.code).limit(limit)
    return list(db.session.execute(query))


def all_tools(wanted: Wanted, day: date, now: datetime) -> Iterator[Row[Any]]:
    """Every tool that fits, read in chunks."""
    after = ""
    while chunk := tools(wanted, day, now, after, CHUNK):
        yield from chunk
        after = chunk[-1].number


def tool(tool_id: uuid.UUID) -> Row[Any]:
    return db.session.execute(rows().where(TOOL.c.id == tool_id)).one()


def held_by(person: Person) -> list[Row[Any]]:
    """What this person holds, the soonest due back first."""
    return list(db.session.execute(held_query(), {"holder_id": person.id}))


@cache
def held_query() -> Select[Any]:
    return rows().where(STEP.c.holder_id == bindparam("holder_id")).order_by(STEP.c.due_back.is_(None), ITEM.c.code)


def instruments_for(person: Person) -> list[Row[Any]]:
    """Measuring tools by number, those that this person holds first: a colleague's may be borrowed for a minute."""
    return list(db.session.execute(instruments_query(), {"holder_id": person.id}))


@cache
def instruments_query() -> Select[Any]:
    own = case((STEP.c.holder_id == bindparam("holder_id"), 0), else_=1)
    query = rows().where(TOOL.c.category == "measuring", STEP.c.state.in_(("store", "hands")))
    return query.order_by(own, ITEM.c.code).limit(MOST_INSTRUMENTS)


def earlier_certificates(tools: list[Row[Any]], since: date) -> dict[uuid.UUID, list[Row[Any]]]:
    """Of tools that were calibrated after `since`: the certificates that held on the days from then until that day,
    the newest first."""
    newest = {row.id: row.calibrated_on for row in tools if row.calibrated_on and row.calibrated_on > since}
    if not newest:
        return {}
    query = select(NEWEST).where(NEWEST.c.tool_id.in_(newest)).order_by(NEWEST.c.version.desc())
    found: dict[uuid.UUID, list[Row[Any]]] = {}
    for row in db.session.execute(query):
        if since < newest[row.tool_id] > row.calibrated_on:
            newest[row.tool_id] = row.calibrated_on
            found.setdefault(row.tool_id, []).append(row)
    return found


def returns_to_confirm(person: Person) -> list[Row[Any]]:
    """Tools that were taken back from this person, who has not confirmed it yet."""
    return list(db.session.execute(returns_query(), {"giver_id": person.id}))


@cache
def returns_query() -> Select[Any]:
    confirmed = exists().where(CONFIRMATION.c.movement_n == STEP.c.movement_n)
    return (
        select(ITEM.c.code.label("number"), ITEM.c.labels, STEP.c.movement_n, STEP.c.condition, MOVEMENT.c.occurred_at)
        .select_from(STEP)
        .join(TOOL, TOOL.c.id == STEP.c.tool_id)
        .join(ITEM, ITEM.c.id == TOOL.c.item_id)
        .join(MOVEMENT, MOVEMENT.c.n == STEP.c.movement_n)
        .where(STEP.c.giver_id == bindparam("giver_id"), ~confirmed)
        .order_by(STEP.c.movement_n)
        .limit(PER_PAGE)
    )


def steps(tool_id: uuid.UUID, before: int | None) -> list[Row[Any]]:
    """The tool's chain, newest first; one more than a page shows."""
    poster: Any = Person.__table__.alias("poster")
    query = (
        select(
            STEP,
            MOVEMENT.c.kind,
            MOVEMENT.c.document,
            MOVEMENT.c.occurred_at,
            PLACE.c.labels.label("place_labels"),
            HOLDER.c.name.label("holder"),
            GIVER.c.name.label("giver"),
            poster.c.name.label("person"),
            CONFIRMATION.c.recorded_at.label("confirmed_at"),
        )
        .join(MOVEMENT, MOVEMENT.c.n == STEP.c.movement_n)
        .join(PLACE, PLACE.c.id == MOVEMENT.c.destination_id)
        .join(poster, poster.c.id == MOVEMENT.c.person_id)
        .outerjoin(HOLDER, HOLDER.c.id == STEP.c.holder_id)
        .outerjoin(GIVER, GIVER.c.id == STEP.c.giver_id)
        .outerjoin(CONFIRMATION, CONFIRMATION.c.movement_n == STEP.c.movement_n)
        .where(STEP.c.tool_id == tool_id)
        .order_by(STEP.c.movement_n.desc())
        .limit(STEPS_PER_PAGE + 1)
    )
    return list(db.session.execute(query.where(STEP.c.movement_n < before) if before else query))


def calibrations(tool_id: uuid.UUID) -> list[Row[Any]]:
    query = (
        select(NEWEST, HOLDER.c.name.label("person"))
        .join(HOLDER, HOLDER.c.id == NEWEST.c.person_id)
        .where(NEWEST.c.tool_id == tool_id)
    )
    return list(db.session.execute(query.order_by(NEWEST.c.version.desc()).limit(MOST_CALIBRATIONS)))


def reports(tool_id: uuid.UUID) -> list[Row[Any]]:
    """What was reported about the tool and what was decided, newest first."""
    query = (
        select(
            REPORT,
            HOLDER.c.name.label("person"),
            DECISION.c.decision,
            DECISION.c.amount,
            DECISION.c.note.label("decision_note"),
            DECISION.c.recorded_at.label("decided_at"),
            GIVER.c.name.label("decided_by"),
        )
        .join(HOLDER, HOLDER.c.id == REPORT.c.person_id)
        .outerjoin(DECISION, DECISION.c.report_id == REPORT.c.id)
        .outerjoin(GIVER, GIVER.c.id == DECISION.c.person_id)
        .where(REPORT.c.tool_id == tool_id)
    )
    return list(db.session.execute(query.order_by(REPORT.c.recorded_at.desc()).limit(MOST_REPORTS)))


def technicians() -> list[Person]:
    """Whoever may hold a tool: they confirm it on their phone."""
    query = select(Person).join(PersonRole, PersonRole.person_id == Person.id)
    query = query.where(PersonRole.role == Role.TECHNICIAN, Person.active).order_by(Person.name, Person.username)
    return list(db.session.scalars(query))
