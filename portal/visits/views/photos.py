"""Photos: sent one by one, shown only to who may see the visit."""

import uuid

from flask import Response, abort, flash, make_response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import files
from portal.calls.models import Visit
from portal.db import db
from portal.forms import VerbForm
from portal.i18n import _
from portal.permissions import Permission, may, requires
from portal.visits import operations
from portal.visits.forms import PhotoForm
from portal.visits.models import Photo, live_photos
from portal.visits.views.base import bp, find_visit, opened_with, record_page
from portal.visits.words import PHOTO_LABELS

YEAR = 365 * 24 * 3600


@bp.route("/visits/<uuid:visit_id>/photos", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def photos(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD, fact=True)
    form = PhotoForm(zone=visit.zone, data=opened_with({"label": chosen_before()}))
    if form.accepted():
        with form.refusals():
            operations.add_photo(visit, person=current_user, **form.values)
            return redirect(url_for("visits.photos", visit_id=visit.id, label=form.label.data), 303)
    return photos_page(visit, form)


def chosen_before() -> str:
    """Several photos mostly show one thing: the label of the last one is chosen again."""
    asked = request.args.get("label", "")
    return asked if asked in PHOTO_LABELS else "other"


def photos_page(visit: Visit, form: PhotoForm) -> Response:
    return record_page("visits/photos.html", visit, "photos", form, photos=live_photos(visit))


@bp.route("/visits/<uuid:visit_id>/photos/<uuid:photo_id>/removal", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def photo_removal(visit_id: uuid.UUID, photo_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD)
    photo = find_photo(visit, photo_id)
    form = VerbForm(zone=visit.zone)
    if form.accepted():
        with form.refusals():
            operations.remove_photo(visit, photo, person=current_user)
            flash(_("The photo was removed."))
            return redirect(url_for("visits.photos", visit_id=visit.id), 303)
    return record_page("visits/photo_removal.html", visit, "photos", form, photo=photo)


@bp.get("/visits/<uuid:visit_id>/photos/<uuid:photo_id>.jpg")
@requires(Permission.VISIT_VIEW)
def photo(visit_id: uuid.UUID, photo_id: uuid.UUID) -> Response:
    return picture(find_photo(find_visit(visit_id, Permission.VISIT_VIEW), photo_id).digest)


@bp.get("/visits/<uuid:visit_id>/photos/<uuid:photo_id>/thumbnail.jpg")
@requires(Permission.VISIT_VIEW)
def thumbnail(visit_id: uuid.UUID, photo_id: uuid.UUID) -> Response:
    return picture(find_photo(find_visit(visit_id, Permission.VISIT_VIEW), photo_id).thumbnail)


def find_photo(visit: Visit, photo_id: uuid.UUID) -> Photo:
    """A removed one is still there for reviewers: an earlier revision of the report may show it."""
    found = db.session.get(Photo, photo_id)
    if found is None or found.visit_id != visit.id:
        abort(404)
    if found.removal is not None and request.method == "GET" and not may(Permission.REPORT_REVIEW):
        abort(404)
    return found


def picture(digest: str) -> Response:
    """The bytes never change under their hash, so the browser may keep them; shared caches may not."""
    response = make_response()
    response.set_etag(digest)
    response.headers["Cache-Control"] = f"private, max-age={YEAR}, immutable"
    response.headers["Content-Type"] = "image/jpeg"
    if request.if_none_match.contains(digest):
        response.status_code = 304
        return response
    try:
        response.set_data(files.read(digest))
    except OSError:
        abort(404)
    return response
