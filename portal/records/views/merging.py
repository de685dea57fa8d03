"""Two entries that are the same: proposed, compared side by side, merged, and taken apart again."""

import uuid
from typing import Any

from flask import abort, flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.calls.words import CUSTOMER_KINDS
from portal.customers.models import Customer, Equipment
from portal.db import db
from portal.forms import plain
from portal.htmx import page
from portal.i18n import _, fmt, label
from portal.permissions import Permission, requires
from portal.records import duplicates, queries, words
from portal.records.forms import MergeForm, ReasonForm
from portal.records.models import Merge
from portal.records.operations import merging
from portal.records.queries import WantedCustomers, WantedUnits
from portal.records.views.base import address_of, bp, find_customer, find_unit, to_file

MOST_FOUND = 10


@bp.get("/duplicates")
@requires(Permission.FILE_MERGE)
def same_entries() -> BaseResponse:
    return page("records/duplicates.html", phones=duplicates.same_phone(), serials=duplicates.same_serial(), most=50)


@bp.get("/customers/<uuid:customer_id>/merge")
@requires(Permission.FILE_MERGE)
def customer_twins(customer_id: uuid.UUID) -> BaseResponse:
    found = find_customer(customer_id)
    return twins(found, queries.customers_like(found), lambda q: queries.customers(WantedCustomers(q=q)))


@bp.get("/equipment/<uuid:unit_id>/merge")
@requires(Permission.FILE_MERGE)
def unit_twins(unit_id: uuid.UUID) -> BaseResponse:
    found = find_unit(unit_id)
    return twins(found, queries.units_like(found), lambda q: queries.units(WantedUnits(q=q)))


def twins(owner: Customer | Equipment, like: list[Any], search: Any) -> BaseResponse:
    """Which other entry it is: those that look alike, or what is searched for."""
    q = str(plain(request.args.get("q", "")))[:100]
    rows = list(db.session.execute(search(q).limit(MOST_FOUND))) if q else []
    rows = [row for row in rows if row.id != owner.id]
    return page(
        "records/twins.html",
        owner=owner,
        name=merging.name_of(owner),
        back=address_of(owner),
        like=like,
        q=q,
        rows=rows,
        of_units=isinstance(owner, Equipment),
    )


@bp.route("/customers/<uuid:customer_id>/merge/<uuid:other_id>", methods=["GET", "POST"])
@requires(Permission.FILE_MERGE)
def merge_customers(customer_id: uuid.UUID, other_id: uuid.UUID) -> BaseResponse:
    return merge(find_customer(customer_id), find_customer(other_id))


@bp.route("/equipment/<uuid:unit_id>/merge/<uuid:other_id>", methods=["GET", "POST"])
@requires(Permission.FILE_MERGE)
def merge_units(unit_id: uuid.UUID, other_id: uuid.UUID) -> BaseResponse:
    return merge(find_unit(unit_id), find_unit(other_id))


def merge(one: Any, other: Any) -> BaseResponse:
    if one.id == other.id:
        abort(404)
    both = {str(row.id): row for row in (one, other)}
    form = MergeForm(data={"kept": str(one.id)} if request.method == "GET" else {})
    form.kept.choices = [(key, merging.name_of(row)) for key, row in both.items()]
    if form.accepted():
        with form.refusals():
            kept = both.pop(str(form.kept.data))
            gone = next(iter(both.values()))
            merging.merge(gone, kept, form.reason.data, person=current_user)
            flash(_("Merged. The other entry leads here now."))
            return to_file(kept)
    both = {str(row.id): row for row in (one, other)}
    return page(
        "records/merge.html",
        form=form,
        both=list(both.values()),
        names=[merging.name_of(row) for row in both.values()],
        facts=side_by_side(one, other),
        moves=[merging.what_moves(row) for row in both.values()],
        moved_words=words.MOVED,
        back=address_of(one),
    )


def side_by_side(one: Any, other: Any) -> list[tuple[Any, str, str]]:
    """(field, of the one, of the other)."""
    told = customer_facts if isinstance(one, Customer) else unit_facts
    return [(name, left, right) for (name, left), (_n, right) in zip(told(one), told(other), strict=True)]


def customer_facts(customer: Customer) -> list[tuple[Any, str]]:
    contacts = [f"{one.name} {one.phone}".strip() for site in customer.sites for one in site.contacts]
    return [
        (words.FIELDS["name"], customer.name),
        (words.FIELDS["kind"], str(CUSTOMER_KINDS.get(customer.kind, customer.kind))),
        (words.MOVED["site"], "\n".join(f"{site.name} · {site.address}" for site in customer.sites)),
        (words.FIELDS["phone"], "\n".join(contacts)),
        (words.VERBS["add_customer"], fmt.date(customer.created_at, current_user.branch.time_zone)),
    ]


def unit_facts(unit: Equipment) -> list[tuple[Any, str]]:
    days = {name: getattr(unit, name) for name in ("manufactured_on", "purchased_on", "installed_on")}
    return [
        (words.FIELDS["product"], f"{label(unit.product)} {unit.product.model}"),
        (words.FIELDS["serial_no"], unit.serial_no),
        (words.FIELDS["asset_tag"], unit.asset_tag),
        (words.FIELDS["customer"], unit.site.customer.name),
        (words.FIELDS["site"], unit.site.name),
        (words.FIELDS["location"], unit.location),
        *((words.FIELDS[name], fmt.date(day) if day else "") for name, day in days.items()),
        (words.FIELDS["invoice_no"], unit.invoice_no),
    ]


@bp.route("/merges/<uuid:merge_id>/undoing", methods=["GET", "POST"])
@requires(Permission.FILE_MERGE)
def undo_merge(merge_id: uuid.UUID) -> BaseResponse:
    done = db.session.get(Merge, merge_id) or abort(404)
    model: Any = Customer if done.kind == "customer" else Equipment
    kept = db.session.get_one(model, done.kept_id)
    form = ReasonForm()
    if form.accepted():
        with form.refusals():
            merging.undo(done, form.reason.data, person=current_user)
            flash(_("The two entries stand for themselves again."))
            return to_file(kept)
    return page(
        "records/undo_merge.html",
        form=form,
        done=done,
        stays=merging.name_of(kept),
        moved={words.word(words.MOVED, table): len(ids) for table, ids in done.moved.items()},
        zone=current_user.branch.time_zone,
        back=url_for("records.customer", customer_id=kept.id) if model is Customer else address_of(kept),
    )
