"""Whatever people type, in whatever language: what was signed can be read back from the printed file."""

import pytest

from portal.reports.paper.formats import Tongue
from tests.conftest import LONG
from tests.reports.hostile_papers import CHOICES, Hostile
from tests.reports.printed import mistakes, pages, print_out, stands_on, tight


@pytest.mark.parametrize("seed", range(100 if LONG else 12))
def test_every_signed_text_is_found_on_the_paper(seed: int) -> None:
    report = Hostile(seed)
    pdf = print_out(report.payload, **report.options)
    printed = pages(pdf)
    missing = {name: text for name, text in report.texts.items() if not stands_on(text, printed)}
    assert not missing
    tongue = Tongue(report.language)
    for name in CHOICES:
        assert tight(tongue.choice(name, report.payload[name])) in printed[0], name
    for part in report.payload["parts"]:
        assert any(part["part_no"] in page for page in printed)
    assert tight(tongue.label("review_result")) in printed[0]
    assert mistakes(pdf) == []
