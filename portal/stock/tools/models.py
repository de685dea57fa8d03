"""The register of tools, and the facts about them: steps, confirmations, calibrations, reports and decisions."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Select, String, UniqueConstraint, Uuid, bindparam, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from portal.accounts.models import Person
from portal.db import Amount, Model, WithId, db
from portal.history import RowNumber
from portal.stock.models import Item, Movement, find_item
from portal.stock.tools import rules


class Tool(WithId, Model):
    """What a tool is: a plan that is edited. Number and names are the item's, its place is its newest movement's."""

    __tablename__ = "tool"

    item_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("item.id"), unique=True)
    category: Mapped[str] = mapped_column(String(10), index=True)
    spec: Mapped[str] = mapped_column(String(200), default="")
    brand: Mapped[str] = mapped_column(String(80), default="")
    maker_serial: Mapped[str] = mapped_column(String(80), default="")
    bought_on: Mapped[date | None] = mapped_column(Date)
    original_value: Mapped[Decimal] = mapped_column(Amount)  # what the first movement brought into the ledger
    supplier: Mapped[str] = mapped_column(String(120), default="")
    calibration_class: Mapped[str] = mapped_column(String(1), default="")
    interval_months: Mapped[int | None]
    laboratory: Mapped[str] = mapped_column(String(120), default="")
    note: Mapped[str] = mapped_column(String(500), default="")

    item: Mapped[Item] = relationship()

    @property
    def number(self) -> str:
        return self.item.code


class Hands(Model):
    """Whose hands a location is: the place of everything that this person holds."""

    __tablename__ = "hands"

    location_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("location.id"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), unique=True)


class ToolStep(Model):
    """What one movement meant for the tool. Never changed: the tool's way goes on with the next step."""

    __tablename__ = "tool_step"
    __table_args__ = (Index("ix_tool_step_tool_id_movement_n", "tool_id", "movement_n"),)

    movement_n: Mapped[int] = mapped_column(RowNumber, ForeignKey("movement.n"), primary_key=True, autoincrement=False)
    tool_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("tool.id"))
    state: Mapped[str] = mapped_column(String(10))  # where it is since: one of rules.STATES
    holder_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"), index=True)  # whose hands
    giver_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))  # who held it until then
    condition: Mapped[str] = mapped_column(String(20), default="complete")
    due_back: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(String(300), default="")

    movement: Mapped[Movement] = relationship()
    tool: Mapped[Tool] = relationship()
    holder: Mapped[Person | None] = relationship(foreign_keys=[holder_id])
    giver: Mapped[Person | None] = relationship(foreign_keys=[giver_id])


class ToolConfirmation(Model):
    """The second half of a hand-out or a return: the other person says that it was so."""

    __tablename__ = "tool_confirmation"

    movement_n: Mapped[int] = mapped_column(
        RowNumber, ForeignKey("tool_step.movement_n"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]


class Calibration(WithId, Model):
    """One certificate, as it was entered. The newest version holds; a wrong one is entered anew."""

    __tablename__ = "calibration"
    __table_args__ = (UniqueConstraint("tool_id", "version"),)

    tool_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("tool.id"))
    version: Mapped[int]
    calibrated_on: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    result: Mapped[str] = mapped_column(String(10))
    certificate_no: Mapped[str] = mapped_column(String(80))
    laboratory: Mapped[str] = mapped_column(String(120), default="")
    scan: Mapped[str | None] = mapped_column(String(64), ForeignKey("stored_file.digest"))
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class ToolReport(WithId, Model):
    """The holder wants to give the tool back, or says that it is damaged, incomplete or lost."""

    __tablename__ = "tool_report"

    tool_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("tool.id"), index=True)
    movement_n: Mapped[int] = mapped_column(RowNumber, ForeignKey("tool_step.movement_n"))  # its newest step then
    kind: Mapped[str] = mapped_column(String(20))
    note: Mapped[str] = mapped_column(String(500), default="")
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
    decision: Mapped["ToolDecision | None"] = relationship(back_populates="report", lazy="joined")


class ToolDecision(WithId, Model):
    """What becomes of a tool that was reported damaged, incomplete or lost."""

    __tablename__ = "tool_decision"

    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("tool_report.id"), unique=True)
    decision: Mapped[str] = mapped_column(String(10))
    amount: Mapped[Decimal | None] = mapped_column(Amount)  # what is charged to the holder
    note: Mapped[str] = mapped_column(String(500), default="")
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    report: Mapped[ToolReport] = relationship(back_populates="decision")
    person: Mapped[Person] = relationship(lazy="joined")


def find_tool(number: str) -> Tool | None:
    """The tool with this number, however its letters were typed."""
    item = find_item(number)
    if item is None or item.kind != "tool":
        return None
    found: Tool | None = db.session.scalar(select(Tool).where(Tool.item_id == item.id))
    return found


def newest_step(tool: Tool) -> ToolStep | None:
    """Where the tool is, and since when."""
    found: ToolStep | None = db.session.scalars(newest_step_query(), {"tool_id": tool.id}).first()
    return found


@cache
def newest_step_query() -> Select[Any]:
    query = select(ToolStep).where(ToolStep.tool_id == bindparam("tool_id"))
    place = joinedload(ToolStep.movement).joinedload(Movement.destination)
    return query.order_by(ToolStep.movement_n.desc()).limit(1).options(place, joinedload(ToolStep.holder))


def newest_calibration(tool: Tool) -> Calibration | None:
    found: Calibration | None = db.session.scalars(newest_calibration_query(), {"tool_id": tool.id}).first()
    return found


@cache
def newest_calibration_query() -> Select[Any]:
    query = select(Calibration).where(Calibration.tool_id == bindparam("tool_id"))
    return query.order_by(Calibration.version.desc()).limit(1)


def calibration_on(tool: Tool, day: date) -> Calibration | None:
    """The certificate that held on `day`: one of a later calibration says nothing about what was measured before it."""
    found: Calibration | None = db.session.scalars(calibration_on_query(), {"tool_id": tool.id, "day": day}).first()
    return found


@cache
def calibration_on_query() -> Select[Any]:
    return newest_calibration_query().where(Calibration.calibrated_on <= bindparam("day", type_=Date))


def calibration_of(tool: Tool) -> rules.Calibration:
    """What the rules ask about an instrument."""
    return as_rule(tool.interval_months, newest_calibration(tool))


def as_rule(interval_months: int | None, newest: Calibration | None) -> rules.Calibration:
    return rules.Calibration(interval_months, newest.valid_until if newest else None, newest.result if newest else None)


__all__ = [
    "Calibration", "Hands", "Tool", "ToolConfirmation", "ToolDecision", "ToolReport", "ToolStep",
    "as_rule", "calibration_of", "calibration_on", "find_tool", "newest_calibration", "newest_step",
]  # fmt: skip
