"""Calls 叫修, and the visits that are planned for them. What happens at a visit is recorded in `visits`."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, Text, UniqueConstraint, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Branch, Person
from portal.customers.models import Contact, Customer, Equipment, Site
from portal.db import Json, Model, WithId
from portal.permissions import Role

SERVICE_CLASSES = ("A", "B", "C", "D")
PRIORITIES = ("routine", "urgent", "critical")
WORK_TYPES = ("repair", "install", "maintain", "inspect", "train", "relocate", "remove", "recall", "survey")
CHANNELS = ("phone", "wechat", "web", "walk_in", "supervisor")


class Call(WithId, Model):
    """A request for service, in the customer's words. Each of its visits has its own report."""

    __tablename__ = "call"
    __table_args__ = (Index("ix_call_reported_at", "reported_at"),)

    number: Mapped[str] = mapped_column(String(30), unique=True)
    branch_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("branch.id"))
    customer_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("customer.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("site.id"), index=True)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("contact.id"))
    equipment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("equipment.id"), index=True)
    channel: Mapped[str] = mapped_column(String(20), default="phone")
    caller_name: Mapped[str] = mapped_column(String(100), default="")
    description: Mapped[str] = mapped_column(Text)
    service_class: Mapped[str] = mapped_column(String(1))
    work_type: Mapped[str] = mapped_column(String(20), default="repair")
    priority: Mapped[str] = mapped_column(String(20), default="routine")
    reported_at: Mapped[datetime]
    registered_by_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))

    branch: Mapped[Branch] = relationship()
    customer: Mapped[Customer] = relationship()
    site: Mapped[Site] = relationship()
    contact: Mapped[Contact | None] = relationship()
    equipment: Mapped[Equipment | None] = relationship()
    visits: Mapped[list["Visit"]] = relationship(back_populates="call", order_by="Visit.seq")


class Visit(WithId, Model):
    """One planned trip for a call. `state` follows the facts; `version` guards concurrent changes of the plan."""

    __tablename__ = "visit"
    __table_args__ = (
        UniqueConstraint("call_id", "seq"),
        Index("ix_visit_person_id_window_start", "person_id", "window_start"),
        Index("ix_visit_state", "state"),
        Index("ix_visit_window_start", "window_start"),
    )

    call_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("call.id"))
    seq: Mapped[int]
    person_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))
    window_start: Mapped[datetime | None]
    window_end: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(20), default="assigned")
    instructions: Mapped[str] = mapped_column(Text, default="")
    to_mend: Mapped[list[Any] | None] = mapped_column(Json)  # the rows that a returned report asks for again
    mend_note: Mapped[str] = mapped_column(Text, default="")
    cancel_reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    moved_at: Mapped[datetime | None]  # when the window or the person was changed last
    version: Mapped[int] = mapped_column()

    call: Mapped[Call] = relationship(back_populates="visits")
    person: Mapped[Person | None] = relationship()
    assignments: Mapped[list["Assignment"]] = relationship(order_by="Assignment.assigned_at")

    __mapper_args__: dict[str, Any] = {"version_id_col": version}

    @property
    def zone(self) -> str:
        return self.call.site.time_zone

    @property
    def number(self) -> str:
        """The work order's number with the visit's turn: JX-01-2611-0001/2."""
        return f"{self.call.number}/{self.seq}"

    def is_assigned(self, person: Any) -> bool:
        return self.person_id == person.id

    def was_worked_on_by(self, person: Any) -> bool:
        return any(assignment.person_id == person.id for assignment in self.assignments)

    @staticmethod
    def visible_to(person: Any) -> "Select[Visit]":
        """The office sees all visits, a technician their own: a stranger's id is not found."""
        query = select(Visit)
        office = {Role.DISPATCHER, Role.SUPERVISOR, Role.MANAGER} & person.roles
        return query if office else query.where(Visit.person_id == person.id)


class Assignment(WithId, Model):
    """Who was sent, when, by whom: a row for each dispatch or reassignment, never changed."""

    __tablename__ = "assignment"

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    assigned_by_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    assigned_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300), default="")
