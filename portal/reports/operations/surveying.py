"""The customer's answers: stored once, apart from the report, and never shown to the technician (SV-02)."""

from typing import Any

from portal import history
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.reports import survey as questionnaire
from portal.reports.models import HandOver, Survey, survey_of


def answer_survey(given: HandOver, answers: dict[str, Any] | None) -> Survey:
    """Stores the answers, or with None that the customer declined. One survey a visit; it does not change."""
    db.session.refresh(given, ["closed_at"], with_for_update=True)
    if given.closed_at is not None:
        raise Conflict(lazy("The phone was taken back."))
    if survey_of(given.visit) is not None:
        raise Conflict(lazy("The survey was answered already."))
    if answers is not None and questionnaire.lacks_comment(answers):
        raise Rejected(lazy("Tell us what was not right: choose a reason or write a few words."), "q_comment")
    found = Survey(
        visit_id=given.visit_id,
        hand_over_id=given.id,
        version=questionnaire.VERSION,
        state="declined" if answers is None else "answered",
        locale=given.locale,
        assisted=True,
        answers={name: value for name, value in (answers or {}).items() if value},
        recorded_at=now(),
    )
    db.session.add(found)
    db.session.flush()
    history.record("answer_survey", given.visit, person_id=given.person_id, state=found.state)
    return found
