"""Kinds of results in the reader's language."""

from portal.i18n import lazy

KIND_WORDS = {
    "customer": lazy("Customers and sites"),
    "unit": lazy("Equipment"),
    "visit": lazy("Visits"),
    "report": lazy("Reports"),
    "call": lazy("Calls without a visit"),
    "part": lazy("Parts"),
    "person": lazy("People"),
}
ICONS = {
    "customer": "building-2",
    "unit": "boxes",
    "visit": "calendar-check",
    "report": "file-text",
    "call": "phone-call",
    "part": "package",
    "person": "user",
}
