"""Where a result leads: to the record's own page as soon as there is one that its reader may open."""

from typing import Any

from flask import current_app, url_for

from portal.permissions import may
from portal.search.queries import Hit

# The first page that stands and that the reader may open; `*` is the page's own argument, whatever its name.
PAGES: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "customer": (("records.customer", {"*": "id"}), ("calls.index", {"q": "title"})),
    "unit": (("records.unit", {"*": "id"}), ("calls.index", {"q": "serial_no"})),
    "visit": (("visits.show", {"*": "id"}),),
    "report": (("reports.show", {"*": "number"}),),
    "call": (("calls.show", {"*": "number"}),),
    "part": (("stock.item", {"*": "code"}),),
    "person": (("admin.person", {"*": "id"}), ("calls.index", {"technician": "id"})),
}
SEARCHED = {"customer": "title", "unit": "serial_no"}  # by what a technician finds the own visits there


def address_of(hit: Hit) -> str | None:
    """The address of the record, None when the reader can only read its line here."""
    facts = {**hit.shown["link"], "title": hit.shown["title"]}
    for endpoint, values in PAGES[hit.kind]:
        if may_open(endpoint):
            return url_for(endpoint, **{argument(endpoint, name): facts[fact] for name, fact in values.items()})
    if hit.kind in SEARCHED:
        return url_for("search.index", q=facts[SEARCHED[hit.kind]], kind="visit")
    return None


def may_open(endpoint: str) -> bool:
    view: Any = current_app.view_functions.get(endpoint)
    access = getattr(view, "access", None)
    return access is not None and (access.permission is None or may(access.permission))


def argument(endpoint: str, name: str) -> str:
    """The name of the page's one argument, for `*`."""
    if name != "*":
        return name
    return next(iter(next(current_app.url_map.iter_rules(endpoint)).arguments))
