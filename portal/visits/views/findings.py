"""The diagnosis page: the customer's words above, known faults as shortcuts, and what was found and done."""

import uuid
from dataclasses import dataclass
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
    last = latest_finding(visit)
    codes = queries.code_lists(visit, [code for name in rules.CODE_NAMES if last and (code := getattr(last, name))])
    offers = offers_at(visit) if request.method == "GET" else None  # what is sent needs none
    form = FindingsForm(codes, zone=visit.zone, data=opened_with(shown(last, offers.fills(last) if offers else {})))
    if form.accepted():
        with form.refusals():
            operations.save_findings(visit, person=current_user, **form.values)
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return findings_page(visit, form, codes, last, offers or offers_at(visit))


@dataclass(frozen=True)
class Offers:
    """What spares writing: known faults, the one that was tapped, and what was found the last time."""

    faults: list[KnownFault]
    fault: KnownFault | None
    before: LastTime | None

    def fills(self, last: Finding | None) -> dict[str, str]:
        """What the tap on one of them puts into the form."""
        if self.before and "last" in request.args:
            return self.before.fills(last.note if last else "")
        return {name: getattr(self.fault, name) for name in rules.CODE_NAMES} if self.fault else {}


def offers_at(visit: Visit) -> Offers:
    faults = queries.known_faults(visit)
    fault = next((fault for fault in faults if str(fault.id) == request.args.get("fault")), None)
    return Offers(faults, fault, last_time(visit, fault.symptom if fault else None))


def findings_page(visit: Visit, form: FindingsForm, codes: Codes, last: Finding | None, offers: Offers) -> Response:
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
        faults=offers.faults,
        before=offers.before,
        labels=labels,
        error_codes=queries.error_codes(visit),
        saved_meanwhile=last if conflict else None,
        stopped=visit.call.equipment.stopped_at if visit.call.equipment else None,
    )
