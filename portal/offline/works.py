"""What works without signal and what does not: one list, which the help page shows and to which the forms are held.

`endpoints` are those whose forms wait in the outbox (`WORKS`), or never do (`NEEDS`). A test walks all templates.
"""

from dataclasses import dataclass
from typing import Any

from portal.i18n import lazy


@dataclass(frozen=True)
class Work:
    words: Any
    icon: str
    endpoints: tuple[str, ...] = ()


WORKS = (
    Work(lazy("Visits of today and two days either way, with address and phone number"), "calendar-check"),
    Work(
        lazy("On my way, I'm here, start, pause, finish"),
        "navigation",
        (
            "visits.departure", "visits.arrival", "visits.start", "visits.pause", "visits.finish", "visits.leaving",
            "visits.clock_stop",
        ),
    ),
    Work(lazy("Diagnosis and outcome"), "stethoscope", ("visits.findings",)),
    Work(
        lazy("Parts from the list of your van, or by part number"),
        "package",
        ("visits.part_uses", "visits.part_use_reversal", "visits.no_parts"),
    ),
    Work(lazy("Times and corrections of times"), "timer", ("visits.time_entries", "visits.time_entry_removal")),
    Work(lazy("Readings"), "clipboard-list", ("visits.readings", "visits.reading_removal")),
    Work(lazy("Photos"), "camera", ("visits.photos", "visits.photo_removal")),
    Work(
        lazy("Handing the report to the customer, and why nobody signed"),
        "signature",
        ("reports.handover", "reports.resubmission"),
    ),
)  # fmt: skip
NEEDS = (
    Work(lazy("Signing in, and the language and colours of the pages"), "log-out", ("accounts.login", "accounts.pin")),
    Work(lazy("Searching all customers, units and reports"), "search", ("records.new_customer", "records.edit_unit")),
    Work(lazy("Parts that are not in your van, and what other vans hold"), "truck", ("stock.reversal",)),
    Work(
        lazy("Giving a visit to somebody else, or planning one"), "users", ("calls.assign", "calls.plan", "calls.new")
    ),
    Work(lazy("Tools: giving back, reporting, confirming"), "wrench", ("tools.reports", "tools.returns")),
    Work(
        lazy("Releasing a stopped unit, and parting repeats"), "lock", ("visits.stop_release", "visits.repeat_parting")
    ),
    Work(lazy("Review, approval and links for customers"), "clipboard-check", ("reports.approval", "reports.links")),
    Work(lazy("Boards, lists and settings of the office"), "settings", ("admin.setting",)),
)


def waiting() -> frozenset[str]:
    """Endpoints whose forms may wait on the phone."""
    return frozenset(endpoint for work in WORKS for endpoint in work.endpoints)


def online() -> frozenset[str]:
    return frozenset(endpoint for work in NEEDS for endpoint in work.endpoints)
