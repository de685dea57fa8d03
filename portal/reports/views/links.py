"""The company's side of links: asking for a signature by link, sending the customer's copy, taking a link back."""

import uuid
from datetime import timedelta

import segno
from flask import Response, abort, flash, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import settings
from portal.clock import now
from portal.db import db
from portal.forms import EntryForm, VerbForm
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, authorize, requires
from portal.reports import delivery, operations
from portal.reports.addresses import link_address
from portal.reports.linkforms import CopyForm, LinkForm
from portal.reports.linkstate import state_of
from portal.reports.models import PublicLink, Report
from portal.reports.views.base import bp, find_report
from portal.reports.words import LINK_STATES
from portal.signing.operations import content_of

SHOWN = timedelta(minutes=10)  # how long whoever made a link sees its address; later nobody does


def find_for_links(number: str) -> Report:
    report = find_report(number)
    authorize(Permission.REPORT_LINK, report)
    return report


def find_link(report: Report, link_id: uuid.UUID) -> PublicLink:
    link = db.session.get(PublicLink, link_id)
    of_this = link is not None and link.report.number == report.number and link.purpose == "sign"
    return link if link is not None and of_this else abort(404)


@bp.route("/reports/<number>/links", methods=["GET", "POST"])
@requires(Permission.REPORT_LINK)
def links(number: str) -> BaseResponse:
    report = find_for_links(number)
    form = LinkForm(report, language_of(report))
    if form.accepted():
        with form.refusals():
            link = operations.issue_link(report, **form.values, person=current_user)
            return redirect(url_for("reports.link", number=number, link_id=link.id), 303)
    return links_page(report, form)


def links_page(report: Report, form: EntryForm, refused: EntryForm | None = None) -> Response:
    found = [link for link in delivery.links_of(report) if link.purpose == "sign"]
    return page(
        "reports/links.html",
        refused.status if refused else None,
        link_days=settings.value("link_days"),
        form=form,
        refused=refused,
        report=report,
        visit=report.visit,
        rows=[(link, *LINK_STATES[state], state) for link in found for state in [state_of(link)]],
        letters=delivery.deliveries(report, found),
        possible=not report.void and not report.erased,
    )


@bp.get("/reports/<number>/links/<uuid:link_id>")
@requires(Permission.REPORT_LINK)
def link(number: str, link_id: uuid.UUID) -> Response:
    """The address, for whoever has just made it: to copy, or to be scanned by the customer's phone."""
    report = find_for_links(number)
    found = find_link(report, link_id)
    shown = found.created_by_id == current_user.id and now() < found.created_at + SHOWN and state_of(found) == "open"
    address = link_address(found) if shown else ""
    code = segno.make(address, error="m", micro=False).svg_data_uri(border=2, scale=4) if shown else ""
    return page("reports/link.html", report=report, visit=report.visit, link=found, address=address, code=code)


@bp.post("/reports/<number>/links/<uuid:link_id>/revocation")
@requires(Permission.REPORT_LINK)
def revoke_link(number: str, link_id: uuid.UUID) -> BaseResponse:
    report = find_for_links(number)
    found, form = find_link(report, link_id), VerbForm()
    if form.accepted():
        with form.refusals():
            operations.revoke_link(found, person=current_user)
            flash(_("The address does not work any more."))
            return redirect(url_for("reports.links", number=number), 303)
    return links_page(report, LinkForm(report, language_of(report)), form)


@bp.route("/reports/<number>/copies", methods=["GET", "POST"])
@requires(Permission.REPORT_LINK)
def copies(number: str) -> BaseResponse:
    """Sends the customer's copy (again), to an address of one's choice."""
    report = find_for_links(number)
    if report.erased:
        abort(404)
    form = CopyForm(report, language_of(report))
    if form.accepted():
        with form.refusals():
            operations.issue_copy(report, **form.values, person=current_user)
            flash(_("The letter waits to be sent."))
            return redirect(url_for("reports.show", number=number), 303)
    return page("reports/copies.html", form=form, report=report, visit=report.visit)


def language_of(report: Report) -> str:
    return str(content_of(report.document).get("language") or report.visit.call.customer.locale)
