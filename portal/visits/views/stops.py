"""A supervisor's words: a stopped unit 停止使用 may be used again; two linked visits are no repeat."""

import uuid

from flask import abort, flash, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.calls import repeats
from portal.customers import stops
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, authorize, requires
from portal.visits.forms import ReasonForm
from portal.visits.letters import told_about
from portal.visits.views.base import bp, find_visit


@bp.get("/stops")
@requires(Permission.UNIT_RELEASE)
def stopped() -> BaseResponse:
    found = stops.all_standing()
    return page("visits/stops.html", stops=found, told={stop.id: told_about(stop) for stop in found})


@bp.route("/stops/<uuid:stop_id>/release", methods=["GET", "POST"])
@requires(Permission.UNIT_RELEASE)
def stop_release(stop_id: uuid.UUID) -> BaseResponse:
    stop, form = stops.find_stop(stop_id) or abort(404), ReasonForm()
    if form.accepted():
        with form.refusals():
            stops.release(stop, form.reason.data, person=current_user)
            flash(_("The unit may be used again."))
            return redirect(url_for("visits.stopped"), 303)
    return page("visits/stop_release.html", form=form, stop=stop)


@bp.route("/visits/<uuid:visit_id>/repeats/<uuid:repeat_id>/parting", methods=["GET", "POST"])
@requires(Permission.REPEAT_UNLINK)
def repeat_parting(visit_id: uuid.UUID, repeat_id: uuid.UUID) -> BaseResponse:
    visit, form = find_visit(visit_id, Permission.VISIT_VIEW), ReasonForm()
    authorize(Permission.REPEAT_UNLINK, visit)
    repeat = repeats.find_repeat(repeat_id)
    if repeat is None or repeat.visit_id != visit.id:
        abort(404)
    if form.accepted():
        with form.refusals():
            repeats.unlink_repeat(repeat, form.reason.data, person=current_user)
            flash(_("The visits are no longer linked."))
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return page("visits/repeat_parting.html", form=form, visit=visit, repeat=repeat, earlier=repeat.earlier)
