"""What the list of doubtful signatures reads: the marks, the ends and the specimens of a window, in three statements.

Reports that were erased are not in it: what happened to whom is gone.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, case, func, or_, select
from sqlalchemy.orm import aliased

from portal.accounts import models as accounts
from portal.accounts.models import Person
from portal.calls.models import Call, Visit
from portal.clock import now
from portal.customers.models import Site
from portal.db import db
from portal.reports import suspicion
from portal.reports.models import HandOver, Report, ReportSignature, Survey
from portal.reports.suspicion import Doubt, End, Signed, Specimen
from portal.signing.models import SIGNATURE, SealedDocument

WINDOW = timedelta(days=90)  # a signature is compared with those of a quarter, whatever period is looked at


def doubtful(days: int, moment: datetime | None = None) -> list[Doubt]:
    """What is doubtful about the last `days` days, by kind and newest first."""
    end = moment or now()
    found = suspicion.doubts(list(marks(end - WINDOW)), specimens(), ends(end - WINDOW))
    return [doubt for doubt in found if doubt.at >= end - timedelta(days=days)]


def marks(since: datetime) -> Iterator[Signed]:
    for row in db.session.execute(marks_query(since)):
        evidence = json.loads(row.evidence)
        yield Signed(
            number=row.number,
            revision=row.revision,
            signer=json.loads(row.content or "{}").get("signer_name") or evidence.get("signer_name") or "",
            signed_at=row.signed_at,
            person_id=row.person_id,
            person=row.person or "",
            opened_at=opened(row, evidence),
            surveyed_at=None if evidence.get("offline") else surveyed(row),
            strokes=evidence.get("strokes") or (),
            typed_name=evidence.get("typed_name") or "",
            zone=row.time_zone,
        )


def opened(row: Row[Any], evidence: dict[str, Any]) -> datetime | None:
    """When the customer got the phone. Of a hand-over that we heard of later only the phone's clock knows how long it
    took; where it knows nothing, nothing is concluded."""
    if not evidence.get("offline"):
        return row.opened_at
    shown, signed = evidence.get("shown_at"), evidence.get("signed_at_device")
    if not shown or not signed:
        return None
    return row.signed_at - (datetime.fromisoformat(signed) - datetime.fromisoformat(shown))


def surveyed(row: Row[Any]) -> datetime | None:
    """When the survey that belongs to this signature was answered: in the same hand-over or link, or after it."""
    if row.surveyed_at is None or row.method == "paper":
        return None
    together = (row.survey_hand_over_id, row.survey_link_id) == (row.hand_over_id, row.link_id)
    later = row.document_n == row.report_document_n and row.surveyed_at > row.signed_at
    return row.surveyed_at if together or later else None


def marks_query(since: datetime) -> Any:  # a Select of more columns than its type can name
    """The content of a report is long and only read where the evidence does not name the signer."""
    elsewhere = or_(SealedDocument.kind == SIGNATURE, ReportSignature.method == "paper")
    who = func.coalesce(HandOver.person_id, Visit.person_id)
    return (
        select(
            Report.number, Report.revision, Report.document_n.label("report_document_n"), ReportSignature.signed_at,
            ReportSignature.method, ReportSignature.document_n, ReportSignature.hand_over_id, ReportSignature.link_id,
            SealedDocument.evidence, case((elsewhere, SealedDocument.content), else_="").label("content"),
            Person.id.label("person_id"), Person.name.label("person"), HandOver.opened_at, Site.time_zone,
            Survey.recorded_at.label("surveyed_at"), Survey.hand_over_id.label("survey_hand_over_id"),
            Survey.link_id.label("survey_link_id"),
        )
        .join(Report, Report.id == ReportSignature.report_id)
        .join(SealedDocument, SealedDocument.n == ReportSignature.document_n)
        .join(Visit, Visit.id == Report.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .join(Site, Site.id == Call.site_id)
        .outerjoin(HandOver, HandOver.id == ReportSignature.hand_over_id)
        .outerjoin(Person, Person.id == who)
        .outerjoin(Survey, Survey.visit_id == Visit.id)
        .where(ReportSignature.signed_at >= since, SealedDocument.salt != "")
        .order_by(ReportSignature.signed_at, ReportSignature.document_n)
    )  # fmt: skip


def ends(since: datetime) -> list[End]:
    """One for each revision that was sealed, with or without a mark of its own."""
    first = aliased(ReportSignature)
    query = (
        select(
            Report.number, Report.revision, Report.submitted_at, Person.id.label("person_id"),
            Person.name.label("person"), first.id.label("first"), Site.time_zone,
        )
        .join(SealedDocument, SealedDocument.n == Report.document_n)
        .join(Visit, Visit.id == Report.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .join(Site, Site.id == Call.site_id)
        .outerjoin(Person, Person.id == Visit.person_id)
        .outerjoin(first, first.document_n == Report.document_n)
        .where(Report.submitted_at >= since, SealedDocument.salt != "")
        .order_by(Report.submitted_at)
    )  # fmt: skip
    return [
        End(
            row.number,
            row.revision,
            row.person_id,
            row.person or "",
            row.submitted_at,
            row.first is None,
            row.time_zone,
        )
        for row in db.session.execute(query)
    ]


def specimens() -> list[Specimen]:
    """All that were ever drawn: an older one may lie under a customer's name too."""
    own = accounts.Specimen
    query = select(own.person_id, Person.name, own.strokes).join(Person, Person.id == own.person_id)
    return [Specimen(*row) for row in db.session.execute(query.order_by(own.recorded_at.desc()))]
