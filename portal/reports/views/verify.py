"""The public page behind the paper's QR code: how this report stands, and whether a PDF is the one that we made."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for

from portal import i18n
from portal.calls.models import Visit
from portal.db import db, let_go
from portal.htmx import page
from portal.i18n import label, lazy
from portal.reports import papercheck
from portal.reports.models import Report, newest_report
from portal.reports.operations import verify_token
from portal.reports.standing import DIGITS_SHOWN, standing
from portal.reports.tickets import read_receipt
from portal.reports.views.public import find_verified, secret_page, spoken

bp = Blueprint("verify", __name__, url_prefix="/verify/<token>")
PAPER_LIMIT = 15 * 1024 * 1024
EMPTY, LARGE = lazy("Choose the PDF file first."), lazy("The file is larger than 15 MB. A report is never that large.")


@bp.get("")
@secret_page
def show(token: str) -> Response:
    return of_receipt(token) or verified_page(token, find_verified(token))


def of_receipt(token: str) -> Any:
    """Of a token that a customer took off the glass of a phone without signal: the report's own page once the signature
    has arrived, else that it has not."""
    visit_id = read_receipt(token)
    visit = db.session.get(Visit, visit_id) if visit_id else None
    if visit is None:
        return None
    if spoken():
        i18n.speak(spoken())
    report = newest_report(visit)
    if report is not None:
        return redirect(url_for("verify.show", token=verify_token(report.number, report.revision)), 303)
    branch = visit.call.branch
    return page("verify/waiting.html", provider=label(branch), hotline=branch.hotline)


@bp.post("")
@secret_page
def check(token: str) -> Response:
    """Answers what the file is. Nothing is stored, and no database is kept waiting while the file is read."""
    report = find_verified(token)
    file = sent_file()
    problem = EMPTY if not file else LARGE if len(file) > PAPER_LIMIT else None
    if problem:
        return verified_page(token, report, 422, problem=problem)
    known, report_id = papercheck.known_of(report), report.id
    let_go()
    verdict = papercheck.judge(file, known)
    return verified_page(token, db.session.get_one(Report, report_id), verdict=verdict)


def sent_file() -> bytes:
    """At most one byte more than is allowed, so that too much can be told from enough."""
    sent = request.files.get("paper")
    if sent is None:
        return b""
    with sent.stream as stream:
        return stream.read(PAPER_LIMIT + 1)


def verified_page(token: str, report: Report, status: int = 200, **answer: Any) -> Response:
    return page(
        "verify/show.html",
        status,
        token=token,
        report=report,
        document=report.document,
        zone=report.visit.zone,
        standing=standing(report),
        provider=label(report.visit.call.branch),
        hotline=report.visit.call.branch.hotline,
        digits=DIGITS_SHOWN,
        **answer,
    )
