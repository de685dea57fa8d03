"""The smallest components of the kit, as functions: a page draws dozens of them, and a macro call costs ten times as
much. `{{ ui.icon("phone") }}` reads the same; larger components are macros in `templates/macros/ui.html`.

What is put into markup here is escaped here.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from markupsafe import Markup

from portal.assets import asset
from portal.clock import local
from portal.i18n import KEPT, current_locale, fmt
from portal.money import CURRENCY
from portal.pagecode import shown

FORMATS: dict[str, Callable[[datetime, str], str]] = {"datetime": fmt.datetime, "date": fmt.date, "time": fmt.time}


def icon(name: str, label: str | None = None) -> Markup:
    return drawn(asset("vendor/icons.svg"), name, label)


@cache
def drawn(sheet: str, name: str, label: str | None) -> Markup:
    meaning = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" width="24" height="24" {}><use href="{}#{}"/></svg>').format(meaning, sheet, name)


def tag(text: Any, kind: str = "neutral") -> Markup:
    return Markup(f'<span class="tag tag-{shown(kind)}">{shown(text)}</span>')


def when(moment: datetime | None, tz: str, form: str = "datetime") -> Markup:
    """The moment as the clock at the place showed it."""
    return told(moment, tz, form, current_locale()) if moment else Markup("")


@lru_cache(KEPT)
def told(moment: datetime, tz: str, form: str, _locale: str) -> Markup:
    """Kept: lists show the same moments and figures again and again. Figures need no escape."""
    exactly = moment.isoformat(timespec="seconds")
    return Markup(f'<time datetime="{exactly}">{FORMATS[form](moment, tz)}</time>')


def away(moment: datetime | None, tz: str, home: str) -> Markup:
    """How far a place's clock is from UTC, where it is not what the clock at `home` says: a list may mix places."""
    if moment is None or tz == home or local(moment, tz).utcoffset() == local(moment, home).utcoffset():
        return Markup("")
    offset = local(moment, tz).strftime("%z")
    minutes = f":{offset[3:5]}" if offset[3:5] != "00" else ""
    return Markup(f' <span class="muted nowrap">UTC{offset[:3]}{minutes}</span>')


def money(amount: Decimal | None, currency: str = CURRENCY) -> Markup:
    return Markup(f'<span class="figure">{shown(fmt.money(amount, currency)) if amount is not None else "–"}</span>')


def qty(n: Decimal, unit: str | None = None) -> Markup:
    return counted(n, unit, current_locale())


@lru_cache(KEPT, typed=True)  # a unit that is markup is not the same as the text
def counted(n: Decimal, unit: str | None, _locale: str) -> Markup:
    return Markup(f'<span class="figure">{fmt.qty(n)}</span>{f" {shown(unit)}" if unit else ""}')
