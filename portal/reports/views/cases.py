"""Cases 不是我签的: what customers said against a signature, and what came of it."""

import uuid
from typing import Any

from flask import Response, abort, current_app, flash, redirect, url_for
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as BaseResponse

from portal.calls.models import Call, Visit
from portal.db import db
from portal.forms import EntryForm
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, authorize, may, requires
from portal.reports import operations, queries
from portal.reports.forms import CaseFilters
from portal.reports.linkforms import ClosureForm
from portal.reports.models import Dispute, HandOver, Report, ReportSignature
from portal.reports.reading import ink_image
from portal.reports.views.base import bp
from portal.reports.words import OUTCOMES_OF_CASES
from portal.signing.operations import content_of, evidence_of

MOST_CLOSED = 50


@bp.get("/cases")
@requires(Permission.CASE_VIEW)
def cases() -> Response:
    """All open ones, the oldest first; of the closed ones the newest."""
    filters = CaseFilters()
    query = (
        select(Dispute)
        .where(*queries.cases_that_fit(filters.words, ""))
        .options(
            joinedload(Dispute.report)
            .joinedload(Report.visit)
            .joinedload(Visit.call)
            .options(joinedload(Call.customer), joinedload(Call.site)),
            joinedload(Dispute.report).joinedload(Report.visit).joinedload(Visit.person),
        )
    )
    waiting = query.where(Dispute.closed_at.is_(None)).order_by(Dispute.opened_at)
    closed = query.where(Dispute.closed_at.is_not(None)).order_by(Dispute.closed_at.desc()).limit(MOST_CLOSED)
    return page(
        "reports/cases.html",
        filters=filters,
        filtered=bool(filters.words or filters.chosen_state),
        waiting=list(db.session.scalars(waiting)) if filters.chosen_state != "closed" else [],
        closed=list(db.session.scalars(closed)) if filters.chosen_state != "open" else [],
        outcomes=OUTCOMES_OF_CASES,
    )


def find_case(case_id: uuid.UUID) -> Dispute:
    return db.session.get(Dispute, case_id) or abort(404)


@bp.get("/cases/<uuid:case_id>")
@requires(Permission.CASE_VIEW)
def case(case_id: uuid.UUID) -> Response:
    return case_page(find_case(case_id), ClosureForm())


@bp.route("/cases/<uuid:case_id>/closure", methods=["GET", "POST"])
@requires(Permission.CASE_CLOSE)
def close_case(case_id: uuid.UUID) -> BaseResponse:
    found = find_case(case_id)
    authorize(Permission.CASE_CLOSE, found.report)
    form = ClosureForm()
    if form.accepted():
        with form.refusals():
            operations.close_dispute(found, **form.values, person=current_user)
            flash(_("The case is closed."))
            return redirect(url_for("reports.cases"), 303)
    return case_page(found, form)


def case_page(found: Dispute, form: EntryForm) -> Response:
    report = found.report
    return page(
        "reports/case.html",
        form=form,
        case=found,
        report=report,
        visit=report.visit,
        marks=[marks_of(one) for one in report.signatures],
        given=hand_overs(report),
        outcomes=OUTCOMES_OF_CASES,
        void_address=void_address(report),
    )


def void_address(report: Report) -> str:
    """Where the report can be declared void, for whoever may decide about it and as long as it is not."""
    known = "reports.void_report" in current_app.view_functions
    if not known or report.void or not may(Permission.CASE_CLOSE, report):
        return ""
    return url_for("reports.void_report", number=report.number, revision=report.revision)


def marks_of(signature: ReportSignature) -> dict[str, Any]:
    """One signature as it was left: who, how, when, in which browser, with the ink."""
    document = signature.document
    content, evidence = content_of(document), evidence_of(document)
    return {"signature": signature, "content": content, "evidence": evidence, "ink": ink_image(evidence)}


def hand_overs(report: Report) -> list[HandOver]:
    """When the phone was in somebody's hands for this visit, and how long."""
    query = select(HandOver).where(HandOver.visit_id == report.visit_id).order_by(HandOver.opened_at)
    return list(db.session.scalars(query))
