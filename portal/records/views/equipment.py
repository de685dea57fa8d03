"""Units: the list, a file with everything that happened to the machine, its plate, and its moves."""

import uuid
from typing import Any

from flask import flash, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.accounts.operations import last_change
from portal.calls.filters import as_id
from portal.customers import operations as customers_verbs
from portal.customers.queries import find_site, search_sites
from portal.customers.stops import standing
from portal.forms import plain
from portal.htmx import page
from portal.i18n import _
from portal.permissions import Permission, may, requires
from portal.records import queries, timeline
from portal.records.forms import MoveForm, UnitFilters, UnitForm
from portal.records.operations import editing
from portal.records.views.base import (
    address_of,
    bp,
    change_page,
    file_page,
    find_customer,
    find_unit,
    history_of,
    merges_of,
    photos_of,
    to_file,
)
from portal.records.views.customers import opened


@bp.get("/equipment")
@requires(Permission.FILE_LIST)
def equipment() -> BaseResponse:
    filters = UnitFilters()
    wanted = filters.wanted()
    rows, following = queries.one_page(queries.units(wanted))
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "after"}
    return page(
        "records/equipment.html",
        filters=filters,
        rows=rows,
        of_customer=rows[0] if rows and wanted.customer else None,
        filtered=any(value for name, value in kept.items() if name != "view"),
        first=url_for("records.equipment", **kept) if wanted.after else None,
        following=url_for("records.equipment", **kept | {"after": following}) if following else None,
    )


@bp.get("/equipment/<uuid:unit_id>")
@requires(Permission.FILE_VIEW)
def unit(unit_id: uuid.UUID) -> BaseResponse:
    found = find_unit(unit_id)
    everything = queries.sees_all(current_user)
    papers = queries.papers_of(found, current_user)
    merges = merges_of(found)
    scope = timeline.of_unit(found, papers, merges)
    parts = timeline.parts(scope, None, timeline.PAGE_SIZE + 1)

    def address(**at: Any) -> str:
        return url_for("records.unit", unit_id=found.id, **at)

    return file_page(
        "records/unit.html",
        found,
        title=editing.unit_name(found),
        unit=found,
        papers=papers,
        merges=merges,
        parts=parts[: timeline.PAGE_SIZE],
        stops=standing(found),
        like=queries.units_like(found) if may(Permission.FILE_MERGE) else [],
        zone=found.site.time_zone,
        **photos_of(scope, address),
        **history_of(scope, address, everything, {"parts": parts}),
    )


@bp.route("/customers/<uuid:customer_id>/sites/<uuid:site_id>/equipment", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def new_unit(customer_id: uuid.UUID, site_id: uuid.UUID) -> BaseResponse:
    owner, site = find_customer(customer_id), find_site(site_id)
    if site is None or site.customer_id != owner.id:
        return page("errors/404.html", 404)
    form = UnitForm()
    if form.accepted():
        with form.refusals():
            values = form.values
            product = form.products[str(values.pop("product_id"))]
            return to_file(customers_verbs.add_equipment(site, product, **values))
    return page("records/edit_unit.html", form=form, row=None, owner=owner, site=site, back=address_of(owner))


@bp.route("/equipment/<uuid:unit_id>/edit", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def edit_unit(unit_id: uuid.UUID) -> BaseResponse:
    found = find_unit(unit_id)
    shown = opened(found)
    form = UnitForm(data=shown | {"product": str(shown["product_id"])} if shown else {})
    return change_page(form, found, found, "records/edit_unit.html", site=found.site)


@bp.route("/equipment/<uuid:unit_id>/move", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def move_unit(unit_id: uuid.UUID) -> BaseResponse:
    """First the site is looked up (`q`), then the unit is moved there."""
    found = find_unit(unit_id)
    chosen = as_id(request.form.get("site") if request.method == "POST" else request.args.get("site"))
    site = find_site(chosen) if chosen else None
    form = MoveForm(data={"site": str(chosen or "")} if request.method == "GET" else {})
    if request.method == "GET":
        form.version.data = editing.version_of(found)
    if site is not None and form.accepted():
        with form.refusals():
            plan = {"location": form.location.data or "", "reason": form.reason.data}
            editing.move_unit(found, site, **plan, version=form.version.data or "", person=current_user)
            flash(_("The unit stands at %(site)s now. Its history came along.", site=site.name))
            return to_file(found)
    if form.is_stale:
        form.compare({"location": found.location}, editing.version_of(found), last_change(found))
    words = str(plain(request.args.get("q", "")))[:100]
    sites = search_sites(words) if words and site is None else []
    status = 422 if request.method == "POST" and site is None else None
    return page("records/move.html", status, form=form, unit=found, site=site, q=words, sites=sites)
