"""How a list looks to one person: which columns it leaves out and how close its rows stand.

The choice belongs to the person and holds on every device and in every saved view; it comes with the person's row, so
that a list asks the database nothing more. Columns are left out by one class of the table: the rows are drawn the same.
"""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_login import current_user

from portal.i18n import lazy

# name of the list: where it stands, and its columns in their order. The first one names the row and always stays.
TABLES: dict[str, tuple[str, dict[str, Any]]] = {
    "calls": (
        "calls.index",
        {"unit": lazy("Unit"), "words": lazy("What the customer says"), "visit": lazy("Visit")},
    ),
    "visits": (
        "visits.index",
        {"state": lazy("State and technician"), "unit": lazy("Equipment"), "order": lazy("Work order")},
    ),
    "customers": (
        "records.customers",
        {"places": lazy("Places"), "units": lazy("Units"), "calls": lazy("Open calls")},
    ),
    "equipment": (
        "records.equipment",
        {"product": lazy("Product"), "customer": lazy("Customer"), "installed": lazy("Installed on")},
    ),
    "reports": (
        "reports.index",
        {
            "state": lazy("State"),
            "customer": lazy("Customer"),
            "technician": lazy("Technician"),
            "call": lazy("Call"),
        },
    ),
    "stock": (
        "stock.index",
        {
            "store": lazy("Store"),
            "vans": lazy("Vans"),
            "elsewhere": lazy("Elsewhere"),
            "all": lazy("All"),
            "unit": lazy("Counted in"),
            "price": lazy("List price"),
        },
    ),
    "movements": (
        "stock.movements",
        {
            "kind": lazy("Movement"),
            "part": lazy("Part"),
            "quantity": lazy("Quantity"),
            "from": lazy("From"),
            "to": lazy("To"),
            "paper": lazy("Document and person"),
        },
    ),
    "tools": (
        "tools.index",
        {
            "where": lazy("Where"),
            "due": lazy("What is due"),
            "category": lazy("Category"),
            "since": lazy("Since"),
        },
    ),
}


@dataclass(frozen=True)
class Look:
    """What a list's page draws: the classes of its table, and the form that changes them."""

    name: str
    columns: list[tuple[str, Any, bool]]  # name, words, shown
    dense: bool
    classes: str
    action: str


def look_of(name: str, before: int = 1) -> Look:
    """For templates. `before`: how many columns of the table stand before those that can be left out."""
    _endpoint, columns = TABLES[name]
    kept = (getattr(current_user, "looks", None) or {}).get(name) or {}
    hidden = kept.get("without", ())
    classes = [f"no-{before + n}" for n, column in enumerate(columns, 1) if column in hidden]
    return Look(
        name=name,
        columns=[(column, words, column not in hidden) for column, words in columns.items()],
        dense=bool(kept.get("dense")),
        classes=" ".join(["dense", *classes] if kept.get("dense") else classes),
        action=with_query(url_for("records.look", listing=name)),
    )


def address_of(name: str) -> str:
    """The list under the filter that the form was opened with."""
    return with_query(url_for(TABLES[name][0]))


def with_query(address: str) -> str:
    query = request.query_string.decode("ascii", "replace")
    return f"{address}?{query}" if query else address
