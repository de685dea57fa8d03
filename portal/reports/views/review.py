"""The reviewer's desk: what was asked beside what was reported, riskiest first; approve, or return."""

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.customers.stops import count_standing
from portal.forms import EntryForm, VerbForm, plain
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, authorize, requires
from portal.reports import operations, queries
from portal.reports import survey as questionnaire
from portal.reports.forms import ApprovalForm, ReturnForm
from portal.reports.models import Report
from portal.reports.queries import Waiting
from portal.reports.reading import Reading
from portal.reports.views.base import against_record, bp, changes_in
from portal.reports.views.papers import signing_of
from portal.signing.operations import content_of
from portal.visits.queries import equipment_history


@bp.get("/review")
@requires(Permission.REPORT_REVIEW)
def review() -> BaseResponse:
    queue, total = queries.review_queue(current_user)
    wanted = request.args.get("report", "")
    position = next((n for n, one in enumerate(queue) if one.row.number == wanted), 0)
    if not queue:
        return page("reports/review.html", queue=[], total=0, chosen=None, stops=count_standing())
    return page(
        "reports/review.html",
        queue=queue,
        total=total,
        stops=queue[0].row.stops,
        gone=bool(wanted) and queue[position].row.number != wanted,
        previous=queue[position - 1].row.number if position else None,
        following=queue[position + 1].row.number if position + 1 < len(queue) else None,
        **beside(queue[position]),
    )


def beside(chosen: Waiting) -> dict[str, Any]:
    """What was asked and what was reported, for one report of the queue, which holds none of the reader's own work."""
    report = queries.find_report(chosen.row.number, current_user) or abort(404)
    queries.read_signing(report)
    payload = chosen.content
    return {
        "chosen": chosen,
        "report": report,
        "visit": report.visit,
        "payload": payload,
        "reading": Reading(payload),
        **signing_of(report, payload),
        "changes": changes_in(report.visit, payload),
        "against_record": against_record(report, payload),
        "past": equipment_history(report.visit),
        "answers": queries.answers_to_returns(report),
        "answer_words": questionnaire.answer_words,
        "approval_form": ApprovalForm(),
        "return_form": ReturnForm(),
    }


def find_report(number: str) -> Report:
    """The newest revision; 403 for whoever worked on its visit."""
    report = queries.find_report(number, current_user) or abort(404)
    authorize(Permission.REPORT_REVIEW, report)
    return report


@bp.route("/reports/<number>/approval", methods=["GET", "POST"])
@requires(Permission.REPORT_REVIEW)
def approval(number: str) -> BaseResponse:
    report, form = find_report(number), ApprovalForm()
    if form.accepted():
        with form.refusals():
            acknowledged = bool(form.acknowledged.data)
            operations.approve(report, note=form.note.data or "", acknowledged=acknowledged, person=current_user)
            return to_next(_("%(number)s is approved.", number=report.number))
    return decision_page("reports/approval.html", report, form)


@bp.route("/reports/<number>/correction", methods=["GET", "POST"])
@requires(Permission.REPORT_REVIEW)
def correction(number: str) -> BaseResponse:
    """An approved report goes back to the technician, because something in it is wrong."""
    report, form = find_report(number), ReturnForm()
    if form.accepted():
        with form.refusals():
            operations.correct_report(report, items=form.items.data or [], note=form.note.data, person=current_user)
            flash(_("%(number)s was returned to the technician.", number=report.number))
            return redirect(url_for("reports.show", number=report.number), 303)
    return decision_page("reports/correction.html", report, form)


@bp.route("/reports/<number>/return", methods=["GET", "POST"])
@requires(Permission.REPORT_REVIEW)
def return_report(number: str) -> BaseResponse:
    report, form = find_report(number), ReturnForm()
    if form.accepted():
        with form.refusals():
            operations.return_report(report, items=form.items.data or [], note=form.note.data, person=current_user)
            return to_next(_("%(number)s was returned to the technician.", number=report.number))
    return decision_page("reports/return.html", report, form)


@bp.route("/reports/<number>/renewal", methods=["GET", "POST"])
@requires(Permission.REPORT_REVIEW)
def renewal(number: str) -> BaseResponse:
    """What was signed without a connection differs: the record as it stands becomes the next revision, and the
    customer is asked to sign it by link."""
    report, form = find_report(number), VerbForm()
    if form.accepted():
        with form.refusals():
            operations.renew_report(report, person=current_user)
            flash(_("%(number)s has a new revision. Ask the customer to sign it.", number=report.number))
            return redirect(url_for("reports.links", number=report.number), 303)
    return decision_page("reports/renewal.html", report, form)


def to_next(words: str) -> BaseResponse:
    """On to the report that stood beside this one in the queue, as the page said it."""
    flash(words)
    return redirect(url_for("reports.review", report=plain(request.args.get("then", ""))[:30] or None), 303)


def decision_page(template: str, report: Report, form: EntryForm) -> BaseResponse:
    payload = content_of(report.document)
    return page(
        template,
        form=form,
        report=report,
        visit=report.visit,
        reading=Reading(payload) if payload else None,
        against_record=against_record(report, payload) if payload else None,
        **signing_of(report, payload),
    )
