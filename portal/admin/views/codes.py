"""Code lists: what technicians choose from."""

import uuid
from collections import Counter
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from portal.accounts.operations import last_change
from portal.admin import codes as lists
from portal.admin.forms import CodeForm, FaultForm, UsualPartForm, standing_code, standing_fault
from portal.admin.views.base import bp, zone
from portal.admin.words import FAMILIES, LISTS
from portal.changing import fingerprint
from portal.customers.models import Product
from portal.customers.queries import products
from portal.db import db
from portal.forms import EntryForm, VerbForm, plain
from portal.htmx import page
from portal.i18n import _, ngettext_
from portal.permissions import Permission, requires
from portal.stock.models import Item, find_item


@bp.get("/admin/codes")
@requires(Permission.CODE_CHANGE)
def codes() -> BaseResponse:
    return redirect(url_for("admin.code_list", kind=lists.KINDS[0]), 303)


@bp.get("/admin/codes/<kind>")
@requires(Permission.CODE_CHANGE)
def code_list(kind: str) -> BaseResponse:
    return list_page(known(kind))


@bp.post("/admin/codes/<kind>/standard")
@requires(Permission.CODE_CHANGE)
def standard_codes(kind: str) -> BaseResponse:
    """Takes the standard lists over: what this list lacks of them."""
    if kind not in lists.VALUE_KINDS:
        abort(404)
    form = VerbForm()
    if form.accepted():
        with form.refusals():
            added = lists.take_standard_codes(kind)
            flash(ngettext_("%(num)s code was added.", "%(num)s codes were added.", added))
            return redirect(url_for("admin.code_list", kind=kind), 303)
    return list_page(kind, form)


def list_page(kind: str, refused: EntryForm | None = None) -> Response:
    family = request.args.get("family", "")
    family = family if family in FAMILIES else ""
    labels = (
        {}
        if kind != lists.FAULT
        else {row.code: row.labels for name in lists.VALUE_KINDS for row in lists.listed(name)}
    )
    return page(
        "admin/codes.html",
        refused.status if refused else None,
        refused=refused,
        kind=kind,
        rows=lists.listed(kind, family),
        family=family,
        families=FAMILIES,
        lists=LISTS,
        labels=labels,
        lacking=Counter(one.kind for one in lists.lacking(kind)) if kind in lists.VALUE_KINDS else {},
    )


def known(kind: str) -> str:
    return kind if kind in lists.KINDS else abort(404)


def find_row(kind: str, key: uuid.UUID) -> Any:
    return lists.find(known(kind), key) or abort(404)


def form_for(kind: str, row: Any = None) -> CodeForm | FaultForm:
    if kind == lists.FAULT:
        return FaultForm({name: lists.listed(name) for name in lists.VALUE_KINDS}, row)
    return CodeForm(kind, row)


@bp.route("/admin/codes/<kind>/new", methods=["GET", "POST"])
@requires(Permission.CODE_CHANGE)
def new_code(kind: str) -> BaseResponse:
    form = form_for(known(kind))
    if form.accepted():
        with form.refusals():
            add(kind, form)
            flash(_("Saved."))
            return redirect(url_for("admin.code_list", kind=kind), 303)
    return code_page(kind, form)


def add(kind: str, form: CodeForm | FaultForm) -> None:
    if isinstance(form, FaultForm):
        lists.add_fault(**form.values)
        return
    brand = form.brand.data if "brand" in form else ""
    code, family = str(form.code.data).upper(), form.family.data or None
    lists.add_value(kind, code=code, family=family, labels=form.names, position=form.number(), brand=brand or "")


@bp.route("/admin/codes/<kind>/<uuid:key>", methods=["GET", "POST"])
@requires(Permission.CODE_CHANGE)
def code(kind: str, key: uuid.UUID) -> BaseResponse:
    row = find_row(kind, key)
    form = form_for(kind, row)
    if form.accepted():
        with form.refusals():
            change(row, form)
            flash(_("Saved."))
            return redirect(url_for("admin.code_list", kind=kind), 303)
    if form.is_stale:
        present = standing_fault(row) if isinstance(form, FaultForm) else standing_code(row)
        form.compare(present, fingerprint(lists.standing(row)), last_change(row))
    return code_page(kind, form, row)


def change(row: Any, form: CodeForm | FaultForm) -> None:
    if isinstance(form, FaultForm):
        lists.change_fault(row, **form.values, version=form.seen)
    else:
        reason = form.reason.data or ""
        lists.correct_value(row, labels=form.names, position=form.number(), reason=reason, version=form.seen)


@bp.post("/admin/codes/<kind>/<uuid:key>/retirement")
@requires(Permission.CODE_CHANGE)
def retirement(kind: str, key: uuid.UUID) -> BaseResponse:
    """Retires the code, or takes a retired one back: what the button said."""
    row, form = find_row(kind, key), VerbForm()
    verb = lists.restore if request.form.get("restore") else lists.retire
    if form.accepted():
        with form.refusals():
            verb(row)
            flash(_("Saved."))
            return redirect(url_for("admin.code_list", kind=kind), 303)
    return code_page(kind, form_for(kind, row), row, refused=form)


def code_page(kind: str, form: CodeForm | FaultForm, row: Any = None, refused: EntryForm | None = None) -> Response:
    if row is not None and not form.version.data:
        form.version.data = fingerprint(lists.standing(row))
    return page(
        "admin/code.html",
        refused.status if refused else None,
        kind=kind,
        form=form,
        row=row,
        refused=refused,
        title=LISTS[kind],
        families=FAMILIES,
        used=row is not None and lists.is_used(row),
        zone=zone(),
        value_kinds=lists.VALUE_KINDS,
    )


@bp.route("/admin/usual-parts", methods=["GET", "POST"])
@requires(Permission.CODE_CHANGE)
def usual_parts() -> BaseResponse:
    everything = products()
    asked = plain(request.args.get("product", ""))
    found = next((one for one in everything if one.code == asked), everything[0] if everything else None)
    form = UsualPartForm()
    if form.accepted():
        with form.refusals():
            lists.add_usual_part(found or abort(404), str(form.item.data), int(form.position.data or 0))
            return redirect(url_for("admin.usual_parts", product=asked or None), 303)
    return parts_page(form, everything, found)


@bp.post("/admin/usual-parts/<product>/<item>/removal")
@requires(Permission.CODE_CHANGE)
def remove_usual_part(product: str, item: str) -> BaseResponse:
    whose, part, form = product_named(product), part_named(item), VerbForm()
    if form.accepted():
        with form.refusals():
            lists.remove_usual_part(whose, part)
            return redirect(url_for("admin.usual_parts", product=whose.code), 303)
    return parts_page(UsualPartForm(), products(), whose, refused=form)


def product_named(code: str) -> Product:
    return db.session.scalar(select(Product).where(Product.code == plain(code))) or abort(404)


def part_named(code: str) -> Item:
    return find_item(plain(code)) or abort(404)


def parts_page(
    form: EntryForm, everything: list[Product], found: Product | None, refused: EntryForm | None = None
) -> Response:
    return page(
        "admin/usual_parts.html",
        refused.status if refused else None,
        form=form,
        refused=refused,
        products=everything,
        product=found,
        parts=lists.usual_parts(found) if found else [],
        lists=LISTS,
    )
