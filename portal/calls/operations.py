"""Calls and the plan of their visits: the verbs."""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Uuid, bindparam, func, select
from sqlalchemy.orm.attributes import set_committed_value

from portal import history
from portal.accounts.models import Branch, Person
from portal.calls import rules
from portal.calls.leaving import leave
from portal.calls.models import Assignment, Call, Member, Visit
from portal.calls.words import UNSOUND_WINDOW, state_word
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
    others: Iterable[Person] = (),
    person: Person,
) -> Visit:
    """Plans the call's next visit and sends the technician, who leads it, and the `others` with them."""
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
    for other in others:
        if other.id != technician.id:
            add_member(visit, other, person=person)
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
    """Changes who leads and when. The window changes as long as work has not begun; another lead may take the visit
    over until somebody has signed, once it has begun with a reason. What was recorded stays with its author, whose
    clock stops; a new person starts at `assigned`, a member of the team goes on from where they are."""
    lock(visit)
    if version is not None and version != visit.version:
        raise Conflict(lazy("The visit was changed meanwhile. Check the plan, then send it again."))
    moved = visit.person_id != technician.id
    if not (rules.may_be_handed_on(visit.state) if moved else rules.is_movable(visit.state)):
        raise Conflict(
            lazy(
                "The visit is “%(state)s”, so its plan does not change any more. Plan another visit.",
                state=state_word(visit.state),
            )
        )
    check_plan(technician, window_start, window_end)
    if moved and visit.state != "assigned" and not reason:
        raise Rejected(lazy("The visit has begun. Say why somebody else goes on with it."), field="reason")
    if not moved and (visit.window_start, visit.window_end) == (window_start, window_end):
        return
    visit.window_start, visit.window_end, visit.moved_at = window_start, window_end, now()
    if moved:
        hand_on(visit, technician, reason, person)
    db.session.flush()
    history.record("assign", visit, person_id=person.id, technician=technician.username, reason=reason)


def assign_team(
    visit: Visit,
    technician: Person,
    *,
    others: Iterable[Person] = (),
    window_start: datetime,
    window_end: datetime,
    reason: str = "",
    person: Person,
    version: int | None = None,
) -> None:
    """As `assign`, and sends the `others` along in the same step: all of it takes place, or nothing. Where lead and
    time stay as they are only the others are sent, also while the work runs."""
    along = [other for other in others if other.id != technician.id]
    lock(visit)
    same_time = rules.is_same_window((visit.window_start, visit.window_end), (window_start, window_end))
    stays = visit.person_id == technician.id and same_time
    if not (along and stays):
        window = {"window_start": window_start, "window_end": window_end}
        assign(visit, technician, **window, reason=reason, person=person, version=version)
    for other in along:
        add_member(visit, other, reason=reason, person=person)


def hand_on(visit: Visit, technician: Person, reason: str, person: Person) -> None:
    """The lead leaves, and the technician leads from now on."""
    if visit.person is not None:
        leave(visit, visit.person, person)
    own = visit.membership(technician)
    visit.state = rules.state_of_new_lead(own.state if own else None)
    if own is not None:
        drop_member(visit, own)
    send(visit, technician, reason, person)


def add_member(visit: Visit, technician: Person, *, reason: str = "", person: Person) -> Member:
    """Sends somebody along with the lead, also while the work runs."""
    lock_team(visit)
    ensure_goes_on(visit)
    if Role.TECHNICIAN not in technician.roles or not technician.active:
        raise Rejected(lazy("This person is not a technician."), field="technician")
    if visit.is_assigned(technician):
        raise Conflict(lazy("%(name)s is on this visit already.", name=technician.name))
    member = Member(person=technician, state="assigned", added_at=now())
    visit.members.append(member)
    note_assignment(visit, technician, "member", reason, person)
    db.session.flush()
    history.record("add_member", visit, person_id=person.id, technician=technician.username, reason=reason)
    return member


