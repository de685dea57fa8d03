"""Many rows at once, each through the operation that a person would use for it alone, in a savepoint of its own: one
that is refused takes nothing back from the others, and the reason is kept."""

from collections.abc import Callable, Iterable
from typing import Any

from portal.accounts.models import Person
from portal.calls import operations as calls
from portal.calls.models import Visit
from portal.calls.words import state_word
from portal.clock import now
from portal.db import db
from portal.errors import Rejected
from portal.i18n import _, lazy
from portal.records.models import BulkRun
from portal.reports import operations as reports
from portal.reports.models import Report
from portal.reports.queries import Waiting
from portal.reports.rules import WAITING

MOST_AT_ONCE = 500


def each(rows: Iterable[Any], verb: Callable[[Any], None], label: Callable[[Any], tuple[str, str]]) -> list[list[Any]]:
    """Runs the verb on every row: [label, address, done, why not]."""
    results: list[list[Any]] = []
    for row in rows:
        name, address = label(row)
        savepoint = db.session.begin_nested()
        try:
            verb(row)
            savepoint.commit()
            results.append([name, address, True, ""])
        except Rejected as refusal:
            savepoint.rollback()
            results.append([name, address, False, str(refusal)])
    return results


def assign_visit(visit: Visit, technician: Person, reason: str, person: Person) -> None:
    """Gives a visit that has not begun to the technician, at the time that it is planned for."""
    if visit.state != "assigned":
        raise Rejected(lazy("It is “%(state)s”. Change its plan on its call.", state=state_word(visit.state)))
    if visit.person_id == technician.id:
        raise Rejected(lazy("It is with this technician already."))
    if visit.window_start is None or visit.window_end is None:
        raise Rejected(lazy("It has no time yet. Plan it on its call."))
    window = {"window_start": visit.window_start, "window_end": visit.window_end}
    calls.assign(visit, technician, **window, reason=reason, person=person, version=visit.version)


def approve_plain(report: Report, judged: Waiting | None, failed: Callable[[str], str], person: Person) -> None:
    """Approves a report in which nothing asks for a closer look."""
    if report.visit.state in WAITING and judged is not None and judged.failed:
        words = ", ".join(failed(check.name) for check in judged.failed)
        raise Rejected(lazy("Look at it yourself: %(words)s", words=words))
    if report.visit.state in WAITING and report.needs_acknowledgement:
        raise Rejected(lazy("Look at it yourself: %(words)s", words=_("an unusual end or signature")))
    reports.approve(report, person=person)


def keep_run(listing: str, action: str, about: str, results: list[list[Any]], person: Person) -> BulkRun:
    run = BulkRun(listing=listing, action=action, about=about, results=results, person_id=person.id, recorded_at=now())
    db.session.add(run)
    db.session.flush()
    return run
