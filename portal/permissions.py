"""Who may do what: one table. `@requires` guards the role, `authorize` the record, `may` the button.

Every view says whom it answers: `@public`, `@signed_in` or `@requires(…)`; a test walks all routes and fails on a
silent one. Separation of duties stands here: the reviewer is never a technician of the visit.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar

from flask import abort
from flask_login import current_user
from sqlalchemy import Uuid, bindparam

View = TypeVar("View", bound=Callable[..., Any])


class Role(StrEnum):
    TECHNICIAN = "technician"
    DISPATCHER = "dispatcher"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    STOREKEEPER = "storekeeper"
    ACCOUNTANT = "accountant"
    ADMIN = "admin"


class Reader(NamedTuple):
    """Whoever asks, in a query that is made once for all people of the same roles: their id is its parameter."""

    roles: frozenset[Role]
    id: Any = bindparam("reader_id", type_=Uuid())


class Permission(StrEnum):
    VISIT_VIEW = "visit.view"
    VISIT_RECORD = "visit.record"
    VISIT_LEAD = "visit.lead"
    VISIT_ASSIGN = "visit.assign"
    REPEAT_UNLINK = "repeat.unlink"
    UNIT_RELEASE = "unit.release"
    CALL_VIEW = "call.view"
    CALL_REGISTER = "call.register"
    REPORT_VIEW = "report.view"
    REPORT_PROOF = "report.proof"
    REPORT_REVIEW = "report.review"
    REPORT_LINK = "report.link"
    REPORT_VOID = "report.void"
    REPORT_ERASE = "report.erase"
    SURVEY_VIEW = "survey.view"
    HELD_VIEW = "held.view"
    HELD_DECIDE = "held.decide"
    RESCUE_LOAD = "rescue.load"
    CASE_VIEW = "case.view"
    CASE_CLOSE = "case.close"
    OVERSIGHT_VIEW = "oversight.view"
    STOCK_VIEW = "stock.view"
    STOCK_POST = "stock.post"
    STOCK_REVERSE = "stock.reverse"
    TOOL_VIEW = "tool.view"
    TOOL_KEEP = "tool.keep"
    TOOL_DECIDE = "tool.decide"
    TOOL_REPORT = "tool.report"
    TOOL_HOLD = "tool.hold"
    FILE_VIEW = "file.view"
    FILE_LIST = "file.list"
    FILE_EDIT = "file.edit"
    FILE_MERGE = "file.merge"
    LIST_USE = "list.use"
    LIST_SHARE = "list.share"
    JOBS_VIEW = "jobs.view"
    JOBS_MEND = "jobs.mend"
    SEARCH = "search"
    PERSON_FIND = "person.find"
    IMPORT = "import"
    ADMIN_VIEW = "admin.view"
    SETTING_VIEW = "setting.view"
    SETTING_CHANGE = "setting.change"
    RULE_CHANGE = "rule.change"
    PEOPLE_VIEW = "people.view"
    PEOPLE_CHANGE = "people.change"
    CODE_CHANGE = "code.change"
    SESSION_END = "session.end"
    PHONE_WATCH = "phone.watch"
    HISTORY_VIEW = "history.view"


@dataclass(frozen=True)
class Grant:
    """`roles` may; with `when`, only for records of which it is true."""

    roles: frozenset[Role]
    when: Callable[[Any, Any], bool] | None = None


def own(person: Any, visit: Any) -> bool:
    return bool(visit.is_assigned(person))


def leads(person: Any, visit: Any) -> bool:
    """SR-12: of several technicians the lead ends the work and has the report signed."""
    return bool(visit.is_led_by(person))


def not_own_work(person: Any, report: Any) -> bool:
    """SR-11: whoever worked on the visit does not review its report."""
    return not report.was_worked_on_by(person)


def of_the_store(_person: Any, record: Any) -> bool:
    """The storekeeper brings in what lies in the store, not customers."""
    return record.kind in ("parts", "tools")


def not_oneself(person: Any, other: Any) -> bool:
    """Nobody gives rights to themselves, or ends their own employment: another administrator does."""
    return bool(other.id != person.id)


def to(*roles: Role, when: Callable[[Any, Any], bool] | None = None) -> Grant:
    return Grant(frozenset(roles), when)


OFFICE = (Role.DISPATCHER, Role.SUPERVISOR, Role.MANAGER)

GRANTS: dict[Permission, list[Grant]] = {
    Permission.VISIT_VIEW: [to(Role.TECHNICIAN, when=own), to(*OFFICE)],
    Permission.VISIT_RECORD: [to(Role.TECHNICIAN, when=own)],
    Permission.VISIT_LEAD: [to(Role.TECHNICIAN, when=leads)],
    Permission.REPEAT_UNLINK: [to(Role.SUPERVISOR, Role.MANAGER, when=not_own_work)],
    Permission.UNIT_RELEASE: [to(Role.SUPERVISOR, Role.MANAGER)],
    Permission.VISIT_ASSIGN: [to(Role.DISPATCHER, Role.SUPERVISOR)],
    Permission.CALL_VIEW: [to(*OFFICE)],
    Permission.CALL_REGISTER: [to(Role.DISPATCHER, Role.SUPERVISOR)],
    Permission.REPORT_VIEW: [to(Role.TECHNICIAN, when=own), to(*OFFICE, Role.ACCOUNTANT)],
    Permission.REPORT_PROOF: [to(*OFFICE)],
    Permission.REPORT_REVIEW: [to(Role.SUPERVISOR, Role.MANAGER, when=not_own_work)],
    Permission.REPORT_VOID: [to(Role.SUPERVISOR, Role.MANAGER, when=not_own_work)],
    Permission.REPORT_ERASE: [to(Role.MANAGER)],
    Permission.REPORT_LINK: [to(Role.TECHNICIAN, when=leads), to(*OFFICE)],
    Permission.HELD_VIEW: [to(Role.SUPERVISOR, Role.MANAGER)],
    Permission.HELD_DECIDE: [to(Role.SUPERVISOR, Role.MANAGER, when=not_own_work)],
    Permission.RESCUE_LOAD: [to(Role.SUPERVISOR, Role.ADMIN)],
    Permission.CASE_VIEW: [to(Role.SUPERVISOR, Role.MANAGER)],
    Permission.CASE_CLOSE: [to(Role.SUPERVISOR, Role.MANAGER, when=not_own_work)],
    Permission.SURVEY_VIEW: [to(Role.SUPERVISOR, Role.MANAGER, when=not_own_work)],
    Permission.OVERSIGHT_VIEW: [to(Role.MANAGER)],
    Permission.STOCK_VIEW: [to(Role.STOREKEEPER, Role.SUPERVISOR, Role.MANAGER, Role.ACCOUNTANT)],
    Permission.STOCK_POST: [to(Role.STOREKEEPER)],
    Permission.STOCK_REVERSE: [to(Role.STOREKEEPER)],
    Permission.TOOL_VIEW: [to(Role.STOREKEEPER, Role.SUPERVISOR, Role.MANAGER, Role.ACCOUNTANT)],
    Permission.TOOL_KEEP: [to(Role.STOREKEEPER)],
    Permission.TOOL_DECIDE: [to(Role.STOREKEEPER, Role.SUPERVISOR)],
    Permission.TOOL_REPORT: [to(Role.TECHNICIAN, Role.STOREKEEPER, Role.SUPERVISOR)],
    Permission.TOOL_HOLD: [to(Role.TECHNICIAN)],
    Permission.FILE_VIEW: [to(Role.TECHNICIAN), to(*OFFICE, Role.ACCOUNTANT)],  # a technician: where they were sent
    Permission.FILE_LIST: [to(*OFFICE, Role.ACCOUNTANT)],
    Permission.FILE_EDIT: [to(*OFFICE)],
    Permission.FILE_MERGE: [to(Role.SUPERVISOR, Role.MANAGER)],
    Permission.LIST_USE: [to(*OFFICE, Role.ACCOUNTANT, Role.STOREKEEPER)],
    Permission.LIST_SHARE: [to(Role.SUPERVISOR, Role.MANAGER)],
    Permission.JOBS_VIEW: [to(Role.MANAGER, Role.ADMIN)],
    Permission.JOBS_MEND: [to(Role.MANAGER, Role.ADMIN)],
    Permission.SEARCH: [to(*Role)],  # what each finds is a matter of the other permissions
    Permission.PERSON_FIND: [to(*OFFICE, Role.ADMIN)],
    Permission.IMPORT: [to(Role.ADMIN, Role.SUPERVISOR, Role.MANAGER), to(Role.STOREKEEPER, when=of_the_store)],
    Permission.ADMIN_VIEW: [to(Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)],
    Permission.SETTING_VIEW: [to(Role.MANAGER, Role.ADMIN)],
    Permission.SETTING_CHANGE: [to(Role.MANAGER, Role.ADMIN)],
    Permission.RULE_CHANGE: [to(Role.MANAGER)],
    Permission.PEOPLE_VIEW: [to(Role.MANAGER, Role.ADMIN)],
    Permission.PEOPLE_CHANGE: [to(Role.ADMIN, when=not_oneself)],
    Permission.CODE_CHANGE: [to(Role.MANAGER, Role.ADMIN)],
    Permission.SESSION_END: [to(Role.SUPERVISOR, Role.ADMIN)],
    Permission.PHONE_WATCH: [to(Role.SUPERVISOR, Role.MANAGER, Role.ADMIN)],
    Permission.HISTORY_VIEW: [to(Role.MANAGER, Role.ADMIN)],
}


@dataclass(frozen=True)
class Access:
    """Whom a view answers: everybody, whoever is signed in, or the holders of `permission`."""

    signed_in: bool
    permission: Permission | None = None


def public(view: View) -> View:
    view.access = Access(signed_in=False)  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    view.access = Access(signed_in=True)  # type: ignore[attr-defined]
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.access = Access(signed_in=True, permission=permission)  # type: ignore[attr-defined]
        return view

    return mark


def during_handover(view: View) -> View:
    """The view also answers while the phone is in the customer's hands (contract 7, hand-over)."""
    view.during_handover = True  # type: ignore[attr-defined]
    return view


def takes_up_to(size: int) -> Callable[[View], View]:
    """The view takes bodies of so many bytes, more than the usual limit of one photo."""

    def mark(view: View) -> View:
        view.body_limit = size  # type: ignore[attr-defined]
        return view

    return mark


def may(permission: Permission, record: Any = None, person: Any = None) -> bool:
    """Whether the person (the signed-in one by default) may; without a record only the role is asked."""
    person = person if person is not None else current_user
    roles: frozenset[Role] = getattr(person, "roles", frozenset())
    return any(
        grant.roles & roles and (record is None or grant.when is None or grant.when(person, record))
        for grant in GRANTS[permission]
    )


def holders(permission: Permission) -> list[str]:
    """The roles that have it, whatever the record."""
    return sorted(role.value for grant in GRANTS[permission] for role in grant.roles)


def authorize(permission: Permission, record: Any) -> None:
    """403 unless the signed-in person may do this with this record."""
    if not may(permission, record):
        abort(403)
