"""For the office: whose phone holds unsent work since when, and from which phone work has vanished."""

import uuid

from flask import abort, flash, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.accounts.models import SignIn
from portal.db import db
from portal.forms import VerbForm
from portal.htmx import page
from portal.i18n import _
from portal.offline import operations, queries
from portal.offline.views.base import bp
from portal.permissions import Permission, requires


@bp.get("/phones")
@requires(Permission.PHONE_WATCH)
def phones() -> BaseResponse:
    return phones_page(VerbForm())


def phones_page(form: VerbForm) -> BaseResponse:
    found = queries.phones()
    lost = sum(phone.lost for phone in found)
    return page("offline/phones.html", form=form, phones=found, lost=lost, zone=current_user.branch.time_zone)


@bp.post("/phones/<uuid:session_id>/settlement")
@requires(Permission.PHONE_WATCH)
def settle(session_id: uuid.UUID) -> BaseResponse:
    """Somebody has asked the technician, and the work was entered again or was not needed."""
    session, form = db.session.get(SignIn, session_id) or abort(404), VerbForm()
    if form.accepted():
        with form.refusals():
            operations.settle_loss(session)
            flash(_("Noted. The alert is closed."))
            return redirect(url_for("offline.phones"), 303)
    return phones_page(form)
