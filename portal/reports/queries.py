"""What the report's pages read, in few statements."""

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Uuid, bindparam, exists, func, select
from sqlalchemy.orm import contains_eager, defaultload, joinedload
from sqlalchemy.orm.attributes import set_committed_value

from portal import finding
from portal.accounts.models import Person
from portal.calls.models import Assignment, Call, Visit
from portal.customers.models import Customer, Equipment, KnownFault, Product, Site
from portal.customers.stops import number_standing
from portal.db import behind, db, read
from portal.forms import plain
from portal.permissions import Reader, Role
from portal.reports import survey as questionnaire
from portal.reports.gist import Gist, gist_of
from portal.reports.models import (
    Dispute,
    HandOver,
    Report,
    ReportSignature,
    ReportVoid,
    Resubmission,
    Review,
    Survey,
    has_difference,
    is_newest,
    is_unusual,
)
from portal.reports.rules import WAITING, Check, Reported, checks, risk
from portal.signing.models import ErasedDocument, SealedDocument
from portal.signing.operations import content_of
from portal.stock.models import Item, UsualPart
from portal.visits.models import VisitEvent

PAGE_SIZE = 50
QUEUE_SIZE = 50

Cursor = tuple[datetime, uuid.UUID]
THE_OWNER: Any = bindparam("owner_id", type_=Uuid())


@cache
def with_record() -> tuple[Any, ...]:
    """What a report is composed of and what its page shows of the visit. Made once, like the queries below: making
    them costs more than running them."""
    call = joinedload(Visit.call)
    return *for_pages(), call.joinedload(Call.contact), call.joinedload(Call.branch)


@cache
def for_pages() -> tuple[Any, ...]:
    """What the pages of a sealed report show beside it."""
    call = joinedload(Visit.call)
    return (
        call.joinedload(Call.site),
        call.joinedload(Call.customer),
        call.joinedload(Call.equipment).joinedload(Equipment.product),
        joinedload(Visit.person).load_only(Person.name),
    )


def find_visit(visit_id: uuid.UUID, person: Person) -> Visit | None:
    found: Visit | None = db.session.scalar(visit_query(person.roles), {"visit_id": visit_id, "reader_id": person.id})
    return found


@cache
def visit_query(roles: frozenset[Role]) -> Select[Any]:
    return Visit.visible_to(Reader(roles)).where(Visit.id == bindparam("visit_id")).options(*with_record())


def find_report(number: str, person: Person, revision: int | None = None) -> Report | None:
    """The newest revision, or the one asked for, if the person may see it."""
    values = {"number": plain(number)[:30], "revision": revision, "reader_id": person.id}
    found: Report | None = db.session.scalar(report_query(person.roles, newest=not revision), values)
    return found


@cache
def report_query(roles: frozenset[Role], newest: bool) -> Select[Any]:
    query = Report.visible_to(Reader(roles)).where(Report.number == bindparam("number")).options(*with_page())
    if newest:
        return query.order_by(Report.revision.desc()).limit(1)
    return query.where(Report.revision == bindparam("revision"))


@cache
def with_page() -> tuple[Any, ...]:
    """What the report's page shows besides the record: the sealed paper and its void; signers and reviewers once they
    are read. Collections of a single row are read when they are asked for: reading them ahead costs twice as much."""
    return (
        contains_eager(Report.visit).options(*for_pages()),
        joinedload(Report.document),
        joinedload(Report.void).joinedload(ReportVoid.person),
        defaultload(Report.reviews).joinedload(Review.reviewer).load_only(Person.name),
    )


def read_signing(report: Report) -> None:
    """Reads who signed the report and who decided on it, before its page asks for them: the queries that are made up
    when a collection is first looked at cost twice as much as these."""
    read_rows(report, "signatures", signatures_query())
    read_rows(report, "reviews", reviews_query())


def read_assignments(visit: Visit) -> None:
    """Who was sent, for the pages that ask whether the reader was among them."""
    read_rows(visit, "assignments", assignments_query())


