"""Four languages: which one a page speaks, its words, and its formats.

Words are gettext catalogues in `translations/` (msgids are English); labels of code values are rows with one label
a language. A person's setting goes before the cookie, the cookie before the browser's header.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_app_context, has_request_context, request
from flask_babel import LazyString
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import ColumnElement, func

from portal import settings
from portal.clock import local, now
from portal.money import CURRENCY

DEFAULT = "zh_Hans"
LOCALES = {"zh_Hans": "简体中文", "zh_Hant": "繁體中文", "en": "English", "es": "Español"}
TAGS = {"zh_Hans": "zh-Hans", "zh_Hant": "zh-Hant", "en": "en", "es": "es"}
TRANSLATIONS = Path(__file__).parent / "translations"
COOKIE = "locale"
KEPT = 5000  # formatted dates, figures and prices
this_g: Any = g._get_current_object


class Labelled(Protocol):
    labels: dict[str, Any]


def init_app(app: Flask) -> None:
    compile_catalogues()
    app.jinja_env.globals.update(_=marked, gettext=marked, ngettext=marked_plural)


def compile_catalogues() -> None:
    """Makes each .mo that is missing or older than its .po, so that a checkout needs no extra step. Where the folder
    belongs to somebody else, `script/setup.py` has made them, or the .po is read."""
    for po in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        mo = po.with_suffix(".mo")
        if is_compiled(po):
            continue
        content = compiled(po)
        fresh = mo.with_suffix(f".{id(content)}.tmp")
        with suppress(OSError):
            fresh.write_bytes(content)
            fresh.replace(mo)


def is_compiled(po: Path) -> bool:
    mo = po.with_suffix(".mo")
    return mo.is_file() and mo.stat().st_mtime >= po.stat().st_mtime


def compiled(po: Path) -> bytes:
    with po.open("rb") as source, BytesIO() as target:
        write_mo(target, read_po(source, locale=po.parts[-3]))
        return target.getvalue()


@cache
def catalogue(locale: str) -> NullTranslations:
    po = TRANSLATIONS / locale / "LC_MESSAGES" / "messages.po"
    return Translations(BytesIO(po.with_suffix(".mo").read_bytes() if is_compiled(po) else compiled(po)))


def _(message: str, **values: Any) -> str:
    """The words for `message` in the reader's language; English outside the app."""
    words = spoken(current_locale(), message) if has_app_context() else message
    return words % values if values else words


@cache
def spoken(locale: str, message: str) -> str:
    """Kept: a page asks for the same few words again and again."""
    return catalogue(locale).gettext(message)


def ngettext_(one: str, more: str, num: int, **values: Any) -> str:
    """As `_`, by number; `%(num)s` is the number."""
    return str(catalogue(current_locale()).ngettext(one, more, num) % {"num": num, **values})


class Later(LazyString):
    """In markup its values are escaped, as those of `_` in templates."""

    def __html__(self) -> Markup:
        return marked(*self._args, **self._kwargs)


def lazy(message: str, **values: Any) -> LazyString:
    """Words that are looked up when they are shown."""
    return Later(_, message, **values)


def in_each_language(words: LazyString) -> list[str]:
    """What such words are in all four languages, whoever reads."""
    return [spoken(locale, *words._args) for locale in LOCALES]


def marked(message: str, **values: Any) -> Markup:
    """`_` of templates: the words are markup, the values are escaped."""
    locale = current_locale()
    return Markup(spoken(locale, message)) % values if values else plain_markup(locale, message)


@cache
def plain_markup(locale: str, message: str) -> Markup:
    return Markup(spoken(locale, message)) % {}


def marked_plural(one: str, more: str, num: int, **values: Any) -> Markup:
    """`ngettext` of templates."""
    words = catalogue(current_locale()).ngettext(one, more, num)
    return Markup(words) % {"num": num, **values}


def current_locale() -> str:
    """The language of this page. A hand-over page speaks the customer's (`g.locale`). Asked hundreds of times a page:
    once it is settled nothing else is looked at, and `g` itself costs half of what its proxy does."""
    try:
        return this_g().locale or settled_locale()
    except (AttributeError, RuntimeError):
        return settled_locale()


def settled_locale() -> str:
    if not has_request_context():
        return DEFAULT
    g.locale = chosen_locale()
    return str(g.locale)


def chosen_locale() -> str:
    own = getattr(current_user, "locale", None)
    cookie = request.cookies.get(COOKIE)
    spoken_here = offered()
    if own in spoken_here:
        return str(own)
    if cookie in spoken_here:
        return str(cookie)
    return negotiate([tag for tag, _quality in request.accept_languages], spoken_here)


def offered() -> list[str]:
    """The languages that the company offers on its pages, its own first. Customers sign in any of the four."""
    return [tag for tag in settings.value("languages") if tag in LOCALES] or [DEFAULT]


def speak(locale: str) -> None:
    """The rest of this request speaks `locale`, whoever is signed in."""
    g.locale = locale


