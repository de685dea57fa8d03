"""The data files of the demonstration company, read as they stand: CSV rows as dicts, JSON as it is."""

import csv
import json
from pathlib import Path
from typing import Any

from portal.i18n import LOCALES

FOLDER = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def story(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text("utf-8"))


def labels(row: dict[str, str]) -> dict[str, str]:
    """The four language columns of a row, as the label columns of the database hold them."""
    return {locale: row[locale] for locale in LOCALES}


def is_yes(cell: str) -> bool:
    return cell == "yes"
