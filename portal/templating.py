"""What every template may use: macros as `ui`, formats, permissions, links to files that carry their version."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, g, get_flashed_messages, request
from flask_login import current_user
from jinja2 import Environment, FileSystemBytecodeCache
from markupsafe import Markup

from portal import i18n, kit, navigation, pagecode, settings, widgets
from portal.assets import addresses, asset
from portal.clock import now
from portal.db import new_id
from portal.formversions import version_at
from portal.ink import picture
from portal.permissions import Permission, Role, may

KEPT = 1000  # navigations
THEMES = ("light", "dark", "sun")  # sun: black on white for reading outdoors
THUMBS = ("right", "left")


def init_app(app: Flask) -> None:
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    app.config["TEMPLATE_CACHE"].mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(app.config["TEMPLATE_CACHE"]), "page_%s.cache")
    pagecode.prepare(env)
    env.globals.update(
        asset=asset,
        csrf_token=csrf_token,
        form_version=version_at,
        kept=kept,
        keeps_day=keeps_day,
        fmt=i18n.fmt,
        label=i18n.label,
        pick=i18n.pick,
        may=may,
        Permission=Permission,
        nav=navigations(app),
        outbox_bar=outbox_bars(app),
        new_entry_id=entry_id,
        url_for=addresses(app),
        own_attributes=widgets.own_attributes,
        field_kind=widgets.field_kind,
        is_optional=widgets.is_optional,
        ink_picture=picture,
    )
    env.globals["ui"] = Macros(env)
    app.context_processor(page_values)


class Macros:
    """`ui.field(…)`: the functions of `kit` and the macros of `macros/ui.html`, present also where a single block is
    rendered.

    Macros see globals only, nothing of one request, so that they are made once and not for each page.
    """

    icon = staticmethod(kit.icon)
    tag = staticmethod(kit.tag)
    when = staticmethod(kit.when)
    away = staticmethod(kit.away)
    money = staticmethod(kit.money)
    qty = staticmethod(kit.qty)

    def __init__(self, env: Environment) -> None:
        self._env = env

    def __getattr__(self, name: str) -> Any:
        macro = getattr(self._env.get_template("macros/ui.html").module, name)
        if not self._env.auto_reload:
            setattr(self, name, macro)
        return macro


def page_values() -> dict[str, Any]:
    person = current_user._get_current_object()  # the person itself: the proxy costs more than most of what it gives
    theme = request.cookies.get("theme", "")
    return {
        "current_person": person if person.is_authenticated else None,
        "locale": i18n.current_locale(),
        "lang_tag": i18n.TAGS[i18n.current_locale()],
        "locales": [(tag, i18n.LOCALES[tag]) for tag in i18n.offered()],
        "all_locales": list(i18n.LOCALES.items()),
        "company": Company(),
        "messages": MessageList(),
        "now": now(),
        "on_laptop": person.is_authenticated and g.sign_in.device == "laptop",
        "theme": theme if theme in THEMES else "light",
        "thumb": "left" if request.cookies.get("thumb") == "left" else "right",
    }


class Company:
    """How the house calls itself and looks, read only where a page shows it."""

    @property
    def name(self) -> str:
        return i18n.pick(settings.value("company_name"))

    @property
    def logo(self) -> str:
        return str(settings.value("logo"))

    def text(self, key: str) -> str:
        """What the office wrote for its readers, in the page's language."""
        return i18n.pick(settings.value(key))


class MessageList:
    """Flashed messages, read only when a template shows them."""

    def __iter__(self) -> Any:
        return iter(get_flashed_messages(with_categories=True))

    def __len__(self) -> int:
        return len(get_flashed_messages(with_categories=True))


def navigations(app: Flask) -> Callable[[], Markup]:
    """`nav()`: the navigation is drawn once for all people of the same roles who are at the same place
    and have as much waiting."""

    def draw(_roles: frozenset[Role], _locale: str, _root: str, _endpoint: str | None, _waiting: int) -> Markup:
        return Markup(app.jinja_env.get_template("layouts/_nav.html").render(links=navigation.nav_items()))

    drawn = draw if app.jinja_env.auto_reload else lru_cache(KEPT)(draw)

    def nav() -> Markup:
        root, waiting = request.script_root, navigation.waiting()
        return drawn(current_user.roles, i18n.current_locale(), root, request.endpoint, waiting)

    return nav


def outbox_bars(app: Flask) -> Callable[[], Markup]:
    """`outbox_bar()`: the bar of the outbox and its words, drawn once in each language."""

    def draw(_locale: str, _root: str) -> Markup:
        return Markup(app.jinja_env.get_template("layouts/_outbox.html").render())

    drawn = draw if app.jinja_env.auto_reload else lru_cache(KEPT)(draw)
    return lambda: drawn(i18n.current_locale(), request.script_root)


class Kept(NamedTuple):
    """How old a page is that a phone keeps: the moment, the zone in which it is told, and the page's address."""

    moment: datetime
    zone: str
    path: str


def kept() -> Kept | None:
    """When this page is fetched to be kept on a phone, else None: it is shown later, without the server's help."""
    if request.headers.get("X-Keep") != "1" or not current_user.is_authenticated:
        return None
    if "kept" not in g:
        g.kept = Kept(now(), current_user.branch.time_zone, request.script_root + request.path)
    found: Kept = g.kept
    return found


def keeps_day() -> bool:
    """Whether the device may keep its owner's day, and is in use: not while it waits for its PIN."""
    return may(Permission.VISIT_RECORD) and not g.sign_in.is_idle()


def csrf_token() -> str:
    """Empty on a page that is to be kept: the phone asks for the token when it sends."""
    return str(g.sign_in.csrf_token) if current_user.is_authenticated and not kept() else ""


def entry_id() -> str:
    return str(new_id())
