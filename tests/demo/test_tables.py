"""The data files agree with each other, are complete in four languages, and stay obviously fictitious."""

import re

import pytest

from portal.customers.standard import standard_codes
from portal.demo.tables import labels, rows, story

CODES = {(one.kind, one.code) for one in standard_codes()}
ITEMS = {row["code"] for row in rows("parts")}
CAST = story("cast")
CALLS = story("calls")
CONTACTS = [who for customer in CAST["customers"] for site in customer["sites"] for who in site["contacts"]]
UNITS = [unit for customer in CAST["customers"] for site in customer["sites"] for unit in site["equipment"]]


@pytest.mark.parametrize("name", ["error_codes", "parts", "products"])
def test_every_name_is_there_in_four_languages(name: str) -> None:
    assert all(label.strip() for row in rows(name) for label in labels(row).values())


def test_the_ten_products_of_the_tender_are_the_catalogue() -> None:
    tender = {row["product_code"]: row["name_en"] for row in rows("tender-equipment")}
    assert {row["product_code"]: row["en"] for row in rows("products")} == tender and len(tender) == 10


def test_known_faults_name_codes_and_parts_that_exist() -> None:
    for row in rows("faults"):
        assert all((kind, row[kind]) in CODES for kind in ("symptom", "component", "cause", "remedy"))
        assert set(row["parts"].split()) <= ITEMS


def test_stock_and_usual_parts_name_parts_that_exist() -> None:
    assert {row["item"] for row in rows("opening_stock")} == ITEMS
    assert {row["item"] for row in rows("usual_parts")} <= ITEMS


def test_calls_name_units_codes_and_parts_that_exist() -> None:
    assert {call["unit"] for call in CALLS} <= {unit["key"] for unit in UNITS}
    for finding in (call["finding"] for call in CALLS if "finding" in call):
        named = [(kind, finding[kind]) for kind in ("symptom", "component", "cause", "remedy") if finding[kind]]
        assert set(named) <= CODES
    assert {part["item"] for call in CALLS for part in call.get("parts", [])} <= ITEMS


def test_branches_are_told_apart_by_name_in_every_language() -> None:
    branches = CAST["branches"]
    for locale in ("zh_Hans", "zh_Hant", "en", "es"):
        assert len({branch["names"][locale] for branch in branches}) == len(branches)


def test_the_company_is_big_enough() -> None:
    sites = [site for customer in CAST["customers"] for site in customer["sites"]]
    assert len(CAST["customers"]) >= 8 and len(sites) >= 10 and len(UNITS) >= 25
    assert {site["time_zone"] for site in sites} == {"Asia/Shanghai", "Europe/Madrid"}
    assert {customer["locale"] for customer in CAST["customers"]} == {"zh_Hans", "zh_Hant", "en", "es"}


@pytest.mark.parametrize("phone", [who["phone"] for who in CONTACTS])
def test_no_telephone_number_reaches_anybody(phone: str) -> None:
    """Ranges kept for fiction, or eleven digits with a prefix that no network has (domain 6.5)."""
    assert re.fullmatch(r"100 0000 00\d\d|\+44 7700 900\d{3}|555-01\d\d", phone)


def test_no_letter_reaches_anybody() -> None:
    assert CONTACTS and all(re.fullmatch(r"[a-z.]+@example\.com", who["email"]) for who in CONTACTS)
    assert len({who["email"] for who in CONTACTS}) == len(CONTACTS)
