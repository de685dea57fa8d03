"""Finding a visit for whoever asks, and the visit's page, which all its one-button verbs come back to."""

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, request
from flask_login import current_user
from sqlalchemy import select

from portal import held, receipts
from portal.accounts.operations import specimen_of
from portal.calls.models import Assignment, Visit
from portal.calls.rules import UNDER_WAY
from portal.clock import now
from portal.customers import stops
from portal.db import db
from portal.forms import EntryForm
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, authorize, may
from portal.templating import kept as is_kept
from portal.visits import queries, rules
from portal.visits.facts import facts_of
from portal.visits.letters import told_about
from portal.visits.models import Finding
from portal.visits.operations.guards import why_closed
from portal.visits.readiness import readiness
from portal.visits.tasks import tasks_of

bp = Blueprint("visits", __name__)
NO_VERB: tuple[str | None, tuple[str, ...]] = (None, ())


def find_visit(visit_id: uuid.UUID, permission: Permission, *, fact: bool = False) -> Visit:
    """The visit, if the person may do this with it; a stranger's is not found.

    An entry from the outbox may be about a visit that was this person's and was moved away: a `fact` (notes, time,
    photos) is still true and is taken; anything else is held for a supervisor, and taken when they say so.
    """
    if receipts.decided():
        return any_visit(visit_id) or abort(404)
    visit = queries.find_visit(visit_id, current_user)
    if request.method == "POST" and receipts.from_outbox() and not (visit and may(permission, visit)):
        return formerly_own(visit_id, fact, visit)
    if visit is None:
        abort(404)
    authorize(permission, visit)
    return visit


def standing_stops(visit: Visit, finding: Finding | None) -> dict[str, Any]:
    """What keeps the visit's unit from being used, with what became of the letters about it."""
    unit = visit.call.equipment
    found = stops.standing(unit)
    if unit is None and finding is not None and finding.do_not_use:
        found = stops.standing_at(visit.id)
    return {"stops": found, "told": {stop.id: told_about(stop) for stop in found}}


def verbs_of(visit: Visit, own_state: str, leads: bool) -> tuple[str | None, tuple[str, ...]]:
    """The one next step and what may be done instead: the lead's move the visit, a member's their own state."""
    if leads:
        return rules.VERBS.get(visit.state, NO_VERB)
    return rules.MEMBER_VERBS[own_state] if visit.state in UNDER_WAY else NO_VERB


def formerly_own(visit_id: uuid.UUID, fact: bool, visit: Visit | None) -> Visit:
    was_sent = select(Assignment.id).where(Assignment.visit_id == visit_id, Assignment.person_id == current_user.id)
    if db.session.scalar(was_sent.limit(1)) is None:
        abort(404)
    if visit is not None:
        abort(receipts.hold(_("Only the lead of the visit does this.")))
    if not fact:
        abort(receipts.hold(_("The visit was given to somebody else.")))
    return any_visit(visit_id) or abort(404)


def any_visit(visit_id: uuid.UUID) -> Visit | None:
    query = select(Visit).where(Visit.id == visit_id).options(*queries.with_place())
    return db.session.scalars(query).unique().one_or_none()


def opened_with(values: Mapping[str, Any]) -> dict[str, Any]:
    """What a form shows when it is opened. What was sent stands for itself: a field left out is empty, not old."""
    return dict(values) if request.method != "POST" else {}


def record_page(template: str, visit: Visit, row: str, form: EntryForm, **context: Any) -> Response:
    """A page that records `row` of the visit. Opened when nothing may change any more it says why and shows what is
    recorded; a refused form still shows what was typed."""
    closed = request.method == "GET" and not rules.may_change(visit.state, visit.to_mend, row)
    return page(template, form=form, visit=visit, closed=why_closed(visit) if closed else "", **context)


def visit_page(visit: Visit, form: EntryForm | None = None) -> Response:
    """Tasks for its technician while it can be changed, the record for everybody else."""
    facts, person = facts_of(visit), current_user._get_current_object()
    missing = readiness(visit, facts)
    mine = may(Permission.VISIT_RECORD, visit)
    waiting = [
        entry
        for entry in (held.about(visit.id) if visit.has_held is not False else [])
        if may(Permission.HELD_VIEW) or entry.person_id == person.id
    ]
    leads, own_state = visit.is_led_by(person), visit.state_for(person)
    next_verb = verbs_of(visit, own_state, leads) if mine else NO_VERB
    can_finish = not {"finish", "leaving"}.isdisjoint((next_verb[0], *next_verb[1]))
    return page(
        "visits/show.html",
        form=form,
        visit=visit,
        facts=facts,
        missing=missing,
        mine=mine,
        leads=leads,
        own_state=own_state,
        tasks=tasks_of(facts, missing, now(), leads=leads) if mine else [],
        next_verb=next_verb,
        can_finish=can_finish,
        specimen=specimen_of(person) if can_finish or (mine and is_kept()) else None,
        running=facts.running,
        past=queries.equipment_history(visit),
        **standing_stops(visit, facts.finding),
        held=waiting,
        refused_for=getattr(form.refusal, "visits", []) if form else [],
    )
