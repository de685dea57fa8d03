"""What every template may use: macros as `ui`, formats, permissions, links to files that carry their version."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, get_flashed_messages, request, url_for
from flask_login import current_user
from jinja2 import FileSystemBytecodeCache

from portal import i18n, navigation
from portal.clock import now
from portal.db import new_id
from portal.permissions import Permission, may

THEMES = ("light", "dark")


def init_app(app: Flask) -> None:
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    app.config["TEMPLATE_CACHE"].mkdir(parents=True, exist_ok=True)
    env.bytecode_cache = FileSystemBytecodeCache(str(app.config["TEMPLATE_CACHE"]))
    env.globals.update(
        asset=asset,
        fmt=i18n.fmt,
        label=i18n.label,
        pick=i18n.pick,
        may=may,
        Permission=Permission,
        new_entry_id=entry_id,
    )
    env.globals["ui"] = Macros(app)
    app.context_processor(page_values)


class Macros:
    """`ui.field(…)`: the macros of `macros/ui.html`, present also where a single block is rendered."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    def __getattr__(self, name: str) -> Any:
        if "ui_macros" not in g:
            template = self._app.jinja_env.get_template("macros/ui.html")
            context: dict[str, Any] = {}
            self._app.update_template_context(context)
            g.ui_macros = template.make_module(context)
        return getattr(g.ui_macros, name)


def page_values() -> dict[str, Any]:
    signed_in = current_user.is_authenticated
    theme = request.cookies.get("theme", "")
    return {
        "current_person": current_user if signed_in else None,
        "csrf_token": g.sign_in.csrf_token if signed_in else "",
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


def entry_id() -> str:
    return str(new_id())


def asset(path: str) -> str:
    """Address of a static file with its content's hash, so that it may be cached for a year."""
    return url_for("static", filename=path, v=file_version(Path(current_app.static_folder or ""), path))


@cache
def file_version(folder: Path, path: str) -> str:
    return hashlib.sha256((folder / path).read_bytes()).hexdigest()[:12]
