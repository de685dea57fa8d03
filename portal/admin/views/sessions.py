"""Who is signed in where, what to do when a phone is lost, and how a computer is signed out from afar."""

import uuid

from flask import flash, g, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal.accounts import staff
from portal.admin import queries
from portal.admin.forms import SessionsFilter
from portal.admin.views.base import bp, marked, paged, zone
from portal.admin.views.people import Step, confirm_page, find_person
from portal.forms import VerbForm
from portal.htmx import page
from portal.i18n import _, lazy
from portal.offline import queries as outboxes
from portal.permissions import Permission, requires

LOST = Step(
    lazy("Lost phone"),
    lazy(
        "The person is signed out on all phones at once. What waits unsent on the phone stays there until they sign in "
        "again."
    ),
    lazy("Sign out all phones"),
    lambda person: None,
)

COMPUTERS = Step(
    lazy("Sign out computers"),
    lazy("The person is signed out on all computers at once, and signs in there again with the password."),
    lazy("Sign out all computers"),
    lambda person: None,
)


@bp.get("/admin/sessions")
@requires(Permission.SESSION_END)
def sessions() -> BaseResponse:
    filters = SessionsFilter(queries.everybody())
    person = filters.people.get(filters.asked("person") or "")
    wanted = queries.SessionsWanted(
        person_id=person.id if person else None,
        device=filters.asked("device") or "",
        before=marked(uuid.UUID),
    )
    return page(
        "admin/sessions.html",
        filters=filters,
        zone=zone(),
        **paged(
            queries.sessions(wanted),
            queries.PAGE_SIZE,
            lambda **at: url_for("admin.sessions", **filters.query, **at),
            lambda row: f"{row.last_seen_at.isoformat()}_{row.id}",
        ),
    )


@bp.route("/admin/people/<uuid:person_id>/lost-phone", methods=["GET", "POST"])
@requires(Permission.SESSION_END)
def lost_phone(person_id: uuid.UUID) -> BaseResponse:
    found, form = find_person(person_id), VerbForm()
    if form.accepted():
        with form.refusals():
            ended = staff.lose_phone(found)
            flash(_("%(name)s was signed out on phones: %(n)s.", name=found.name, n=ended))
            return redirect(url_for("admin.sessions"), 303)
    here = url_for("admin.lost_phone", person_id=found.id)
    told = outboxes.told_of(found)
    return confirm_page(form, found, LOST, here, url_for("admin.sessions"), told=told, zone=zone())


@bp.route("/admin/people/<uuid:person_id>/computers", methods=["GET", "POST"])
@requires(Permission.SESSION_END)
def computers(person_id: uuid.UUID) -> BaseResponse:
    found, form = find_person(person_id), VerbForm()
    if form.accepted():
        with form.refusals():
            ended = staff.sign_out_computers(found, but=g.sign_in)
            flash(_("%(name)s was signed out on computers: %(n)s.", name=found.name, n=ended))
            return redirect(url_for("admin.sessions"), 303)
    here = url_for("admin.computers", person_id=found.id)
    return confirm_page(form, found, COMPUTERS, here, url_for("admin.sessions"))
