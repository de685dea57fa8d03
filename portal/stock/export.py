"""Movements as a CSV file for spreadsheets."""

from collections.abc import Iterable, Iterator
from typing import Any

from portal.sheets import csv_rows

COLUMNS = (
    "id", "occurred_at", "recorded_at", "kind", "item", "quantity", "source", "destination", "document", "reverses",
    "person", "unit_cost",
)  # fmt: skip


def movements_csv(rows: Iterable[Any]) -> Iterator[str]:
    return csv_rows(COLUMNS, (cells(row) for row in rows))


def cells(row: Any) -> list[Any]:
    return [
        str(row.id),
        row.occurred_at,
        row.recorded_at,
        row.kind,
        row.item_code,
        row.quantity.normalize(),
        row.source_code,
        row.destination_code,
        row.document,
        str(row.reverses_id or ""),
        row.username,
        row.unit_cost,
    ]