def read_rows(owner: Report | Visit, name: str, query: Select[Any]) -> None:
    set_committed_value(owner, name, list(db.session.scalars(query, {"owner_id": owner.id})))


@cache
def signatures_query() -> Select[Any]:
    return select(ReportSignature).where(ReportSignature.report_id == THE_OWNER).order_by(ReportSignature.signed_at)


@cache
def reviews_query() -> Select[Any]:
    query = select(Review).where(Review.report_id == THE_OWNER).order_by(Review.recorded_at)
    return query.options(joinedload(Review.reviewer).load_only(Person.name))


@cache
def assignments_query() -> Select[Any]:
    return select(Assignment).where(Assignment.visit_id == THE_OWNER).order_by(Assignment.assigned_at)


def revisions_of(report: Report) -> list[Row[Any]]:
    return read(revisions_query(), {"number": report.number})


@cache
def revisions_query() -> Any:  # a Select of more columns than its type can name
    columns = (Report.revision, Report.submitted_at, Report.signed, ReportVoid.id.label("void_id"))
    query = select(*columns).outerjoin(ReportVoid, ReportVoid.report_id == Report.id)
    return query.where(Report.number == bindparam("number")).order_by(Report.revision)


def sealed_before(visit: Visit, revision: int) -> dict[str, Any]:
    """The paper of the revision before this one; empty when there is none, or when it was erased."""
    if revision < 2:
        return {}
    query = select(SealedDocument).join(Report, Report.document_n == SealedDocument.n)
    query = query.where(Report.visit_id == visit.id, Report.revision < revision)
    document = db.session.scalar(query.order_by(Report.revision.desc()).limit(1))
    return content_of(document) if document else {}


def erasure_of(report: Report) -> SealedDocument | None:
    """The document of the chain that says when and why the report was emptied."""
    query = select(SealedDocument).join(ErasedDocument, ErasedDocument.erasure_n == SealedDocument.n)
    return db.session.scalar(query.where(ErasedDocument.n == report.document_n))


def answers_to_returns(report: Report) -> list[Resubmission]:
    """What technicians wrote when they sent the report again: none unless it was returned."""
    if all(review.result != "returned" for review in report.reviews):
        return []
    return list(db.session.scalars(answers_query(), {"report_id": report.id}))


@cache
def answers_query() -> Select[Any]:
    query = select(Resubmission).where(Resubmission.report_id == bindparam("report_id"))
    return query.order_by(Resubmission.recorded_at).options(joinedload(Resubmission.person).load_only(Person.name))


def find_hand_over(token: str) -> HandOver | None:
    visit = joinedload(HandOver.visit).options(*with_record())
    return db.session.scalars(select(HandOver).where(HandOver.token == token).options(visit)).unique().one_or_none()


def report_of(given: HandOver, revision: int) -> Report | None:
    """The report that this hand-over was for, once it is signed."""
    return db.session.scalar(select(Report).where(Report.visit_id == given.visit_id, Report.revision == revision))


@dataclass(frozen=True)
class Wanted:
    """Which reports the list shows."""

    q: str = ""
    state: str = ""
    before: Cursor | None = None


def report_rows(person: Person, wanted: Wanted) -> tuple[list[Row[Any]], Cursor | None]:
    """A page of reports, newest first, and where the next begins."""
    rows = read(listed(person, wanted).limit(PAGE_SIZE + 1))
    if len(rows) <= PAGE_SIZE:
        return rows, None
    return rows[:PAGE_SIZE], (rows[PAGE_SIZE - 1].submitted_at, rows[PAGE_SIZE - 1].id)


def cases_that_fit(words: str, state: str) -> list[ColumnElement[bool]]:
    """Conditions on a query of cases: `open` or `closed`; words of the report's number, the customer or the case."""
    fit: list[ColumnElement[bool]] = []
    if state:
        fit.append(Dispute.closed_at.is_(None) if state == "open" else Dispute.closed_at.is_not(None))
    if words:
        reported = select(Dispute.id).join(Report, Report.id == Dispute.report_id)
        told = read(select(Dispute.id, Dispute.words).where(*fit))  # in all, because there are few of them
        own = select(Dispute.id).where(Dispute.id.in_([case.id for case in told if finding.fits(words, case.words)]))
        way = finding.Way("report", reported.correlate(None), Report.visit_id)
        fit.append(finding.found(words, Dispute.id, [way], also=[own]))
    return fit


