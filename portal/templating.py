"""What every template may use: macros as `ui`, formats, permissions, links to files that carry their version."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, get_flashed_messages, request
from flask_login import current_user
from jinja2 import Environment, FileSystemBytecodeCache

from portal import i18n, navigation
from portal.clock import now
from portal.db import new_id
from portal.ink import picture
from portal.permissions import Permission, may

THEMES = ("light", "dark")


def init_app(app: Flask) -> None:
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    app.config["TEMPLATE_CACHE"].mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(app.config["TEMPLATE_CACHE"]))
    env.globals.update(
        asset=asset,
        csrf_token=csrf_token,
        fmt=i18n.fmt,
        label=i18n.label,
        pick=i18n.pick,
        may=may,
        Permission=Permission,
        new_entry_id=entry_id,
        ink_picture=picture,
    )
    env.globals["ui"] = Macros(env)
    app.context_processor(page_values)


class Macros:
    """`ui.field(…)`: the macros of `macros/ui.html`, present also where a single block is rendered.

    They see globals only, nothing of one request, so that they are made once and not for each page.
    """

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
        "locales": list(i18n.LOCALES.items()),
        "messages": MessageList(),
        "nav_items": NavList(),
        "now": now(),
        "theme": theme if theme in THEMES else "light",
    }


class MessageList:
    """Flashed messages, read only when a template shows them."""

    def __iter__(self) -> Any:
        return iter(get_flashed_messages(with_categories=True))

    def __len__(self) -> int:
        return len(get_flashed_messages(with_categories=True))


class NavList:
    """Navigation, computed only for pages that show it."""

    def __iter__(self) -> Any:
        return iter(navigation.nav_items())


def csrf_token() -> str:
    return str(g.sign_in.csrf_token) if current_user.is_authenticated else ""


def entry_id() -> str:
    return str(new_id())


def asset(path: str) -> str:
    """Address of a static file with its content's hash, so that it may be cached for a year."""
    return request.script_root + versioned(current_app.static_url_path or "", current_app.static_folder or "", path)


@cache
def versioned(prefix: str, folder: str, path: str) -> str:
    """Made once a file: a page names dozens of icons, and building addresses was a tenth of its cost."""
    version = hashlib.sha256(Path(folder, path).read_bytes()).hexdigest()[:12]
    return f"{prefix}/{path}?v={version}"
