"""Everything that happened to a customer or a unit, on one line of time, newest first. Each kind is one statement that
reads no more than a page needs.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Uuid, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts.models import Person
from portal.calls.models import Assignment, Call, Repeat, RepeatUnlink, Visit, is_on_team
from portal.customers.models import CodeValue, Customer, Equipment, Site
from portal.db import Instant, behind, read
from portal.history import HistoryEntry
from portal.reports.models import Report, ReportVoid, Survey
from portal.stock.models import Item
from portal.stock.tools.models import Tool
from portal.visits.models import Finding, PartUse, PartUseReversal, Photo, PhotoRemoval, Reading, ReadingRemoval
from portal.visits.queries import newest_version

PAGE_SIZE = 25
MOST_PHOTOS = 48
Cursor = tuple[datetime, uuid.UUID]
UNIT_KINDS = ("visits", "reports", "parts", "repeats", "readings", "papers", "changes")
CUSTOMER_KINDS = ("visits", "reports", "parts", "surveys", "cases", "papers", "changes")


@dataclass(frozen=True)
class Happened:
    """One line: `kind` of UNIT_KINDS or CUSTOMER_KINDS, and the row that the page draws it from."""

    moment: datetime
    kind: str
    row: Any


@dataclass(frozen=True)
class Scope:
    """Whose history: `of` is a key of CALLS, `values` what its query asks for; `subjects` are the rows whose changes
    are shown, by table, those of entries that were merged into this one among them; `told_twice`: what was written
    down for both entries of a merge, by the one that is gone; `kinds`, what the reader may see of it."""

    of: str
    values: dict[str, Any]
    subjects: dict[str, list[uuid.UUID]]
    papers: list[Row[Any]]
    cases: Sequence[Any] = ()
    kinds: tuple[str, ...] = UNIT_KINDS
    told_twice: tuple[str, ...] = ()


THE_OWNER: Any = bindparam("owner_id", type_=Uuid())
CALLS: dict[str, ColumnElement[bool]] = {
    "customer": Call.customer_id == THE_OWNER,
    "sites": and_(Call.customer_id == THE_OWNER, Call.site_id.in_(bindparam("site_ids", expanding=True))),
    "unit": Call.equipment_id == THE_OWNER,
}


def of_customer(
    customer: Customer,
    sites: Iterable[Site],
    papers: list[Row[Any]],
    all_sites: bool,
    merges: Sequence[Any],
    *,
    cases: Sequence[Any] | None = None,
    survey_reader: Any = None,
) -> Scope:
    """`cases` are for whoever may see them; `survey_reader` is who may read customers' answers, but for those about
    their own work. Nobody else has these kinds at all."""
    sites = list(sites)
    ids = [site.id for site in sites]
    contacts = [contact.id for site in sites for contact in site.contacts]
    subjects = {"customer": [customer.id, *(one.gone_id for one in merges)], "site": ids, "contact": contacts}
    values = {"owner_id": customer.id} | ({} if all_sites else {"site_ids": ids})
    if survey_reader is not None:
        values["reader_id"] = survey_reader.id
    hidden = ({"surveys"} if survey_reader is None else set()) | ({"cases"} if cases is None else set())
    kinds = tuple(kind for kind in CUSTOMER_KINDS if kind not in hidden)
    return Scope("customer" if all_sites else "sites", values, subjects, papers, cases or (), kinds, both_ends(merges))


def of_unit(unit: Equipment, papers: list[Row[Any]], merges: Sequence[Any]) -> Scope:
    subjects = {"equipment": [unit.id, *(one.gone_id for one in merges)]}
    return Scope("unit", {"owner_id": unit.id}, subjects, papers, told_twice=both_ends(merges))


def both_ends(merges: Sequence[Any]) -> tuple[str, ...]:
    return tuple(f"{one.gone_id}:{one.kept_id}" for one in merges)


def page_of(
    scope: Scope,
    kinds: Iterable[str],
    before: datetime | None,
    most: int = PAGE_SIZE,
    newest: Mapping[str, list[Happened]] | None = None,
) -> tuple[list[Happened], datetime | None]:
    """A page of what happened before the moment, and where the next one begins. What happened at one moment is not
    torn apart, because the next page begins before that moment: where a kind has more than was read, its last moment
    is left to the next page. `newest`: the newest `most` + 1 of a kind, where somebody has read them already."""
    of_kinds = {
        "visits": visits, "reports": reports, "parts": parts, "repeats": repeats, "readings": readings,
        "surveys": surveys, "cases": cases, "papers": papers, "changes": changes,
    }  # fmt: skip
    known = {} if before else newest or {}
    by_kind = [known[kind] if kind in known else of_kinds[kind](scope, before, most + 1) for kind in kinds]
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


def rows(query: Any, scope: Scope, before: datetime | None, most: int, kind: str) -> list[Happened]:
    """Runs one of the queries below, which are made once, because making them costs more than running them."""
    values = scope.values | {"most": most} | ({"before": before} if before else {})
    return [Happened(row.moment, kind, row) for row in read(query, values)]


def newest_first(query: Any, moment: Any, paged: bool) -> Any:
    if paged:
        query = query.where(moment < bindparam("before", type_=Instant()))
    return query.add_columns(moment.label("moment")).order_by(moment.desc()).limit(bindparam("most", type_=Integer()))


def visits(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    return rows(visits_query(scope.of, before is not None), scope, before, most, "visits")


@cache
def visits_query(of: str, paged: bool) -> Any:
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
        .where(CALLS[of])
    )  # fmt: skip
    return newest_first(query, moment, paged)


def reports(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    return rows(reports_query(scope.of, before is not None), scope, before, most, "reports")


@cache
def reports_query(of: str, paged: bool) -> Any:
    query = (
        select(
            Report.number, Report.revision, Report.signed, ReportVoid.id.label("void_id"), Visit.state,
            Visit.person_id, Person.name,
        )
        .join(Visit, Visit.id == Report.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .outerjoin(Person, Person.id == Visit.person_id)
        .outerjoin(ReportVoid, ReportVoid.report_id == Report.id)
        .where(CALLS[of])
    )  # fmt: skip
    return newest_first(query, Report.submitted_at, paged)


def parts(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    return rows(parts_query(scope.of, before is not None), scope, before, most, "parts")


def newest_report() -> Any:
    """The number of the visit's newest report."""
    return (
        select(Report.number)
        .where(Report.visit_id == Visit.id)
        .order_by(Report.revision.desc())
        .limit(1)
        .scalar_subquery()
    )


