"""The technician's side: the report as it stands, the hand-over, and a returned report sent again."""

import uuid

from flask import Response, abort, flash, g, make_response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import receipts
from portal.calls.models import Visit
from portal.errors import Conflict
from portal.htmx import page
from portal.i18n import _, lazy
from portal.permissions import Permission, requires
from portal.reports import operations, printing
from portal.reports.content import compose
from portal.reports.difference import Difference
from portal.reports.forms import AbsenceForm, HandOverForm, PaperForm, ResubmissionForm
from portal.reports.models import newest_report
from portal.reports.operations.handing import next_revision
from portal.reports.operations.reviewing import is_as_signed
from portal.reports.reading import Reading
from portal.reports.views import unseen
from portal.reports.views.base import bp, changes_in, find_visit, photo_of
from portal.reports.words import ENDS as END_CHOICES
from portal.visits.models import latest_finding, live_photos
from portal.visits.readiness import readiness
from portal.visits.rules import HANDOVER_STATES, OPEN_STATES


@bp.get("/visits/<uuid:visit_id>/report")
@requires(Permission.VISIT_VIEW)
def draft(visit_id: uuid.UUID) -> BaseResponse:
    """What the customer will get; once it is sealed, the sealed report."""
    visit = find_visit(visit_id, Permission.VISIT_VIEW)
    report = newest_report(visit)
    if report is not None and visit.state != "returned":
        return redirect(url_for("reports.show", number=report.number), 303)
    payload = compose(visit, visit.call.customer.locale, revision=next_revision(visit))
    return page(
        "reports/draft.html",
        visit=visit,
        reading=Reading(payload),
        payload=payload,
        report=report,
        changes=changes_in(visit, payload),
    )


@bp.get("/visits/<uuid:visit_id>/report.pdf")
@requires(Permission.VISIT_VIEW)
def draft_paper(visit_id: uuid.UUID) -> BaseResponse:
    """The draft as a sheet, for a customer who signs on paper only; once it is sealed, the sealed report's paper."""
    visit = find_visit(visit_id, Permission.VISIT_VIEW)
    report = newest_report(visit)
    if report is not None and visit.state != "returned":
        return redirect(url_for("reports.pdf", number=report.number), 303)
    response = make_response(printing.draft(visit))
    response.mimetype = "application/pdf"
    return response


@bp.get("/visits/<uuid:visit_id>/report/photos/<digest>.jpg")
@requires(Permission.VISIT_VIEW)
def draft_photo(visit_id: uuid.UUID, digest: str) -> Response:
    visit = find_visit(visit_id, Permission.VISIT_VIEW)
    return photo_of({"photos": [{"digest": photo.digest} for photo in live_photos(visit)]}, digest)


@bp.route("/visits/<uuid:visit_id>/handover", methods=["GET", "POST"])
@requires(Permission.VISIT_LEAD)
def handover(visit_id: uuid.UUID) -> BaseResponse:
    """The phone goes to the customer; or the visit ends honestly without their hand on the glass."""
    visit = find_visit(visit_id, Permission.VISIT_LEAD)
    if receipts.from_outbox() and "token" in request.form:
        return unseen.begin(visit)
    found = latest_finding(visit)
    wanted = request.values.get("absence", "")
    if found is not None and found.outcome == "no_access":
        return end_unsigned(visit, AbsenceForm(visit))
    if wanted == "paper":
        return sign_on_paper(visit)
    if wanted:
        return end_unsigned(visit, AbsenceForm(visit, wanted))
    form = HandOverForm(visit)
    if form.accepted():
        with form.refusals():
            given = operations.hand_over(visit, **form.values, person=current_user, session=g.sign_in)
            return redirect(url_for("handover.show", token=given.token), 303)
    return handover_page("reports/handover.html", visit, form)


def end_unsigned(visit: Visit, form: AbsenceForm) -> BaseResponse:
    if form.accepted():
        with form.refusals():
            operations.end_unsigned(visit, **form.values, person=current_user)
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return handover_page("reports/absence.html", visit, form)


def sign_on_paper(visit: Visit) -> BaseResponse:
    form = PaperForm(visit)
    if form.accepted():
        with form.refusals():
            operations.sign_on_paper(visit, **form.values, person=current_user)
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return handover_page("reports/on_paper.html", visit, form)


def handover_page(template: str, visit: Visit, form: HandOverForm | AbsenceForm | PaperForm) -> Response:
    report = newest_report(visit)
    possible = visit.state in HANDOVER_STATES
    missing = readiness(visit) if visit.state in OPEN_STATES | HANDOVER_STATES else []
    return page(
        template,
        form=form,
        visit=visit,
        missing=missing,
        possible=possible,
        photos=live_photos(visit),
        report=report,
        changes=present_changes(visit) if report and possible and not missing else None,
        unchanged=visit.state == "returned" and report is not None and is_as_signed(visit, report),
        ends=END_CHOICES,
    )


def present_changes(visit: Visit) -> list[Difference]:
    """What the visit's record says otherwise than its newest report, in the customer's language."""
    return changes_in(visit, compose(visit, visit.call.customer.locale, revision=next_revision(visit)))


@bp.route("/visits/<uuid:visit_id>/resubmission", methods=["GET", "POST"])
@requires(Permission.VISIT_LEAD)
def resubmission(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_LEAD)
    report = newest_report(visit) or abort(404)
    form = ResubmissionForm(zone=visit.zone)
    if form.accepted():
        with form.refusals():
            operations.resubmit(visit, form.note.data, person=current_user)
            flash(_("%(number)s was sent again.", number=report.number))
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    elif form.problem is None and visit.state != "returned" and form.status == 422:
        form.refuse(Conflict(lazy("This report was not returned, or it was sent again already.")))
    return page("reports/resubmission.html", form=form, visit=visit, report=report)