def listed(person: Person, wanted: Wanted) -> Any:
    """All reports that fit and that the person may see, newest first."""
    query: Any = (
        Report.visible_to(person)
        .where(is_newest())
        .join(Call, Call.id == Visit.call_id)
        .join(Customer, Customer.id == Call.customer_id)
        .join(Site, Site.id == Call.site_id)
        .join(SealedDocument, SealedDocument.n == Report.document_n)
        .outerjoin(Person, Person.id == Visit.person_id)
        .outerjoin(ReportVoid, ReportVoid.report_id == Report.id)
        .with_only_columns(
            Report.id, Report.number, Report.revision, Report.submitted_at, Visit.state,
            Customer.name.label("customer"), Site.name.label("site"), Site.time_zone,
            Person.name.label("technician"), Call.number.label("call"),
            ReportVoid.id.label("void_id"), (SealedDocument.salt == "").label("erased"),
        )
        .order_by(Report.submitted_at.desc(), Report.id.desc())
    )  # fmt: skip
    if wanted.q:
        query = query.where(finding.found(wanted.q, Report.visit_id, [finding.Way("report")]))
    if wanted.state:
        query = query.where(Visit.state == wanted.state)
    if wanted.before:
        query = query.where(behind(wanted.before, Report.submitted_at, Report.id))
    return query


@dataclass(frozen=True)
class Waiting:
    """A report that waits for its review, with its checks."""

    row: Any
    checks: list[Check]
    standard_minutes: int | None
    unusual_parts: frozenset[str]

    @property
    def failed(self) -> list[Check]:
        return [check for check in self.checks if not check.passed]

    @property
    def content(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.row.content)
        return found

    @property
    def survey(self) -> dict[str, Any] | None:
        """The customer's answers, or that there are none."""
        row = self.row
        return {"state": row.survey_state, "answers": row.survey_answers} if row.survey_state else None

    @property
    def risk(self) -> int:
        return risk(self.checks)


def review_queue(person: Person) -> tuple[list[Waiting], int]:
    """Reports that wait for somebody else's eyes, riskiest first, and how many there are in all.

    Of a long queue the oldest are taken; within them the order is by risk, then by age.
    """
    rows = waiting_rows(person)
    found = judged(rows)
    found.sort(key=lambda one: (-one.risk, one.row.submitted_at))
    return found, count_waiting(person) if len(rows) == QUEUE_SIZE else len(rows)


def judge(report_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Waiting]:
    """The checks of these reports, in the few statements that the queue needs as well."""
    query = with_what_is_checked().where(Report.id.in_(report_ids))
    rows = [row for row in read(query) if row.content]  # an erased one has nothing to check
    return {one.row.id: one for one in judged(rows)}


def judged(rows: list[Any]) -> list[Waiting]:
    standards = standard_minutes({row.family for row in rows if row.family})
    usual = usual_parts({row.product_id for row in rows if row.product_id})
    found = []
    for row in rows:
        sealed, known = gist_of(row.content_digest, row.content), usual.get(row.product_id)
        unusual = sealed.parts - known if known else frozenset()
        standard = standards.get(row.family or "", {}).get(sealed.fault) if sealed.fault else None
        reported = reported_by(row, sealed, standard, bool(unusual))
        found.append(Waiting(row, checks(reported), standard, unusual))
    return found


def of_others(person_id: Any) -> list[Any]:
    """Conditions: waiting for review, newest revision, not void, and not the person's own work (SR-11)."""
    own = select(Assignment.id).where(Assignment.visit_id == Visit.id, Assignment.person_id == person_id)
    void = select(ReportVoid.id).where(ReportVoid.report_id == Report.id)
    return [Visit.state.in_(WAITING), is_newest(), ~void.exists(), ~own.exists()]


