"""Customers: the list, a file, and the forms that change what a file says."""

import uuid
from typing import Any

from flask import abort, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.customers import operations as customers_verbs
from portal.customers.models import Contact, Customer, Site
from portal.db import db
from portal.htmx import page
from portal.permissions import Permission, may, requires
from portal.records import queries, timeline
from portal.records.forms import ContactForm, CustomerFilters, CustomerForm, NewCustomerForm, SiteForm
from portal.records.operations import editing
from portal.records.views.base import (
    bp,
    change_page,
    file_page,
    find_customer,
    history_of,
    merges_of,
    photos_of,
    to_file,
)
from portal.reports import survey as questionnaire


@bp.get("/customers")
@requires(Permission.FILE_LIST)
def customers() -> BaseResponse:
    filters = CustomerFilters()
    wanted = filters.wanted()
    rows, following = queries.one_page(queries.customers(wanted))
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "after"}
    return page(
        "records/customers.html",
        filters=filters,
        rows=rows,
        around=queries.around([row.id for row in rows]),
        filtered=bool(wanted.q or wanted.kind or wanted.place or wanted.open_call),
        first=url_for("records.customers", **kept) if wanted.after else None,
        following=url_for("records.customers", **kept | {"after": following}) if following else None,
    )


@bp.route("/customers/new", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def new_customer() -> BaseResponse:
    presets = {"kind": "business", "locale": "zh_Hans", "time_zone": current_user.branch.time_zone}
    form = NewCustomerForm(data=presets)
    if form.accepted():
        with form.refusals():
            return to_file(editing.enter_customer(**form.parts))
    return page("records/new_customer.html", form=form)


@bp.get("/customers/<uuid:customer_id>")
@requires(Permission.FILE_VIEW)
def customer(customer_id: uuid.UUID) -> BaseResponse:
    found = find_customer(customer_id, with_sites=True)
    everything = queries.sees_all(current_user)
    sites = queries.sites_of(found, current_user)
    papers = queries.papers_of(found, current_user)
    cases = queries.cases_of(found) if may(Permission.CASE_VIEW) else None
    reader = current_user if may(Permission.SURVEY_VIEW) else None
    merges = merges_of(found)
    scope = timeline.of_customer(found, sites, papers, everything, merges, cases=cases, survey_reader=reader)

    def address(**at: Any) -> str:
        return url_for("records.customer", customer_id=found.id, **at)

    return file_page(
        "records/customer.html",
        found,
        title=found.name,
        customer=found,
        sites=sites,
        units=queries.units_at(sites),
        papers=papers,
        merges=merges,
        cases=cases or [],
        answer_words=questionnaire.answer_words,
        like=queries.customers_like(found) if may(Permission.FILE_MERGE) else [],
        zone=current_user.branch.time_zone,
        **photos_of(scope, address),
        **history_of(scope, address, everything),
    )


@bp.route("/customers/<uuid:customer_id>/edit", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def edit_customer(customer_id: uuid.UUID) -> BaseResponse:
    found = find_customer(customer_id)
    return change_page(CustomerForm(data=opened(found)), found, found, "records/edit_customer.html")


def opened(row: Any) -> dict[str, Any]:
    """What a form shows when it is opened; what was sent stands for itself."""
    return editing.seen(row) if request.method == "GET" else {}


@bp.route("/customers/<uuid:customer_id>/sites", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def new_site(customer_id: uuid.UUID) -> BaseResponse:
    found = find_customer(customer_id)
    presets = {"time_zone": current_user.branch.time_zone, "datum": "wgs84"} if request.method == "GET" else {}
    form = SiteForm(data=presets)
    if form.accepted():
        with form.refusals():
            customers_verbs.add_site(found, **form.values)
            return to_file(found)
    return form_page("records/edit_site.html", form, found, None)


@bp.route("/customers/<uuid:customer_id>/sites/<uuid:site_id>", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def edit_site(customer_id: uuid.UUID, site_id: uuid.UUID) -> BaseResponse:
    found, site = find_customer(customer_id), db.session.get(Site, site_id)
    if site is None or site.customer_id != found.id:
        abort(404)
    return change_page(SiteForm(data=opened(site)), site, found, "records/edit_site.html")


@bp.route("/customers/<uuid:customer_id>/sites/<uuid:site_id>/contacts", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def new_contact(customer_id: uuid.UUID, site_id: uuid.UUID) -> BaseResponse:
    found, site = find_customer(customer_id), db.session.get(Site, site_id)
    if site is None or site.customer_id != found.id:
        abort(404)
    form = ContactForm(data={"role": "employee"})
    if form.accepted():
        with form.refusals():
            customers_verbs.add_contact(site, **form.values)
            return to_file(found)
    return form_page("records/edit_contact.html", form, found, None, site=site)


@bp.route("/customers/<uuid:customer_id>/contacts/<uuid:contact_id>", methods=["GET", "POST"])
@requires(Permission.FILE_EDIT)
def edit_contact(customer_id: uuid.UUID, contact_id: uuid.UUID) -> BaseResponse:
    found, contact = find_customer(customer_id), db.session.get(Contact, contact_id)
    if contact is None or contact.site.customer_id != found.id:
        abort(404)
    form = ContactForm(data=opened(contact))
    return change_page(form, contact, found, "records/edit_contact.html", site=contact.site)


def form_page(template: str, form: Any, owner: Customer, row: Any, **context: Any) -> BaseResponse:
    back = url_for("records.customer", customer_id=owner.id)
    return page(template, form=form, row=row, owner=owner, back=back, **context)
