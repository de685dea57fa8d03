"""Files as they really come, and files that nobody should send: rows of text, or words that say what to do."""

from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from portal.errors import Rejected
from portal.importing import limits, reading, xlsxfile
from tests.importing.sheets import csv_bytes, packed, xlsx_bytes

SIMPLIFIED = [["客户名称", "地址"], ["云上市示例健身中心", "示例大道一号，甲区"], ["个人：丙演示", "演示路 2 号"]]
TRADITIONAL = [["客戶名稱", "地址"], ["雲上市範例健身中心", "範例大道一號，甲區"], ["個人：丙示範", "示範路 2 號"]]
TYPES = b'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.%s+xml"/></Types>'
SHEET = TYPES % b"spreadsheetml.sheet.main"


def cells(content: bytes) -> list[list[str]]:
    return [row.cells for row in reading.rows(content)]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
def test_chinese_csv_is_read_in_every_usual_encoding(encoding: str, separator: str) -> None:
    assert cells(csv_bytes(SIMPLIFIED, encoding, separator)) == SIMPLIFIED


@pytest.mark.parametrize("encoding", ["big5", "utf-8", "gb18030", "utf-16"])
def test_traditional_csv_is_told_from_simplified(encoding: str) -> None:
    assert cells(csv_bytes(TRADITIONAL, encoding)) == TRADITIONAL


def test_spanish_csv_of_a_western_spreadsheet_program_keeps_its_accents() -> None:
    rows = [["Cliente", "Dirección"], ["Señora Muñoz", "Calle Ñandú, 3º"]]
    assert cells(csv_bytes(rows, "cp1252", ";")) == rows


def test_quotes_and_line_breaks_within_cells_stay_and_empty_rows_count() -> None:
    content = b'sep=;\r\nname;note\r\n\r\n"a ""b""; c";"one\r\ntwo"\r\n'
    found = list(reading.rows(content))
    assert [(row.number, row.cells) for row in found] == [(1, ["name", "note"]), (3, ['a "b"; c', "one\r\ntwo"])]


def test_xlsx_cells_are_read_as_people_see_them() -> None:
    row = [
        12.0,
        1.1,
        0.1 + 0.2,
        10000000001,
        date(2025, 1, 20),
        datetime.fromisoformat("2025-01-20T08:05"),
        True,
        None,
        "=1+1",
        " x ",
    ]
    content = xlsx_bytes([["title"], [], row])
    found = list(reading.rows(content))
    assert found[1].number == 3
    expected = ["12", "1.1", "0.3", "10000000001", "2025-01-20", "2025-01-20 08:05", "yes", "", "=1+1", "x"]
    assert found[1].cells == expected


def test_control_characters_and_nul_do_not_stop_the_file() -> None:
    assert cells(b"name,phone\r\nA\x00\x01B,1\r\n")[1] == ["A\x01B", "1"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 \n", "no spreadsheet"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "no spreadsheet"),
        (bytes(range(1, 32)) * 50, "no spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old Excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
        (b"PK\x03\x04 cut off", "cannot be read"),
        (packed({"word/document.xml": b"<w/>"}), "no spreadsheet"),
        (packed({"[Content_Types].xml": SHEET, "xl/vbaProject.bin": b"x"}), "macros"),
        (packed({"[Content_Types].xml": SHEET, "xl/workbook.xml": b"<!DOCTYPE a []><a/>"}), "cannot be read"),
        (packed({"[Content_Types].xml": SHEET}), "cannot be read"),
        (b"a,b\r\n" + b"1,2\r\n" * (limits.ROW_LIMIT + 1), "rows"),
        (b"a" + b",b" * limits.COLUMN_LIMIT + b"\r\n", "columns"),
    ],
)  # fmt: skip
def test_what_is_no_spreadsheet_is_refused_with_words(content: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=words):
        list(reading.rows(content))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = packed({"[Content_Types].xml": SHEET, "xl/worksheets/sheet1.xml": bytes(limits.UNPACKED_LIMIT + 1)})
    assert len(bomb) < limits.SIZE_LIMIT
    with pytest.raises(Rejected, match="Unpacked"):
        reading.check(bomb)


def test_a_sheet_of_empty_cells_far_out_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsxfile, "CELLS_LIMIT", 50_000)
    with pytest.raises(Rejected, match="too large"):
        cells(xlsx_bytes([["x"] + [None] * 16_000 + [" "]] * 5))


def test_hidden_sheets_are_passed_over(tmp_path: Any) -> None:
    book = openpyxl.Workbook()
    book.active.sheet_state = "hidden"
    book.active.append(["hidden"])
    book.create_sheet("Shown").append(["shown"])
    book.save(tmp_path / "two.xlsx")
    assert cells((tmp_path / "two.xlsx").read_bytes()) == [["shown"]]
