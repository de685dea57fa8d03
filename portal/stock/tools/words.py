"""What categories, states, conditions and the like of tools are called on pages."""

from typing import Any

from portal.i18n import _, lazy, ngettext_
from portal.stock.tools import rules
from portal.stock.tools.models import Tool, ToolStep

CATEGORIES = {
    "personal": lazy("Personal"),
    "shared": lazy("Shared"),
    "special": lazy("Special"),
    "measuring": lazy("Measuring"),
}
STATES: dict[str, tuple[Any, str]] = {
    # state: (word, kind of tag)
    "store": (lazy("In the store"), "good"),
    "hands": (lazy("Handed out"), "info"),
    "laboratory": (lazy("At the laboratory"), "neutral"),
    "workshop": (lazy("In repair"), "neutral"),
    "scrap": (lazy("Scrapped"), "neutral"),
    "lost": (lazy("Lost"), "bad"),
}
CONDITIONS = {
    "complete": lazy("Complete and working"),
    "parts_missing": lazy("Parts are missing"),
    "damaged": lazy("Damaged"),
    "lost": lazy("Lost"),
}
RESULTS = {
    "passed": lazy("Passed"),
    "limited": lazy("Passed with limits"),
    "failed": lazy("Failed"),
}
REPORTS = {
    "give_back": lazy("To be given back"),
    "parts_missing": lazy("Parts are missing"),
    "damaged": lazy("Damaged"),
    "lost": lazy("Lost"),
}
DECISIONS = {
    "repair": lazy("Repair it"),
    "replace": lazy("Replace it"),
    "charge": lazy("Charge the holder"),
    "scrap": lazy("Scrap it"),
    "keep": lazy("Keep it in use"),
}
CALIBRATIONS = {
    "valid": lazy("Valid"),
    "due_soon": lazy("Due within 30 days"),
    "overdue": lazy("Overdue"),
    "none": lazy("Not asked for"),
}
MOVES = {
    "store": lazy("Into the store"),
    "laboratory": lazy("To the laboratory"),
    "workshop": lazy("To repair"),
    "scrap": lazy("Scrap it"),
}
KINDS = {"valid": "good", "due_soon": "warn", "overdue": "bad", "none": "neutral"}


def word(table: dict[str, Any], value: str | None) -> str:
    found = table.get(value or "", value or "")
    return str(found[0] if isinstance(found, tuple) else found)


def where_words(tool: Tool, step: ToolStep) -> str:
    """Where the tool is, as the reason why something cannot be done."""
    if step.state == "hands" and step.holder is not None:
        return _("%(tool)s is with %(name)s. Take it back first.", tool=tool.number, name=step.holder.name)
    return _("%(a)s: %(b)s", a=tool.number, b=word(STATES, step.state))


def calibration_words(calibration: rules.Calibration, day: Any) -> str:
    """How the calibration stands on a day: "due in 12 days"."""
    state = rules.calibration_state(calibration, day)
    if state == "none":
        return ""
    if calibration.valid_until is None:
        return _("Never calibrated")
    if calibration.result == "failed":
        return _("Calibration failed")
    return days_words((calibration.valid_until - day).days)


def days_words(days: int) -> str:
    if days < 0:
        return ngettext_("Calibration ended %(num)s day ago", "Calibration ended %(num)s days ago", -days)
    if days == 0:
        return _("Calibration ends today")
    return ngettext_("Calibration due in %(num)s day", "Calibration due in %(num)s days", days)


def due_words(days: int) -> str:
    """When the tool is due back, `days` from today."""
    if days < 0:
        return ngettext_("Due back %(num)s day ago", "Due back %(num)s days ago", -days)
    if days == 0:
        return _("Due back today")
    return ngettext_("Due back in %(num)s day", "Due back in %(num)s days", days)


def rule_of(row: Any) -> rules.Calibration:
    return rules.Calibration(row.interval_months, row.valid_until, row.result)


def may_be_used(row: Any, day: Any) -> bool:
    return rules.may_be_used(rule_of(row), day)


def calibration_tag(row: Any, day: Any) -> tuple[str, str]:
    """The words and the kind of the tag for a row of the register."""
    calibration = rule_of(row)
    return calibration_words(calibration, day), KINDS[rules.calibration_state(calibration, day)]


def step_words(step: Any) -> str:
    """What one step of the tool's chain was."""
    if step.kind == "receipt":
        return _("Registered")
    if step.state == "hands":
        return _("Handed to %(name)s", name=step.holder)
    if step.state == "store" and step.giver:
        return _("Taken back from %(name)s", name=step.giver)
    return word(STATES, step.state)
