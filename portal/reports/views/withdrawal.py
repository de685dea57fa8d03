"""What becomes of a report that must not count, or may not be kept: void, and erasure on a lawful request."""

from flask import flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, authorize, requires
from portal.reports import operations
from portal.reports.forms import ErasureForm, VoidForm
from portal.reports.models import Report, newest_report
from portal.reports.operations.erasing import ERASABLE
from portal.reports.views.base import bp, find_report
from portal.reports.views.papers import erased_page


def find_for(permission: Permission, number: str) -> Report:
    """The newest revision, or the one that `?revision=` names; 403 for whoever may not do this with it."""
    report = find_report(number)
    authorize(permission, report)
    return report


@bp.route("/reports/<number>/void", methods=["GET", "POST"])
@requires(Permission.REPORT_VOID)
def void(number: str) -> BaseResponse:
    report = find_for(Permission.REPORT_VOID, number)
    newest = newest_report(report.visit) is report
    form = VoidForm(report.visit, newest=newest)
    if form.accepted():
        with form.refusals():
            operations.void_report(report, reason=form.reason.data, again=form.again, person=current_user)
            flash(_("%(number)s is void.", number=report.number))
            return to_report(report, newest)
    if report.erased and request.method == "GET":
        return erased_page(report)
    return page("reports/void.html", form=form, report=report, visit=report.visit, newest=newest)


def to_report(report: Report, newest: bool) -> BaseResponse:
    revision = None if newest else report.revision
    return redirect(url_for("reports.show", number=report.number, revision=revision), 303)


@bp.route("/reports/<number>/erasure", methods=["GET", "POST"])
@requires(Permission.REPORT_ERASE)
def erasure(number: str) -> BaseResponse:
    report = find_for(Permission.REPORT_ERASE, number)
    form = ErasureForm(report.number)
    if form.accepted():
        with form.refusals():
            operations.erase_report(report, reason=form.reason.data, person=current_user)
            flash(_("%(number)s was erased.", number=report.number))
            return to_report(report, newest=True)
    if report.erased and request.method == "GET":
        return erased_page(report)
    return page(
        "reports/erasure.html", form=form, report=report, visit=report.visit, possible=report.visit.state in ERASABLE
    )
