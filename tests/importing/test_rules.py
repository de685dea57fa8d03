"""Headings, columns, values, and rows that contradict each other."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask

from portal.i18n import LOCALES, _, speaking, spoken
from portal.importing import values
from portal.importing.columns import ignored, meanings
from portal.importing.kinds import KINDS
from portal.importing.rules import Claim, Memory, find_heading, folded, match_columns
from portal.importing.values import Unfit


@pytest.mark.parametrize(
    ("kind", "headings", "fields"),
    [
        ("customers", ["客户名称", "联系人", "电话", "地址"], ["name", "contact", "phone", "address"]),
        ("customers", ["客戶名稱", "聯絡人", "電話", "地址"], ["name", "contact", "phone", "address"]),
        ("customers", ["Customer*", "Contact", "Phone No", "Address"], ["name", "contact", "", "address"]),
        ("customers", ["Cliente", "Contacto", "TELEFONO", "Dirección"], ["name", "contact", "phone", "address"]),
        ("equipment", ["产品型号", "编号", "客户名称", "安装日期"], ["product", "serial_no", "name", "installed_on"]),
        ("parts", ["料号", "名称", "规格", "数量", "单价"], ["code", "name_zh_Hans", "", "", "list_price"]),
        ("parts", ["part_no", "zh-Hans", "en", "unit"], ["code", "", "", "unit"]),
        (
            "products",
            ["product_code", "name_zh", "name_en", "group", "flywheel_kg", "parameters_zh", "warranty_months"],
            ["code", "name_zh_Hans", "name_en", "family", "", "parameters", "warranty_months"],
        ),
        ("customers", ["客户", "客户名称"], ["name", ""]),
    ],
)  # fmt: skip
def test_headings_are_matched_by_themselves(kind: str, headings: list[str], fields: list[str]) -> None:
    assert match_columns(headings, meanings(KINDS[kind].columns)) == fields


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_the_words_by_which_the_page_lists_the_columns_are_headings(kind: str, locale: str, app: Flask) -> None:
    """Whoever writes a file from the page's list, or mends the file of refused rows, is understood."""
    columns = KINDS[kind].columns
    with app.test_request_context(), speaking(locale):
        headings = [str(column.words) for column in columns]
        added = [folded(_("Row in the file")), folded(_("Reason"))]
    assert match_columns(headings, meanings(columns)) == [column.field for column in columns]
    assert set(added) <= set(ignored(KINDS[kind].ignored))


@pytest.mark.parametrize("kind", KINDS)
def test_no_heading_means_two_things(kind: str) -> None:
    """A heading that two columns claim would be given to whichever stands last."""
    claimed: dict[str, str] = {}
    for column in KINDS[kind].columns:
        for heading in {folded(heading) for heading in column.known_as}:
            assert claimed.setdefault(heading, column.field) == column.field, heading
    left_out = {folded(heading) for one in KINDS[kind].ignored for heading in one.headings.split("|")}
    assert not left_out & set(claimed)


def test_what_a_part_is_measured_in_is_not_called_equipment() -> None:
    (unit,) = (column for column in KINDS["parts"].columns if column.field == "unit")
    assert str(unit.words) == "Unit of measure"
    assert [spoken(locale, "Unit of measure") for locale in ("zh_Hans", "zh_Hant", "es")] == ["单位", "單位", "Unidad"]


def test_headings_are_found_below_titles_and_empty_rows() -> None:
    known = meanings(KINDS["customers"].columns)
    rows = [["客户资料表"], ["2026 年 11 月", "", "制表：孙"], ["客户名称", "电话", "地址"], ["甲", "100", "乙"]]
    assert find_heading(rows, known) == (2, 3)
    assert find_heading([["x"], ["a", "b"], ["1", "2"]], known) == (1, 0)
    assert find_heading([], known) is None


@pytest.mark.parametrize(
    ("read", "cell", "expected"),
    [
        (values.day, "2025-01-20", date(2025, 1, 20)),
        (values.day, "2025/1/20 00:00", date(2025, 1, 20)),
        (values.day, "2025年1月20日", date(2025, 1, 20)),
        (values.day, "民國114年1月20日", date(2025, 1, 20)),
        (values.day, "20/01/2025", date(2025, 1, 20)),
        (values.day, "20250120", date(2025, 1, 20)),
        (values.day, "03/04/2025", "ambiguous_date"),
        (values.day, "2025-02-30", "no_date"),
        (values.day, "45000", "no_date"),
        (values.day, "1899-12-31", "date_out_of_range"),
        (values.money, "¥260", Decimal(260)),
        (values.money, "1,5", Decimal("1.5")),
        (values.money, "1,234.50", "no_number"),
        (values.money, "-1", "no_price"),
        (values.money, "1.005", "no_price"),
        (values.whole(0, 1200), "36", 36),
        (values.whole(0, 1200), "36.5", "no_whole_number"),
        (values.phone, "+86 100-0000 0001", "+86 100-0000 0001"),
        (values.phone, "无", "no_phone"),
        (values.email, "a@example.com", "a@example.com"),
        (values.email, "a@example", "no_email"),
        (values.code(5), "A B", "spaces_in_code"),
        (values.code(5), "ABCDEF", "too_long"),
        (values.text(5), "#REF!", "spreadsheet_error"),
        (values.text(9), "a\n  b", "a b"),
        (values.yes_no, "是", True),
        (values.yes_no, "maybe", "no_yes_no"),
        (values.choice({"pc": "个|piece"}), "Piece", "pc"),
        (values.choice({"pc": "个|piece"}), "x", "no_choice"),
        (values.time_zone, "Asia/Shanghai", "Asia/Shanghai"),
        (values.time_zone, "Mars", "no_time_zone"),
    ],
)
def test_cells_become_values_or_reasons(read: Any, cell: str, expected: Any) -> None:
    try:
        found = read(cell)
    except Unfit as unfit:
        found = unfit.reason
    assert found == expected


def test_rows_that_contradict_each_other_are_found_and_silence_is_no_contradiction() -> None:
    memory = Memory()
    memory.keep(2, [Claim(("A",), ("x", None))])
    memory.keep(3, [Claim(("A",), (None, "y"))])
    assert memory.contradiction([Claim(("A",), ("x", "y"))]) is None
    assert memory.contradiction([Claim(("A",), (None, "z"))]) == 2
    assert memory.contradiction([Claim(("B",), ("other", None))]) is None
