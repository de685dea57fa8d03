"""Time: what was clocked, added or corrected."""

import uuid

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.calls.models import Visit
from portal.clock import now
from portal.i18n import _
from portal.permissions import Permission, requires
from portal.receipts import parse_id
from portal.visits import operations, queries, rules
from portal.visits.forms import ReasonForm, TimeEntryForm
from portal.visits.models import TimeEntry, live_time_entries
from portal.visits.views.base import bp, find_visit, opened_with, record_page


@bp.route("/visits/<uuid:visit_id>/time-entries", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def time_entries(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD, fact=True)
    entries = live_time_entries(visit)
    wanted = parse_id(request.args.get("entry", ""))
    chosen = next((entry for entry in entries if entry.id == wanted and entry.person_id == current_user.id), None)
    form = TimeEntryForm(zone=visit.zone, data=opened_with(preset(chosen, visit)))
    if form.accepted():
        with form.refusals():
            operations.log_time(visit, person=current_user, **form.values)
            flash(_("Saved."))
            return redirect(url_for("visits.time_entries", visit_id=visit.id), 303)
    return times_page(visit, form, entries)


def preset(entry: TimeEntry | None, visit: Visit) -> dict[str, object]:
    """The entry that is to be corrected, as it stands; a clock that still runs with its probable end."""
    if entry is None:
        return {"kind": "work"}
    end = entry.ended_at
    if end is None and rules.is_forgotten(entry.started_at, now(), visit.zone):
        end = rules.suggested_end(entry.started_at, queries.last_sign(entry), now(), visit.zone)
    return {
        "kind": entry.kind,
        "cause": entry.cause or "",
        "started_at": entry.started_at,
        "ended_at": end or now(),
        "replaces": str(entry.id),
    }


def times_page(visit: Visit, form: TimeEntryForm, entries: list[TimeEntry]) -> Response:
    stretches = [rules.Stretch(entry.kind, entry.started_at, entry.ended_at) for entry in entries]
    totals = {kind: rules.minutes(stretches, kind, now()) for kind in ("travel", "work", "wait", "break")}
    return record_page(
        "visits/time_entries.html",
        visit,
        "time",
        form,
        entries=entries,
        totals={kind: spent for kind, spent in totals.items() if spent},
        refused_for=getattr(form.refusal, "visits", []),
    )


@bp.route("/visits/<uuid:visit_id>/time-entries/<uuid:entry_id>/removal", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def time_entry_removal(visit_id: uuid.UUID, entry_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD)
    entry = next((entry for entry in live_time_entries(visit) if entry.id == entry_id), None)
    form = ReasonForm(data=opened_with({"reason": _("Entered by mistake")}))
    if form.accepted():
        with form.refusals():
            operations.drop_time(visit, entry_id, person=current_user, **form.values)
            flash(_("Removed."))
            return redirect(url_for("visits.time_entries", visit_id=visit.id), 303)
    return record_page("visits/time_entry_removal.html", visit, "time", form, entry=entry)
