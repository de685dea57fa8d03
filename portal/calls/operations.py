"""Calls and the plan of their visits: the verbs."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select

from portal import history
from portal.accounts.models import Branch, Person
from portal.calls import rules
from portal.calls.models import Assignment, Call, Visit
from portal.calls.words import state_word
from portal.clock import now
from portal.customers.models import Contact, Customer, Equipment, Site
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.numbering import issue_number
from portal.permissions import Role


def register_call(
    *,
    branch: Branch,
    customer: Customer,
    site: Site,
    contact: Contact | None,
    equipment: Equipment | None,
    channel: str,
    caller_name: str,
    description: str,
    service_class: str,
    work_type: str,
    priority: str,
    reported_at: datetime,
    person: Person,
) -> Call:
    """Enters a call in the customer's words. Its number is of the branch's month (contract 7)."""
    if equipment is not None and equipment.site_id != site.id:
        raise Rejected(lazy("This unit stands at another site."), field="equipment")
    if contact is not None and contact.site_id != site.id:
        raise Rejected(lazy("This contact belongs to another site."), field="contact")
    call = Call(
        number=issue_number("JX", branch.code, now(), branch.time_zone),
        branch=branch,
        customer=customer,
        site=site,
        contact=contact,
        equipment=equipment,
        channel=channel,
        caller_name=caller_name,
        description=description,
        service_class=service_class,
        work_type=work_type,
        priority=priority,
        reported_at=reported_at,
        registered_by_id=person.id,
    )
    db.session.add(call)
    db.session.flush()
    history.record("register_call", call, person_id=person.id, number=call.number)
    return call


def plan_visit(
    call: Call,
    *,
    technician: Person,
    window_start: datetime,
    window_end: datetime,
    instructions: str = "",
    person: Person,
) -> Visit:
    """Plans the call's next visit and sends the technician."""
    check_plan(technician, window_start, window_end)
    db.session.execute(select(Call.id).where(Call.id == call.id).with_for_update())
    last = db.session.scalar(select(func.max(Visit.seq)).where(Visit.call_id == call.id))
    visit = Visit(
        call=call,
        seq=(last or 0) + 1,
        window_start=window_start,
        window_end=window_end,
        state="assigned",
        instructions=instructions,
        created_at=now(),
    )
    db.session.add(visit)
    send(visit, technician, "", person)
    db.session.flush()
    history.record("plan_visit", visit, person_id=person.id, technician=technician.username)
    return visit


def assign(
    visit: Visit,
    technician: Person,
    *,
    window_start: datetime,
    window_end: datetime,
    reason: str = "",
    person: Person,
    version: int | None = None,
) -> None:
    """Changes who goes and when, as long as work has not begun. A new person starts at `assigned`."""
    lock(visit)
    if version is not None and version != visit.version:
        raise Conflict(lazy("The visit was changed meanwhile. Check the plan, then send it again."))
    if not rules.is_movable(visit.state):
        raise Conflict(
            lazy(
                "The visit is “%(state)s”, so its plan does not change any more. Plan another visit.",
                state=state_word(visit.state),
            )
        )
    check_plan(technician, window_start, window_end)
    moved = visit.person_id != technician.id
    if not moved and (visit.window_start, visit.window_end) == (window_start, window_end):
        return
    visit.window_start, visit.window_end, visit.moved_at = window_start, window_end, now()
    if moved:
        visit.state = "assigned"
        send(visit, technician, reason, person)
    db.session.flush()
    history.record("assign", visit, person_id=person.id, technician=technician.username, reason=reason)


def check_plan(technician: Person, window_start: datetime, window_end: datetime) -> None:
    if Role.TECHNICIAN not in technician.roles or not technician.active:
        raise Rejected(lazy("This person is not a technician."), field="technician")
    if not rules.window_is_sound(window_start, window_end):
        raise Rejected(lazy("The time window ends after it starts, within 24 hours."), field="window_end")


def send(visit: Visit, technician: Person, reason: str, person: Person) -> None:
    visit.person = technician
    visit.assignments.append(
        Assignment(person_id=technician.id, assigned_by_id=person.id, assigned_at=now(), reason=reason)
    )


def cancel_visit(visit: Visit, reason: str, person: Person) -> None:
    lock(visit)
    if not rules.is_movable(visit.state):
        raise Conflict(lazy("This is not possible now: the visit is “%(state)s”.", state=state_word(visit.state)))
    advance(visit, "cancelled")
    visit.cancel_reason = reason
    db.session.flush()
    history.record("cancel_visit", visit, person_id=person.id, reason=reason)


def ask_to_mend(visit: Visit, items: Iterable[str], note: str) -> None:
    """Gives a signed visit back to its technician, who mends the named rows only. What a visit that is with the
    technician already was to mend stays on the list."""
    lock(visit)
    wanted = set(items) | set(visit.to_mend or ())
    if visit.state != "returned":
        advance(visit, "returned")
    visit.to_mend, visit.mend_note = [item for item in rules.TO_MEND if item in wanted], note
    db.session.flush()


def withdraw(visit: Visit, reason: str) -> None:
    """Ends a visit whose report is void for good."""
    advance(visit, "cancelled")
    visit.cancel_reason = reason[:300]
    db.session.flush()


def advance(visit: Visit, state: str) -> None:
    """Takes the visit to its next state along the table in `rules`, or raises Conflict."""
    lock(visit)
    if state == visit.state:
        raise Conflict(lazy("This was done already."))
    if not rules.may_follow(visit.state, state):
        raise Conflict(lazy("This is not possible now: the visit is “%(state)s”.", state=state_word(visit.state)))
    before, visit.state = visit.state, state
    if before == "returned":
        visit.to_mend, visit.mend_note = None, ""
    db.session.flush()
    history.record("advance", visit, before=before, state=state)


def lock(visit: Visit) -> None:
    """Reads the visit's present state and plan and keeps others from changing them until this transaction ends."""
    plan = ("state", "version", "person_id", "window_start", "window_end")
    db.session.flush()
    db.session.refresh(visit, plan, with_for_update=True)