@cache
def parts_query(of: str, paged: bool) -> Any:
    """Parts that were fitted and not taken back, with the visit and its newest report."""
    taken_back = select(PartUseReversal.id).where(PartUseReversal.part_use_id == PartUse.id).exists()
    query = (
        select(
            Item.code, Item.labels, Item.unit, PartUse.quantity, PartUse.new_serial, PartUse.old_serial,
            Visit.id.label("visit_id"), Visit.seq, Visit.person_id, Call.number.label("call"),
            newest_report().label("report"), Equipment.serial_no, Person.name,
        )
        .join(Item, Item.id == PartUse.item_id)
        .join(Visit, Visit.id == PartUse.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .outerjoin(Equipment, Equipment.id == Call.equipment_id)
        .join(Person, Person.id == PartUse.person_id)
        .where(CALLS[of], ~taken_back)
    )  # fmt: skip
    return newest_first(query, PartUse.occurred_at, paged)


def repeats(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    return rows(repeats_query(scope.of, before is not None), scope, before, most, "repeats")


@cache
def repeats_query(of: str, paged: bool) -> Any:
    """再次上门 (SR-08), those that a person took apart among them; what another diagnosis undid is not told."""
    earlier, first_call = aliased(Visit), aliased(Call)
    query = (
        select(
            Repeat.days, Visit.id, Visit.seq, Visit.person_id, Call.number, Person.name,
            earlier.id.label("earlier_id"), earlier.seq.label("earlier_seq"), earlier.person_id.label("earlier_person"),
            first_call.number.label("earlier_number"), CodeValue.labels.label("component"),
            RepeatUnlink.reason.label("parted"),
        )
        .join(Visit, Visit.id == Repeat.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .join(earlier, earlier.id == Repeat.earlier_id)
        .join(first_call, first_call.id == earlier.call_id)
        .join(Person, Person.id == Repeat.person_id)
        .outerjoin(CodeValue, and_(CodeValue.kind == "component", CodeValue.code == Repeat.component))
        .outerjoin(RepeatUnlink, RepeatUnlink.repeat_id == Repeat.id)
        .where(CALLS[of], or_(RepeatUnlink.id.is_(None), RepeatUnlink.by_hand))
    )  # fmt: skip
    return newest_first(query, Repeat.recorded_at, paged)


def readings(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    return rows(readings_query(scope.of, before is not None), scope, before, most, "readings")


@cache
def readings_query(of: str, paged: bool) -> Any:
    """What was measured and not taken off again, with the instrument as its calibration stood that day."""
    query = (
        select(
            Reading.quantity, Reading.value, Reading.unit, Reading.point, Reading.calibration_state,
            Item.code.label("instrument"), Item.labels, Visit.id.label("visit_id"), Visit.seq, Visit.person_id,
            Call.number.label("call"), Person.name,
        )
        .join(Visit, Visit.id == Reading.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .join(Person, Person.id == Reading.person_id)
        .outerjoin(Tool, Tool.id == Reading.tool_id)
        .outerjoin(Item, Item.id == Tool.item_id)
        .where(CALLS[of], ~select(ReadingRemoval.id).where(ReadingRemoval.reading_id == Reading.id).exists())
    )  # fmt: skip
    return newest_first(query, Reading.occurred_at, paged)


def surveys(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    return rows(surveys_query(scope.of, before is not None), scope, before, most, "surveys")


@cache
def surveys_query(of: str, paged: bool) -> Any:
    """What customers answered. Whoever worked at a visit does not read what was said about it."""
    own_work = select(Assignment.id).where(
        Assignment.visit_id == Visit.id, Assignment.person_id == bindparam("reader_id", type_=Uuid())
    )
    query = (
        select(
            Survey.state.label("survey_state"),
            Survey.answers,
            newest_report().label("report"),
            Visit.person_id,
            Person.name,
        )
        .join(Visit, Visit.id == Survey.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .outerjoin(Person, Person.id == Visit.person_id)
        .where(CALLS[of], ~own_work.exists())
    )
    return newest_first(query, Survey.recorded_at, paged)


def cases(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    """They are on the page already."""
    shown = [case for case in scope.cases if before is None or case.opened_at < before]
    return [Happened(case.opened_at, "cases", case) for case in shown[:most]]


def papers(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    """They are on the page already."""
    shown = [paper for paper in scope.papers if before is None or paper.recorded_at < before]
    return [Happened(paper.recorded_at, "papers", paper) for paper in shown[:most]]


def changes(scope: Scope, before: datetime | None, most: int) -> list[Happened]:
    ids = {f"{table}_ids": [str(one) for one in found] for table, found in scope.subjects.items()}
    named = Scope(scope.of, ids | {"told_twice": list(scope.told_twice)}, {}, [])
    return rows(changes_query(tuple(scope.subjects), before is not None), named, before, most, "changes")


@cache
def changes_query(tables: tuple[str, ...], paged: bool) -> Any:
    mine = [
        and_(HistoryEntry.subject_kind == table, HistoryEntry.subject_id.in_(bindparam(f"{table}_ids", expanding=True)))
        for table in tables
    ]
    other = func.coalesce(HistoryEntry.details["other"].as_string(), "")
    is_of_both = HistoryEntry.verb.in_(("merge", "undo_merge"))
    twice = and_(is_of_both, (HistoryEntry.subject_id + ":" + other).in_(bindparam("told_twice", expanding=True)))
    query = (
        select(HistoryEntry.verb, HistoryEntry.details, HistoryEntry.subject_kind, Person.name)
        .outerjoin(Person, Person.id == HistoryEntry.person_id)
        .where(or_(*mine), HistoryEntry.verb.not_in(("add_paper", "remove_paper")), ~twice)
    )
    return newest_first(query, HistoryEntry.recorded_at, paged)


def photos(scope: Scope, person_id: uuid.UUID | None, before: Cursor | None) -> tuple[list[Any], Cursor | None]:
    """A page of photos, newest first, and where the next one begins; of the visits that one technician leads or
    goes along to when `person_id` is given."""
    values = scope.values | {"most": MOST_PHOTOS + 1} | ({"person_id": person_id} if person_id else {})
    if before:
        values |= {"before": before[0], "last": before[1]}
    found = read(photos_query(scope.of, person_id is not None, before is not None), values)
    if len(found) <= MOST_PHOTOS:
        return found, None
    return found[:MOST_PHOTOS], (found[MOST_PHOTOS - 1].occurred_at, found[MOST_PHOTOS - 1].id)


@cache
def photos_query(of: str, own: bool, paged: bool) -> Any:
    removed = select(PhotoRemoval.id).where(PhotoRemoval.photo_id == Photo.id).exists()
    query = (
        select(Photo.id, Photo.visit_id, Photo.label, Photo.occurred_at)
        .join(Visit, Visit.id == Photo.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .where(CALLS[of], ~removed)
        .order_by(Photo.occurred_at.desc(), Photo.id.desc())
        .limit(bindparam("most", type_=Integer()))
    )
    if own:
        query = query.where(is_on_team(bindparam("person_id", type_=Uuid())))
    last = (bindparam("before", type_=Instant()), bindparam("last", type_=Uuid()))
    return query.where(behind(last, Photo.occurred_at, Photo.id)) if paged else query
