"""`/held/rescue`: the way in for what a phone could not send and its owner saved as a file."""

import uuid
from typing import Any

from flask import Response, abort, redirect, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from portal.db import db
from portal.held import Rescue
from portal.htmx import page
from portal.offline import rescue as rescues
from portal.offline.forms import RescueForm
from portal.offline.views.inbox import bp
from portal.permissions import Permission, requires, takes_up_to
from portal.receipts import HeldEntry


@bp.route("/held/rescue", methods=["GET", "POST"])
@takes_up_to(rescues.FILE_LIMIT + 1024 * 1024)
@requires(Permission.RESCUE_LOAD)
def rescue() -> BaseResponse:
    form = RescueForm()
    if form.accepted():
        with form.refusals():
            loaded = rescues.load(form.file.data or b"", person=current_user._get_current_object())
            return redirect(url_for("held.rescued", rescue_id=loaded.id), 303)
    return page("held/rescue.html", form=form, limit=rescues.FILE_LIMIT // 1024 // 1024)


@bp.get("/held/rescues/<uuid:rescue_id>")
@requires(Permission.RESCUE_LOAD)
def rescued(rescue_id: uuid.UUID) -> Response:
    """What became of each entry of the file."""
    found = db.session.get(Rescue, rescue_id) or abort(404)
    query = select(HeldEntry.entry_id, HeldEntry.id).where(HeldEntry.rescue_id == found.id)
    held: dict[str, Any] = {str(row.entry_id): row.id for row in db.session.execute(query)}
    counts = {state: sum(row[3] == state for row in found.results) for state in ("loaded", "known", "damaged")}
    return page("held/rescued.html", rescue=found, held=held, counts=counts, zone=current_user.branch.time_zone)
