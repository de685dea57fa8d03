"""What decisions about held entries, and the results of a rescue file, are called on pages."""

from typing import Any

from portal.i18n import lazy

DECIDED: dict[str, tuple[Any, str]] = {
    "applied": (lazy("Took effect"), "good"),
    "elsewhere": (lazy("Took effect at another visit"), "good"),
    "declined": (lazy("Does not take effect"), "warn"),
}
RESCUED = {
    "loaded": lazy("Waits in the inbox"),
    "known": lazy("Received before"),
    "damaged": lazy("Damaged"),
}
