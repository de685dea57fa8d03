"""Addresses: of static files, with their content's hash, so that they may be cached for a year; and of pages.

Both are made once and kept: a page names dozens of each, and making them was a tenth of its cost. A script's version
stands in its path and is that of all scripts: what a module imports beside itself is then of the same version.
"""

import hashlib
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request

STATIC = Path(__file__).parent.parent / "static"
SCRIPTS = "js/"
KEPT = 5000
# The proxy itself would cost as much again.
this_request: Any = request._get_current_object  # type: ignore[attr-defined]


def asset(path: str) -> str:
    return str(this_request().script_root) + versioned(path)


@cache
def versioned(path: str) -> str:
    if path.startswith(SCRIPTS):
        return f"/static/v/{scripts_version()}/{path}"
    version = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={version}"


@cache
def scripts_version() -> str:
    """Twelve hex digits that change whenever one of our own scripts does."""
    found = hashlib.sha256()
    for path in sorted((STATIC / SCRIPTS).rglob("*.js")):
        found.update(path.relative_to(STATIC).as_posix().encode() + b"\n" + path.read_bytes())
    return found.hexdigest()[:12]


def addresses(app: Flask) -> Callable[..., str]:
    """`url_for` of this app: an address within the site depends on the root, the endpoint and its values alone."""
    made = lru_cache(KEPT)(lambda _root, endpoint, values: app.url_for(endpoint, **dict(values)))

    def url_for(endpoint: str, **values: Any) -> str:
        return made(this_request().script_root, endpoint, tuple(values.items()))

    app.extensions["addresses"] = url_for
    return url_for


def address(endpoint: str, **values: Any) -> str:
    """The same for functions that name many addresses."""
    found: str = current_app.extensions["addresses"](endpoint, **values)
    return found
