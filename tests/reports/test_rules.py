"""The reviewer's checks, the survey's rules, the statement's versions."""

from typing import Any

import pytest

from portal.i18n import LOCALES
from portal.reports import rules, survey
from portal.reports.rules import Reported
from portal.reports.statement import STATEMENTS, statement

GOOD: dict[str, Any] = {"outcome": "fixed", "signed": True, "overall": 5, "photos": 1, "labour_minutes": 30}


def failed(**changes: Any) -> list[str]:
    return [check.name for check in rules.checks(Reported(**(GOOD | changes))) if not check.passed]


def test_a_good_report_passes_every_check() -> None:
    assert failed() == []
    assert rules.risk(rules.checks(Reported(**GOOD))) == 0


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"outcome": "temporary_fix"}, ["solved"]),
        ({"outcome": "temporary_fix", "photos": 0}, ["solved", "photos"]),
        ({"outcome": None, "photos": 1}, ["solved"]),
        ({"signed": False}, ["signed"]),
        ({"unusual_signature": True}, ["hand"]),
        ({"overall": 2}, ["survey"]),
        ({"overall": 3}, []),
        ({"overall": None}, []),
        ({"resolved": "no"}, ["survey"]),
        ({"conduct": True}, ["conduct"]),
        ({"remarks": True}, ["remarks"]),
        ({"labour_minutes": 4}, ["time"]),
        ({"labour_minutes": 5}, []),
        ({"labour_minutes": 90, "standard_minutes": 30}, []),
        ({"labour_minutes": 91, "standard_minutes": 30}, ["time"]),
        ({"labour_minutes": 0, "outcome": "no_access"}, ["solved"]),
        ({"clock_suspect": True}, ["clock"]),
        ({"unusual_parts": True}, ["parts"]),
        ({"part_not_recoverable": True, "photos": 0}, ["photos"]),
    ],
)
def test_a_check_fails_for_its_own_reason(changes: dict[str, Any], names: list[str]) -> None:
    assert failed(**changes) == names


def test_a_complaint_about_conduct_goes_first() -> None:
    conduct = rules.risk(rules.checks(Reported(**(GOOD | {"conduct": True}))))
    remarks = rules.risk(rules.checks(Reported(**(GOOD | {"remarks": True}))))
    assert conduct > remarks > 0


def test_the_questionnaire_asks_five_things_of_everybody_in_four_languages() -> None:
    required = [question.name for question in survey.QUESTIONS if question.required]
    assert required == ["q_overall", "q_resolved", "q_gift", "q_private_fee", "q_pressured"]
    for question in survey.QUESTIONS:
        assert len(question.words) == len(LOCALES) and all(question.words)
        assert all(len(words) == len(LOCALES) for _value, words in question.answers)
    assert set(survey.LANGUAGES) == set(LOCALES)


@pytest.mark.parametrize(
    ("payload", "asked"),
    [
        ({"service_class": "B", "parts": [{"charge": "free"}]}, set()),
        ({"service_class": "A", "parts": []}, {"q_charge"}),
        ({"service_class": "A", "parts": [{"charge": "paid"}]}, {"q_charge", "q_old_parts"}),
    ],
)
def test_what_does_not_apply_is_not_asked(payload: dict[str, Any], asked: set[str]) -> None:
    names = {question.name for question in survey.asked(payload)}
    assert names & {"q_charge", "q_old_parts"} == asked


@pytest.mark.parametrize(
    ("answers", "lacking"),
    [
        ({"q_overall": "5", "q_resolved": "yes"}, False),
        ({"q_overall": "3", "q_resolved": "partly"}, False),
        ({"q_overall": "2", "q_resolved": "yes"}, True),
        ({"q_overall": "5", "q_resolved": "no"}, True),
        ({"q_overall": "1", "q_resolved": "no", "q_comment": "太慢"}, False),
        ({"q_overall": "1", "q_resolved": "no", "q_reasons": ["late"]}, False),
    ],
)
def test_who_is_not_satisfied_says_why(answers: dict[str, Any], lacking: bool) -> None:
    assert survey.lacks_comment(answers) is lacking


def test_every_version_of_the_statement_stands_in_four_languages() -> None:
    for version, texts in STATEMENTS.items():
        assert set(texts) == set(LOCALES)
        assert all(statement(locale, version).text for locale in LOCALES)


@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({}, "open"),
        ({"used": True, "expired": True, "revoked": True}, "used"),
        ({"used": True, "erased": True}, "erased"),
        ({"revoked": True, "expired": True}, "revoked"),
        ({"void": True, "newest": False}, "void"),
        ({"newest": False, "expired": True}, "superseded"),
        ({"expired": True}, "expired"),
    ],
)
def test_a_link_is_open_or_says_why_not(facts: dict[str, bool], state: str) -> None:
    kinds = ("used", "revoked", "expired", "erased", "void")
    assert rules.link_state(**dict.fromkeys(kinds, False) | {"newest": True} | facts) == state
