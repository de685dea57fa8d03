"""When an instrument may be used, what becomes of a tool that was reported, and where each verb may begin.

Source: the trade's register of tools (domain 3.2): due soon is 30 days before the end; overdue cannot be issued.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

CATEGORIES = ("personal", "shared", "special", "measuring")
CLASSES = ("A", "B", "C")
CONDITIONS = ("complete", "parts_missing", "damaged", "lost")
RESULTS = ("passed", "limited", "failed")
STATES = ("store", "hands", "laboratory", "workshop", "scrap", "lost")
CALIBRATION_STATES = ("none", "valid", "due_soon", "overdue")
REPORT_KINDS = ("give_back", "parts_missing", "damaged", "lost")
DECISIONS = ("repair", "replace", "charge", "scrap", "keep")
SOON = timedelta(days=30)
IDLE = timedelta(days=30)  # in the store for longer, and nobody asked for it

MOVES = {  # from where a tool goes whither without a person: state to states
    "store": ("store", "laboratory", "workshop", "scrap"),
    "laboratory": ("store", "scrap"),
    "workshop": ("store", "scrap"),
    "hands": (),
    "lost": ("store",),
    "scrap": (),
}


@dataclass(frozen=True)
class Calibration:
    """What the newest certificate says; `interval_months` None: no calibration is asked for."""

    interval_months: int | None
    valid_until: date | None = None
    result: str | None = None


def calibration_state(calibration: Calibration, day: date) -> str:
    """`none` asked for, `valid`, `due_soon`, or `overdue`: never done, failed, or ended before `day`."""
    if not calibration.interval_months:
        return "none"
    if calibration.valid_until is None or calibration.result == "failed" or calibration.valid_until < day:
        return "overdue"
    return "due_soon" if calibration.valid_until <= day + SOON else "valid"


def may_be_used(calibration: Calibration, day: date) -> bool:
    return calibration_state(calibration, day) != "overdue"


def valid_until(calibrated_on: date, interval_months: int) -> date:
    """The last good day: the same day `interval_months` later, less one; the month's last where it has no such day."""
    months = calibrated_on.month - 1 + interval_months
    year, month = calibrated_on.year + months // 12, months % 12 + 1
    return date(year, month, min(calibrated_on.day, monthrange(year, month)[1])) - timedelta(days=1)


def decisions_for(kind: str) -> tuple[str, ...]:
    """What may be decided about a report: what is lost cannot be repaired."""
    return tuple(one for one in DECISIONS if kind != "lost" or one != "repair")


def place_after(decision: str, kind: str) -> str | None:
    """Where the tool goes by the decision; None: it stays where it is."""
    if decision == "repair":
        return "workshop"
    if decision in ("replace", "scrap"):
        return "lost" if kind == "lost" else "scrap"
    return "lost" if decision == "charge" and kind == "lost" else None
