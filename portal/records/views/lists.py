"""What lists have in common: saved views, files to take away, and many rows at once in two steps and a result."""

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as BaseResponse

from portal import sheets
from portal.accounts.models import Person
from portal.accounts.operations import keep_look
from portal.calls.filters import as_id
from portal.calls.models import Call, Visit
from portal.calls.queries import technicians
from portal.db import db
from portal.forms import EVERYTHING, Choice, EntryForm, Line, VerbForm
from portal.htmx import page
from portal.i18n import _, lazy
from portal.permissions import Permission, authorize, may, requires, signed_in
from portal.records import looks, savedviews, words
from portal.records.forms import ViewForm
from portal.records.listings import LISTINGS, Listing, Table, kept_words
from portal.records.models import BulkRun, SavedView
from portal.records.operations import bulk, saving
from portal.records.views.base import bp
from portal.reports import queries as reports
from portal.reports.models import Report
from portal.reports.words import check_tag


def find_listing(name: str) -> Listing:
    listing = LISTINGS.get(name) or abort(404)
    authorize(listing.permission, None)
    return listing


def find_table(name: str) -> Table:
    found = find_listing(name)
    return found if isinstance(found, Table) else abort(404)


def chosen_ids(values: Any) -> list[uuid.UUID]:
    """The rows that were ticked, in the order of the list; at most as many as one action takes."""
    found = dict.fromkeys(one for text in values.getlist("id")[: bulk.MOST_AT_ONCE] if (one := as_id(text)))
    return list(found)


@bp.get("/lists/<listing>/file.<ending>")
@requires(Permission.LIST_USE)
def export(listing: str, ending: str) -> BaseResponse:
    found = find_table(listing)
    if ending not in sheets.ENDINGS:
        abort(404)
    ids = chosen_ids(request.args) if "id" in request.args else None
    return sheets.answer(listing, ending, found.head, found.cells(ids))


@bp.route("/lists/<listing>/views", methods=["GET", "POST"])
@requires(Permission.LIST_USE)
def views(listing: str) -> BaseResponse:
    """Saves the filter of the address under a name, and shows what is saved."""
    found, form = find_listing(listing), ViewForm()
    query = savedviews.query_of(found, found.kept)[:1000]
    if form.accepted():
        with form.refusals():
            shared = bool(form.shared.data) if "shared" in form else False
            role = (form.role.data or "") if "role" in form else ""
            plan = {"name": form.name.data, "query": query, "shared": shared, "role": role}
            view = saving.save_view(listing, **plan, person=current_user)
            flash(_("The view “%(name)s” is saved.", name=view.name))
            return redirect(savedviews.address_of(found, view), 303)
    return page(
        "records/views.html",
        form=form,
        listing=found,
        title=words.word(words.LISTINGS, listing),
        views=[(view, savedviews.address_of(found, view)) for view in savedviews.views_of(found)],
        filters=kept_words(found),
        roles=words.ROLES,
        action=url_for("records.views", listing=listing, **found.kept),
        back=url_for(found.endpoint, **found.kept or EVERYTHING),
    )


@bp.route("/lists/views/<uuid:view_id>/removal", methods=["GET", "POST"])
@requires(Permission.LIST_USE)
def view_removal(view_id: uuid.UUID) -> BaseResponse:
    view = db.session.get(SavedView, view_id)
    if view is None or not (view.person_id == current_user.id or (view.shared and may(Permission.LIST_SHARE))):
        abort(404)
    form, back = VerbForm(), url_for("records.views", listing=view.listing)
    if form.accepted():
        with form.refusals():
            saving.remove_view(view, person=current_user)
            flash(_("The view “%(name)s” is removed.", name=view.name))
            return redirect(back, 303)
    return page("records/view_removal.html", form=form, view=view, back=back)


@bp.post("/lists/<listing>/look")
@signed_in
def look(listing: str) -> BaseResponse:
    """Which columns the list has and how close its rows stand, for the person who asks; back to the list as it was."""
    if listing not in looks.TABLES:
        abort(404)
    form = EntryForm()
    if form.accepted():
        chosen = request.form.getlist("column")
        without = [name for name in looks.TABLES[listing][1] if name not in chosen]
        keep_look(current_user, listing, without, "dense" in request.form)
    return redirect(looks.address_of(listing), 303)


