"""How the story's visits end: hand-over, survey, signature or an honest absence, and the supervisor's review."""

from datetime import timedelta
from typing import Any

from portal.accounts import operations as accounts
from portal.accounts.models import Person, SignIn
from portal.calls.models import Visit
from portal.clock import now
from portal.demo import pictures
from portal.demo.cast import PASSWORD, Cast, Unit
from portal.demo.times import at
from portal.reports import operations as reports
from portal.reports.models import newest_report
from portal.reports.operations.signing import Mark

READING = timedelta(minutes=3)  # from the hand-over to the signature


def end_visit(visit: Visit, told: dict[str, Any], unit: Unit, technician: Person, cast: Cast) -> None:
    if "absence" in told:
        reports.end_unsigned(visit, absence=told["absence"], reason=told["reason"], photo=None, person=technician)
    else:
        have_signed(visit, told, unit, session_of(technician, cast))


def have_signed(visit: Visit, told: dict[str, Any], unit: Unit, session: SignIn) -> None:
    """The customer reads, answers the survey or declines, and signs with a drawn name."""
    contact = unit.contacts[0]
    with at(now() - READING):
        given = reports.hand_over(
            visit,
            locale=told.get("locale", unit.customer.locale),
            signer_name=told.get("signer", contact.name),
            signer_role=contact.role,
            person=session.person,
            session=session,
        )
    reports.answer_survey(given, None if told["survey"] == "declined" else told["survey"])
    reports.sign_report(given, Mark(strokes=pictures.signature(given.signer_name)), remarks=told.get("remarks", ""))
    reports.take_back(given, session)


def session_of(technician: Person, cast: Cast) -> SignIn:
    """The session of the technician's phone: one for the whole story."""
    if technician.username not in cast.sessions:
        session, _token = accounts.sign_in(technician.username, PASSWORD, address="", device="phone")
        cast.sessions[technician.username] = session
    return cast.sessions[technician.username]


def end_sessions(cast: Cast) -> None:
    """Nobody stays signed in when the story is told."""
    for session in cast.sessions.values():
        accounts.sign_out(session)


def review(visit: Visit, told: dict[str, Any], reviewer: Person) -> None:
    report = newest_report(visit)
    assert report is not None
    if told["result"] == "approved":
        reports.approve(report, note=told.get("note", ""), person=reviewer)
    else:
        reports.return_report(report, items=told["items"], note=told["note"], person=reviewer)
