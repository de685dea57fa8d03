"""Finding visits and reports for whoever asks, and serving the photos of a report."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, make_response, request
from flask_login import current_user

from portal import files, receipts
from portal.calls.models import Visit
from portal.forms import whole_number
from portal.permissions import Permission, may
from portal.reports import queries
from portal.reports.content import compose
from portal.reports.difference import Difference, differences
from portal.reports.models import Report
from portal.visits.views.base import find_visit as find_for_outbox

bp = Blueprint("reports", __name__)
MOST_REVISIONS = 999


def find_visit(visit_id: uuid.UUID, permission: Permission) -> Visit:
    """The visit, if it is this person's to do this with; a stranger's is not found."""
    visit = queries.find_visit(visit_id, current_user)
    if visit is not None and may(permission, visit):
        return visit
    if request.method == "POST" and receipts.from_outbox():
        return find_for_outbox(visit_id, permission)
    abort(403 if visit is not None and visit.is_assigned(current_user) else 404)


def find_report(number: str) -> Report:
    """The newest revision, or the one that `?revision=` names."""
    revision = whole_number(request.args.get("revision", ""), 0, MOST_REVISIONS)
    report = queries.find_report(number, current_user, revision or None)
    return report if report is not None and may(Permission.REPORT_VIEW, report) else abort(404)


def changes_in(visit: Visit, payload: dict[str, Any]) -> list[Difference]:
    """What this paper, sealed or about to be, says otherwise than the revision before it."""
    return differences(queries.sealed_before(visit, payload["report_version"]), payload)


def against_record(report: Report, payload: dict[str, Any]) -> list[Difference]:
    """Of a report that was signed without a connection and differs: what the record says otherwise now."""
    if not report.differs:
        return []
    return differences(payload, compose(report.visit, payload["language"], revision=payload["report_version"]))


def photo_of(payload: dict[str, Any], digest: str) -> Response:
    """A photo that the report names; nothing else in the store can be reached by its digest."""
    if digest not in {photo["digest"] for photo in payload["photos"]}:
        abort(404)
    try:
        response = make_response(files.read(digest))
    except OSError:
        abort(404)
    response.mimetype = "image/jpeg"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response
