"""The sealed reports: the list, one report on the screen, and its paper."""

from typing import Any

from flask import Response, abort, make_response, request, url_for
from flask_login import current_user

from portal import files
from portal.calls.filters import as_cursor, cursor_text
from portal.htmx import page
from portal.permissions import Permission, may, requires
from portal.reports import paper, queries
from portal.reports import survey as questionnaire
from portal.reports.bundle import bundle
from portal.reports.content import at_place
from portal.reports.forms import ReportFilters
from portal.reports.models import Report, survey_of
from portal.reports.proof import verify_address
from portal.reports.reading import Reading, ink_image
from portal.reports.rules import WAITING
from portal.reports.views.base import bp, find_report, photo_of
from portal.signing.operations import content_of, evidence_of

COPIES = ("customer", "office")


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
    payload, evidence = content_of(report.document), evidence_of(report.document)
    revisions = queries.revisions_of(report)
    newest = revisions[-1].revision == report.revision
    return page(
        "reports/show.html",
        report=report,
        visit=report.visit,
        payload=payload,
        reading=Reading(payload),
        evidence=evidence,
        ink=ink_image(evidence),
        revisions=revisions,
        newest=newest,
        waiting=newest and report.visit.state in WAITING,
        answers=queries.answers_to_returns(report),
        survey=shown_survey(report),
        answer_words=questionnaire.answer_words,
        public_page=verify_address(report),
    )


def shown_survey(report: Report) -> Any:
    """The customer's answers, for those who may read them: never anybody who worked on the visit (SV-02)."""
    return survey_of(report.visit) if may(Permission.SURVEY_VIEW, report) else None


@bp.get("/reports/<number>/photos/<digest>.jpg")
@requires(Permission.REPORT_VIEW)
def photo(number: str, digest: str) -> Response:
    return photo_of(content_of(find_report(number).document), digest)


@bp.get("/reports/<number>.pdf")
@requires(Permission.REPORT_VIEW)
def pdf(number: str) -> Response:
    """The paper, made anew from the sealed record at each request: the same record gives the same bytes."""
    report = find_report(number)
    copy = request.args.get("copy")
    response = make_response(printed(report, copy if copy in COPIES else None))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{report.number}.pdf"'
    return response


def printed(report: Report, copy: str | None = None) -> bytes:
    payload, evidence = content_of(report.document), evidence_of(report.document)
    return paper.render(
        payload,
        photos=pictures(payload),
        signature=paper.Signature(strokes=evidence.get("strokes"), typed_name=evidence.get("typed_name")),
        content_hash=report.document.content_digest,
        qr_text=verify_address(report),
        review=approval(report),
        superseded=queries.revisions_of(report)[-1].revision != report.revision,
        copy=copy,
    )


@bp.get("/reports/<number>/proof.zip")
@requires(Permission.REPORT_PROOF)
def proof(number: str) -> Response:
    """Everything that proves this revision, to take away. What was erased can no longer be proved by its text."""
    report = find_report(number)
    if report.erased:
        abort(404)
    response = make_response(bundle(report, printed(report)))
    response.mimetype = "application/zip"
    name = f"{report.number}-{report.revision}-proof.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def pictures(payload: dict[str, Any]) -> dict[str, bytes]:
    """The photos that are still in the store; the paper says where one is missing."""
    found = {}
    for shot in payload["photos"]:
        try:
            found[shot["digest"]] = files.read(shot["digest"])
        except OSError:
            continue
    return found


def approval(report: Report) -> paper.Review | None:
    """The review that stands on the paper: an approval; a returned report is not done yet."""
    last = report.reviews[-1] if report.reviews else None
    if last is None or last.result != "approved":
        return None
    at = at_place(last.recorded_at, report.visit.zone) or ""
    return paper.Review(result=last.result, by=last.reviewer.name, at=at, note=last.note or None)
