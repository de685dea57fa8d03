"""Readings: what was measured, one at a time, with the technician's own instruments first."""

import uuid

from flask import Response, abort, flash, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.calls.models import Visit
from portal.clock import local, now
from portal.db import db
from portal.forms import EntryForm, VerbForm
from portal.i18n import _
from portal.permissions import Permission, requires
from portal.stock.tools.queries import instruments_for
from portal.visits import operations, rules
from portal.visits.forms import ReadingForm
from portal.visits.models import Reading, live_readings
from portal.visits.views.base import bp, find_visit, opened_with, record_page


@bp.route("/visits/<uuid:visit_id>/readings", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def readings(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD, fact=True)
    form = fresh_form(visit)
    if form.accepted():
        with form.refusals():
            operations.log_reading(visit, person=current_user, **form.values)
            return redirect(url_for("visits.readings", visit_id=visit.id), 303)
    return readings_page(visit, form)


def fresh_form(visit: Visit) -> ReadingForm:
    """The technician's own first instrument is chosen: it was most likely that one."""
    instruments = instruments_for(current_user)
    own = next((row.number for row in instruments if row.holder_id == current_user.id), "")
    return ReadingForm(instruments, zone=visit.zone, data=opened_with({"instrument": own}))


def readings_page(visit: Visit, form: EntryForm) -> Response:
    shown = form if isinstance(form, ReadingForm) else fresh_form(visit)
    shown.form_errors = [*shown.form_errors, *(form.form_errors if form is not shown else [])]
    shown.refusal = form.refusal
    return record_page(
        "visits/readings.html",
        visit,
        "findings",
        shown,
        readings=live_readings(visit),
        day=local(now(), visit.zone).date(),
        units=rules.QUANTITIES,
    )


@bp.post("/visits/<uuid:visit_id>/readings/<uuid:reading_id>/removal")
@requires(Permission.VISIT_RECORD)
def reading_removal(visit_id: uuid.UUID, reading_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD)
    reading = db.session.get(Reading, reading_id)
    if reading is None or reading.visit_id != visit.id:
        abort(404)
    form = VerbForm(zone=visit.zone)
    if form.accepted():
        with form.refusals():
            operations.remove_reading(visit, reading, person=current_user)
            flash(_("The reading was removed."))
            return redirect(url_for("visits.readings", visit_id=visit.id), 303)
    return readings_page(visit, form)
