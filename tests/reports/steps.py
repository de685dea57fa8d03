"""Steps that the tests of reports take again and again: a finished visit, its hand-over, a signed report."""

import json
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal import clock
from portal.accounts.models import SignIn
from portal.calls.models import Visit
from portal.db import db
from portal.reports import operations as reports
from portal.reports.models import HandOver, PublicLink, Report
from portal.reports.operations.signing import Mark
from portal.visits import operations as visits
from tests.page import Page, Person
from tests.visits.steps import DIAGNOSIS, picture

INK = [[[500 + 300 * n, 3000 + (900 if n % 2 else 0), 20 * n] for n in range(25)]]
STROKES = json.dumps(INK)
ANSWERS = {"q_overall": "5", "q_resolved": "yes", "q_gift": "no", "q_private_fee": "no", "q_pressured": "no"}
SIGNED = {"strokes": STROKES, "agree": "on"}
SIGNER = {"locale": "zh_Hans", "signer_name": "甲示例", "signer_role": "employee"}
ABSENT = DIAGNOSIS | {"outcome": "no_access", "outstanding": "再约时间", "test_result": ""}


def finished(
    world: Any, *, findings: dict[str, str] = DIAGNOSIS, username: str = "zhang", earlier: int = 0, **plan: Any
) -> Visit:
    """A visit with an hour's work, two bottles of oil and one photo, ready for the hand-over. It ended just now, or
    `earlier` times an hour and a half ago."""
    visit, person = world.visit(username, **plan), world.person(username)
    begun = clock.now() - timedelta(minutes=75 + 90 * earlier)
    visits.depart(visit, person=person, occurred_at=begun)
    visits.arrive(visit, person=person, occurred_at=begun + timedelta(minutes=15))
    visits.start(visit, person=person, occurred_at=begun + timedelta(minutes=15))
    visits.save_findings(visit, person=person, note="清灰上油", internal_note="客户难缠", **findings)
    visits.log_part_use(visit, item="TM-OIL-100", quantity=Decimal(2), person=person)
    visits.add_photo(visit, photo=picture(), label="after", person=person)
    visits.finish(visit, person=person, occurred_at=begun + timedelta(minutes=75))
    db.session.commit()
    return visit


def locked_door(world: Any) -> Visit:
    """A visit at which nobody opened; no photo yet."""
    visit, zhang = world.visit(), world.person("zhang")
    visits.arrive(visit, person=zhang)
    visits.save_findings(visit, person=zhang, **ABSENT)
    visits.finish(visit, person=zhang)
    db.session.commit()
    return visit


def session_of(world: Any, username: str = "zhang") -> SignIn:
    person = world.person(username)
    session = SignIn(
        token_hash=uuid.uuid4().hex,
        person=person,
        csrf_token="t",
        device="phone",
        created_at=clock.now(),
        last_seen_at=clock.now(),
        pin_failures=0,
    )
    db.session.add(session)
    db.session.flush()
    return session


def handed_over(world: Any, visit: Visit, **signer: str) -> HandOver:
    session = session_of(world, "zhang")
    return reports.hand_over(visit, **(SIGNER | signer), person=session.person, session=session)


def signed(
    world: Any, visit: Visit | None = None, *, answers: dict[str, Any] | None = ANSWERS, remarks: str = ""
) -> Report:
    """A signed report, the phone back in the technician's hands; committed."""
    given = handed_over(world, visit or finished(world))
    reports.answer_survey(given, answers)
    report = reports.sign_report(given, Mark(strokes=INK), remarks=remarks)
    reports.take_back(given, db.session.get_one(SignIn, given.sign_in_id))
    db.session.commit()
    return report


def hand_to_customer(phone: Person, visit: Visit, **fields: str) -> str:
    """Hands the phone over in the browser; the hand-over's address."""
    page = phone.post(f"/visits/{visit.id}/handover", SIGNER | fields)
    assert page.status == 303 and page.location.startswith("/h/"), f"{page.status}: {page.errors}"
    return page.location


def answer(phone: Person, address: str, **answers: str) -> Page:
    return phone.post(f"{address}/survey", ANSWERS | answers)


def sign(phone: Person, address: str, **fields: str) -> Page:
    return phone.post(f"{address}/signature", SIGNED | fields)


def release(phone: Person, address: str, pin: str = "2468") -> Page:
    return phone.post(f"{address}/release", {"pin": pin})


def unsigned(world: Any) -> Report:
    """A report that ended without a signature, because nobody opened; committed."""
    visit = locked_door(world)
    report = reports.end_unsigned(
        visit, absence="absent", reason="敲门无人应", photo=picture(), person=world.person("zhang")
    )
    db.session.commit()
    return report


def issued(world: Any, report: Report, **fields: Any) -> PublicLink:
    """A link to sign by, made by the dispatcher; committed."""
    given = {"signer_name": "甲示例", "signer_role": "employee", "locale": "zh_Hans", "email": ""} | fields
    link = reports.issue_link(report, **given, person=world.person("sun"))
    db.session.commit()
    return link


def entrance(link: PublicLink) -> str:
    """The path of a link's address."""
    return f"/{'s' if link.purpose == 'sign' else 'c'}/{reports.link_token(link.id)}"


def known_address(world: Any, email: str = "customer@example.com") -> str:
    """From now on the gym's contact has an e-mail address."""
    world.site().contacts[0].email = email
    db.session.commit()
    return email


def copy_of(report: Report) -> PublicLink:
    """The link of the copy that went to the registered contact."""
    query = select(PublicLink).where(PublicLink.report_id == report.id, PublicLink.purpose == "copy")
    return db.session.scalars(query).one()
