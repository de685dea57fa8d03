"""What phones send of hand-overs that they did without us: to the addresses of the customer's steps, from the outbox,
under a token that we know again. It is taken whatever has become of the session since; what no rule can take is held.
"""

import uuid

from flask import abort, g, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from portal import receipts, sealing
from portal.calls.models import Visit
from portal.db import db
from portal.i18n import _
from portal.permissions import Permission
from portal.receipts import Receipt
from portal.reports import operations, queries, tickets
from portal.reports.models import HandOver
from portal.reports.tickets import Ticket
from portal.reports.unseenforms import (
    UnseenHandOverForm,
    UnseenReleaseForm,
    UnseenSignatureForm,
    UnseenSurveyForm,
    answers_in,
    named_in,
)
from portal.reports.views.base import find_visit

WITHOUT = "X-Outbox-Without"  # named entries that the phone itself will never send: refused there, or taken away


def ticket_of(token: str) -> Ticket | None:
    """The ticket behind the token of a POST from the outbox, if we gave it to whoever sends."""
    if request.method != "POST" or not receipts.from_outbox() or not current_user.is_authenticated:
        return None
    return tickets.read_ticket(token, current_user.id)


def begin(visit: Visit) -> BaseResponse:
    """The phone was handed over without us."""
    form = UnseenHandOverForm(zone=visit.zone)
    ticket = tickets.read_ticket(form.token.data or "", current_user.id)
    if ticket is None or ticket.visit_id != visit.id:
        abort(404)
    ensure_arrived(form.ids)
    if form.accepted():
        with form.refusals():
            operations.keep_hand_over(
                visit,
                token=form.token.data or "",
                locale=form.locale.data or "",
                signer=form.signer,
                opened_at_device=form.occurred_at.data,
                person=current_user,
                session=g.sign_in,
            )
            return to_visit(visit.id)
    return form.outbox_refusal()


def survey(ticket: Ticket, token: str) -> BaseResponse:
    form = UnseenSurveyForm()
    given = arrived(ticket, token, form.ids)
    answers = None
    if not form.declined.data:
        asked = answers_in(given.locale, given.payload, opened(form.sealed_answers.data, token))
        if not form.accepted() or not asked.validate():
            return receipts.hold(_("The answers cannot be read. Somebody must look at them."))
        answers = asked.answers
    with form.refusals():
        operations.keep_answers(given, answers)
    return receipts.hold(str(form.refusal)) if form.refusal else to_visit(ticket.visit_id)


def signature(ticket: Ticket, token: str) -> BaseResponse:
    given = arrived(ticket, token, named_in(request.form.get("entries")))
    form = UnseenSignatureForm(zone=given.visit.zone)
    if form.accepted():
        with form.refusals():
            operations.keep_signature(given, form.mark, form.sight, remarks=form.remarks.data or "")
            return to_visit(ticket.visit_id)
    return form.outbox_refusal()


def release(ticket: Ticket, token: str) -> BaseResponse:
    form = UnseenReleaseForm()
    given = arrived(ticket, token, form.ids)
    if form.accepted():
        pin = pin_in(form, token)
        with form.refusals():
            operations.keep_release(given, pin)
            return to_visit(ticket.visit_id)
    return form.outbox_refusal()


def pin_in(form: UnseenReleaseForm, token: str) -> str | None:
    return dict(opened(form.sealed_pin.data, token)).get("pin") if form.sealed_pin.data else None


def to_visit(visit_id: uuid.UUID) -> BaseResponse:
    return redirect(url_for("visits.show", visit_id=visit_id), 303)


def opened(sealed: str | None, token: str) -> list[tuple[str, str]]:
    try:
        return sealing.open_answers(sealed or "", token)
    except sealing.Unopened as problem:
        why = str(problem)
    abort(receipts.hold(why))


def arrived(ticket: Ticket, token: str, named: list[uuid.UUID]) -> HandOver:
    """The hand-over of this ticket, once all has arrived that its step rests on. A visit that is no longer this
    person's, and a hand-over that is held itself, hold what follows too."""
    find_visit(ticket.visit_id, Permission.VISIT_LEAD)
    ensure_arrived(named)
    given = queries.find_hand_over(token)
    if given is None:
        abort(receipts.hold(_("The hand-over that this belongs to waits for a decision.")))
    return given


def ensure_arrived(named: list[uuid.UUID]) -> None:
    """Whatever is named and not here yet is on its way: this entry stays on the phone until then. What the phone will
    never send does not hold it up."""
    known = set(db.session.scalars(select(Receipt.entry_id).where(Receipt.entry_id.in_(named)))) if named else set()
    never = named_in(request.headers.get(WITHOUT))
    missing = [one for one in named if one not in known and one not in never]
    if missing:
        abort(receipts.outbox_answer(409, "waiting", why=_("What it rests on has not arrived yet.")))
