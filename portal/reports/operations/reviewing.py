"""A supervisor approves a report or gives it back; the technician mends it and sends it again."""

from collections.abc import Iterable

from portal import history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.operations import advance, ask_to_mend, lock
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.reports.content import compose, same_facts
from portal.reports.models import Report, Resubmission, Review, newest_report
from portal.reports.operations.sealing import ensure_kept
from portal.reports.rules import WAITING
from portal.signing.operations import content_of
from portal.visits.facts import facts_of
from portal.visits.readiness import readiness


def approve(report: Report, *, note: str = "", acknowledged: bool = False, person: Person) -> Review:
    """Accepts the report. An end without the customer's own hand on the glass is acknowledged by name (SR-10)."""
    ensure_waiting(report, person)
    if report.needs_acknowledgement and not acknowledged:
        raise Rejected(lazy("Say that you have seen how this report was signed or left unsigned."), "acknowledged")
    review = add_review(report, "approved", [], note, person, acknowledged)
    advance(report.visit, "approved")
    history.record("approve", report, person_id=person.id, number=report.number)
    return review


def return_report(report: Report, *, items: Iterable[str], note: str, person: Person) -> Review:
    """Gives the report back with the ticked rows and a note; what was signed stays signed (SR-11)."""
    ensure_waiting(report, person)
    return give_back(report, items, note, person, "return_report")


def correct_report(report: Report, *, items: Iterable[str], note: str, person: Person) -> Review:
    """Takes an approved report back because something in it is wrong. What the technician mends is a new revision
    that the customer signs again; the approved one stays readable."""
    ensure_newest(report, person, {"approved"})
    return give_back(report, items, note, person, "correct_report")


def give_back(report: Report, items: Iterable[str], note: str, person: Person, verb: str) -> Review:
    ticked = list(items)
    if not ticked:
        raise Rejected(lazy("Tick what is to be mended."), "items")
    review = add_review(report, "returned", ticked, note, person)
    ask_to_mend(report.visit, ticked, note)
    history.record(verb, report, person_id=person.id, number=report.number, items=",".join(ticked))
    return review


def ensure_waiting(report: Report, person: Person) -> None:
    """Locks the visit; refuses a report that was reviewed meanwhile or amended, and one's own work."""
    ensure_newest(report, person, WAITING)


def ensure_newest(report: Report, person: Person, states: Iterable[str]) -> None:
    lock(report.visit)
    newest = newest_report(report.visit)
    if report.visit.state not in states or newest is None or newest.id != report.id:
        raise Conflict(lazy("This report was reviewed already, or there is a newer revision of it."))
    ensure_kept(report)
    if report.was_worked_on_by(person):
        raise Conflict(lazy("Nobody reviews their own work."))


def add_review(
    report: Report, result: str, items: list[str], note: str, person: Person, acknowledged: bool = False
) -> Review:
    review = Review(
        report_id=report.id,
        reviewer_id=person.id,
        result=result,
        items=items,
        note=note,
        acknowledged=acknowledged,
        recorded_at=now(),
    )
    db.session.add(review)
    db.session.flush()
    return review


def resubmit(visit: Visit, note: str, *, person: Person) -> Resubmission:
    """Sends a returned report again as it was signed, with an answer to the reviewer."""
    lock(visit)
    report = newest_report(visit)
    if visit.state != "returned" or report is None or report.void:
        raise Conflict(lazy("This report was not returned, or it was sent again already."))
    if not is_as_signed(visit, report):
        raise Rejected(lazy("What the customer signed has changed. Hand the phone to the customer again."))
    answer = Resubmission(report_id=report.id, person_id=person.id, note=note, recorded_at=now())
    db.session.add(answer)
    advance(visit, "signed" if report.signed else "unsigned")
    history.record("resubmit", report, person_id=person.id, number=report.number)
    return answer


def is_as_signed(visit: Visit, report: Report) -> bool:
    """Whether the visit's record still says what the sealed report says, and is complete. A void one never does."""
    if report.void or report.erased:
        return False
    sealed, facts = content_of(report.document), facts_of(visit)
    return not readiness(visit, facts) and same_facts(compose(visit, sealed["language"], facts=facts), sealed)
