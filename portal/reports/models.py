"""The hand-over of the phone, the customer's survey, the sealed service report, and its review."""

import json
import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, Text, UniqueConstraint, Uuid, exists, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.db import Json, Model, WithId, db
from portal.history import RowNumber
from portal.permissions import Role
from portal.signing.models import SealedDocument


class HandOver(WithId, Model):
    """The phone in the customer's hands, from the technician's tap to the PIN. `content` is what the customer reads:
    the report as canonical JSON, composed when the phone was handed over."""

    __tablename__ = "hand_over"

    token: Mapped[str] = mapped_column(String(64), unique=True)
    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), index=True)
    sign_in_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("sign_in.id"))
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    locale: Mapped[str] = mapped_column(String(10))
    signer_name: Mapped[str] = mapped_column(String(100))
    signer_role: Mapped[str] = mapped_column(String(20))
    content: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    visit: Mapped[Visit] = relationship()

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.content)
        return found


class Survey(WithId, Model):
    """The customer's answers, or that they declined. Read by supervisor and manager only; never on the report."""

    __tablename__ = "survey"

    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"), unique=True)
    hand_over_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("hand_over.id"))
    version: Mapped[str] = mapped_column(String(10))  # CSAT-1
    state: Mapped[str] = mapped_column(String(10))  # answered | declined
    locale: Mapped[str] = mapped_column(String(10))
    assisted: Mapped[bool] = mapped_column(default=True)  # on the technician's phone (SV-04)
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    recorded_at: Mapped[datetime]


class Report(WithId, Model):
    """The 售后服务报告单 of a visit: number, revision and the sealed paper."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("number", "revision"), UniqueConstraint("visit_id", "revision"))

    number: Mapped[str] = mapped_column(String(30))
    revision: Mapped[int] = mapped_column(default=1)
    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"))
    document_n: Mapped[int] = mapped_column(RowNumber, ForeignKey("sealed_document.n"), unique=True)
    signed: Mapped[bool]  # False: an honest end without a signature
    submitted_at: Mapped[datetime]

    visit: Mapped[Visit] = relationship()
    document: Mapped[SealedDocument] = relationship()
    reviews: Mapped[list["Review"]] = relationship(order_by="Review.recorded_at", back_populates="report")

    def is_assigned(self, person: Any) -> bool:
        return self.visit.is_assigned(person)

    def was_worked_on_by(self, person: Any) -> bool:
        return self.visit.was_worked_on_by(person)

    @staticmethod
    def visible_to(person: Any) -> "Select[Report]":
        """Office and accountants see all reports, a technician those of their own visits."""
        query = select(Report).join(Visit, Visit.id == Report.visit_id)
        office = {Role.DISPATCHER, Role.SUPERVISOR, Role.MANAGER, Role.ACCOUNTANT} & person.roles
        return query if office else query.where(Visit.person_id == person.id)


class Review(WithId, Model):
    """A reviewer's decision: approved, or returned with the ticked items and a note."""

    __tablename__ = "review"
    __table_args__ = (Index("ix_review_recorded_at", "recorded_at"),)

    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("report.id"), index=True)
    reviewer_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    result: Mapped[str] = mapped_column(String(10))  # approved | returned
    items: Mapped[list[Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime]

    report: Mapped[Report] = relationship(back_populates="reviews")
    reviewer: Mapped[Person] = relationship()


class Resubmission(WithId, Model):
    """The technician's answer to a returned report when nothing that was signed had to change."""

    __tablename__ = "resubmission"

    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("report.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


def is_newest() -> ColumnElement[bool]:
    """No later revision of the report was signed."""
    later = aliased(Report)
    return ~exists().where(later.visit_id == Report.visit_id, later.revision > Report.revision)


def newest_report(visit: Visit) -> Report | None:
    query = select(Report).where(Report.visit_id == visit.id).order_by(Report.revision.desc()).limit(1)
    return db.session.scalar(query)


def survey_of(visit: Visit) -> Survey | None:
    return db.session.scalar(select(Survey).where(Survey.visit_id == visit.id))
