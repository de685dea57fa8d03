"""Words, dates, numbers and code values as one language prints them.

Formats stand here, not in a locale library, so that an old report looks the same after the library's next release.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from portal.reports.paper.labels import ENUMS, FIELDS, LANGUAGES
from portal.reports.paper.words import WORDS

Said: TypeAlias = dict[str, Any]  # texts by name; Any because they are passed on as keywords

NOTHING = "—"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Tongue:
    """One of the paper's languages. Every method takes what the payload holds, also None, and gives text."""

    language: str

    @property
    def index(self) -> int:
        return LANGUAGES.index(self.language)

    @property
    def chinese(self) -> bool:
        return self.index < 2

    def label(self, field: str) -> str:
        return FIELDS[field][self.index]

    def word(self, name: str, **values: object) -> str:
        text = WORDS[name][self.index]
        return text % values if values else text

    def choice(self, kind: str, value: Any) -> str:
        """The label of an enumeration's value; a value that is no known code is printed as it stands."""
        if value is None or value == "":
            return ""
        if isinstance(value, dict):
            return str(value.get("label") or value.get("code") or "")
        known = ENUMS.get(kind, {}).get(value) if isinstance(value, str) else None
        return known[self.index] if known else str(value)

    def also(self, kind: str, value: Any) -> str:
        """A coded value in this language as the second one of a paper; "" where there is no translation to print."""
        if isinstance(value, dict):
            told = (value.get("labels") or {}).get(self.language)
            if told:
                return str(told)
            value = value.get("code")
        known = ENUMS.get(kind, {}).get(value) if isinstance(value, str) else None
        return known[self.index] if known else ""

    def day(self, value: str | None) -> str:
        if not value:
            return ""
        try:
            return self._day(date.fromisoformat(value[:10]))
        except ValueError:
            return value

    def moment(self, value: str | None, *, zone: bool = False) -> str:
        """A time in the zone that it carries (the site's), to the minute; with `zone` the offset is added."""
        if not value:
            return ""
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            return value
        offset = at.strftime("%z") if zone else ""
        suffix = f" (UTC{offset[:3]}:{offset[3:5]})" if offset else ""
        return f"{self._day(at.date())} {at:%H:%M}{suffix}"

    def window(self, value: Any) -> str:
        """An appointment: two times as a pair or as start and end, or words."""
        if isinstance(value, dict):
            value = [value.get("start"), value.get("end")]
        if not isinstance(value, list):
            return str(value or "")
        start, end = (self.moment(part) for part in (value + [None, None])[:2])
        same_day = start[:-5] == end[:-5]
        return "–".join(part for part in (start, end[-5:] if same_day else end) if part)

    def minutes(self, value: int | None) -> str:
        if value is None:
            return ""
        hours, rest = divmod(int(value), 60)
        if hours and not rest:
            return self.word("whole_hours", h=hours)
        return self.word("hours", h=hours, n=rest) if hours else self.word("minutes", n=rest)

    def number(self, value: str | None, places: int | None = None) -> str:
        """A decimal string with the language's marks; without `places` trailing zeros are dropped."""
        amount = decimal(value)
        if amount is None:
            return value or ""
        text = f"{amount:,.{places}f}" if places is not None else f"{amount.normalize():,f}"
        return text.translate(str.maketrans(",.", ".,")) if self.language == "es" else text

    def money(self, value: str | None) -> str:
        return self.number(value, 2)

    def price(self, value: str | Decimal | None, currency: str = "CNY") -> str:
        """An amount with its currency, for use outside a column that names it."""
        if value is None or value == "":
            return ""
        amount = self.money(str(value))
        if self.language == "es":
            return f"{amount} {currency}"
        return f"¥{amount}" if self.chinese and currency == "CNY" else f"{currency} {amount}"

    def _day(self, day: date) -> str:
        if self.language == "en":
            return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
        return f"{day:%d/%m/%Y}" if self.language == "es" else f"{day:%Y-%m-%d}"


@dataclass(frozen=True)
class Pair:
    """The language of a paper and the second one, if any, that stands small beside it.

    Each method gives the keywords of `sheet.cell`: `label` and `second` for what a field is called, `value` and
    `echo` for what it says. What people wrote is never translated; coded values and the paper's own words are.
    """

    first: Tongue
    second: Tongue | None = None

    def label(self, field: str) -> Said:
        return {"label": self.first.label(field), "second": self._other(lambda tongue: tongue.label(field))}

    def titled(self, name: str) -> Said:
        return {"label": self.first.word(name), "second": self._other(lambda tongue: tongue.word(name))}

    def word(self, name: str, **values: object) -> Said:
        return {
            "value": self.first.word(name, **values),
            "echo": self._other(lambda tongue: tongue.word(name, **values)),
        }

    def choice(self, kind: str, value: Any) -> Said:
        first = self.first.choice(kind, value)
        other = self._other(lambda tongue: tongue.also(kind, value))
        return {"value": first, "echo": other if other != first else ""}

    def _other(self, said: Callable[[Tongue], str]) -> str:
        return said(self.second) if self.second else ""


def name_of(value: Any) -> str:
    """What a value of the payload says, coded or plain."""
    if isinstance(value, dict):
        return str(value.get("label") or value.get("code") or "")
    return "" if value is None else str(value)


def decimal(value: str | None) -> Decimal | None:
    """The number in `value`; None for what is no number, or none of this world (1E+999999 would fill the page)."""
    try:
        amount = Decimal(value or "")
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount.adjusted()) < 18 else None
