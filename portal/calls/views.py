"""The register of calls, one call, a new call, and the plan of its visits."""

import uuid
from typing import Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.calls import intake, operations, queries, repeats, rules
from portal.calls.filters import FilterForm, as_id, cursor_text
from portal.calls.forms import (
    AssignForm,
    AwayForm,
    CallForm,
    CancelForm,
    MemberForm,
    NextVisitForm,
    next_window,
)
from portal.calls.models import Call, Visit
from portal.customers import stops
from portal.customers.models import Site
from portal.customers.queries import find_site, products, search_sites, units_by_site
from portal.forms import EntryForm, plain
from portal.htmx import page
from portal.permissions import Permission, requires

bp = Blueprint("calls", __name__, url_prefix="/calls")


@bp.get("")
@requires(Permission.CALL_VIEW)
def index() -> BaseResponse:
    form = FilterForm()
    wanted = form.wanted()
    calls, following = queries.register(wanted, current_user.branch.time_zone)
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "before"}
    return page(
        "calls/index.html",
        filters=form,
        calls=calls,
        repeats=queries.called_again(calls),
        filtered=any(kept.values()),
        newest=url_for("calls.index", **kept) if wanted.before else None,
        older=url_for("calls.index", **kept, before=cursor_text(following)) if following else None,
    )


@bp.get("/<number>")
@requires(Permission.CALL_VIEW)
def show(number: str) -> BaseResponse:
    return call_page(find_call(number))


def find_call(number: str) -> Call:
    return queries.find_call(plain(number)) or abort(404)


def call_page(call: Call) -> Response:
    return page(
        "calls/show.html",
        call=call,
        zone=call.site.time_zone,
        earlier=queries.earlier_calls(call),
        repeats=queries.repeats([call]),
        overlaps=queries.overlapping(call.visits),
        repeated=repeats.repeats_of(call.visits),
        stops=stops.standing(call.equipment),
        people=queries.people_of(call),
    )


@bp.route("/new", methods=["GET", "POST"])
@requires(Permission.CALL_REGISTER)
def new() -> BaseResponse:
    """First the customer is looked up (`q`), then the call is taken for one of their sites, or for a newcomer."""
    site_id = as_id(request.form.get("site") if request.method == "POST" else request.args.get("site"))
    site = find_site(site_id) if site_id else None
    if request.method == "GET" and site is None and "new" not in request.args:
        return lookup_page()
    form = call_form(site)
    if form.accepted():
        with form.refusals():
            call = intake.take_call(**form.intake, person=current_user)
            return redirect(url_for("calls.show", number=call.number), 303)
    open_calls = queries.open_calls_at(site) if site else []
    units = list(form.units.values())
    return page(
        "calls/new.html",
        form=form,
        site=site,
        open_calls=open_calls,
        lately=repeats.visited_lately(units),
        stopped=stops.of_units(units),
        units=units,
    )


def lookup_page() -> Response:
    words = str(plain(request.args.get("q", "")))[:100]
    sites = search_sites(words) if words else []
    units = units_by_site(sites)
    lately = repeats.visited_lately(unit for of_site in units.values() for unit in of_site)
    return page("calls/lookup.html", q=words, sites=sites, units=units, lately=lately)


def call_form(site: Site | None) -> CallForm:
    units = units_by_site([site])[site.id] if site else []
    zone = site.time_zone if site else current_user.branch.time_zone
    return CallForm(zone=zone, known=site, units=units, products=products())


@bp.route("/<number>/visits", methods=["GET", "POST"])
@requires(Permission.VISIT_ASSIGN)
def plan(number: str) -> BaseResponse:
    call = find_call(number)
    form = NextVisitForm(zone=call.site.time_zone, data=next_window())
    if form.accepted():
        with form.refusals():
            operations.plan_visit(call, **form.plan, instructions=form.instructions.data, person=current_user)
            return redirect(url_for("calls.show", number=call.number), 303)
    return page("calls/plan.html", form=form, call=call)


@bp.route("/visits/<uuid:visit_id>/assignment", methods=["GET", "POST"])
@requires(Permission.VISIT_ASSIGN)
def assign(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id)
    form = AssignForm(visit)
    if form.accepted():
        with form.refusals():
            operations.assign_team(
                visit, **form.plan, reason=form.reason.data or "", person=current_user, version=form.seen_version
            )
        if form.refusal is None:
            return back_to_call(visit)
        form.version.data = str(visit.version)
    return plan_page("calls/assign.html", form, visit)


@bp.route("/visits/<uuid:visit_id>/cancellation", methods=["GET", "POST"])
@requires(Permission.VISIT_ASSIGN)
def cancel(visit_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id)
    form = CancelForm()
    if form.accepted():
        with form.refusals():
            operations.cancel_visit(visit, form.reason.data, current_user)
            return back_to_call(visit)
    return plan_page("calls/cancel.html", form, visit)


@bp.route("/visits/<uuid:visit_id>/team", methods=["GET", "POST"])
@requires(Permission.VISIT_ASSIGN)
def team(visit_id: uuid.UUID) -> BaseResponse:
    """Who works at the visit beside its lead; somebody more is sent here."""
    visit = find_visit(visit_id)
    form = MemberForm(visit)
    if form.accepted():
        with form.refusals():
            operations.add_member(visit, form.chosen, reason=form.reason.data or "", person=current_user)
            return redirect(url_for("calls.team", visit_id=visit.id), 303)
    return plan_page("calls/team.html", form, visit, goes_on=rules.may_be_handed_on(visit.state))


@bp.route("/visits/<uuid:visit_id>/team/<uuid:person_id>/removal", methods=["GET", "POST"])
@requires(Permission.VISIT_ASSIGN)
def member_away(visit_id: uuid.UUID, person_id: uuid.UUID) -> BaseResponse:
    visit = find_visit(visit_id)
    technician = queries.find_technician(person_id) or abort(404)
    form = AwayForm()
    if form.accepted():
        with form.refusals():
            operations.remove_member(visit, technician, reason=form.reason.data, person=current_user)
            return redirect(url_for("calls.team", visit_id=visit.id), 303)
    member = visit.membership(technician)
    return plan_page("calls/member_away.html", form, visit, member=member, person_id=person_id)


def find_visit(visit_id: uuid.UUID) -> Visit:
    return queries.find_visit(visit_id) or abort(404)


def back_to_call(visit: Visit) -> BaseResponse:
    return redirect(url_for("calls.show", number=visit.call.number), 303)


def plan_page(template: str, form: EntryForm, visit: Visit, **context: Any) -> Response:
    return page(template, form=form, visit=visit, call=visit.call, **context)
