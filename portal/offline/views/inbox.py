"""`/held`: what could not take effect and waits for a supervisor. Each entry has a page with both states beside each
other and three ways out."""

import uuid
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import files
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.words import state_word
from portal.clock import now
from portal.db import db
from portal.errors import FileLost, Rejected
from portal.forms import EntryForm
from portal.held import HeldDecision, HeldNotice
from portal.htmx import page
from portal.i18n import _, fmt, ngettext_
from portal.offline import decisions, inbox
from portal.offline.decisions import Matter
from portal.offline.forms import AGE_WORDS, STATES, ApplyForm, DeclineForm, ElsewhereForm, HeldFilters
from portal.offline.payload import compared, in_short, lines_of, phone_time, vocabulary
from portal.offline.targets import kind_word, target_of
from portal.permissions import Permission, authorize, may, requires, signed_in
from portal.receipts import parse_id
from portal.visits.facts import facts_of
from portal.visits.operations.guards import why_closed
from portal.visits.rules import OPEN_STATES
from portal.visits.views.lists import position, position_text

bp = Blueprint("held", __name__)
YEAR = 365 * 24 * 3600
FILTERS = ("state", "person", "age")
ABOUT = {
    "findings": ("visits.findings",),
    "parts": ("visits.part_uses", "visits.part_use_reversal", "visits.no_parts"),
    "time": ("visits.time_entries", "visits.time_entry_removal"),
    "photos": ("visits.photos", "visits.photo_removal"),
    "readings": ("visits.readings", "visits.reading_removal"),
}


@bp.get("/held")
@requires(Permission.HELD_VIEW)
def index() -> Response:
    filters = HeldFilters(request.args)
    filters.person.choices = [("", _("All")), *((str(one.id), one.name) for one in inbox.authors())]
    filters.state.data = filters.state.data if filters.state.data in STATES else "open"
    wanted = wanted_by(filters)
    rows, following = inbox.entries(wanted)
    words, moment, home = vocabulary(row.fields for row in rows), now(), current_user.branch.time_zone
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name in FILTERS and value}
    return page(
        "held/index.html",
        filters=filters,
        rows=rows,
        decided=wanted.decided,
        narrowed=bool(wanted.person_id or wanted.older_than),
        home=home,
        kinds={row.id: kind_word(row.path) for row in rows},
        short={row.id: in_short(lines_of(row.path, row.fields, words, row.time_zone or home)) for row in rows},
        happened={row.id: phone_time(row, row.time_zone or home) for row in rows},
        ages={row.id: (age_words(moment - row.recorded_at), inbox.age_kind(row.recorded_at, moment)) for row in rows},
        first=url_for("held.index", **kept) if wanted.after else None,
        following=url_for("held.index", **kept, after=position_text(following)) if following else None,
    )


