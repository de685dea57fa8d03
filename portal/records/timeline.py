"""Everything that happened to a customer or a unit, on one line of time, newest first. Each kind is one statement that
reads no more than a page needs.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import Person
from portal.calls.models import Call, Visit
from portal.customers.models import CodeValue, Customer, Equipment, Site
from portal.db import Instant, db
from portal.history import HistoryEntry
from portal.records.models import Paper
from portal.reports.models import Report, ReportVoid
from portal.stock.models import Item
from portal.visits.models import Finding, PartUse, PartUseReversal, Photo, PhotoRemoval
from portal.visits.queries import newest_version

PAGE_SIZE = 40
MOST_PHOTOS = 48
KINDS = ("visits", "reports", "parts", "papers", "changes")


@dataclass(frozen=True)
class Happened:
    """One line: `kind` of KINDS, and the row that the page draws it from."""

    moment: datetime
    kind: str
    row: Any


@dataclass(frozen=True)
class Scope:
    """Whose history: `calls` chooses its calls, `subjects` the rows whose changes are shown, by table."""

    calls: ColumnElement[bool]
    subjects: dict[str, list[uuid.UUID]]
    papers: list[Paper]


def of_customer(customer: Customer, sites: Iterable[Site], papers: list[Paper], all_sites: bool) -> Scope:
    sites = list(sites)
    calls = Call.customer_id == customer.id
    if not all_sites:
        calls = and_(calls, Call.site_id.in_([site.id for site in sites]))
    contacts = [contact.id for site in sites for contact in site.contacts]
    return Scope(calls, {"customer": [customer.id], "site": [site.id for site in sites], "contact": contacts}, papers)


def of_unit(unit: Equipment, papers: list[Paper]) -> Scope:
    return Scope(Call.equipment_id == unit.id, {"equipment": [unit.id]}, papers)


def page_of(
    scope: Scope, kinds: Iterable[str], before: datetime | None, most: int = PAGE_SIZE
) -> tuple[list[Happened], datetime | None]:
    """A page of what happened before the moment, and where the next one begins. What happened at one moment is not
    torn apart, because the next page begins before that moment: where a kind has more than was read, its last moment
    is left to the next page."""
    read = {"visits": visits, "reports": reports, "parts": parts, "papers": papers, "changes": changes}
    by_kind = [read[kind](scope, before, most + 1) for kind in kinds]
    cut = max((of_kind[-1].moment for of_kind in by_kind if len(of_kind) == most + 1), default=None)
    found = [one for of_kind in by_kind for one in of_kind if cut is None or one.moment > cut]
    if cut and not found:  # everything that was read happened at once
        return page_of(scope, kinds, before, most * 10)
    found.sort(key=lambda one: one.moment, reverse=True)
    if len(found) <= most:
        return found, found[-1].moment if cut else None
    last = found[most - 1].moment
    shown = [one for one in found if one.moment >= last]
    return shown, last if cut or len(shown) < len(found) else None


def rows(query: Any, moment: Any, before: datetime | None, most: int, kind: str) -> list[Happened]:
    if before:
        query = query.where(moment < before)
    query = query.add_columns(moment.label("moment")).order_by(moment.desc()).limit(most)
    return [Happened(row.moment, kind, row) for row in db.session.execute(query)]


def visits(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    """Each visit with what was found; a call without one stands for itself."""
    symptom, remedy = aliased(CodeValue), aliased(CodeValue)
    moment = func.coalesce(Visit.window_start, Visit.created_at, Call.reported_at, type_=Instant())
    query = (
        select(
            Call.number, Call.description, Visit.id, Visit.seq, Visit.state, Visit.person_id, Person.name,
            Site.name.label("site"), Finding.outcome, symptom.labels.label("symptom"), remedy.labels.label("remedy"),
        )
        .join(Site, Site.id == Call.site_id)
        .outerjoin(Visit, Visit.call_id == Call.id)
        .outerjoin(Person, Person.id == Visit.person_id)
        .outerjoin(Finding, and_(Finding.visit_id == Visit.id, Finding.version == newest_version(Visit.id)))
        .outerjoin(symptom, and_(symptom.kind == "symptom", symptom.code == Finding.symptom))
        .outerjoin(remedy, and_(remedy.kind == "remedy", remedy.code == Finding.remedy))
        .where(scope.calls)
    )  # fmt: skip
    return rows(query, moment, before, most, "visits")


def reports(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    query = (
        select(
            Report.number, Report.revision, Report.signed, ReportVoid.id.label("void_id"), Visit.state,
            Visit.person_id, Person.name,
        )
        .join(Visit, Visit.id == Report.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .outerjoin(Person, Person.id == Visit.person_id)
        .outerjoin(ReportVoid, ReportVoid.report_id == Report.id)
        .where(scope.calls)
    )  # fmt: skip
    return rows(query, Report.submitted_at, before, most, "reports")


def parts(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    """Parts that were fitted and not taken back, with the visit and its newest report."""
    number = (
        select(Report.number)
        .where(Report.visit_id == Visit.id)
        .order_by(Report.revision.desc())
        .limit(1)
        .scalar_subquery()
    )
    taken_back = select(PartUseReversal.id).where(PartUseReversal.part_use_id == PartUse.id).exists()
    query = (
        select(
            Item.code, Item.labels, Item.unit, PartUse.quantity, PartUse.new_serial, PartUse.old_serial,
            Visit.id.label("visit_id"), Visit.seq, Visit.person_id, Call.number.label("call"),
            number.label("report"), Equipment.serial_no, Person.name,
        )
        .join(Item, Item.id == PartUse.item_id)
        .join(Visit, Visit.id == PartUse.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .outerjoin(Equipment, Equipment.id == Call.equipment_id)
        .join(Person, Person.id == PartUse.person_id)
        .where(scope.calls, ~taken_back)
    )  # fmt: skip
    return rows(query, PartUse.occurred_at, before, most, "parts")


def papers(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    """They are on the page already."""
    shown = [paper for paper in scope.papers if before is None or paper.recorded_at < before]
    return [Happened(paper.recorded_at, "papers", paper) for paper in shown[:most]]


def changes(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    mine = [
        and_(HistoryEntry.subject_kind == table, HistoryEntry.subject_id.in_([str(one) for one in ids]))
        for table, ids in scope.subjects.items()
        if ids
    ]
    query = (
        select(HistoryEntry.verb, HistoryEntry.details, HistoryEntry.subject_kind, Person.name)
        .outerjoin(Person, Person.id == HistoryEntry.person_id)
        .where(or_(*mine), HistoryEntry.verb.not_in(("add_paper", "remove_paper")))
    )
    return rows(query, HistoryEntry.recorded_at, before, most, "changes")


def photos(unit: Equipment, person_id: uuid.UUID | None) -> list[Any]:
    """The newest photos of the unit's visits; of one technician's own visits when `person_id` is given."""
    removed = select(PhotoRemoval.id).where(PhotoRemoval.photo_id == Photo.id).exists()
    query = (
        select(Photo.id, Photo.visit_id, Photo.label, Photo.occurred_at)
        .join(Visit, Visit.id == Photo.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .where(Call.equipment_id == unit.id, ~removed)
        .order_by(Photo.occurred_at.desc(), Photo.id)
        .limit(MOST_PHOTOS)
    )
    if person_id:
        query = query.where(Visit.person_id == person_id)
    return list(db.session.execute(query))
