"""The hand-over of the phone, the customer's survey, the sealed service report, and its review."""

import json
import uuid
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    Select,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    bindparam,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from portal.accounts.models import Person
from portal.calls.models import Visit, is_on_team
from portal.db import Json, Model, WithId, db, read
from portal.history import RowNumber
from portal.permissions import Role
from portal.signing.models import SealedDocument

UNUSUAL = ("witnessed", "paper")  # ways to sign that a supervisor looks at
DIFFERS = '"differs":true'  # in the canonical text of the evidence, where no typed word can look like it


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
    offline: Mapped[bool] = mapped_column(default=False)  # the phone did it without us and sent it later
    opened_at_device: Mapped[datetime | None]  # by the phone's clock; `opened_at` is when we heard of it
    release_doubt: Mapped[bool] = mapped_column(default=False)  # the PIN that took the phone back is not the person's

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
    link_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("public_link.id"))
    document_n: Mapped[int | None] = mapped_column(RowNumber, ForeignKey("sealed_document.n"))
    version: Mapped[str] = mapped_column(String(10))  # CSAT-1
    state: Mapped[str] = mapped_column(String(10))  # answered | declined
    locale: Mapped[str] = mapped_column(String(10))
    assisted: Mapped[bool] = mapped_column(default=True)  # on the technician's phone (SV-04)
    answers: Mapped[dict[str, Any]] = mapped_column(Json)
    recorded_at: Mapped[datetime]

    document: Mapped[SealedDocument | None] = relationship()


class Report(WithId, Model):
    """The 售后服务报告单 of a visit: number, revision and the sealed paper."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("number", "revision"),
        UniqueConstraint("visit_id", "revision"),
        Index("ix_report_submitted_at_id", "submitted_at", "id"),
    )

    number: Mapped[str] = mapped_column(String(30))
    revision: Mapped[int] = mapped_column(default=1)
    visit_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("visit.id"))
    document_n: Mapped[int] = mapped_column(RowNumber, ForeignKey("sealed_document.n"), unique=True)
    signed: Mapped[bool]  # False: an honest end without a signature, until somebody signs by link
    reason: Mapped[str] = mapped_column(Text, default="")  # of a later revision: why what was signed had to change
    verify_hash: Mapped[str | None] = mapped_column(String(64), unique=True, index=True)  # of the token on the paper
    submitted_at: Mapped[datetime]

    visit: Mapped[Visit] = relationship()
    document: Mapped[SealedDocument] = relationship()
    reviews: Mapped[list["Review"]] = relationship(order_by="Review.recorded_at", back_populates="report")
    signatures: Mapped[list["ReportSignature"]] = relationship(
        order_by="ReportSignature.signed_at", back_populates="report"
    )
    void: Mapped["ReportVoid | None"] = relationship(back_populates="report")

    @property
    def erased(self) -> bool:
        """Its personal payload was emptied on a lawful request."""
        return self.document.erased

    @property
    def differs(self) -> bool:
        """签后有差异: signed on a phone that was without us, and our record says something else."""
        return DIFFERS in self.document.evidence

    @property
    def needs_acknowledgement(self) -> bool:
        """Nobody signed, or not the customer's own hand on this glass, or something else than what stands in the
        record: a supervisor says that they have seen how."""
        return not self.signed or self.differs or any(one.is_unusual for one in self.signatures)

    def is_assigned(self, person: Any) -> bool:
        return self.visit.is_assigned(person)

    def is_led_by(self, person: Any) -> bool:
        return self.visit.is_led_by(person)

    def was_worked_on_by(self, person: Any) -> bool:
        return self.visit.was_worked_on_by(person)

    @staticmethod
    def visible_to(person: Any) -> "Select[Report]":
        """Office and accountants see all reports, a technician those of their own visits."""
        query = select(Report).join(Visit, Visit.id == Report.visit_id)
        office = {Role.DISPATCHER, Role.SUPERVISOR, Role.MANAGER, Role.ACCOUNTANT} & person.roles
        return query if office else query.where(is_on_team(person.id))


class PublicLink(WithId, Model):
    """An address without sign-in, for one report: `sign` (7 days, one signature) or `copy` (the customer's own copy).

    Only the token's hash is stored; the token is made from the id by the signing key, so that a letter can be written
    when it is sent. Mutable: it is used once, or revoked.
    """

    __tablename__ = "public_link"

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[str] = mapped_column(String(10))  # sign | copy
    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("report.id"), index=True)
    locale: Mapped[str] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(200), default="")  # empty: handed over in another way
    signer_name: Mapped[str] = mapped_column(String(100), default="")
    signer_role: Mapped[str] = mapped_column(String(20), default="")
    created_by_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))

    report: Mapped[Report] = relationship()
    created_by: Mapped[Person] = relationship(foreign_keys=[created_by_id])


class ReportSignature(WithId, Model):
    """One mark under a report: the first stands in the report's own document, each further one in a document of its
    own that names the report's digest. Names stand in the documents alone. Never changed."""

    __tablename__ = "report_signature"

    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("report.id"), index=True)
    document_n: Mapped[int] = mapped_column(RowNumber, ForeignKey("sealed_document.n"), unique=True)
    method: Mapped[str] = mapped_column(String(10))  # drawn | typed | witnessed | paper
    signer_role: Mapped[str] = mapped_column(String(20))
    proxy: Mapped[bool] = mapped_column(default=False)  # signed for somebody else
    hand_over_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("hand_over.id"))
    link_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("public_link.id"), unique=True)
    signed_at: Mapped[datetime]

    report: Mapped[Report] = relationship(back_populates="signatures")
    document: Mapped[SealedDocument] = relationship()

    @property
    def is_unusual(self) -> bool:
        return self.method in UNUSUAL or self.proxy


