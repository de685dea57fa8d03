"""How the story's visits end: hand-over, survey and signature, or an honest end without; then the supervisor's word."""

import random
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


def end_visit(visit: Visit, told: dict[str, Any], unit: Unit, technician: Person, cast: Cast) -> None:
    if "absence" in told:
        reports.end_unsigned(visit, absence=told["absence"], reason=told["reason"], photo=None, person=technician)
    elif "on_paper" in told:
        sign_on_paper(visit, told, unit, technician)
    else:
        have_signed(visit, told, unit, session_of(technician, cast))


def have_signed(visit: Visit, told: dict[str, Any], unit: Unit, session: SignIn) -> None:
    """The customer reads for a minute or four, answers the survey or declines, and signs with a drawn name."""
    contact, signed_at = unit.contacts[0], now()
    signer, pace = told.get("signer", contact.name), random.Random(visit.number)
    reading = told.get("seconds") or pace.randint(60, 240)
    with at(signed_at - timedelta(seconds=reading)):
        given = reports.hand_over(
            visit,
            locale=told.get("locale", unit.customer.locale),
            signer_name=signer,
            signer_role=contact.role,
            person=session.person,
            session=session,
        )
    if "survey" in told:
        with at(signed_at - timedelta(seconds=reading * pace.uniform(0.4, 0.6))):
            reports.answer_survey(given, None if told["survey"] == "declined" else told["survey"])
    ink = pictures.signature(*told.get("ink", (signer, visit.number)))
    reports.sign_report(given, Mark(strokes=ink), remarks=told.get("remarks", ""))
    reports.take_back(given, session)


def sign_on_paper(visit: Visit, told: dict[str, Any], unit: Unit, technician: Person) -> None:
    """The phone was of no use: a printed sheet, signed with a pen, and its photo."""
    contact = unit.contacts[0]
    ink = pictures.signature(contact.name, visit.number)
    reports.sign_on_paper(
        visit,
        locale=unit.customer.locale,
        signer_name=contact.name,
        signer_role=contact.role,
        photo=pictures.sheet(visit.number, ink),
        reason=told["on_paper"],
        person=technician,
    )


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


def void(visit: Visit, told: dict[str, Any], supervisor: Person) -> None:
    """The report does not count; the technician has it signed anew."""
    report = newest_report(visit)
    assert report is not None
    reports.void_report(report, reason=told["reason"], again=True, person=supervisor)
