"""The diagnosis page: the customer's words above, known faults as shortcuts, and what was found and done."""

import uuid
from typing import Any

from flask import Response, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import Row
from werkzeug.wrappers import Response as BaseResponse

from portal.calls.models import Visit
from portal.customers.models import KnownFault
from portal.errors import Conflict
from portal.permissions import Permission, requires
from portal.visits import operations, queries, rules
from portal.visits.forms import FindingsForm, shown
from portal.visits.last_time import LastTime, last_time
from portal.visits.models import Finding, latest_finding
from portal.visits.views.base import bp, find_visit, opened_with, record_page

Codes = dict[str, list[Row[Any]]]


@bp.route("/visits/<uuid:visit_id>/findings", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def findings(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD, fact=True)
    last, faults = latest_finding(visit), queries.known_faults(visit)
    codes = queries.code_lists(visit, [code for name in rules.CODE_NAMES if last and (code := getattr(last, name))])
    fault = next((fault for fault in faults if str(fault.id) == request.args.get("fault")), None)
    before = last_time(visit, fault.symptom if fault else None)
    again = before is not None and "last" in request.args
    prefill = before.fills(last.note if last else "") if before and again else codes_of(fault)
    form = FindingsForm(codes, zone=visit.zone, data=opened_with(shown(last, prefill)))
    if form.accepted():
        with form.refusals():
            operations.save_findings(visit, person=current_user, **form.values)
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return findings_page(visit, form, codes, faults, last, before)


def codes_of(fault: KnownFault | None) -> dict[str, str]:
    return {name: getattr(fault, name) for name in rules.CODE_NAMES} if fault else {}


def findings_page(
    visit: Visit,
    form: FindingsForm,
    codes: Codes,
    faults: list[KnownFault],
    last: Finding | None,
    before: LastTime | None,
) -> Response:
    """After a conflict what was typed stands in the form, what somebody else saved beside it, and saving again is
    a decision for the form's words."""
    conflict = isinstance(form.refusal, Conflict) and last is not None
    if conflict and last is not None:
        form.version.data = str(last.version)
    labels: dict[tuple[str, str], Any] = {(kind, row.code): row.labels for kind, rows in codes.items() for row in rows}
    return record_page(
        "visits/findings.html",
        visit,
        "findings",
        form,
        faults=faults,
        before=before,
        labels=labels,
        error_codes=queries.error_codes(visit),
        saved_meanwhile=last if conflict else None,
        stopped=visit.call.equipment.stopped_at if visit.call.equipment else None,
    )
