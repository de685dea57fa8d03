"""The register of tools, the page of one tool, and the storekeeper's verbs."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, flash, make_response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import files, sheets
from portal.accounts.operations import last_change
from portal.changing import fingerprint
from portal.clock import now, today
from portal.db import db
from portal.forms import EVERYTHING, VerbForm, plain, whole_number
from portal.htmx import page
from portal.i18n import _, lazy
from portal.permissions import Permission, may, requires
from portal.stock import tools
from portal.stock.export import body, head
from portal.stock.tools import export, queries, rules
from portal.stock.tools.forms import (
    CalibrationForm,
    CorrectionForm,
    DecisionForm,
    FilterForm,
    HandOutForm,
    MoveForm,
    RegistrationForm,
    ReportForm,
    ReturnForm,
)
from portal.stock.tools.models import Calibration, Tool, ToolReport, find_tool, newest_step

bp = Blueprint("tools", __name__)


def home_day() -> Any:
    return today(current_user.branch.time_zone)


def find(number: str) -> Tool:
    return find_tool(plain(number)[:40]) or abort(404)


@bp.get("/tools")
@requires(Permission.TOOL_VIEW)
def index() -> BaseResponse:
    form, day = FilterForm(), home_day()
    wanted = form.wanted()
    found = queries.tools(wanted, day, now(), plain(request.args.get("after", ""))[:40])
    listed, more = found[: queries.PER_PAGE], found[queries.PER_PAGE :]
    kept = form.query
    return page(
        "tools/index.html",
        filters=form,
        rows=listed,
        day=day,
        narrowed=wanted.narrowed,
        zone=current_user.branch.time_zone,
        first=url_for("tools.index", **kept or EVERYTHING) if request.args.get("after") else None,
        following=url_for("tools.index", **kept, after=listed[-1].number) if more else None,
    )


@bp.get("/tools.<ending>")
@requires(Permission.TOOL_VIEW)
def tools_file(ending: str) -> BaseResponse:
    if ending not in sheets.ENDINGS:
        abort(404)
    day = home_day()
    columns = export.columns(day, current_user.branch.time_zone)
    rows = queries.all_tools(FilterForm().wanted(), day, now())
    return sheets.answer("tools", ending, head(columns), body(columns, rows))


@bp.route("/tools/registration", methods=["GET", "POST"])
@requires(Permission.TOOL_KEEP)
def registration() -> BaseResponse:
    form = RegistrationForm()
    if form.accepted():
        with form.refusals():
            tool = tools.register_tool(
                labels=form.labels, store=form.chosen_store, person=current_user, **form.value, **form.register
            )
            flash(_("%(tool)s stands in the register.", tool=tool.number))
            return redirect(url_for("tools.show", number=tool.number), 303)
    return page("tools/registration.html", form=form)


@bp.get("/tools/<number>")
@requires(Permission.TOOL_VIEW)
def show(number: str) -> BaseResponse:
    tool = find(number)
    row = queries.tool(tool.id)
    steps = queries.steps(tool.id, whole_number(request.args.get("before", ""), 0, 10**9) or None)
    listed, more = steps[: queries.STEPS_PER_PAGE], steps[queries.STEPS_PER_PAGE :]
    return page(
        "tools/show.html",
        row=row,
        day=home_day(),
        zone=current_user.branch.time_zone,
        steps=listed,
        calibrations=queries.calibrations(tool.id),
        reports=queries.reports(tool.id),
        moves=rules.MOVES[row.state],
        newest=url_for("tools.show", number=tool.number) if request.args.get("before") else None,
        older=url_for("tools.show", number=tool.number, before=listed[-1].movement_n) if more else None,
    )


@bp.route("/tools/<number>/corrections", methods=["GET", "POST"])
@requires(Permission.TOOL_KEEP)
def correction(number: str) -> BaseResponse:
    tool = find(number)
    form = CorrectionForm(data=tools.standing(tool) if request.method == "GET" else {})
    if request.method == "GET":
        form.version.data = fingerprint(tools.standing(tool))
    if form.accepted():
        with form.refusals():
            tools.change_tool(tool, form.labels, version=form.seen, person=current_user, **form.register)
            flash(_("The register was corrected."))
            return redirect(url_for("tools.show", number=tool.number), 303)
    if form.is_stale:
        form.compare(tools.standing(tool), fingerprint(tools.standing(tool)), last_change(tool))
    return page("tools/correction.html", form=form, tool=tool, zone=current_user.branch.time_zone)


def verb(tool: Tool, form: Any, act: Callable[..., Any], template: str, done: Any, **context: Any) -> BaseResponse:
    """A page whose form is one verb; what it did stands on the tool's page."""
    if form.accepted():
        with form.refusals():
            act(tool, person=current_user, **form.slip)
            flash(str(done))
            return redirect(url_for("tools.show", number=tool.number), 303)
    return page(template, form=form, tool=tool, row=queries.tool(tool.id), day=home_day(), **context)


