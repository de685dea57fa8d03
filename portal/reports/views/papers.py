"""The sealed reports: the list, one report on the screen, and its paper."""

from typing import Any

from flask import Response, abort, make_response, request, url_for
from flask_login import current_user

from portal.calls.filters import as_cursor, cursor_text
from portal.htmx import page
from portal.i18n import LOCALES
from portal.permissions import Permission, may, requires
from portal.reports import delivery, printing, queries, signers
from portal.reports import survey as questionnaire
from portal.reports.addresses import verify_address
from portal.reports.bundle import bundle
from portal.reports.forms import PrintForm, ReportFilters
from portal.reports.models import Report, answers_of
from portal.reports.printing import Edition
from portal.reports.reading import Reading
from portal.reports.rules import WAITING
from portal.reports.views.base import against_record, bp, changes_in, find_report, photo_of
from portal.reports.words import COPIES
from portal.signing.operations import content_of


@bp.get("/reports")
@requires(Permission.REPORT_VIEW)
def index() -> Response:
    filters = ReportFilters()
    wanted = queries.Wanted(
        q=(filters.q.data or "")[:100],
        state=filters.chosen_state,
        before=as_cursor(request.args.get("before", "")),
    )
    rows, following = queries.report_rows(current_user, wanted)
    kept: dict[str, Any] = {"q": wanted.q or None, "state": wanted.state or None}
    return page(
        "reports/index.html",
        filters=filters,
        rows=rows,
        filtered=any(kept.values()),
        newest=url_for("reports.index", **kept) if wanted.before else None,
        older=url_for("reports.index", **kept, before=cursor_text(following)) if following else None,
    )


@bp.get("/reports/<number>")
@requires(Permission.REPORT_VIEW)
def show(number: str) -> Response:
    report = find_report(number)
    if report.erased:
        return erased_page(report)
    queries.read_signing(report)
    queries.read_assignments(report.visit)
    payload = content_of(report.document)
    revisions = queries.revisions_of(report)
    newest = revisions[-1].revision == report.revision
    return page(
        "reports/show.html",
        report=report,
        visit=report.visit,
        payload=payload,
        reading=Reading(payload),
        **signing_of(report, payload),
        changes=changes_in(report.visit, payload),
        against_record=against_record(report, payload),
        revisions=revisions,
        newest=newest,
        waiting=newest and report.visit.state in WAITING,
        answers=queries.answers_to_returns(report),
        survey=shown_survey(report),
        answer_words=questionnaire.answer_words,
        **delivery.of_page(report),
        public_page=verify_address(report),
    )


def erased_page(report: Report, status: int = 200) -> Response:
    """That it was emptied, when, and what is left to prove it by."""
    return page(
        "reports/erased.html",
        status,
        report=report,
        visit=report.visit,
        erasure=queries.erasure_of(report),
        revisions=queries.revisions_of(report),
    )


def signing_of(report: Report, payload: dict[str, Any]) -> dict[str, Any]:
    """What `_signature.html` needs: who signed, or how the report ended without, and what is unusual about it."""
    return {
        "signers": signers.signers_of(report),
        "ended": signers.ended(report, payload),
        "unusual": signers.unusual_ends(report),
    }


def shown_survey(report: Report) -> Any:
    """The customer's answers, for those who may read them: never anybody who worked on the visit (SV-02)."""
    return answers_of(report.visit) if may(Permission.SURVEY_VIEW, report) else None


@bp.get("/reports/<number>/photos/<digest>.jpg")
@requires(Permission.REPORT_VIEW)
def photo(number: str, digest: str) -> Response:
    """Photos of the paper, and those that stand in its evidence."""
    report = find_report(number)
    named = [shot["digest"] for shot in content_of(report.document).get("photos", [])]
    return photo_of({"photos": [{"digest": one} for one in (*named, *signers.evidence_photos(report))]}, digest)


@bp.get("/reports/<number>.pdf")
@requires(Permission.REPORT_VIEW)
def pdf(number: str) -> Response:
    """The paper; `?copy=` and `?second=` (a language beside the report's own) choose which. Once made it is kept."""
    report = find_report(number)
    if report.erased:
        return erased_page(report, 410)
    response = make_response(printing.served(report, edition_asked_for(report)))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{report.number}.pdf"'
    return response


@bp.get("/reports/<number>/print")
@requires(Permission.REPORT_VIEW)
def print_form(number: str) -> Response:
    """The choice of another paper of the same report: whose copy, in which two languages."""
    report = find_report(number)
    if report.erased:
        return erased_page(report, 410)
    choice = PrintForm(content_of(report.document)["language"])
    revision = report.revision if request.args.get("revision") else None
    return page("reports/print.html", choice=choice, report=report, visit=report.visit, revision=revision)


def edition_asked_for(report: Report) -> Edition:
    """Odd values ask for the plain paper."""
    copy, second = request.args.get("copy"), request.args.get("second")
    return Edition(copy if copy in COPIES else None, second if second in LOCALES else None)


@bp.get("/reports/<number>/proof.zip")
@requires(Permission.REPORT_PROOF)
def proof(number: str) -> Response:
    """Everything that proves this revision, to take away. What was erased can no longer be proved by its text."""
    report = find_report(number)
    if report.erased:
        abort(404)
    response = make_response(bundle(report, printing.served(report)))
    response.mimetype = "application/zip"
    name = f"{report.number}-{report.revision}-proof.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
