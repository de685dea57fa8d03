"""Versions of the forms that phones keep: what a form of any version ever sent out means today.

A phone may send a page's form months after it was drawn. Each form that may wait says its version in the field
`form_version` (what was drawn before versions were written is version 1). Whoever changes what a form sends gives it a
new version here, says how one of the version before is read (`UPCASTERS`; without an entry what was added is optional
and nothing else changed), and freezes an example under `tests/offline/corpus/`, which is sent to every later server.
An unknown version is held for a supervisor, never guessed at.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, RequestRedirect

Fields: TypeAlias = list[tuple[str, str]]

FIRST = "1"
KEPT = 2000  # paths
CURRENT: dict[str, str] = {  # endpoint: the version that pages send out today
    "visits.departure": "1",
    "visits.arrival": "1",
    "visits.start": "1",
    "visits.pause": "1",
    "visits.finish": "1",
    "visits.leaving": "1",
    "visits.findings": "1",
    "visits.part_uses": "1",
    "visits.part_use_reversal": "1",
    "visits.no_parts": "1",
    "visits.time_entries": "1",
    "visits.photos": "1",
    "visits.readings": "1",
    "reports.handover": "1",
    "handover.survey": "1",
    "handover.signature": "1",
    "handover.release": "1",
}
UPCASTERS: dict[tuple[str, str], Callable[[Fields], Fields]] = {}  # (endpoint, version): its fields as the next one's


def current(endpoint: str) -> str:
    return CURRENT.get(endpoint, FIRST)


def is_known(endpoint: str, version: str) -> bool:
    """Whether a form of this version was ever sent out."""
    return version in shipped(endpoint)


def shipped(endpoint: str) -> list[str]:
    return [str(number) for number in range(int(FIRST), int(current(endpoint)) + 1)]


def upcast(endpoint: str, version: str, form: ImmutableMultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    """The form as the current version would have sent it."""
    if version == current(endpoint):
        return form
    fields = list(form.items(multi=True))
    for number in shipped(endpoint)[int(version) - 1 : -1]:
        step = UPCASTERS.get((endpoint, number))
        fields = step(fields) if step else fields
    return ImmutableMultiDict(fields)


def version_at(action: str) -> str:
    """The version that a form with this action says; "" for one that never waits in a phone."""
    return CURRENT.get(endpoint_of(current_app.url_map, urlsplit(action).path.removeprefix(request.script_root)), "")


@lru_cache(KEPT)
def endpoint_of(addresses: Map, path: str) -> str:
    """Which view a form at this path is sent to; "" for none. A page has many forms, and many pages the same ones."""
    try:
        return str(addresses.bind("").match(path, method="POST")[0])
    except (HTTPException, RequestRedirect):
        return ""
