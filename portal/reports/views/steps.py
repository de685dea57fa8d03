"""What the two ways to sign have in common: on the technician's phone, and under a link on the customer's own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.reports import survey as questionnaire
from portal.reports.forms import SurveyForm


@dataclass(frozen=True)
class Steps:
    """Where the customer reads (for the first time, and again before signing), answers and signs; `photo` gives the
    address of a photo by its digest."""

    report: str
    again: str
    survey: str
    signature: str
    photo: Callable[[str], str]


def questions_of(payload: dict[str, Any], form: SurveyForm) -> dict[str, Any]:
    """The survey's page: the required questions, the others folded unless something is wrong there."""
    asked = questionnaire.asked(payload)
    more = [question.name for question in asked if not question.required]
    return {
        "first_questions": [question.name for question in asked if question.required],
        "more_questions": more,
        "more_open": any(form[name].errors for name in more),
    }
