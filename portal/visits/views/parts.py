"""Parts: usual ones as cards that log one at a tap, any other by search or number, and what was logged so far."""

import uuid
from decimal import Decimal
from typing import Any, NamedTuple

from flask import Response, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.calls.models import Visit
from portal.db import db
from portal.forms import EntryForm, VerbForm, plain
from portal.i18n import _, fmt, label
from portal.money import parse_decimal
from portal.permissions import Permission, requires
from portal.receipts import decided
from portal.stock.models import Held, Location, find_item, find_van, van_stock
from portal.stock.words import unit_word
from portal.visits import habits, operations, queries
from portal.visits.facts import Facts
from portal.visits.forms import PartUseForm, ReasonForm, SearchForm
from portal.visits.last_time import last_time, parts_of
from portal.visits.models import PartUse, events_of
from portal.visits.models import part_uses as logged_at
from portal.visits.usual import Usual, ranked
from portal.visits.views.base import bp, find_visit, opened_with, record_page


@bp.route("/visits/<uuid:visit_id>/part-uses", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def part_uses(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD)
    form = PartUseForm(zone=visit.zone, data=opened_with(asked_for()))
    if form.accepted():
        with form.refusals():
            use = operations.log_part_use(visit, person=current_user, decided=decided(), **form.values)
            say_logged(use)
            return redirect(url_for("visits.part_uses", visit_id=visit.id), 303)
    if request.method == "POST" or asked_for():
        return part_page(visit, form)
    return parts_page(visit, form)


def asked_for() -> dict[str, Any]:
    """What a card of the catalogue or a scan fills in: the part, what usually becomes of the old one, and what had
    been typed before the scan."""
    code = plain(request.args.get("item", ""))[:40]
    part = find_item(code) if code else None
    given = {name: plain(request.args.get(name, ""))[:80] for name in ("new_serial", "old_serial", "old_part")}
    kept: dict[str, Any] = {name: text for name, text in given.items() if text}
    if quantity := typed_quantity(request.args.get("quantity", "")):
        kept["quantity"] = quantity
    return ({"item": part.code, "old_part": part.old_part} if part else {}) | kept


def typed_quantity(text: str) -> Decimal | None:
    try:
        return parse_decimal(text[:20])
    except (ValueError, ArithmeticError):
        return None


def say_logged(use: PartUse) -> None:
    """The van may go below zero: what was fitted was fitted."""
    quantity = f"{fmt.qty(use.quantity)} {unit_word(use.item.unit, use.quantity)}"
    flash(_("Logged: %(part)s, %(quantity)s.", part=label(use.item), quantity=quantity))
    if use.movement.source_balance < 0:
        before = use.movement.source_balance + use.quantity
        flash(_("The van shows %(n)s. Logged anyway; the store will be told.", n=fmt.qty(before)))


def part_page(visit: Visit, form: PartUseForm) -> Response:
    """One part, with its number of pieces, serial numbers and the old part."""
    part = find_item(form.item.data) if form.item.data else None
    form.new_serial.flags.unmarked = part is not None and part.serial_tracked  # it is asked for then
    return record_page("visits/part_use_new.html", visit, "parts", form, part=part)


def parts_page(visit: Visit, form: EntryForm) -> Response:
    van = find_van(current_user)
    search = SearchForm(request.args)
    words = plain(search.q.data or "")[:60]
    logged = logged_at(visit)
    facts = Facts(visit, None, {}, logged, [], [], events_of(visit))
    last = last_time(visit)
    again = parts_of(last, van) if last else []
    used_before = {part.held.item.id for part in again}
    usual = usual_cards(visit, van, used_before)
    shown = used_before | {card.held.item.id for card in usual}
    return record_page(
        "visits/part_uses.html",
        visit,
        "parts",
        form,
        facts=facts,
        usual=usual,
        last=last,
        again=again,
        search=search,
        words=words,
        found=queries.parts_like(words, van) if words else [],
        in_van=[] if words else [held for held in van_stock(van) if held.item.id not in shown],
    )


class UsualCard(NamedTuple):
    """A part on the first screen, with what the van holds and the ground why it stands there."""

    held: Held
    ground: Usual[uuid.UUID]


def usual_cards(visit: Visit, van: Location | None, but: set[uuid.UUID]) -> list[UsualCard]:
    """The catalogue's usual parts and those that history names, by the rule of `usual.py`."""
    unit = visit.call.equipment
    found = habits.candidates(visit, unit.product_id, van) if unit else []
    parts = {one.held.item.id: one for one in found}
    grounds = ranked(
        [key for key, one in parts.items() if one.position is not None],
        [(key, one.for_product) for key, one in parts.items()],
        [(key, one.for_symptom) for key, one in parts.items()],
    )
    return [UsualCard(parts[ground.item].held, ground) for ground in grounds if ground.item not in but]


@bp.route("/visits/<uuid:visit_id>/part-uses/<uuid:use_id>/reversal", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def part_use_reversal(visit_id: uuid.UUID, use_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD)
    use = db.session.get(PartUse, use_id)
    if use is None or use.visit_id != visit.id:
        abort(404)
    form = ReasonForm(data=opened_with({"reason": _("Logged by mistake")}))
    if form.accepted():
        with form.refusals():
            operations.reverse_part_use(visit, use, person=current_user, decided=decided(), **form.values)
            flash(_("Removed: %(part)s. It is in the van again.", part=label(use.item)))
            return redirect(url_for("visits.part_uses", visit_id=visit.id), 303)
    return record_page("visits/part_use_reversal.html", visit, "parts", form, use=use)


@bp.route("/visits/<uuid:visit_id>/no-parts", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def no_parts(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD)
    form = VerbForm(zone=visit.zone)
    if form.accepted():
        with form.refusals():
            operations.state_no_parts(visit, person=current_user, **form.values)
            return redirect(url_for("visits.show", visit_id=visit.id), 303)
    return record_page("visits/no_parts.html", visit, "parts", form)
