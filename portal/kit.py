"""The smallest components of the kit, as functions: a page draws dozens of them, and a macro call costs ten times as
much. `{{ ui.icon("phone") }}` reads the same; larger components are macros in `templates/macros/ui.html`.

What is put into markup here is escaped here.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from portal.assets import asset
from portal.i18n import fmt
from portal.money import CURRENCY

FORMATS: dict[str, Callable[[datetime, str], str]] = {"datetime": fmt.datetime, "date": fmt.date, "time": fmt.time}


def icon(name: str, label: str | None = None) -> Markup:
    return drawn(asset("vendor/icons.svg"), name, label)


@cache
def drawn(sheet: str, name: str, label: str | None) -> Markup:
    meaning = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="icon" width="24" height="24" {}><use href="{}#{}"/></svg>').format(meaning, sheet, name)


def tag(text: Any, kind: str = "neutral") -> Markup:
    return Markup(f'<span class="tag tag-{escape(kind)}">{escape(text)}</span>')


def when(moment: datetime | None, tz: str, form: str = "datetime") -> Markup:
    """The moment as the clock at the place showed it."""
    if not moment:
        return Markup("")
    return Markup(f'<time datetime="{moment.isoformat()}">{FORMATS[form](moment, tz)}</time>')  # figures need no escape


def money(amount: Decimal | None, currency: str = CURRENCY) -> Markup:
    return Markup(f'<span class="figure">{escape(fmt.money(amount, currency)) if amount is not None else "–"}</span>')


def qty(n: Decimal, unit: str | None = None) -> Markup:
    return Markup(f'<span class="figure">{fmt.qty(n)}</span>{f" {escape(unit)}" if unit else ""}')
