"""Calls 叫修, and the visits that are planned for them. What happens at a visit is recorded in `visits`."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, Text, UniqueConstraint, Uuid, or_, select
from sqlalchemy.orm import Mapped, mapped_column, query_expression, relationship

from portal.accounts.models import Branch, Person
from portal.calls import rules
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
        Index("ix_visit_person_id_state", "person_id", "state"),
        Index("ix_visit_state", "state"),
        Index("ix_visit_call_id_state", "call_id", "state"),
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
    members: Mapped[list["Member"]] = relationship(order_by="Member.added_at", back_populates="visit")

    # Whether there are entries that wait for a supervisor, readings, photos; None: not asked.
    has_held: Mapped[bool | None] = query_expression()
    has_readings: Mapped[bool | None] = query_expression()
    has_photos: Mapped[bool | None] = query_expression()

    __mapper_args__: dict[str, Any] = {"version_id_col": version}

    @property
    def zone(self) -> str:
        return self.call.site.time_zone

    @property
    def number(self) -> str:
        """The work order's number with the visit's turn: JX-01-2611-0001/2."""
        return f"{self.call.number}/{self.seq}"

    def is_led_by(self, person: Any) -> bool:
        """The lead ends the work and hands the phone over (SR-12)."""
        return self.person_id == person.id

    def is_assigned(self, person: Any) -> bool:
        return self.is_led_by(person) or self.membership(person) is not None

    def is_assigned_id(self, person_id: uuid.UUID) -> bool:
        """For pages that show rows by their author: whether the author is still on the visit."""
        return person_id in {self.person_id, *(member.person_id for member in self.members)}

    def membership(self, person: Any) -> "Member | None":
        return next((member for member in self.members if member.person_id == person.id), None)

    def state_for(self, person: Any) -> str:
        """How far the person is: a member's own state while the visit goes on, else that of the visit and its lead."""
        if self.is_led_by(person) or self.state not in rules.UNDER_WAY:
            return self.state
        member = self.membership(person)
        return member.state if member else self.state

    def was_worked_on_by(self, person: Any) -> bool:
        return any(assignment.person_id == person.id for assignment in self.assignments)

    @staticmethod
    def visible_to(person: Any) -> "Select[Visit]":
        """The office sees all visits, a technician their own: a stranger's id is not found."""
        query = select(Visit)
        office = {Role.DISPATCHER, Role.SUPERVISOR, Role.MANAGER} & person.roles
        return query if office else query.where(is_on_team(person.id))


def is_on_team(person_id: Any) -> ColumnElement[bool]:
    """The query's form of `Visit.is_assigned`."""
    helping = select(Member.visit_id).where(Member.person_id == person_id)
    return or_(Visit.person_id == person_id, Visit.id.in_(helping))


class Member(WithId, Model):
    """Somebody who works at a visit beside its lead, with a state of their own. A plan, so it changes: who was sent
    and taken away stands in the assignments."""

    __tablename__ = "visit_member"
    __table_args__ = (UniqueConstraint("visit_id", "person_id"),)

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    state: Mapped[str] = mapped_column(String(20), default="assigned")
    added_at: Mapped[datetime]

    visit: Mapped[Visit] = relationship(back_populates="members")
    person: Mapped[Person] = relationship()


class Assignment(WithId, Model):
    """Who was sent, when, by whom, why: a row for each dispatch, reassignment, and change of the team, never changed.

    `part`: lead, member, or away for a member who was taken off the visit.
    """

    __tablename__ = "assignment"
    __table_args__ = (Index("ix_assignment_person_id_assigned_at", "person_id", "assigned_at"),)

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    assigned_by_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    assigned_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300), default="")
    part: Mapped[str] = mapped_column(String(10), default="lead")


class Repeat(WithId, Model):
    """再次上门: the same component of the same unit within 30 days of an earlier visit's end (SR-08). `ground` says
    when it was seen: `finding` or `signature`. It holds until it is unlinked. Never changed."""

    __tablename__ = "repeat_visit"

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    earlier_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    serial_no: Mapped[str] = mapped_column(String(80))
    component: Mapped[str] = mapped_column(String(20))
    days: Mapped[int]
    ground: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    visit: Mapped[Visit] = relationship(foreign_keys=[visit_id])
    earlier: Mapped[Visit] = relationship(foreign_keys=[earlier_id])
    unlink: Mapped["RepeatUnlink | None"] = relationship(back_populates="repeat", lazy="joined")


class RepeatUnlink(WithId, Model):
    """A supervisor's word that two visits have nothing to do with each other, with the reason; or, not `by_hand`, that
    the diagnosis names another component now."""

    __tablename__ = "repeat_unlink"

    repeat_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("repeat_visit.id"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(300))
    by_hand: Mapped[bool] = mapped_column(default=True)
    recorded_at: Mapped[datetime]

    repeat: Mapped[Repeat] = relationship(back_populates="unlink")
    person: Mapped[Person] = relationship()
