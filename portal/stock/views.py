"""The storekeeper's pages: what lies where, every movement with its paper, and the slips."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, abort, flash, redirect, request, stream_with_context, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import sheets
from portal.assets import address
from portal.db import db
from portal.forms import EVERYTHING, plain
from portal.htmx import page
from portal.i18n import _, lazy
from portal.permissions import Permission, requires
from portal.stock import export, operations, queries
from portal.stock.forms import (
    FilterForm,
    IssueForm,
    ReceiptForm,
    ReturnForm,
    ReversalForm,
    SlipForm,
    StockFilters,
    before_number,
)
from portal.stock.models import Item, Movement, find_item, find_location
from portal.stock.rules import Worth, average

bp = Blueprint("stock", __name__, url_prefix="/stock")
LARGEST_NUMBER = 2**63 - 1


@bp.get("")
@requires(Permission.STOCK_VIEW)
def index() -> BaseResponse:
    filters = StockFilters()
    lines = queries.stock_lines(*filters.wanted(), after=plain(request.args.get("after", ""))[:40])
    shown, more = lines[: queries.ITEMS_PER_PAGE], lines[queries.ITEMS_PER_PAGE :]
    kept = filters.query
    return page(
        "stock/index.html",
        lines=shown,
        filters=filters,
        place=filters.place,
        differences=queries.differences(),
        first=url_for("stock.index", **kept or EVERYTHING) if request.args.get("after") else None,
        following=url_for("stock.index", **kept, after=shown[-1].item.code) if more else None,
    )


@bp.get("/file.<ending>")
@requires(Permission.STOCK_VIEW)
def stock_file(ending: str) -> BaseResponse:
    if ending not in sheets.ENDINGS:
        abort(404)
    filters = StockFilters()
    columns = export.stock_columns(filters.place is not None)
    lines = queries.all_lines(*filters.wanted())
    return sheets.answer("stock", ending, export.head(columns), export.body(columns, lines))


@bp.get("/items/<path:code>")
@requires(Permission.STOCK_VIEW)
def item(code: str) -> BaseResponse:
    found = find_item(plain(code)) or abort(404)
    if found.kind == "tool":
        return redirect(url_for("tools.show", number=found.code), 303)
    places = queries.places_of(found)
    asked = plain(request.args.get("location", ""))
    place = find_location(asked) if asked else None
    wanted = queries.Wanted(item_id=found.id, location_id=place.id if place else None)
    rows = queries.movements(wanted, before_number())
    kept: dict[str, Any] = {"location": place.code} if place else {}
    return page(
        "stock/item.html",
        item=found,
        places=places,
        place=place,
        worth=worth_of(found),
        zone=current_user.branch.time_zone,
        **paged(rows, lambda **at: address("stock.item", code=found.code, **kept, **at)),
    )


def paper_address(row: Any, opens_visits: bool, stock: str) -> str:
    """Where the paper behind a movement can be read; to whom may not open visits, everything that was moved with it,
    under `stock`, the address of these pages."""
    if opens_visits or not row.source_url.startswith("/visits/"):
        return str(row.source_url)
    return f"{stock}/movements?document={quote(row.document)}"


def worth_of(item: Item) -> dict[str, Any]:
    row = queries.valuation(item)
    worth = Worth(row.quantity, row.value, row.rounding, row.last_cost) if row else Worth()
    return {"quantity": worth.quantity, "value": worth.value, "average": average(worth)}


def paged(rows: list[Any], here: Callable[..., str]) -> dict[str, Any]:
    """The rows of a page of movements and the addresses of its neighbours."""
    shown, more = rows[: queries.MOVEMENTS_PER_PAGE], rows[queries.MOVEMENTS_PER_PAGE :]
    return {
        "rows": shown,
        "newest": here() if before_number() else None,
        "older": here(before=shown[-1].n) if more else None,
    }


@bp.get("/movements")
@requires(Permission.STOCK_VIEW)
def movements() -> BaseResponse:
    return movements_page(FilterForm(current_user.branch.time_zone))


def movements_page(form: FilterForm, status: int = 200) -> Response:
    rows = [] if form.errors else queries.movements(form.wanted(), before_number())
    return page(
        "stock/movements.html",
        status,
        filters=form,
        zone=form.zone,
        place=form.place,
        **paged(rows, lambda **at: address("stock.movements", **form.query or EVERYTHING, **at)),
    )


@bp.get("/movements.csv")
@requires(Permission.STOCK_VIEW)
def movements_csv() -> BaseResponse:
    form = FilterForm(current_user.branch.time_zone)
    if form.errors:
        return movements_page(form, 422)
    lines = export.movements_csv(queries.all_movements(form.wanted()))
    response = Response(stream_with_context(lines), mimetype="text/csv")
    response.headers["Content-Disposition"] = "attachment; filename=movements.csv"
    return response


@bp.get("/movements.xlsx")
@requires(Permission.STOCK_VIEW)
def movements_xlsx() -> BaseResponse:
    form = FilterForm(current_user.branch.time_zone)
    if form.errors:
        return movements_page(form, 422)
    columns, rows = export.movement_columns(form.zone), queries.all_movements(form.wanted())
    return sheets.answer("movements", "xlsx", export.head(columns), export.body(columns, rows))


@bp.get("/movements/<int:n>")
@requires(Permission.STOCK_VIEW)
def movement(n: int) -> BaseResponse:
    return page("stock/movement.html", row=find_row(n), zone=current_user.branch.time_zone)


def find_row(n: int) -> Any:
    return (queries.movement(n) if n <= LARGEST_NUMBER else None) or abort(404)


@bp.route("/movements/<int:n>/reversal", methods=["GET", "POST"])
@requires(Permission.STOCK_REVERSE)
def reversal(n: int) -> BaseResponse:
    row, form = find_row(n), ReversalForm()
    if form.accepted():
        with form.refusals():
            mirror = operations.correct(db.session.get_one(Movement, n), form.reason.data, person=current_user)
            flash(_("The movement was reversed."))
            return redirect(url_for("stock.movement", n=mirror.n), 303)
    return page("stock/reversal.html", form=form, row=row, zone=current_user.branch.time_zone)


@bp.route("/receipts", methods=["GET", "POST"])
@requires(Permission.STOCK_POST)
def receipts() -> BaseResponse:
    return slip(ReceiptForm(), operations.receive, "stock.receipts", lazy("Receive goods"))


@bp.route("/issues", methods=["GET", "POST"])
@requires(Permission.STOCK_POST)
def issues() -> BaseResponse:
    return slip(IssueForm(), operations.issue, "stock.issues", lazy("Issue to a van"))


@bp.route("/returns", methods=["GET", "POST"])
@requires(Permission.STOCK_POST)
def returns() -> BaseResponse:
    return slip(ReturnForm(), operations.give_back, "stock.returns", lazy("Return from a van"))


def slip(form: SlipForm, verb: Callable[..., Movement], endpoint: str, title: Any) -> BaseResponse:
    """A slip's page: its verb posts one movement, and the answer shows it with its number."""
    if form.accepted():
        with form.refusals():
            posted = verb(**form.slip, person=current_user)
            flash(_("Recorded as %(document)s.", document=posted.document))
            return redirect(url_for("stock.movement", n=posted.n), 303)
    return page("stock/slip.html", form=form, endpoint=endpoint, title=title, items=queries.catalogue())
