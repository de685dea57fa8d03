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
from sqlalchemy import Uuid, bindparam, or_, select
from werkzeug.wrappers import Response as BaseResponse

from portal import htmx
from portal.assets import address
from portal.db import db
from portal.i18n import _
from portal.permissions import Permission, may
from portal.records.listings import BY_ENDPOINT, LISTINGS, Listing
from portal.records.models import SavedView

EVERYTHING = "all"  # the value of `view` that asks for the list without a filter


def views_of(listing: Listing) -> list[SavedView]:
    """What the signed-in person may open; read once a request."""
    found: dict[str, list[SavedView]] = g.setdefault("saved_views", {})
    if listing.name not in found:
        person: Any = current_user
        values = {"listing": listing.name, "reader_id": person.id}
        found[listing.name] = list(db.session.scalars(views_query(), values))
    return found[listing.name]


@cache
def views_query() -> Any:
    """Made once: making it costs more than running it."""
    mine = or_(SavedView.person_id == bindparam("reader_id", type_=Uuid()), SavedView.shared)
    query = select(SavedView).where(SavedView.listing == bindparam("listing"), mine)
    return query.order_by(SavedView.shared, SavedView.name)


def open_with_view() -> BaseResponse | None:
    """Before a list: one that is opened bare leads to its role's view."""
    listing = BY_ENDPOINT.get(request.endpoint or "")
    if request.method != "GET" or listing is None or request.query_string or htmx.wants_fragment():
        return None
    if not may(Permission.LIST_USE):
        return None
    default = next((view for view in views_of(listing) if view.role and view.role in current_user.roles), None)
    return redirect(address_of(listing, default), 303) if default else None


def address_of(listing: Listing, view: SavedView | None) -> str:
    """The list under the view's filter; the part that is stored can be nothing but the list's own parameters."""
    query = view.query if view else ""
    return f"{address(listing.endpoint)}?{query or f'view={EVERYTHING}'}"


def query_of(listing: Listing, values: dict[str, Any]) -> str:
    return urlencode([(name, values[name]) for name in listing.filters if values.get(name)])


def normal(listing: Listing, query: str) -> str:
    return query_of(listing, dict(parse_qsl(query)))


@dataclass(frozen=True)
class Shown:
    """What a list's page draws around its rows."""

    listing: Listing
    tabs: list[tuple[str, str, bool, None]]
    kept: dict[str, Any]
    may_act: bool
    save_address: str
    csv: str
    xlsx: str
    choose_address: str

    def tick(self, row_id: uuid.UUID, name: str) -> Markup:
        """A row's box. A function, because a list draws fifty."""
        words = escape(_("Choose %(name)s", name=name))
        box = f'<input type="checkbox" form="choice" name="id" value="{row_id}" aria-label="{words}">'
        return Markup(f'<td class="ticks"><label class="tick">{box}</label></td>')


def shown(name: str) -> Shown | None:
    """For templates: None for whoever has no use for views and files (a technician's own short lists)."""
    listing = LISTINGS[name]
    if not may(Permission.LIST_USE):
        return None
    kept = listing.kept
    here = query_of(listing, kept)
    views = views_of(listing)
    tabs = [(address_of(listing, None), _("All"), not here, None)]
    tabs += [(address_of(listing, view), view.name, view.query == here and bool(here), None) for view in views]
    return Shown(
        listing=listing,
        tabs=tabs,
        kept=kept,
        may_act=listing.acting is not None and may(listing.acting),
        save_address=address("records.views", listing=name, **kept),
        csv=address("records.export", listing=name, ending="csv", **kept),
        xlsx=address("records.export", listing=name, ending="xlsx", **kept),
        choose_address=address("records.choice", listing=name),
    )