class ReportVoid(WithId, Model):
    """A supervisor's word that a revision does not count, with the reason; the revision stays readable."""

    __tablename__ = "report_void"

    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("report.id"), unique=True)
    document_n: Mapped[int] = mapped_column(RowNumber, ForeignKey("sealed_document.n"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(Text)
    recorded_at: Mapped[datetime]

    report: Mapped[Report] = relationship(back_populates="void")
    document: Mapped[SealedDocument] = relationship()
    person: Mapped[Person] = relationship()


class KeptPaper(WithId, Model):
    """A PDF as it was made. `edition` is the digest of everything that it was made from."""

    __tablename__ = "kept_paper"
    __table_args__ = (UniqueConstraint("report_id", "edition"),)

    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("report.id"))
    edition: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), ForeignKey("stored_file.digest"), index=True)
    recorded_at: Mapped[datetime]

    report: Mapped[Report] = relationship()


class Dispute(WithId, Model):
    """不是我签的: the customer says that the signature is not theirs. Open until somebody writes what came of it."""

    __tablename__ = "dispute"

    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("report.id"), index=True)
    link_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("public_link.id"), unique=True)
    words: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(String(40), default="")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))
    outcome: Mapped[str] = mapped_column(String(20), default="")  # withdrawn | confirmed | unclear
    note: Mapped[str] = mapped_column(Text, default="")

    report: Mapped[Report] = relationship()
    link: Mapped[PublicLink] = relationship()
    closed_by: Mapped[Person | None] = relationship()


class Review(WithId, Model):
    """A reviewer's decision: approved, or returned with the ticked items and a note."""

    __tablename__ = "review"
    __table_args__ = (Index("ix_review_recorded_at", "recorded_at"),)

    report_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("report.id"), index=True)
    reviewer_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    result: Mapped[str] = mapped_column(String(10))  # approved | returned
    items: Mapped[list[Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text, default="")
    acknowledged: Mapped[bool] = mapped_column(default=False)  # an unusual end was seen and accepted
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


def is_unusual() -> ColumnElement[bool]:
    """Somebody signed on paper, through a witness or for somebody else (`ReportSignature.is_unusual`)."""
    odd = or_(ReportSignature.method.in_(UNUSUAL), ReportSignature.proxy)
    return exists().where(ReportSignature.report_id == Report.id, odd)


def has_difference() -> ColumnElement[bool]:
    """`Report.differs` of the joined document."""
    return SealedDocument.evidence.contains(DIFFERS, autoescape=True)


def newest_report(visit: Visit) -> Report | None:
    query = select(Report).where(Report.visit_id == visit.id).order_by(Report.revision.desc()).limit(1)
    return db.session.scalar(query)


def survey_of(visit: Visit) -> Survey | None:
    found: Survey | None = db.session.scalar(survey_query(), {"visit_id": visit.id})
    return found


def answers_of(visit: Visit) -> Row[Any] | None:
    """State and answers of the visit's survey, for pages."""
    return next(iter(read(answers_query(), {"visit_id": visit.id})), None)


@cache
def answers_query() -> Any:
    return select(Survey.state, Survey.answers).where(Survey.visit_id == bindparam("visit_id"))


@cache
def survey_query() -> Select[Any]:
    """Made once, as all queries of pages: making them costs more than running them."""
    return select(Survey).where(Survey.visit_id == bindparam("visit_id"))