def add_members(
    visits: Iterable[Visit], technician: Person, *, reason: str = "", person: Person
) -> dict[Visit, Rejected]:
    """Sends somebody along to many visits at once; a visit that refuses stands in the answer and stops no other."""
    refused: dict[Visit, Rejected] = {}
    for visit in visits:
        try:
            with db.session.begin_nested():
                add_member(visit, technician, reason=reason, person=person)
        except Rejected as refusal:
            refused[visit] = refusal
    return refused


def remove_member(visit: Visit, technician: Person, *, reason: str, person: Person) -> None:
    """Takes somebody off the visit; what they recorded stays with it, and their clock stops."""
    lock_team(visit)
    ensure_goes_on(visit)
    member = visit.membership(technician)
    if member is None:
        raise Conflict(lazy("%(name)s is not on this visit any more.", name=technician.name))
    leave(visit, technician, person)
    drop_member(visit, member)
    note_assignment(visit, technician, "away", reason, person)
    db.session.flush()
    history.record("remove_member", visit, person_id=person.id, technician=technician.username, reason=reason)


def drop_member(visit: Visit, member: Member) -> None:
    visit.members.remove(member)
    db.session.delete(member)
    db.session.flush()


def lock_team(visit: Visit) -> None:
    lock(visit)
    db.session.refresh(visit, ["members"])


def ensure_goes_on(visit: Visit) -> None:
    if visit.state not in rules.UNDER_WAY:
        raise Conflict(lazy("This is not possible now: the visit is “%(state)s”.", state=state_word(visit.state)))


def check_plan(technician: Person, window_start: datetime, window_end: datetime) -> None:
    if Role.TECHNICIAN not in technician.roles or not technician.active:
        raise Rejected(lazy("This person is not a technician."), field="technician")
    if not rules.window_is_sound(window_start, window_end):
        raise Rejected(UNSOUND_WINDOW, field="window_end")


def send(visit: Visit, technician: Person, reason: str, person: Person) -> None:
    visit.person = technician
    note_assignment(visit, technician, "lead", reason, person)


def note_assignment(visit: Visit, technician: Person, part: str, reason: str, person: Person) -> None:
    visit.assignments.append(
        Assignment(person_id=technician.id, assigned_by_id=person.id, assigned_at=now(), reason=reason, part=part)
    )


def cancel_visit(visit: Visit, reason: str, person: Person) -> None:
    lock_team(visit)
    if not rules.is_movable(visit.state):
        raise Conflict(lazy("This is not possible now: the visit is “%(state)s”.", state=state_word(visit.state)))
    begun = next((member for member in visit.members if not rules.is_movable(member.state)), None)
    if begun is not None:
        raise Conflict(
            lazy("%(name)s has begun to work at this visit. Take them off it first.", name=begun.person.name)
        )
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


def advance_member(visit: Visit, member: Member, state: str) -> None:
    """Takes somebody who works beside the lead one step further; the visit's own state stays the lead's."""
    ensure_goes_on(visit)
    if state == member.state:
        raise Conflict(lazy("This was done already."))
    if not rules.member_may_follow(member.state, state):
        raise Conflict(lazy("This is not possible now: you are “%(state)s”.", state=state_word(member.state)))
    before, member.state = member.state, state
    db.session.flush()
    history.record("advance_member", visit, person_id=member.person_id, before=before, state=state)


def lock(visit: Visit) -> None:
    """Reads the visit's present state and plan and keeps others from changing them until this transaction ends."""
    db.session.flush()
    plan = db.session.execute(plan_query(), {"visit_id": visit.id}).one()
    for name, value in plan._mapping.items():
        set_committed_value(visit, name, value)


@cache
def plan_query() -> Any:
    """Made once: each entry asks it."""
    plan = (Visit.state, Visit.version, Visit.person_id, Visit.window_start, Visit.window_end)
    return select(*plan).where(Visit.id == bindparam("visit_id", type_=Uuid())).with_for_update()
