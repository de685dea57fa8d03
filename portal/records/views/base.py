"""Finding a file for whoever asks, and what both kinds of file show."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.accounts.operations import last_change
from portal.calls.filters import as_cursor, cursor_text
from portal.changing import ChangeForm
from portal.customers.models import Customer, Equipment
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, may
from portal.records import queries, timeline, words
from portal.records.operations import editing

bp = Blueprint("records", __name__)


def find_customer(customer_id: uuid.UUID, *, with_sites: bool = False) -> Customer:
    return standing(queries.find_customer(customer_id, current_user, with_sites=with_sites))


def find_unit(unit_id: uuid.UUID) -> Equipment:
    return standing(queries.find_unit(unit_id, current_user))


def standing(row: Any) -> Any:
    """The entry itself; the address of a merged one leads to the one that stays."""
    if row is None:
        abort(404)
    if row.merged_into_id:
        abort(redirect(address_to(row, row.merged_into_id), 303))
    return row


def address_of(row: Customer | Equipment) -> str:
    return address_to(row, row.id)


def address_to(row: Customer | Equipment, file_id: uuid.UUID) -> str:
    if isinstance(row, Customer):
        return url_for("records.customer", customer_id=file_id)
    return url_for("records.unit", unit_id=file_id)


def to_file(row: Customer | Equipment) -> BaseResponse:
    return redirect(address_of(row), 303)


def change_page(form: ChangeForm, row: Any, owner: Customer | Equipment, template: str, **context: Any) -> BaseResponse:
    """The form over a row: opened with what stands there, sent back to the file once it has changed."""
    if request.method == "GET":
        form.version.data = editing.version_of(row)
    if form.accepted():
        with form.refusals():
            editing.change(row, form.version.data or "", form.values, person=current_user)
        if form.refusal is None:
            return to_file(owner)
    if form.is_stale:
        form.compare(shown(row), editing.version_of(row), last_change(row))
    return page(template, form=form, row=row, owner=owner, back=address_of(owner), **context)


def shown(row: Any) -> dict[str, Any]:
    """What the row says, by the names of its form's fields."""
    values = editing.seen(row)
    return values | ({"product": str(values["product_id"])} if "product_id" in values else {})


def history_of(
    scope: timeline.Scope, address: Any, everything: bool, newest: Mapping[str, list[timeline.Happened]] | None = None
) -> dict[str, Any]:
    """The file's timeline as its page shows it: `show` chooses a kind, `before` is where the page before ended.
    `newest`: what the page has read of a kind already."""
    kinds = [kind for kind in scope.kinds if everything or kind != "changes"]
    show = request.args.get("show", "")
    chosen = [show] if show in kinds else kinds
    found, following = timeline.page_of(scope, chosen, moment(request.args.get("before", "")), newest=newest)
    kept = {"show": show} if show in kinds else {}
    tabs = [(address(), words.word(words.TIMELINE, "all"), show not in kinds, None)]
    tabs += [(address(show=kind), words.word(words.TIMELINE, kind), show == kind, None) for kind in kinds]
    return {
        "happened": found,
        "tabs": tabs,
        "newest": address(**kept) if request.args.get("before") else None,
        "older": address(**kept, before=position(following)) if following else None,
    }


def photos_of(scope: timeline.Scope, address: Any) -> dict[str, Any]:
    """The file's photos: a technician's, those of their own visits. `photos` is where the page before ended."""
    own = None if may(Permission.CALL_VIEW) else current_user.id
    before = as_cursor(request.args.get("photos", ""))
    found, following = timeline.photos(scope, own, before)
    return {
        "photos": found,
        "newest_photos": address(_anchor="photos") if before else None,
        "older_photos": address(photos=cursor_text(following), _anchor="photos") if following else None,
    }


def moment(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(text) / 1_000_000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def position(place: datetime) -> int:
    return round(place.timestamp() * 1_000_000)


def merges_of(owner: Customer | Equipment) -> list[Any]:
    """What the file stands for, for whoever sees all of it."""
    return queries.merges_of(owner) if queries.sees_all(current_user) else []


def file_page(template: str, owner: Customer | Equipment, **context: Any) -> Response:
    everything = queries.sees_all(current_user)
    return page(
        template,
        owner=owner,
        everything=everything,
        like=context.pop("like"),
        merges=[one for one in context.pop("merges") if one.kept_id == owner.id],
        may_edit=may(Permission.FILE_EDIT),
        title=context.pop("title", _("Customer")),
        **context,
    )