@contextmanager
def speaking(locale: str) -> Iterator[None]:
    """Speaks `locale` for a moment: words of a paper that is not in the reader's language."""
    before = g.get("locale")
    g.locale = locale
    try:
        yield
    finally:
        g.locale = before


def negotiate(tags: list[str], spoken_here: Sequence[str] = tuple(LOCALES)) -> str:
    """The first language of the browser's list that we speak; plain zh is Simplified, zh-TW/HK/MO Traditional, and
    either serves a reader of the other one. Else the first of `spoken_here`."""
    for tag in tags:
        try:
            wanted = Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
        if wanted.language == "zh":
            traditional = wanted.script == "Hant" or wanted.territory in ("TW", "HK", "MO")
            liked = ["zh_Hant", "zh_Hans"] if traditional else ["zh_Hans", "zh_Hant"]
        else:
            liked = [wanted.language]
        found = next((tag for tag in liked if tag in spoken_here), None)
        if found:
            return found
    return spoken_here[0]


def pick(labels: Mapping[str, Any] | None, locale: str | None = None) -> str:
    """The text for `locale` from {locale: text}, falling back to the default language, then to any."""
    if not labels:
        return ""
    return str(labels.get(locale or current_locale()) or labels.get(DEFAULT) or next(iter(labels.values())))


def picked(column: Any, locale: str) -> ColumnElement[str]:
    """As `pick`, in the database: a list reads one language, not four that Python must take apart."""
    order = dict.fromkeys([locale, DEFAULT, *LOCALES])
    return func.coalesce(*(func.nullif(column[tag].as_string(), "") for tag in order), "")


def label(row: Labelled | None, locale: str | None = None) -> str:
    return pick(row.labels, locale) if row is not None else ""


class Formats:
    """Dates, times and numbers as the reader's language writes them; 24-hour times for all (ux 5.2).

    Babel's formatter costs 0.2 ms a call, so the frequent shapes are made here, and what it made is kept.
    """

    def date(self, day: dt.date | dt.datetime, zone_name: str | None = None) -> str:
        if isinstance(day, dt.datetime) and zone_name:
            day = local(day, zone_name)
        return (
            f"{day.day:02}/{day.month:02}/{day.year:04}"
            if current_locale() == "es"
            else f"{day.year:04}-{day.month:02}-{day.day:02}"
        )

    def short_date(self, moment: dt.datetime, zone_name: str) -> str:
        """The day as it fits on a card; with the year when it is another one."""
        day = local(moment, zone_name)
        if day.year != now().astimezone(day.tzinfo).year:
            return self.date(day)
        pattern = {"en": "d MMM", "es": "d MMM"}.get(current_locale())
        return in_words(day, pattern, current_locale()) if pattern else f"{day.month}月{day.day}日"

    def long_date(self, day: dt.date) -> str:
        pattern = {"en": "EEEE, d MMMM", "es": "EEEE, d 'de' MMMM"}.get(current_locale(), "M月d日 EEEE")
        words = in_words(day, pattern, current_locale())
        return words[:1].upper() + words[1:]  # it stands alone, as a heading

    def time(self, moment: dt.datetime, zone_name: str) -> str:
        return local(moment, zone_name).isoformat("T", "minutes")[11:16]

    def datetime(self, moment: dt.datetime, zone_name: str) -> str:
        there = local(moment, zone_name)
        if current_locale() == "es":
            return f"{self.date(there)} {there.hour:02}:{there.minute:02}"
        return there.isoformat(" ", "minutes")[:16]

    def minutes(self, minutes: int) -> str:
        hours, rest = divmod(max(int(minutes), 0), 60)
        if not hours:
            return _("%(minutes)s min", minutes=rest)
        if not rest:
            return _("%(hours)s h", hours=hours)
        return _("%(hours)s h %(minutes)s min", hours=hours, minutes=f"{rest:02d}")

    def qty(self, quantity: Decimal) -> str:
        if quantity == (whole := int(quantity)):
            return str(whole)
        plain = f"{quantity:f}".rstrip("0")
        return plain.replace(".", ",") if current_locale() == "es" else plain

    def money(self, amount: Decimal, currency: str = CURRENCY) -> str:
        return priced(amount, currency, current_locale())

    def number(self, value: Decimal | int) -> str:
        return str(format_decimal(value, locale=current_locale()))


@lru_cache(KEPT)
def in_words(day: dt.date, pattern: str, locale: str) -> str:
    return str(format_date(day, pattern, locale=locale))


@lru_cache(KEPT)
def priced(amount: Decimal, currency: str, locale: str) -> str:
    return str(format_currency(amount, currency, locale=locale))


fmt = Formats()

__all__ = [
    "LOCALES",
    "TAGS",
    "Formats",
    "Later",
    "_",
    "current_locale",
    "fmt",
    "label",
    "lazy",
    "negotiate",
    "ngettext_",
    "pick",
    "picked",
    "speak",
    "speaking",
]
