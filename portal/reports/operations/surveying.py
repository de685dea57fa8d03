"""The customer's answers: stored once, apart from the report, and never shown to the technician (SV-02)."""

import uuid
from typing import Any

from portal import history
from portal.calls.models import Visit
from portal.calls.operations import lock
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.reports import survey as questionnaire
from portal.reports.models import HandOver, PublicLink, Survey, survey_of
from portal.reports.operations.links import ensure_live
from portal.signing import operations as sealed
from portal.signing.models import SURVEY


def answer_survey(given: HandOver, answers: dict[str, Any] | None) -> Survey:
    """Stores the answers given on the technician's phone, or with None that the customer declined."""
    db.session.refresh(given, ["closed_at"], with_for_update=True)
    if given.closed_at is not None:
        raise Conflict(lazy("The phone was taken back."))
    return keep_survey(given.visit, given.locale, answers, given.person_id, hand_over_id=given.id, assisted=True)


def answer_by_link(link: PublicLink, answers: dict[str, Any] | None, *, locale: str = "") -> Survey:
    """The same on the customer's own phone, where nobody stands by; `locale` as in `sign_by_link`."""
    ensure_live(link)
    visit, spoken = link.report.visit, locale or link.locale
    return keep_survey(visit, spoken, answers, link.created_by_id, link_id=link.id, assisted=False)


def keep_survey(
    visit: Visit, locale: str, answers: dict[str, Any] | None, person_id: uuid.UUID, *, assisted: bool, **where: Any
) -> Survey:
    """One survey a visit; it does not change, and the chain seals it before anybody reads it."""
    lock(visit)
    if survey_of(visit) is not None:
        raise Conflict(lazy("The survey was answered already."))
    if answers is not None and questionnaire.lacks_comment(answers):
        raise Rejected(lazy("Tell us what was not right: choose a reason or write a few words."), "q_comment")
    given: dict[str, Any] = {
        "version": questionnaire.VERSION,
        "state": "declined" if answers is None else "answered",
        "locale": locale,
        "assisted": assisted,
        "answers": {name: value for name, value in (answers or {}).items() if value},
    }
    document = sealed.seal(SURVEY, visit.number, 1, given, {name: str(value) for name, value in where.items()})
    found = Survey(visit_id=visit.id, document_n=document.n, recorded_at=document.sealed_at, **given, **where)
    db.session.add(found)
    db.session.flush()
    history.record("answer_survey", visit, person_id=person_id, state=found.state)
    return found
