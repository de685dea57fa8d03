"""What the worker keeps for everybody: styles, scripts, icons, and two pages that know nobody. Its version changes
whenever one of them does, and with it the worker."""

import hashlib
import json
from functools import cache

from portal.assets import STATIC, address, asset, versioned

ROOT = STATIC.parent
WORKERS = ("js/worker.js", "js/worker-off.js")  # served at /sw.js, never loaded by a page
KINDS = ("js/**/*.js", "css/*.css", "vendor/*.js", "vendor/*.svg", "logo.svg")
PAGES = ("offline.not_here", "device.help")
WORDS = ("templates/offline/*.html", "templates/base.html", "templates/layouts/*.html", "portal/translations/**/*.po")


def files() -> list[str]:
    """Addresses of all that pages load, with their versions."""
    return [asset(path) for path in names()]


@cache
def names() -> list[str]:
    found = {path.relative_to(STATIC).as_posix() for kind in KINDS for path in STATIC.glob(kind)}
    return sorted(found - set(WORKERS))


@cache
def version() -> str:
    """Twelve hex digits, of the files and of what the pages are made of."""
    found = hashlib.sha256()
    for name in names():
        found.update(versioned(name).encode() + b"\n")
    for path in sorted(path for kind in WORDS for path in ROOT.glob(kind)):
        found.update(path.read_bytes())
    found.update((STATIC / WORKERS[0]).read_bytes())
    return found.hexdigest()[:12]


def worker() -> str:
    """The worker with its list in front."""
    pages = [address(endpoint) for endpoint in PAGES]
    shell = json.dumps({"version": version(), "files": files(), "pages": pages}, separators=(",", ":"))
    return f"const SHELL = {shell};\n{(STATIC / WORKERS[0]).read_text('utf-8')}"


def no_worker() -> str:
    return (STATIC / WORKERS[1]).read_text("utf-8")
