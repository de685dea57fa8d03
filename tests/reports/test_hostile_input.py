"""What anybody can type into the forms of hand-over, survey, signature and review: words come back, never a 500."""

from typing import Any
from urllib.parse import quote

import pytest

from tests.reports.steps import ANSWERS, finished, hand_to_customer, signed
from tests.test_bad_input import HOSTILE, acceptable, encodable, fields, forms

pytestmark = pytest.mark.engine("sqlite", "postgresql")


def attack(person: Any, address: str, *, good: dict[str, str] | None = None) -> int:
    """Sends each hostile value in each field of each form on the page; how many were tried."""
    tried = 0
    for form in forms(person.get(address)):
        action = str(form["action"])
        plain = {name: value for name, value in fields(form).items() if name not in ("csrf_token", "entry_id")}
        acceptable(person.post(action, {}), action, "nothing")
        for position, name in enumerate(plain):
            for value in HOSTILE[position % 4 :: 4]:
                page = person.post(action, encodable({**plain, **(good or {}), name: value}))
                acceptable(page, action, f"{name}={value[:30]!r}")
                if page.status == 303:
                    return tried
                tried += 1
    return tried


def test_no_form_of_the_hand_over_breaks(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    assert attack(phone, f"{address}/survey") > 10
    assert phone.post(f"{address}/survey", ANSWERS).status in (303, 409)
    assert attack(phone, f"{address}/signature") > 5
    for value in HOSTILE[:4]:
        assert phone.post(f"{address}/release", encodable({"pin": value})).status == 422


def test_hostile_words_of_the_customer_reach_report_and_paper_as_plain_text(world: Any, sign_in: Any) -> None:
    words = "<script>alert(1)</script> {{7*7}} #panic() 👨‍👩‍👧 ﷽ \u202egnp.exe 跑带"
    report = signed(world, remarks=words, answers=ANSWERS | {"q_comment": words})
    zhao = sign_in("zhao", device="laptop")
    for address in (f"/reports/{report.number}", "/review"):
        page = zhao.get(address)
        assert page.status == 200 and "alert(1)" in page.text and not page.all("main script")
    assert zhao.get(f"/reports/{report.number}.pdf").status == 200


def test_no_form_of_the_review_breaks(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    assert attack(zhao, f"/reports/{report.number}/return") > 3
    for value in HOSTILE:
        for query in ("?report=", "?revision="):
            assert zhao.get(f"/review{query}{quote(value[:200], errors='replace')}").status == 200
    assert zhao.get(f"/reports/{report.number}?revision=99999999999999999999").status == 200