def waiting_rows(person: Person) -> list[Row[Any]]:
    return read(waiting_query(), {"reviewer_id": person.id})


@cache
def waiting_query() -> Any:  # a Select of more columns than its type can name
    query = with_what_is_checked().where(*of_others(bindparam("reviewer_id")))
    return query.order_by(Report.submitted_at, Report.id).limit(QUEUE_SIZE)


def with_what_is_checked() -> Any:
    return (
        select(
            Report.id, Report.number, Report.revision, Report.signed, Report.submitted_at,
            SealedDocument.content, SealedDocument.content_digest, Customer.name.label("customer"),
            Site.name.label("site"), Site.time_zone,
            Person.name.label("technician"), Equipment.product_id, Product.family,
            Call.number.label("call"), is_unusual().label("unusual_signature"),
            number_standing().label("stops"), Survey.state.label("survey_state"),
            Survey.answers.label("survey_answers"), has_suspect_clock().label("suspect"),
            has_difference().label("differs"),
        )
        .join(Visit, Visit.id == Report.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .join(Customer, Customer.id == Call.customer_id)
        .join(Site, Site.id == Call.site_id)
        .join(SealedDocument, SealedDocument.n == Report.document_n)
        .outerjoin(Person, Person.id == Visit.person_id)
        .outerjoin(Equipment, Equipment.id == Call.equipment_id)
        .outerjoin(Product, Product.id == Equipment.product_id)
        .outerjoin(Survey, Survey.visit_id == Report.visit_id)
    )  # fmt: skip


def has_suspect_clock() -> Any:
    return exists().where(VisitEvent.visit_id == Report.visit_id, VisitEvent.clock_suspect)


def count_waiting(person: Person) -> int:
    query = select(func.count()).select_from(Report).join(Visit, Visit.id == Report.visit_id)
    return db.session.scalar(query.where(*of_others(person.id))) or 0


def standard_minutes(families: Iterable[str]) -> dict[str, dict[tuple[str, str], int]]:
    """Standard minutes of the known faults by family, then by (symptom, component): the longest that fits."""
    found: dict[str, dict[tuple[str, str], int]] = {}
    for fault in read(standards_query(), {"families": list(families)}):
        of_family = found.setdefault(fault.family, {})
        key = (fault.symptom, fault.component)
        of_family[key] = max(of_family.get(key, 0), fault.standard_minutes or 0)
    return found


@cache
def standards_query() -> Select[Any]:
    columns: tuple[Any, ...] = (
        KnownFault.family,
        KnownFault.symptom,
        KnownFault.component,
        KnownFault.standard_minutes,
    )
    chosen = KnownFault.family.in_(bindparam("families", expanding=True))
    return select(*columns).where(chosen, KnownFault.standard_minutes.is_not(None))


def usual_parts(product_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    found: dict[uuid.UUID, set[str]] = {}
    for row in read(usual_parts_query(), {"product_ids": list(product_ids)}):
        found.setdefault(row.product_id, set()).add(row.code)
    return found


@cache
def usual_parts_query() -> Any:
    query = select(UsualPart.product_id, Item.code).join(Item, Item.id == UsualPart.item_id)
    return query.where(UsualPart.product_id.in_(bindparam("product_ids", expanding=True)))


def reported_by(row: Any, sealed: Gist, standard: int | None, unusual: bool) -> Reported:
    answers = row.survey_answers or {}
    overall = answers.get("q_overall")
    return Reported(
        outcome=sealed.outcome,
        signed=row.signed,
        unusual_signature=row.unusual_signature,
        remarks=sealed.remarks,
        overall=int(overall) if overall else None,
        resolved=answers.get("q_resolved"),
        conduct=questionnaire.has_conduct_answer(answers),
        photos=sealed.photos,
        labour_minutes=sealed.labour_minutes,
        standard_minutes=standard,
        clock_suspect=row.suspect,
        unusual_parts=unusual,
        part_not_recoverable=sealed.part_not_recoverable,
        overdue_instrument=sealed.overdue_instrument,
        differs=row.differs,
    )
