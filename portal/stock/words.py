"""What kinds of movements, places and units are called on pages."""

from functools import cache
from typing import Any

from portal.i18n import current_locale, lazy

KINDS: dict[str, Any] = {
    "receipt": lazy("Receipt"),
    "issue": lazy("Issue"),
    "use": lazy("Used at a visit"),
    "return": lazy("Return to the store"),
    "transfer": lazy("Transfer"),
    "scrap": lazy("Scrap"),
    "count": lazy("Count difference"),
    "reversal": lazy("Reversal"),
}
UNITS: dict[str, Any] = {
    "pc": lazy("pc"),
    "pair": lazy("pair"),
    "set": lazy("set"),
    "btl": lazy("bottle"),
    "m": lazy("m"),
    "kg": lazy("kg"),
    "l": lazy("l"),
}
PAIRS = lazy("pairs")


def kind_word(kind: str) -> str:
    return kind_in(current_locale(), kind)


def unit_word(unit: str, quantity: Any = 1) -> str:
    """Abbreviations serve for any quantity; only the pair has a plural. What is sealed names the unit alone."""
    return unit_in(current_locale(), "pairs" if unit == "pair" and quantity != 1 else unit)


@cache
def kind_in(_locale: str, kind: str) -> str:
    """Kept for each language: a page asks for the same few words once a row."""
    return str(KINDS.get(kind, kind))


@cache
def unit_in(_locale: str, unit: str) -> str:
    return str(PAIRS if unit == "pairs" else UNITS.get(unit, unit))
