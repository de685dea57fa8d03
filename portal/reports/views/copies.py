"""The customer's own copy, under `/c/<token>`: the report, its PDF, and 不是我签的."""

import io
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal import i18n
from portal.clock import now
from portal.htmx import page
from portal.reports import operations, printing, queries
from portal.reports.addresses import verify_address
from portal.reports.linkforms import DisputeForm
from portal.reports.models import PublicLink
from portal.reports.reading import Reading
from portal.reports.views.base import photo_of
from portal.reports.views.public import find_link, secret_page, spoken
from portal.signing.operations import content_of

bp = Blueprint("copy", __name__, url_prefix="/c/<token>")


def opened(token: str) -> PublicLink:
    """The link, in its language or the one chosen. A copy stays readable when the report is replaced or void: the page
    says so; only time, the company or an erasure ends it."""
    link = find_link(token, "copy")
    i18n.speak(spoken() or link.locale)
    state = "erased" if link.report.erased else "revoked" if link.revoked_at else "expired"
    if link.report.erased or link.revoked_at or link.expires_at <= now():
        abort(page("link/closed.html", 410, link=link, state=state, branch=link.report.visit.call.branch))
    return link


def address(endpoint: str, token: str) -> str:
    return url_for(f"copy.{endpoint}", token=token, lang=spoken() or None)


def copy_page(template: str, link: PublicLink, token: str, **context: Any) -> Response:
    payload = content_of(link.report.document)
    return page(
        template,
        link=link,
        report=link.report,
        payload=payload,
        reading=Reading(payload),
        addresses={name: address(name, token) for name in ("show", "pdf", "dispute")},
        photo_url=lambda digest: url_for("copy.photo", token=token, digest=digest),
        **context,
    )


@bp.get("")
@secret_page
def show(token: str) -> BaseResponse:
    link = opened(token)
    newest = queries.revisions_of(link.report)[-1].revision == link.report.revision
    in_wechat = "MicroMessenger" in request.user_agent.string  # its own browser often drops downloads
    return copy_page(
        "copy/show.html", link, token, newest=newest, in_wechat=in_wechat, verify=verify_address(link.report)
    )


@bp.get("/report.pdf")
@secret_page
def pdf(token: str) -> Response:
    report = opened(token).report
    title = Reading(content_of(report.document)).word("title")
    name = f"{title} {report.number}.pdf"
    return send_file(
        io.BytesIO(printing.served(report, printing.CUSTOMERS)),
        "application/pdf",
        as_attachment=True,
        download_name=name,
    )


@bp.get("/photos/<digest>.jpg")
@secret_page
def photo(token: str, digest: str) -> Response:
    return photo_of(content_of(opened(token).report.document), digest)


@bp.route("/dispute", methods=["GET", "POST"])
@secret_page
def dispute(token: str) -> BaseResponse:
    """Opens a case, once; a repeat leads to the same thank-you page."""
    link = opened(token)
    form = DisputeForm()
    if link.used_at is None and form.accepted():
        with form.refusals():
            operations.open_dispute(link, words=form.words.data, phone=form.phone.data or "")
            return redirect(address("dispute", token), 303)
    if link.used_at is None:
        return copy_page("copy/dispute.html", link, token, form=form)
    if request.method == "POST":
        return redirect(address("dispute", token), 303)
    return copy_page("copy/told.html", link, token)
