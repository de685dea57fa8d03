"""Parts: usual ones as cards that log one at a tap, any other by search or number, and what was logged so far."""

import uuid
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.calls.models import Visit
from portal.db import db
from portal.forms import EntryForm, VerbForm, plain
from portal.i18n import _, fmt, label
from portal.permissions import Permission, requires
from portal.stock.models import find_item, find_van, usual_parts, van_stock
from portal.stock.words import unit_word
from portal.visits import operations, queries
from portal.visits.facts import Facts
from portal.visits.forms import PartUseForm, ReasonForm, SearchForm
from portal.visits.models import PartUse, events_of
from portal.visits.models import part_uses as logged_at
from portal.visits.views.base import bp, find_visit, opened_with, record_page


@bp.route("/visits/<uuid:visit_id>/part-uses", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def part_uses(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id, Permission.VISIT_RECORD)
    form = PartUseForm(zone=visit.zone, data=opened_with(asked_for()))
    if form.accepted():
        with form.refusals():
            use = operations.log_part_use(visit, person=current_user, **form.values)
            say_logged(use)
            return redirect(url_for("visits.part_uses", visit_id=visit.id), 303)
    if request.method == "POST" or form.item.data:
        return part_page(visit, form)
    return parts_page(visit, form)


def asked_for() -> dict[str, Any]:
    """What a card of the catalogue fills in: the part and what usually becomes of the old one."""
    code = plain(request.args.get("item", ""))[:40]
    part = find_item(code) if code else None
    return {"item": part.code, "old_part": part.old_part} if part else {}


def say_logged(use: PartUse) -> None:
    """The van may go below zero: what was fitted was fitted."""
    quantity = f"{fmt.qty(use.quantity)} {unit_word(use.item.unit)}"
    flash(_("Logged: %(part)s, %(quantity)s.", part=label(use.item), quantity=quantity))
    if use.movement.source_balance < 0:
        before = use.movement.source_balance + use.quantity
        flash(_("The van shows %(n)s. Logged anyway; the store will be told.", n=fmt.qty(before)))


def part_page(visit: Visit, form: PartUseForm) -> Response:
    """One part, with its number of pieces, serial numbers and the old part."""
    part = find_item(form.item.data) if form.item.data else None
    return record_page("visits/part_use_new.html", visit, "parts", form, part=part)


def parts_page(visit: Visit, form: EntryForm) -> Response:
    van = find_van(current_user)
    search = SearchForm(request.args)
    words = plain(search.q.data or "")[:60]
    logged = logged_at(visit)
    unit = visit.call.equipment
    facts = Facts(visit, None, {}, logged, [], [], events_of(visit))
    usual = usual_parts(unit.product_id, van) if unit else []
    shown = {held.item.id for held in usual}
    return record_page(
        "visits/part_uses.html",
        visit,
        "parts",
        form,
        facts=facts,
        usual=usual,
        search=search,
        words=words,
        found=queries.parts_like(words, van) if words else [],
        in_van=[] if words else [held for held in van_stock(van) if held.item.id not in shown],
    )


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
            operations.reverse_part_use(visit, use, person=current_user, **form.values)
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
