"""The register as a CSV file, in the manner of the movements."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from portal.i18n import pick
from portal.sheets import csv_rows
from portal.stock.tools import rules

COLUMNS = (
    "number", "name", "category", "spec", "brand", "maker_serial", "bought_on", "original_value", "supplier", "state",
    "place", "holder", "since", "due_back", "calibration_class", "interval_months", "certificate_no", "valid_until",
    "calibration", "laboratory",
)  # fmt: skip


def tools_csv(rows: Iterable[Any], day: date) -> Iterator[str]:
    return csv_rows(COLUMNS, (cells(row, day) for row in rows))


def cells(row: Any, day: date) -> list[str]:
    calibration = rules.Calibration(row.interval_months, row.valid_until, row.result)
    return [
        row.number,
        pick(row.labels),
        row.category,
        row.spec,
        row.brand,
        row.maker_serial,
        str(row.bought_on or ""),
        f"{row.original_value:f}",
        row.supplier,
        row.state,
        pick(row.place_labels),
        row.username or "",
        row.since.isoformat(),
        str(row.due_back or ""),
        row.calibration_class,
        str(row.interval_months or ""),
        row.certificate_no or "",
        str(row.valid_until or ""),
        rules.calibration_state(calibration, day),
        row.laboratory,
    ]
