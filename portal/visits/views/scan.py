"""Scan: a code is read by the phone, or on the server from a photo of it, or typed; then it goes where it was asked
for: into a field of a form, or straight to what it stands for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.barcodes import read_codes
from portal.calls.models import Call, Visit
from portal.customers.models import Equipment
from portal.db import db, let_go
from portal.errors import Rejected
from portal.htmx import page
from portal.i18n import lazy
from portal.permissions import Permission, may, signed_in
from portal.receipts import parse_id
from portal.stock.tools.models import find_tool
from portal.stock.tools.queries import held_by
from portal.visits import codes
from portal.visits.codes import Match
from portal.visits.forms import ScanForm
from portal.visits.views.base import bp

KEPT = ("item", "quantity", "new_serial", "old_serial", "old_part")  # of the part's form, as far as filled in
ALL_KINDS = ("part", "tool", "unit", "paper")


@dataclass(frozen=True)
class Field:
    """What is scanned for: the kinds of things it may be (none: any text will do), and where the code goes."""

    words: Any
    kinds: tuple[str, ...]
    back: Callable[[str], str]


def part_page(name: str) -> Callable[[str], str]:
    def address(code: str) -> str:
        values: dict[str, Any] = {key: request.args[key][:80] for key in KEPT if request.args.get(key)}
        values |= {"visit_id": parse_id(request.args.get("visit", "")), name: code}
        return url_for("visits.part_uses", **values)

    return address


FIELDS = {
    "item": Field(lazy("Part number"), ("part",), part_page("item")),
    "new_serial": Field(lazy("Serial number of the new part"), (), part_page("new_serial")),
    "old_serial": Field(lazy("Serial number of the old part"), (), part_page("old_serial")),
    "unit": Field(lazy("Serial number or asset tag"), ("unit",), lambda code: url_for("calls.new", q=code)),
}


@bp.route("/scan", methods=["GET", "POST"])
@signed_in
def scan() -> BaseResponse:
    """Nothing is stored: a form whose answer is an address."""
    field = field_asked()
    form = ScanForm()
    if form.accepted():
        try:
            texts = sent_codes(form)
            found = choices(texts, field)
            if len(found) == 1 and found[0][1]:
                return redirect(found[0][1], 303)
            return page(
                "visits/scan.html", 200, form=form, field=field, found=found[: codes.MOST], more=len(found) > codes.MOST
            )
        except Rejected as refusal:  # nothing was written, so there is no savepoint to go back to
            form.refuse(refusal)
    return scan_page(form, field)


def scan_page(form: ScanForm, field: Field | None) -> Response:
    return page("visits/scan.html", form=form, field=field, found=[], more=False)


def field_asked() -> Field | None:
    """The field of the form that one came from; None on a page of its own."""
    name = request.args.get("field", "")
    if name != "unit" and parse_id(request.args.get("visit", "")) is None:
        return None
    return FIELDS.get(name)


def sent_codes(form: ScanForm) -> list[str]:
    """What was typed goes before the photo. The database is let go before a picture is read."""
    if form.code.data:
        return [form.code.data]
    if not form.photo.data:
        raise Rejected(lazy("Take a photo of the code, or type it."), "code")
    let_go()
    found = read_codes(form.photo.data)
    if not found:
        raise Rejected(
            lazy("No code was found in the photo. Hold the phone closer and steady, or type the code."), "photo"
        )
    form.code.data = found[0]
    return found


def choices(texts: list[str], field: Field | None) -> list[tuple[Match, str]]:
    """What the codes stand for, each with the address it leads to (empty: none that this person may open)."""
    if field is not None and not field.kinds:
        return [(Match("text", text), field.back(text)) for text in texts]
    kinds = field.kinds if field else ALL_KINDS
    found = {(match.kind, match.code): match for text in texts for match in codes.matches(text, kinds)}
    if not found:
        raise Rejected(
            lazy("Nothing is known under “%(code)s”. The last four characters are enough.", code=texts[0][:60]), "code"
        )
    return [(match, field.back(match.code) if field else address_of(match)) for match in found.values()]


def address_of(match: Match) -> str:
    if match.kind == "paper":
        return url_for("verify.show", token=match.code)
    if match.kind == "unit":
        return unit_address(match.row)
    if match.kind == "tool" and find_tool(match.code):
        return tool_address(match.code)
    return url_for("stock.item", code=match.code) if may(Permission.STOCK_VIEW) else ""


def tool_address(number: str) -> str:
    """The tool's own page for who may see it; for a technician who holds it the tools among their own things."""
    if may(Permission.TOOL_VIEW):
        return url_for("tools.show", number=number)
    if may(Permission.TOOL_HOLD) and any(held.number == number for held in held_by(current_user)):
        return url_for("visits.van", _anchor="tools")
    return ""


def unit_address(unit: Equipment) -> str:
    """For whoever takes calls a new call for it; for others its newest visit that they may see."""
    if may(Permission.CALL_REGISTER):
        return url_for("calls.new", site=unit.site_id, equipment=unit.id)
    if not may(Permission.VISIT_VIEW):
        return ""
    seen = Visit.visible_to(current_user).join(Call, Call.id == Visit.call_id).where(Call.equipment_id == unit.id)
    newest = db.session.scalar(seen.with_only_columns(Visit.id).order_by(Visit.window_start.desc(), Visit.id).limit(1))
    return url_for("visits.show", visit_id=newest) if newest else ""
