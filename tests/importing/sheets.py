"""Spreadsheets for tests: made here, as people and other programs make them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

import openpyxl

HEADINGS = ["客户编号", "客户名称", "客户类型", "联系人", "电话", "地址", "区域"]


def csv_bytes(rows: Iterable[Sequence[Any]], encoding: str = "utf-8-sig", separator: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue().encode(encoding)


def xlsx_bytes(rows: Iterable[Sequence[Any]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def customers(number: int, wrong_every: int = 10) -> list[list[str]]:
    """Headings and `number` customers, of which every `wrong_every`-th has a phone number that is none."""
    rows = [HEADINGS]
    for n in range(number):
        phone = "无" if n % wrong_every == wrong_every - 1 else f"100 {n // 10000:04d} {n % 10000:04d}"
        rows.append([f"C{n:06d}", f"虚构客户 {n}", "企业", f"联系人 {n}", phone, f"示例大道 {n} 号", "甲区"])
    return rows


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return out.getvalue()
