"""What kinds of movements, places and units are called on pages."""

from typing import Any

from portal.i18n import lazy

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


def kind_word(kind: str) -> str:
    return str(KINDS.get(kind, kind))


def unit_word(unit: str) -> str:
    return str(UNITS.get(unit, unit))
