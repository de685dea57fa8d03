"""Cells to values. Each reader takes a cell that is not empty and raises Unfit with the reason's name.

Reasons are names with values, not words: the words are chosen when somebody reads them, in their language
(`portal/importing/words.py`).
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from portal.clock import zone_names
from portal.importing.rules import folded
from portal.money import parse_decimal
from portal.phone import FEWEST_DIGITS

Read = Callable[[str], Any]
EARLIEST, LATEST = date(1950, 1, 1), date(2100, 1, 1)
SPREADSHEET_ERRORS = ("#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!")
YEAR_FIRST = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?")
REPUBLIC = re.compile(r"民[国國]\s*(\d{1,3})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
YES = "yes|y|true|1|是|有|√|✓|x|sí|si|v"
NO = "no|n|false|0|否|无|無|-|×"


class Unfit(Exception):
    """Why a cell cannot be taken: the reason's name and its values."""

    def __init__(self, reason: str, **values: Any) -> None:
        super().__init__(reason)
        self.reason, self.values = reason, values


def text(limit: int) -> Read:
    """One line; spaces and line breaks inside become one space."""

    def read(cell: str) -> str:
        return fitting(" ".join(cell.split()), limit)

    return read


def words(limit: int) -> Read:
    """Several lines."""
    return lambda cell: fitting(cell, limit)


def code(limit: int) -> Read:
    """A number or code: no spaces at all, because nobody can see them."""

    def read(cell: str) -> str:
        if any(character.isspace() for character in cell):
            raise Unfit("spaces_in_code")
        return fitting(cell, limit)

    return read


def fitting(cell: str, limit: int) -> str:
    if cell in SPREADSHEET_ERRORS:
        raise Unfit("spreadsheet_error", cell=cell)
    if len(cell) > limit:
        raise Unfit("too_long", n=len(cell), limit=limit)
    return cell


def phone(cell: str) -> str:
    plain = text(40)(cell)
    if not FEWEST_DIGITS <= sum(character.isdigit() for character in plain) <= 25:
        raise Unfit("no_phone")
    return plain


def email(cell: str) -> str:
    plain = text(200)(cell)
    if not re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;.]+", plain):
        raise Unfit("no_email")
    return plain


def day(cell: str) -> date:
    """A date, year first. Day first is taken only where it cannot be month first."""
    try:
        found = read_day(cell.strip())
    except ValueError:
        raise Unfit("no_date") from None
    if not EARLIEST <= found < LATEST:
        raise Unfit("date_out_of_range", date=found.isoformat())
    return found


def read_day(cell: str) -> date:
    if found := YEAR_FIRST.fullmatch(cell):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := REPUBLIC.fullmatch(cell):
        return date(int(found[1]) + 1911, int(found[2]), int(found[3]))
    if found := DAY_FIRST.fullmatch(cell):
        if int(found[1]) <= 12 and found[1] != found[2]:
            raise Unfit("ambiguous_date")
        return date(int(found[3]), int(found[2]), int(found[1]))
    return datetime.strptime(cell, "%Y%m%d").date()  # noqa: DTZ007  a day has no zone


def whole(least: int, most: int) -> Read:
    def read(cell: str) -> int:
        value = decimal(cell)
        if value != int(value) or not least <= value <= most:
            raise Unfit("no_whole_number", least=least, most=most)
        return int(value)

    return read


def money(cell: str) -> Decimal:
    value = decimal(re.sub(r"^[¥￥$€]\s*|\s*(元|CNY|RMB)$", "", cell))
    if value < 0 or value > 99_999_999 or value != round(value, 2):
        raise Unfit("no_price")
    return value


def decimal(cell: str) -> Decimal:
    try:
        return parse_decimal(cell)
    except ValueError:
        raise Unfit("no_number") from None


def choice(aliases: Mapping[str, str]) -> Read:
    """One of the values; `aliases` are what people write for each, with | between them."""
    known = {folded(alias): value for value, line in aliases.items() for alias in [value, *line.split("|")]}
    allowed = ", ".join(f"{value} ({line.split('|')[0]})" if line else value for value, line in aliases.items())

    def read(cell: str) -> str:
        found = known.get(folded(cell))
        if found is None:
            raise Unfit("no_choice", allowed=allowed)
        return found

    return read


def yes_no(cell: str) -> bool:
    for line, value in ((YES, True), (NO, False)):
        if cell.casefold() in line.split("|"):
            return value
    raise Unfit("no_yes_no")


def time_zone(cell: str) -> str:
    if cell not in zones():
        raise Unfit("no_time_zone")
    return cell


@cache
def zones() -> set[str]:
    return {name for name in zone_names() if len(name) <= 40}


def shown(value: Any) -> str:
    """A value as the comparison before → after writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "✓" if value else "✗"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else str(value)