class AssignManyForm(EntryForm):
    technician = Choice(lazy("Technician"), required=lazy("Choose a technician."))
    reason = Line(lazy("Reason"), limit=300)

    def __init__(self) -> None:
        super().__init__()
        self.people = {str(person.id): person for person in technicians()}
        self.technician.choices = [("", _("Choose …")), *((key, one.name) for key, one in self.people.items())]


@bp.get("/lists/<listing>/choice")
@requires(Permission.LIST_USE)
def choice(listing: str) -> BaseResponse:
    """What can be done with the rows that were ticked; all that match are a second, explicit step."""
    found = find_table(listing)
    everything = request.args.get("all") == "1"
    ids = found.ids(bulk.MOST_AT_ONCE) if everything else chosen_ids(request.args)
    form = AssignManyForm() if found.action == "assign" else EntryForm()
    return choice_page(found, ids, everything, form)


def choice_page(found: Table, ids: list[uuid.UUID], everything: bool, form: EntryForm) -> BaseResponse:
    total = found.count() if request.method == "GET" else len(ids)
    all_of_them = {**found.kept, "all": "1"}
    chosen: dict[str, Any] = {} if everything else {"id": [str(one) for one in ids]}
    files = {
        one: url_for("records.export", listing=found.name, ending=one, **found.kept, **chosen) for one in sheets.ENDINGS
    }
    acting = found.acting is not None and may(found.acting)
    return page(
        "records/choice.html",
        form=form,
        listing=found,
        title=words.word(words.LISTINGS, found.name),
        ids=ids,
        n=total if everything else len(ids),
        total=total,
        too_many=everything and total > bulk.MOST_AT_ONCE,
        most=bulk.MOST_AT_ONCE,
        all_address=url_for("records.choice", listing=found.name, **all_of_them) if total > len(ids) else None,
        files=files,
        action=found.action if acting else "",
        back=url_for(found.endpoint, **found.kept or EVERYTHING),
    )


@bp.post("/lists/visits/assignment")
@requires(Permission.VISIT_ASSIGN)
def assign_many() -> BaseResponse:
    """Gives the chosen visits to one technician."""
    form, ids = AssignManyForm(), chosen_ids(request.form)
    person: Any = current_user
    if form.accepted():
        technician, reason = form.people[str(form.technician.data)], form.reason.data or ""
        place = joinedload(Visit.call).joinedload(Call.site)
        visits = rows_of(Visit, ids, [place])
        results = bulk.each(
            visits,
            lambda visit: bulk.assign_visit(visit, technician, reason, person),
            lambda visit: (visit.number, url_for("visits.show", visit_id=visit.id)),
        )
        return kept_run("visits", "assign", technician.name, results, person)
    return choice_page(find_table("visits"), ids, False, form)


@bp.post("/lists/reports/approval")
@requires(Permission.REPORT_REVIEW)
def approve_many() -> BaseResponse:
    """Approves the chosen reports in which nothing asks for a closer look."""
    form, ids = EntryForm(), chosen_ids(request.form)
    person: Any = current_user
    if form.accepted():
        judged = reports.judge(ids)
        results = bulk.each(
            rows_of(Report, ids, [joinedload(Report.visit)]),
            lambda report: bulk.approve_plain(report, judged.get(report.id), check_tag, person),
            lambda report: (report.number, url_for("reports.show", number=report.number)),
        )
        return kept_run("reports", "approve", "", results, person)
    return choice_page(find_table("reports"), ids, False, form)


def rows_of(model: Any, ids: list[uuid.UUID], options: list[Any]) -> list[Any]:
    """In the order in which they were chosen."""
    found = {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(ids)).options(*options))}
    return [found[one] for one in ids if one in found]


def kept_run(listing: str, action: str, about: str, results: list[list[Any]], person: Person) -> BaseResponse:
    run = bulk.keep_run(listing, action, about, results, person)
    return redirect(url_for("records.run", run_id=run.id), 303)


@bp.get("/lists/runs/<uuid:run_id>")
@requires(Permission.LIST_USE)
def run(run_id: uuid.UUID) -> BaseResponse:
    """What was done, and what was not and why."""
    found = db.session.get(BulkRun, run_id)
    if found is None or not (found.person_id == current_user.id or may(Permission.LIST_SHARE)):
        abort(404)
    return page(
        "records/run.html",
        run=found,
        title=words.word(words.LISTINGS, found.listing),
        done=[row for row in found.results if row[2]],
        skipped=[row for row in found.results if not row[2]],
        zone=current_user.branch.time_zone,
        back=url_for(LISTINGS[found.listing].endpoint),
    )
