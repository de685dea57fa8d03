"""The register of tools as a file, in the reader's words."""

from datetime import date
from typing import Any

from portal.i18n import lazy, pick
from portal.sheets import at_place
from portal.stock.export import Columns
from portal.stock.tools import rules, words


def columns(day: date, zone: str) -> Columns:
    def calibration(row: Any) -> str:
        return words.word(words.CALIBRATIONS, rules.calibration_state(words.rule_of(row), day))

    return (
        (lazy("Tool number"), lambda row: row.number),
        (lazy("Tool"), lambda row: pick(row.labels)),
        (lazy("Category"), lambda row: words.word(words.CATEGORIES, row.category)),
        (lazy("Specification"), lambda row: row.spec),
        (lazy("Brand"), lambda row: row.brand),
        (lazy("Maker's serial number"), lambda row: row.maker_serial),
        (lazy("Bought on"), lambda row: row.bought_on),
        (lazy("Original value"), lambda row: row.original_value),
        (lazy("Bought from"), lambda row: row.supplier),
        (lazy("State"), lambda row: words.word(words.STATES, row.state)),
        (lazy("Where"), lambda row: pick(row.place_labels)),
        (lazy("Holder"), lambda row: row.holder),
        (lazy("Since"), lambda row: at_place(row.since, zone)),
        (lazy("Due back"), lambda row: row.due_back),
        (lazy("Calibration class"), lambda row: row.calibration_class),
        (lazy("Calibrated every … months"), lambda row: row.interval_months),
        (lazy("Certificate number"), lambda row: row.certificate_no),
        (lazy("Valid until"), lambda row: row.valid_until),
        (lazy("Calibration"), calibration),
        (lazy("Laboratory"), lambda row: row.laboratory),
    )
