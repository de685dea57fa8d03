"""What was measured at the visit: the readings themselves on page one where they are few, else a table behind it."""

from typing import Any

from portal.reports.paper.checks import Column, Table, columns, plain, table
from portal.reports.paper.formats import Pair, Said, Tongue

SHORT = 3  # as many readings stand on page one itself
COLUMNS: tuple[Column, ...] = (
    ("reading_quantity", 9),
    ("reading_value", 5),
    ("reading_instrument", 9),
    ("reading_calibration", 8),
)


def readings_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in payload.get("readings") or [] if isinstance(one, dict)]


def summary(payload: dict[str, Any], pair: Pair) -> Said:
    found = readings_of(payload)
    if len(found) > SHORT:
        return pair.word("more_readings", n=len(found))
    return {"value": "\n".join(line(one, pair.first) for one in found)}


def reading_table(payload: dict[str, Any], pair: Pair) -> Table | None:
    found = readings_of(payload)
    if len(found) <= SHORT:
        return None
    return table(pair.label("readings"), columns(pair, COLUMNS), [row(one, pair) for one in found])


def row(reading: dict[str, Any], pair: Pair) -> list[Said]:
    tongue, what = pair.first, pair.choice("reading_quantity", reading.get("quantity"))
    point = reading.get("point")
    what = what | {"value": f"{what['value']} · {point}"} if point else what
    return [what, plain(amount(reading, tongue)), *(plain(text) for text in instrument(reading, tongue))]


def line(reading: dict[str, Any], tongue: Tongue) -> str:
    """One reading in a line: what, how much, with which instrument, and how that was calibrated."""
    what = tongue.choice("reading_quantity", reading.get("quantity"))
    measured = f"{what} {amount(reading, tongue)}"
    texts = (measured, reading.get("point"), *instrument(reading, tongue))
    return " · ".join(str(text) for text in texts if text)


def amount(reading: dict[str, Any], tongue: Tongue) -> str:
    return f"{tongue.number(reading.get('value'))} {reading.get('unit') or ''}".strip()


def instrument(reading: dict[str, Any], tongue: Tongue) -> tuple[str, str]:
    """The instrument's name and number, and what its calibration was when it was used."""
    used = reading.get("instrument")
    if not isinstance(used, dict):
        return tongue.word("no_instrument"), ""
    taken_on = str(reading.get("taken_at") or "")[:10]
    return f"{used.get('name') or ''} {used.get('number') or ''}".strip(), calibration(used, taken_on, tongue)


def calibration(used: dict[str, Any], taken_on: str, tongue: Tongue) -> str:
    """An instrument that failed its calibration has a certificate that has not ended, and is not calibrated."""
    state, until = used.get("calibration"), str(used.get("valid_until") or "")
    if state == "overdue":
        ended = until and until < taken_on
        return tongue.word("calibration_ended", day=tongue.day(until)) if ended else tongue.word("not_calibrated")
    return tongue.word("calibrated", day=tongue.day(until)) if until and state != "none" else ""
