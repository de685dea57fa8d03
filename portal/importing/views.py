"""`/imports`: send a file, check its columns, try it or bring it in, watch, and take the refused rows away to mend."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, stream_with_context, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from portal.db import db
from portal.forms import VerbForm
from portal.htmx import page, wants_fragment, whole_page
from portal.i18n import _
from portal.importing import columns, operations, running, words
from portal.importing.forms import ColumnsForm, FileForm, allowed_kinds
from portal.importing.kinds import KINDS
from portal.importing.models import DONE, READING, RUNNING, Import, refused_rows
from portal.importing.refusedfile import refused_csv
from portal.importing.rules import folded
from portal.permissions import Permission, may, requires

bp = Blueprint("importing", __name__, url_prefix="/imports")
MOST_SHOWN = 50
REFUSED_SHOWN = 100


@bp.get("")
@requires(Permission.IMPORT)
def index() -> BaseResponse:
    newest = select(Import).where(Import.kind.in_(allowed_kinds())).order_by(Import.created_at.desc(), Import.id)
    found = list(db.session.scalars(newest.limit(MOST_SHOWN)))
    return page("importing/index.html", runs=found, words=words, zone=current_user.branch.time_zone)


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.IMPORT)
def new() -> BaseResponse:
    form = FileForm(allowed_kinds())
    if form.accepted():
        with form.refusals():
            run = operations.send_file(*form.sent, person=current_user)
            operations.read_later(run)
            return redirect(url_for("importing.show", import_id=run.id), 303)
    return page("importing/new.html", form=form, kinds=KINDS)


@bp.get("/<uuid:import_id>")
@requires(Permission.IMPORT)
def show(import_id: uuid.UUID) -> BaseResponse:
    run = find_run(import_id)
    if run.state == "columns":
        there = url_for("importing.check", import_id=run.id)
        return whole_page(there) if wants_fragment() else redirect(there, 303)
    return show_page(run)


def show_page(run: Import, form: Any = None) -> BaseResponse:
    settled = run.state == DONE
    return page(
        "importing/show.html",
        form=form,
        run=run,
        kind=KINDS[run.kind],
        words=words,
        moving=run.state in (READING, RUNNING),
        silent=run.state == RUNNING and running.is_silent(run),
        started=bool(run.worker or run.place),
        refused=refused_rows(run, limit=REFUSED_SHOWN) if settled and run.refused_rows else [],
        zone=current_user.branch.time_zone,
    )


def find_run(import_id: uuid.UUID) -> Import:
    """An import of a kind that the person may bring in; others are not known to them."""
    run = db.session.get(Import, import_id)
    if run is None or not may(Permission.IMPORT, run):
        abort(404)
    return run


@bp.route("/<uuid:import_id>/columns", methods=["GET", "POST"])
@requires(Permission.IMPORT)
def check(import_id: uuid.UUID) -> BaseResponse:
    run = find_run(import_id)
    form = ColumnsForm(run)
    if form.accepted():
        with form.refusals():
            operations.choose_columns(run, form.mapping)
            return redirect(url_for("importing.check", import_id=run.id) + "#rows", 303)
    elif not may_choose(run):
        return redirect(url_for("importing.show", import_id=run.id), 303)
    return columns_page(run, form)


def may_choose(run: Import) -> bool:
    return bool(run.sample) and (run.state == "columns" or (run.state == DONE and run.trial))


def columns_page(run: Import, form: ColumnsForm) -> BaseResponse:
    kind = KINDS[run.kind]
    left_out = columns.ignored(kind.ignored)
    return page(
        "importing/columns.html",
        form=form,
        run=run,
        kind=kind,
        words=words,
        plans=running.preview(run),
        missing=missing_columns(run),
        first_values=[first_value(run, at) for at in range(len(run.headings))],
        notes=[left_out.get(folded(heading)) for heading in run.headings],
    )


def first_value(run: Import, at: int) -> str:
    return next((cells[at] for _number, cells in run.sample if at < len(cells) and cells[at]), "")


def missing_columns(run: Import) -> str:
    """What stands in the way of running it, in words; empty when nothing does."""
    try:
        operations.check_columns(run, run.mapping)
    except operations.Rejected as refusal:
        return str(refusal)
    return ""


@bp.post("/<uuid:import_id>/trial")
@requires(Permission.IMPORT)
def trial(import_id: uuid.UUID) -> BaseResponse:
    return started(find_run(import_id), trial=True)


@bp.post("/<uuid:import_id>/rows")
@requires(Permission.IMPORT)
def rows(import_id: uuid.UUID) -> BaseResponse:
    return started(find_run(import_id), trial=False)


def started(run: Import, *, trial: bool) -> BaseResponse:
    """Runs it with the columns as they were kept. What is missing comes back on the page of columns."""
    form = ColumnsForm(run)
    if form.accepted():
        with form.refusals():
            operations.choose_columns(run, form.mapping)
            operations.run_import(run, trial=trial)
            operations.run_later(run)
            return redirect(url_for("importing.show", import_id=run.id), 303)
    return columns_page(run, form) if may_choose(run) else show_page(run, form)


@bp.post("/<uuid:import_id>/resumption")
@requires(Permission.IMPORT)
def resumption(import_id: uuid.UUID) -> BaseResponse:
    run, form = find_run(import_id), VerbForm()
    if form.accepted():
        with form.refusals():
            operations.resume(run)
            flash(_("It goes on where it stopped."))
            return redirect(url_for("importing.show", import_id=run.id), 303)
    return show_page(run, form)


@bp.get("/<uuid:import_id>/refused.csv")
@requires(Permission.IMPORT)
def refused(import_id: uuid.UUID) -> BaseResponse:
    run = find_run(import_id)
    if run.state != DONE or run.forgotten_at:
        abort(404)
    response = Response(stream_with_context(refused_csv(run)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename=refused-{run.kind}.csv"
    return response