def age_words(age: timedelta) -> str:
    minutes = fmt.minutes(int(age.total_seconds() // 60))
    return _("has waited %(time)s", time=ngettext_("%(num)s day", "%(num)s days", age.days) if age.days else minutes)


def wanted_by(filters: HeldFilters) -> inbox.Wanted:
    return inbox.Wanted(
        decided=filters.state.data == "decided",
        person_id=parse_id(filters.person.data or ""),
        older_than=inbox.AGES[filters.age.data] if filters.age.data in AGE_WORDS else None,
        after=position(request.args.get("after", "")),
    )


def find_matter(held_id: uuid.UUID) -> Matter:
    entry = inbox.find(held_id) or abort(404)
    return Matter(entry, db.session.get_one(Person, entry.person_id), inbox.find_visit(entry.record_id))


@bp.get("/held/<uuid:held_id>")
@requires(Permission.HELD_VIEW)
def show(held_id: uuid.UUID) -> Response:
    return entry_page(find_matter(held_id))


@bp.route("/held/<uuid:held_id>/application", methods=["GET", "POST"])
@requires(Permission.HELD_DECIDE)
def apply(held_id: uuid.UUID) -> BaseResponse:
    matter, form = find_matter(held_id), ApplyForm()
    authorize(Permission.HELD_DECIDE, matter)
    if form.accepted():
        with form.refusals():
            decisions.apply(matter, version=form.version.data or "", person=current_user._get_current_object())
            return to_inbox(_("It took effect, under the name of %(name)s.", name=matter.author.name))
    return entry_page(matter, apply_form=form)


@bp.route("/held/<uuid:held_id>/transfer", methods=["GET", "POST"])
@requires(Permission.HELD_DECIDE)
def elsewhere(held_id: uuid.UUID) -> BaseResponse:
    matter, form = find_matter(held_id), ElsewhereForm()
    authorize(Permission.HELD_DECIDE, matter)
    others = offered(matter)
    form.visit.choices = [(str(visit.id), visit.number) for visit in others]
    if form.accepted():
        with form.refusals():
            other = chosen(form, others)
            decisions.apply_elsewhere(matter, other, person=current_user._get_current_object())
            return to_inbox(_("It took effect at visit %(number)s.", number=other.number))
    return entry_page(matter, elsewhere_form=form)


def chosen(form: ElsewhereForm, others: list[Visit]) -> Visit:
    """A number that was typed goes before what is ticked."""
    if form.number.data:
        found = decisions.find_other_visit(form.number.data)
        if found is None:
            raise Rejected(_("There is no visit with this number."), "number")
        return found
    ticked = next((visit for visit in others if str(visit.id) == form.visit.data), None)
    if ticked is None:
        raise Rejected(_("Choose a visit, or write its number."), "visit")
    return ticked


@bp.route("/held/<uuid:held_id>/refusal", methods=["GET", "POST"])
@requires(Permission.HELD_DECIDE)
def decline(held_id: uuid.UUID) -> BaseResponse:
    matter, form = find_matter(held_id), DeclineForm()
    authorize(Permission.HELD_DECIDE, matter)
    if form.accepted():
        with form.refusals():
            decisions.decline(matter, form.reason.data, person=current_user._get_current_object())
            return to_inbox(_("It does not take effect. %(name)s is told why.", name=matter.author.name))
    return entry_page(matter, decline_form=form)


@bp.post("/held/<uuid:held_id>/notice")
@signed_in
def seen(held_id: uuid.UUID) -> BaseResponse:
    """Its author has read what was decided."""
    entry = inbox.find(held_id)
    if entry is None or entry.person_id != current_user.id:
        abort(404)
    form = EntryForm()
    if form.accepted():
        with form.refusals():
            decisions.take_note(entry)
            return redirect(url_for("accounts.home"), 303)
    return page("held/notice.html", form=form)


@bp.get("/held/<uuid:held_id>/files/<int:n>.jpg")
@requires(Permission.HELD_VIEW)
def picture(held_id: uuid.UUID, n: int) -> Response:
    """The n-th file of an entry, drawn anew as a photo: what a phone sent is shown to nobody as it came."""
    entry = inbox.find(held_id) or abort(404)
    if n >= len(entry.files):
        abort(404)
    digest = entry.files[n][2]
    response = Response(content_type="image/jpeg")
    response.set_etag(digest)
    response.headers["Cache-Control"] = f"private, max-age={YEAR}, immutable"
    if request.if_none_match.contains(digest):
        response.status_code = 304
        return response
    try:
        response.set_data(files.as_photo(files.read(digest))[0])
    except (Rejected, FileLost):
        abort(404)
    return response


def to_inbox(words: str) -> BaseResponse:
    flash(words)
    return redirect(url_for("held.index"), 303)


def offered(matter: Matter) -> list[Visit]:
    """Visits that the entry could have been meant for."""
    target = target_of(matter.entry.path)
    return inbox.other_visits(matter.visit) if matter.visit and target and target.is_of_visit else []


def entry_page(
    matter: Matter,
    *,
    apply_form: ApplyForm | None = None,
    elsewhere_form: ElsewhereForm | None = None,
    decline_form: DeclineForm | None = None,
) -> Response:
    """The whole entry. Whichever form was refused says so; the other two stand ready."""
    entry, visit = matter.entry, matter.visit
    zone = visit.zone if visit else current_user.branch.time_zone
    target = target_of(entry.path)
    facts = facts_of(visit) if visit else None
    said = lines_of(entry.path, entry.fields, vocabulary([entry.fields]), zone)
    others = offered(matter)
    choosing = elsewhere_form or ElsewhereForm(data={})
    choosing.visit.choices = [(str(one.id), one.number) for one in others]
    decision = db.session.get(HeldDecision, entry.id)
    first = inbox.first_content(entry, zone)
    is_diagnosis = target is not None and target.endpoint == "visits.findings"
    refused: EntryForm | None = next((form for form in (apply_form, elsewhere_form, decline_form) if form), None)
    return page(
        "held/show.html",
        form=refused,
        apply_form=apply_form or ApplyForm(data={"version": version_of(facts) if is_diagnosis else ""}),
        elsewhere_form=choosing,
        decline_form=decline_form or DeclineForm(),
        entry=entry,
        author=matter.author,
        visit=visit,
        zone=zone,
        facts=facts,
        kind=kind_word(entry.path),
        row=row_of(target.endpoint) if target else "",
        said=said,
        happened=phone_time(entry, zone),
        age=(age_words(now() - entry.recorded_at), inbox.age_kind(entry.recorded_at, now())),
        both=compared(said, inbox.standing_finding(facts.finding, zone)) if is_diagnosis and facts else [],
        first=first[0] if first else None,
        first_kind=kind_word(first[0].path) if first else "",
        contents=compared(said, first[1]) if first else [],
        hints={str(one.id): hint_of(one) for one in others},
        others=others,
        can_move=target is not None and target.is_of_visit,
        closed=why_closed(visit) if visit and visit.state not in OPEN_STATES else "",
        decision=decision,
        decider=db.session.get(Person, decision.person_id) if decision else None,
        read_at=notice.recorded_at if decision and (notice := db.session.get(HeldNotice, entry.id)) else None,
        may_decide=decision is None and may(Permission.HELD_DECIDE, matter),
        own=matter.was_worked_on_by(current_user),
    )


def hint_of(visit: Visit) -> str:
    """Which visit it was: its unit's place, day, technician and state."""
    start = fmt.short_date(visit.window_start, visit.zone) if visit.window_start else ""
    lead = visit.person.name if visit.person else ""
    return " · ".join(part for part in (visit.call.site.name, start, lead, str(state_word(visit.state))) if part)


def row_of(endpoint: str) -> str:
    """Which part of a visit's record the entry is about."""
    return next((row for row, endpoints in ABOUT.items() if endpoint in endpoints), "events")


def version_of(facts: Any) -> str:
    return str(facts.finding.version if facts and facts.finding else 0)
