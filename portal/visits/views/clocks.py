"""The buttons of the day: departure, arrival, start, pause, finish. They stand on the visit's page."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.forms import VerbForm
from portal.permissions import Permission, requires
from portal.receipts import from_outbox
from portal.visits import operations
from portal.visits.forms import PauseForm
from portal.visits.views.base import bp, find_visit, record_page, visit_page


@bp.route("/visits/<uuid:visit_id>/departure", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def departure(visit_id: uuid.UUID) -> BaseResponse:
    return press(visit_id, operations.depart)


@bp.route("/visits/<uuid:visit_id>/arrival", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def arrival(visit_id: uuid.UUID) -> BaseResponse:
    return press(visit_id, operations.arrive)


@bp.route("/visits/<uuid:visit_id>/start", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def start(visit_id: uuid.UUID) -> BaseResponse:
    return press(visit_id, operations.start)


@bp.route("/visits/<uuid:visit_id>/finish", methods=["GET", "POST"])
@requires(Permission.VISIT_LEAD)
def finish(visit_id: uuid.UUID) -> BaseResponse:
    return press(visit_id, operations.finish, Permission.VISIT_LEAD)


@bp.route("/visits/<uuid:visit_id>/leaving", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def leaving(visit_id: uuid.UUID) -> BaseResponse:
    """Somebody beside the lead is done; the visit goes on."""
    return press(visit_id, operations.leave_site)


@bp.route("/visits/<uuid:visit_id>/clocks/<uuid:person_id>/stop", methods=["GET", "POST"])
@requires(Permission.VISIT_LEAD)
def clock_stop(visit_id: uuid.UUID, person_id: uuid.UUID) -> BaseResponse:
    """The lead stops a clock that somebody else has forgotten."""
    visit = find_visit(visit_id, Permission.VISIT_LEAD)
    form = VerbForm(zone=visit.zone)
    if form.accepted():
        with form.refusals():
            operations.stop_clock_of(visit, person_id, person=current_user)
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return visit_page(visit, form)


def press(
    visit_id: uuid.UUID, verb: Callable[..., None], permission: Permission = Permission.VISIT_RECORD
) -> BaseResponse:
    visit = find_visit(visit_id, permission)
    form = VerbForm(zone=visit.zone)
    if form.accepted():
        with form.refusals():
            verb(visit, person=current_user, waited=from_outbox(), **form.values)
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return visit_page(visit, form)


@bp.route("/visits/<uuid:visit_id>/pause", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def pause(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD)
    form = PauseForm(zone=visit.zone)
    if form.accepted():
        values: dict[str, Any] = form.values
        with form.refusals():
            operations.pause(visit, values.pop("cause"), person=current_user, waited=from_outbox(), **values)
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return record_page("visits/pause.html", visit, "time", form)
