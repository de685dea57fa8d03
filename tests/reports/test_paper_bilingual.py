"""The paper in two languages: labels and coded values in both, what people wrote as they wrote it, one page."""

from itertools import permutations
from typing import Any

import pytest

from portal.reports.paper.formats import Tongue
from portal.reports.paper.labels import LANGUAGES
from tests.reports import papers
from tests.reports.printed import pages, print_out, tight

WRITTEN = ("customer_name", "site_address", "reported_symptom", "work_done", "test_result", "advice", "statement")
FIELDS = ("customer_name", "serial_no", "coverage_status", "labour_minutes", "symptom_code", "work_done", "part_no")
CHOICES = ("service_class", "work_type", "priority", "coverage_status", "responsibility", "outcome", "signer_role")


def translated(language: str) -> dict[str, Any]:
    """An ordinary job whose codes carry their labels in all four languages."""
    record = papers.ordinary(language)
    for name in ("symptom_code", "failed_component", "cause_code", "remedy_code"):
        record[name] = record[name] | {"labels": {other: papers.WORDS[other][name]["label"] for other in LANGUAGES}}
    return record


@pytest.mark.parametrize(("language", "second"), list(permutations(LANGUAGES, 2)))
def test_an_ordinary_job_is_one_page_in_any_two_languages(language: str, second: str) -> None:
    payload = translated(language)
    (page,) = pages(print_out(payload, secondary=second))
    for field in WRITTEN:
        assert tight(payload[field]) in page, field
    for tongue in (Tongue(language), Tongue(second)):
        for field in FIELDS:
            assert tight(tongue.label(field)) in page, field
        for name in CHOICES:
            assert tight(tongue.choice(name, payload[name])) in page, name
        for name in ("symptom_code", "failed_component", "cause_code", "remedy_code"):
            assert tight(papers.WORDS[tongue.language][name]["label"]) in page, name
        for part in payload["parts"]:
            assert tight(tongue.choice("old_part", part["old_part"])) in page
        assert tight(tongue.word("no_charge")) in page
        assert tight(tongue.word("title")) in page


def test_a_code_without_translation_prints_once() -> None:
    payload = papers.ordinary("zh_Hans")
    (page,) = pages(print_out(payload, secondary="en"))
    assert page.count(tight(payload["symptom_code"]["label"])) == 1


def test_the_same_language_twice_is_one_language() -> None:
    payload = papers.ordinary("es")
    assert print_out(payload, secondary="es") == print_out(payload)


def test_a_warning_is_in_both_languages() -> None:
    payload = papers.ordinary("zh_Hans") | {"do_not_use": True, "safety_notice": "修复前请勿使用本机。"}
    (page,) = pages(print_out(payload, secondary="en"))
    assert "停止使用·修复前请勿使用本机。DONOTUSE" in page
