"""Addresses: of static files, with their content's hash, so that they may be cached for a year; and of pages.

Both are made once and kept: a page names dozens of each, and making them was a tenth of its cost.
"""

import hashlib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request

KEPT = 5000


def asset(path: str) -> str:
    return request.script_root + versioned(current_app.static_url_path or "", current_app.static_folder or "", path)


@cache
def versioned(prefix: str, folder: str, path: str) -> str:
    version = hashlib.sha256(Path(folder, path).read_bytes()).hexdigest()[:12]
    return f"{prefix}/{path}?v={version}"


class Addresses:
    """`url_for` of templates: an address within the site depends on the root, the endpoint and its values alone."""

    def __init__(self, app: Flask) -> None:
        self._made = lru_cache(KEPT)(lambda _root, endpoint, values: app.url_for(endpoint, **dict(values)))

    def __call__(self, endpoint: str, **values: Any) -> str:
        return self._made(request.script_root, endpoint, tuple(values.items()))
