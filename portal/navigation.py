"""The places of the portal that a person can go to, in the order of their day.

A laptop's column shows them all. A phone's bar shows the first four and "More", a page with the rest.
"""

from dataclasses import dataclass
from typing import Any

from flask import g, request
from flask_login import current_user

from portal.assets import address
from portal.i18n import _, lazy
from portal.permissions import Permission, Role, may


@dataclass(frozen=True)
class Place:
    endpoint: str
    words: Any
    icon: str
    permission: Permission
    only: Role | None = None


PLACES = [
    Place("visits.today", lazy("Today"), "calendar-check", Permission.VISIT_RECORD),
    Place("visits.van", lazy("Van"), "truck", Permission.VISIT_RECORD),
    Place("reports.review", lazy("Review"), "clipboard-check", Permission.REPORT_REVIEW),
    Place("held.index", lazy("Held entries"), "inbox", Permission.HELD_VIEW),
    Place("calls.index", lazy("Calls"), "phone-call", Permission.CALL_VIEW),
    Place("visits.index", lazy("Visits"), "list", Permission.VISIT_VIEW),
    Place("visits.follow_ups", lazy("Follow-ups"), "list-checks", Permission.CALL_VIEW),
    Place("reports.index", lazy("Reports"), "file-text", Permission.REPORT_VIEW),
    Place("reports.oversight", lazy("Doubtful signatures"), "signature", Permission.OVERSIGHT_VIEW),
    Place("reports.cases", lazy("Cases"), "circle-alert", Permission.CASE_VIEW),
    Place("records.customers", lazy("Customers"), "users", Permission.FILE_LIST),
    Place("records.equipment", lazy("Equipment"), "boxes", Permission.FILE_LIST),
    Place("stock.index", lazy("Stock"), "package", Permission.STOCK_VIEW),
    Place("stock.movements", lazy("Movements"), "arrow-left-right", Permission.STOCK_VIEW),
    Place("tools.index", lazy("Tools"), "wrench", Permission.TOOL_VIEW),
    Place("search.index", lazy("Search"), "search", Permission.SEARCH),
    Place("importing.index", lazy("Imports"), "package-plus", Permission.IMPORT),
    Place("jobs.index", lazy("Background jobs"), "inbox", Permission.JOBS_VIEW),
    Place("offline.phones", lazy("Unsent work"), "smartphone", Permission.PHONE_WATCH),
    Place("admin.index", lazy("Administration"), "settings", Permission.ADMIN_VIEW),
]
IN_BAR = 4  # and More: five words are what a thumb reaches and a small screen can hold
START = [
    (Role.TECHNICIAN, "visits.today"),
    (Role.SUPERVISOR, "reports.review"),
    (Role.MANAGER, "reports.review"),
    (Role.DISPATCHER, "calls.index"),
    (Role.STOREKEEPER, "stock.index"),
    (Role.ACCOUNTANT, "reports.index"),
    (Role.ADMIN, "admin.index"),
]


@dataclass
class Link:
    """`only`: the screens whose navigation shows it, `wide` or `narrow`; both when empty. `count`: what waits there."""

    href: str
    label: str
    icon: str
    active: bool
    only: str = ""
    count: int = 0


def nav_items() -> list[Link]:
    """Links to where the signed-in person may go, and More for phones."""
    links = places()
    if not links:
        return []
    rest = links[IN_BAR:]
    for link in rest:
        link.only = "wide"
    inside = request.endpoint == "accounts.more" or any(link.active for link in rest)
    return [*links, Link(address("accounts.more"), _("More places"), "ellipsis", inside, only="narrow")]


def more_places() -> list[Link]:
    """What the phone's bar has no room for."""
    return places()[IN_BAR:]


def places() -> list[Link]:
    if not current_user.is_authenticated:
        return []
    here = start_endpoint() if request.endpoint == "accounts.home" else request.endpoint
    return [
        Link(
            address(place.endpoint),
            str(place.words),
            place.icon,
            here == place.endpoint,
            count=waiting() if place.endpoint == "held.index" else 0,
        )
        for place in PLACES
        if may(place.permission)
    ]


def waiting() -> int:
    """How many held entries wait for a decision; 0 for whoever does not decide about them."""
    return int(g.get("held_open", 0))


def start_endpoint() -> str:
    """The page a person's day starts with, by role."""
    return next((endpoint for role, endpoint in START if role in current_user.roles), "accounts.me")
