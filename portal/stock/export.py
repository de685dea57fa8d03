"""Movements as a CSV file for spreadsheets: UTF-8 with its mark, and no cell that would be taken for a formula."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

COLUMNS = (
    "id", "occurred_at", "recorded_at", "kind", "item", "quantity", "source", "destination", "document", "reverses",
    "person", "unit_cost",
)  # fmt: skip
FORMULA_STARTS = tuple("=+-@\t\r\x00＝＋－＠")
BYTE_ORDER_MARK = "\ufeff"


def movements_csv(rows: Iterable[Any]) -> Iterator[str]:
    yield BYTE_ORDER_MARK + csv_line(COLUMNS)
    for row in rows:
        yield csv_line(cells(row))


def cells(row: Any) -> list[str]:
    return [
        str(row.id),
        row.occurred_at.isoformat(),
        row.recorded_at.isoformat(),
        row.kind,
        text_cell(row.item_code),
        f"{row.quantity.normalize():f}",
        text_cell(row.source_code),
        text_cell(row.destination_code),
        text_cell(row.document),
        str(row.reverses_id or ""),
        text_cell(row.username),
        f"{row.unit_cost:f}",
    ]


def text_cell(text: str) -> str:
    """The text; with an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_line(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()
