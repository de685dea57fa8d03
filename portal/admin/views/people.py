"""People: who they are, what they may do, and the verbs that need a second look before they are done."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Response, abort, flash, redirect, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal.accounts import staff
from portal.accounts.models import ROLE_NAMES, Person, role_names
from portal.accounts.operations import last_change, to_be_warned
from portal.admin import queries
from portal.admin.forms import PeopleFilter, PersonForm, standing_of
from portal.admin.links import entries
from portal.admin.views.base import bp, zone
from portal.changing import fingerprint
from portal.db import db
from portal.forms import EntryForm, VerbForm, plain
from portal.htmx import page
from portal.i18n import _, lazy
from portal.offline import queries as outboxes
from portal.permissions import Permission, may, requires

HANDED_OUT = "one_time_password"  # in the cookie of messages: shown on the next page, then gone
LATEST = 20


@bp.get("/admin/people")
@requires(Permission.PEOPLE_VIEW)
def people() -> BaseResponse:
    filters = PeopleFilter(queries.branches())
    wanted = queries.PeopleWanted(
        q=filters.asked("q") or "",
        role=filters.asked("role") or "",
        branch=filters.asked("branch") or "",
        left=filters.asked("state") == "left",
        after=(plain(request.args.get("after", "")) or "")[:60],
    )
    found = queries.people(wanted)
    shown, more = found[: queries.PAGE_SIZE], found[queries.PAGE_SIZE :]
    return page(
        "admin/people.html",
        filters=filters,
        people=shown,
        roles=queries.roles_of(shown),
        role_words=ROLE_NAMES,
        unwritten=[person for person in to_be_warned() if not person.email],
        first=url_for("admin.people", **filters.query) if wanted.after else None,
        next=url_for("admin.people", **filters.query, after=shown[-1].username) if more else None,
    )


@bp.route("/admin/people/new", methods=["GET", "POST"])
@requires(Permission.PEOPLE_CHANGE)
def new_person() -> BaseResponse:
    form = PersonForm(queries.branches())
    if form.accepted():
        with form.refusals():
            person, password = staff.take_on(str(form.username.data).lower(), **form.values)
            hand_out(person, password)
            return redirect(url_for("admin.person", person_id=person.id), 303)
    return page("admin/person_new.html", form=form)


def hand_out(person: Person, password: str) -> None:
    session[HANDED_OUT] = {"person": str(person.id), "password": password}


def find_person(person_id: uuid.UUID) -> Person:
    return db.session.get(Person, person_id) or abort(404)


@bp.get("/admin/people/<uuid:person_id>")
@requires(Permission.PEOPLE_VIEW)
def person(person_id: uuid.UUID) -> BaseResponse:
    found = find_person(person_id)
    handed = session.pop(HANDED_OUT, None) or {}
    latest = queries.history(queries.HistoryWanted(subjects=[("person", str(found.id))]), LATEST)
    return page(
        "admin/person.html",
        person=found,
        roles=role_names(found),
        password=handed.get("password") if handed.get("person") == str(found.id) else None,
        phones=queries.phones_of(found),
        visits=queries.open_visits(found),
        outboxes=outboxes.phones(found.id),
        changeable=may(Permission.PEOPLE_CHANGE, found),
        entries=entries(latest[:LATEST]),
        zone=zone(),
    )


@bp.route("/admin/people/<uuid:person_id>/change", methods=["GET", "POST"])
@requires(Permission.PEOPLE_CHANGE)
def change_person(person_id: uuid.UUID) -> BaseResponse:
    found = find_person(person_id)
    form = PersonForm(queries.branches(), found)
    if request.method == "GET":
        form.version.data = fingerprint(staff.standing(found))
    if form.accepted():
        with form.refusals():
            staff.change_person(found, **form.values, version=form.seen, by=current_user)
            flash(_("Saved."))
            return redirect(url_for("admin.person", person_id=found.id), 303)
    if form.is_stale:
        form.compare(standing_of(found), fingerprint(staff.standing(found)), last_change(found))
    return page("admin/person_change.html", form=form, person=found, zone=zone())


@dataclass(frozen=True)
class Step:
    """A verb that asks once more: its title, what it will do, the button, and the verb."""

    title: Any
    effect: Any
    button: Any
    verb: Callable[[Person], str | None]
    done: Any = ""


def unlocked(person: Person) -> str | None:
    staff.reset_pin(person, by=current_user)
    return None


def ended(person: Person) -> str | None:
    staff.end_employment(person, by=current_user)
    return None


STEPS = {
    "password": Step(
        lazy("One-time password"),
        lazy(
            "The present password ends, and so do all sessions. You see the new one once; it is good for three days "
            "and must be changed at the first sign-in."
        ),
        lazy("Make a one-time password"),
        lambda person: staff.reset_password(person, by=current_user),
    ),
    "pin": Step(
        lazy("Take the PIN away"),
        lazy(
            "Sessions on phones end. Until the person sets a new PIN, an idle phone and a hand-over ask for the "
            "password."
        ),
        lazy("Take the PIN away"),
        unlocked,
        lazy("The PIN was taken away."),
    ),
    "end": Step(
        lazy("End of employment"),
        lazy(
            "The person is signed out everywhere and cannot sign in any more. What they did stays under their name. "
            "Visits that are planned for them are listed on their page, to be given to others."
        ),
        lazy("End the employment"),
        ended,
        lazy("The person has left and is signed out."),
    ),
    "return": Step(
        lazy("Take the person back"),
        lazy("The person works here again, with the same roles. You see a one-time password once."),
        lazy("Take the person back"),
        lambda person: staff.resume_employment(person, by=current_user),
    ),
}


@bp.route("/admin/people/<uuid:person_id>/<what>", methods=["GET", "POST"])
@requires(Permission.PEOPLE_CHANGE)
def step(person_id: uuid.UUID, what: str) -> BaseResponse:
    found, step, form = find_person(person_id), STEPS.get(what) or abort(404), VerbForm()
    if form.accepted():
        with form.refusals():
            password = step.verb(found)
            if password:
                hand_out(found, password)
            else:
                flash(str(step.done))
            return redirect(url_for("admin.person", person_id=found.id), 303)
    here = url_for("admin.step", person_id=found.id, what=what)
    return confirm_page(form, found, step, here, url_for("admin.person", person_id=found.id))


def confirm_page(form: EntryForm, found: Person, step: Step, here: str, back: str, **more: Any) -> Response:
    return page("admin/confirm.html", form=form, person=found, step=step, here=here, back=back, **more)
