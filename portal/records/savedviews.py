"""The tabs of a list: everything, one's own saved views, and those that a supervisor shares. A list that is opened
without a filter opens with the view that is meant for the person's role.
"""

import uuid
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import g, redirect, request
from flask_login import current_user
from markupsafe import Markup, escape
from sqlalchemy import Row, Uuid, bindparam, or_, select
from werkzeug.wrappers import Response as BaseResponse

from portal import htmx
from portal.assets import address
from portal.db import read
from portal.forms import EVERYTHING
from portal.i18n import _
from portal.permissions import Permission, may
from portal.records.listings import BY_ENDPOINT, LISTINGS, Listing, Table
from portal.records.models import SavedView

VIEW: Any = SavedView.__table__


def views_of(listing: Listing) -> list[Row[Any]]:
    """The views that the signed-in person may open; read once a request."""
    found: dict[str, list[Row[Any]]] = g.setdefault("saved_views", {})
    if listing.name not in found:
        person: Any = current_user
        values = {"listing": listing.name, "reader_id": person.id}
        found[listing.name] = read(views_query(), values)
    return found[listing.name]


@cache
def views_query() -> Any:
    """Made once: making it costs more than running it."""
    mine = or_(VIEW.c.person_id == bindparam("reader_id", type_=Uuid()), VIEW.c.shared)
    query = select(VIEW).where(VIEW.c.listing == bindparam("listing"), mine)
    return query.order_by(VIEW.c.shared, VIEW.c.name)


def open_with_view() -> BaseResponse | None:
    """Before a list: one that is opened bare leads to its role's view."""
    listing = BY_ENDPOINT.get(request.endpoint or "")
    if request.method != "GET" or listing is None or request.query_string or htmx.wants_fragment():
        return None
    if not may(Permission.LIST_USE):
        return None
    default = next((view for view in views_of(listing) if view.role and view.role in current_user.roles), None)
    return redirect(address_of(listing, default), 303) if default else None


def address_of(listing: Listing, view: SavedView | Row[Any] | None) -> str:
    """The list under the view's filter; the part that is stored can be nothing but the list's own parameters."""
    return opened(listing, view.query if view else "")


def opened(listing: Listing, query: str) -> str:
    return f"{address(listing.endpoint)}?{query or urlencode(EVERYTHING)}"


def query_of(listing: Listing, values: dict[str, Any]) -> str:
    return urlencode([(name, values[name]) for name in listing.filters if values.get(name)])


def normal(listing: Listing, query: str) -> str:
    return query_of(listing, dict(parse_qsl(query)))


Tab = tuple[str, str, bool, None]  # address, words, whether it is open, no count


@dataclass(frozen=True)
class Shown:
    """What a list's page draws around its rows."""

    listing: Listing
    tabs: list[Tab]
    kept: dict[str, Any]
    save_address: str


@dataclass(frozen=True)
class ShownTable(Shown):
    """The same where rows can be ticked and taken away."""

    csv: str
    xlsx: str
    choose_address: str

    def tick(self, row_id: uuid.UUID, name: str) -> Markup:
        """A row's box. A function, because a list draws fifty."""
        words = escape(_("Choose %(name)s", name=name))
        box = f'<input type="checkbox" form="choice" name="id" value="{row_id}" aria-label="{words}">'
        return Markup(f'<td class="ticks"><label class="tick">{box}</label></td>')


def tabs_of(listing: Listing, kept: dict[str, Any]) -> list[Tab]:
    """Everything, or what the list itself has as tabs (under the rest of the filter), and then the saved views."""
    here, shown = query_of(listing, kept), kept.get("show", "")
    saved: list[Tab] = [
        (address_of(listing, view), view.name, view.query == here and bool(here), None) for view in views_of(listing)
    ]
    if not listing.shows:
        return [(opened(listing, ""), _("All"), not here, None), *saved]
    on_view = any(current for _href, _name, current, _count in saved)
    return [
        (opened(listing, query_of(listing, kept | {"show": show})), str(words), shown == show and not on_view, None)
        for show, words in listing.shows.items()
    ] + saved


def shown(name: str) -> Shown | None:
    """For templates: None for whoever has no use for views and files (a technician's own short lists)."""
    listing = LISTINGS[name]
    if not may(Permission.LIST_USE):
        return None
    kept = listing.kept
    around: dict[str, Any] = {
        "listing": listing,
        "tabs": tabs_of(listing, kept),
        "kept": kept,
        "save_address": address("records.views", listing=name, **kept),
    }
    if not isinstance(listing, Table):
        return Shown(**around)
    return ShownTable(
        **around,
        csv=address("records.export", listing=name, ending="csv", **kept),
        xlsx=address("records.export", listing=name, ending="xlsx", **kept),
        choose_address=address("records.choice", listing=name),
    )