@bp.route("/tools/<number>/hand-outs", methods=["GET", "POST"])
@requires(Permission.TOOL_KEEP)
def hand_outs(number: str) -> BaseResponse:
    return verb(find(number), HandOutForm(), tools.hand_out, "tools/hand_out.html", lazy("The tool was handed out."))


@bp.route("/tools/<number>/returns", methods=["GET", "POST"])
@requires(Permission.TOOL_KEEP)
def returns(number: str) -> BaseResponse:
    return verb(find(number), ReturnForm(), tools.take_back, "tools/return.html", lazy("The tool was taken back."))


@bp.route("/tools/<number>/moves", methods=["GET", "POST"])
@requires(Permission.TOOL_KEEP)
def moves(number: str) -> BaseResponse:
    tool = find(number)
    step = newest_step(tool) or abort(404)
    return verb(tool, MoveForm(step.state), tools.move_tool, "tools/move.html", lazy("The tool was moved."))


@bp.route("/tools/<number>/calibrations", methods=["GET", "POST"])
@requires(Permission.TOOL_KEEP)
def calibrations(number: str) -> BaseResponse:
    tool = find(number)
    form, done = CalibrationForm(), lazy("The certificate was recorded.")
    if form.accepted():
        with form.refusals():
            tools.calibrate(tool, person=current_user, **form.slip)
            flash(str(done))
            return redirect(url_for("tools.show", number=tool.number), 303)
    return page("tools/calibration.html", form=form, tool=tool)


@bp.get("/tools/<number>/calibrations/<uuid:calibration_id>/scan.jpg")
@requires(Permission.TOOL_VIEW)
def scan(number: str, calibration_id: uuid.UUID) -> BaseResponse:
    found = db.session.get(Calibration, calibration_id)
    if found is None or found.tool_id != find(number).id or found.scan is None:
        abort(404)
    response = make_response()
    response.headers["Content-Type"] = "image/jpeg"
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    try:
        response.set_data(files.read(found.scan))
    except OSError:
        abort(404)
    return response


@bp.route("/tools/<number>/reports", methods=["GET", "POST"])
@requires(Permission.TOOL_REPORT)
def reports(number: str) -> BaseResponse:
    """Damaged, incomplete or lost: said by its holder, or by whoever looks after the tools."""
    tool, form = own_or_kept(number), ReportForm()
    if form.accepted():
        with form.refusals():
            tools.report_tool(tool, **form.slip, person=current_user)
            flash(_("It was reported. The store decides what becomes of it."))
            return redirect(back_from(tool), 303)
    return page("tools/report.html", form=form, tool=tool, back=back_from(tool))


@bp.post("/tools/<number>/return-requests")
@requires(Permission.TOOL_HOLD)
def return_requests(number: str) -> BaseResponse:
    """The holder wants to give it back: the storekeeper sees it in the list of open matters."""
    tool = own_or_kept(number)
    return press(tool, lambda: tools.report_tool(tool, "give_back", person=current_user), _("The store knows of it."))


@bp.post("/tools/<number>/confirmations/<int:n>")
@requires(Permission.TOOL_HOLD)
def confirmations(number: str, n: int) -> BaseResponse:
    tool = find(number)
    return press(tool, lambda: tools.confirm(tool, min(n, 10**9), person=current_user), _("Confirmed."))


def press(tool: Tool, act: Callable[[], Any], done: str) -> BaseResponse:
    """A button on the list of one's own tools."""
    form = VerbForm()
    if form.accepted():
        with form.refusals():
            act()
            flash(done)
            return redirect(url_for("visits.van"), 303)
    return page("tools/refused.html", form=form, tool=tool)


@bp.route("/tools/<number>/reports/<uuid:report_id>/decision", methods=["GET", "POST"])
@requires(Permission.TOOL_DECIDE)
def decision(number: str, report_id: uuid.UUID) -> BaseResponse:
    tool = find(number)
    report = db.session.get(ToolReport, report_id)
    if report is None or report.tool_id != tool.id or report.kind == "give_back":
        abort(404)
    form = DecisionForm(report.kind)

    def act(tool: Tool, **slip: Any) -> None:
        tools.decide(tool, report, **slip)

    return verb(tool, form, act, "tools/decision.html", lazy("The decision was recorded."), report=report)


def own_or_kept(number: str) -> Tool:
    """A technician finds the tools in the own hands alone; others are not known to them."""
    tool = find(number)
    if not may(Permission.TOOL_VIEW):
        step = newest_step(tool)
        if step is None or step.holder_id != current_user.id:
            abort(404)
    return tool


def back_from(tool: Tool) -> str:
    return url_for("tools.show", number=tool.number) if may(Permission.TOOL_VIEW) else url_for("visits.van")
