"""The customer's side of the hand-over: read, answer, sign, give back. Nothing else can be reached from here."""

from typing import Any

from flask import Blueprint, Response, abort, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import i18n, receipts
from portal.accounts import operations as accounts
from portal.accounts import sessions
from portal.errors import Rejected
from portal.htmx import page
from portal.i18n import lazy
from portal.permissions import during_handover, signed_in
from portal.reports import operations, queries
from portal.reports.forms import CoSignatureForm, ReleaseForm, SignatureForm, survey_form
from portal.reports.models import HandOver, survey_of
from portal.reports.reading import Reading
from portal.reports.signers import signers_of
from portal.reports.statement import statement
from portal.reports.views import unseen
from portal.reports.views.base import changes_in, photo_of
from portal.reports.views.steps import Steps, questions_of

bp = Blueprint("handover", __name__, url_prefix="/h/<token>")


def held(token: str) -> HandOver:
    """The hand-over that this very session is in, whose language the page now speaks; else a page that says
    nothing but that it is over."""
    own = g.sign_in.handover_token == token
    given = queries.find_hand_over(token) if own else None
    if given is None or given.closed_at is not None:
        abort(page("handover/closed.html", 404))
    i18n.speak(given.locale)
    return given


def reading(token: str) -> HandOver:
    """A hand-over with something to read and sign. What was ended in another way meanwhile, or erased, has only the
    way back to the technician."""
    given = held(token)
    if is_over(given):
        abort(page("handover/ended.html", given=given, form=ReleaseForm()))
    return given


def is_over(given: HandOver) -> bool:
    if not given.payload:
        return True
    report = queries.report_of(given, given.payload["report_version"])
    return report is not None and (report.erased or not report.signed)


def step_page(template: str, given: HandOver, **context: Any) -> Response:
    payload = given.payload
    first = payload["report_version"] == 1
    steps = steps_of(given)
    return page(template, given=given, payload=payload, reading=Reading(payload), first=first, steps=steps, **context)


def steps_of(given: HandOver) -> Steps:
    def address(endpoint: str, **values: Any) -> str:
        return url_for(f"handover.{endpoint}", token=given.token, **values)

    return Steps(
        report=address("show"),
        again=address("show", step="report"),
        survey=address("survey"),
        signature=address("signature"),
        photo=lambda digest: address("photo", digest=digest),
    )


def present_step(given: HandOver) -> str:
    """Where the customer is: reading until the survey is done, signing until the report is sealed."""
    if queries.report_of(given, given.payload["report_version"]) is not None:
        return "done"
    return "sign" if survey_of(given.visit) is not None else "report"


def to(endpoint: str, given: HandOver) -> BaseResponse:
    return redirect(url_for(f"handover.{endpoint}", token=given.token), 303)


@bp.get("")
@signed_in
@during_handover
def show(token: str) -> BaseResponse:
    """The right step, whatever was typed or gone back to; `?step=report` reads again before signing."""
    given = reading(token)
    step = present_step(given)
    if step == "done":
        return done(given)
    again = request.args.get("step") == "report" or given.payload["report_version"] > 1
    if step == "sign" and not again:
        return to("signature", given)
    changes = changes_in(given.visit, given.payload)
    return step_page("handover/report.html", given, surveyed=step == "sign", changes=changes)


def done(given: HandOver) -> Response:
    report = queries.report_of(given, given.payload["report_version"])
    signed = signers_of(report) if report else []
    return step_page("handover/done.html", given, report=report, signers=signed, form=ReleaseForm())


@bp.get("/photos/<digest>.jpg")
@signed_in
@during_handover
def photo(token: str, digest: str) -> Response:
    return photo_of(reading(token).payload, digest)


@bp.route("/survey", methods=["GET", "POST"])
@signed_in
@during_handover
def survey(token: str) -> BaseResponse:
    if ticket := unseen.ticket_of(token):
        return unseen.survey(ticket, token)
    given = reading(token)
    form = survey_form(given.locale, given.payload)
    if form.accepted():
        with form.refusals():
            operations.answer_survey(given, form.answers)
            return to("signature", given)
    if present_step(given) != "report":
        return stopped(given, form) if form.refusal or form.problem else to("show", given)
    return step_page("handover/survey.html", given, form=form, **questions_of(given.payload, form))


@bp.route("/signature", methods=["GET", "POST"])
@signed_in
@during_handover
def signature(token: str) -> BaseResponse:
    if ticket := unseen.ticket_of(token):
        return unseen.signature(ticket, token)
    given = reading(token)
    form = SignatureForm(zone=given.visit.zone)
    if form.accepted():
        with form.refusals():
            operations.sign_report(given, form.mark, remarks=form.remarks.data or "")
            return to("show", given)
    step = present_step(given)
    if step == "done" or form.status == 409:
        return stopped(given, form) if request.method == "POST" else to("show", given)
    if step == "report" and request.method == "GET":
        return to("survey", given)
    return step_page("handover/signature.html", given, form=form, statement=statement(given.locale))


@bp.route("/co-signature", methods=["GET", "POST"])
@signed_in
@during_handover
def co_signature(token: str) -> BaseResponse:
    """Another person signs the same report: a name, a mark and an agreement of their own."""
    given = reading(token)
    form = CoSignatureForm(zone=given.visit.zone)
    if form.accepted():
        with form.refusals():
            operations.co_sign(given, form.mark, form.signer, remarks=form.remarks.data or "")
            return to("show", given)
    if present_step(given) != "done" or form.status == 409:
        return stopped(given, form) if form.status == 409 else to("show", given)
    return step_page("handover/co_signature.html", given, form=form, statement=statement(given.locale))


def stopped(given: HandOver, form: Any) -> Response:
    """Why it does not go on, and the way back to the right step. What was typed is not shown to the next reader."""
    return step_page("handover/stopped.html", given, form=form)


@bp.route("/release", methods=["GET", "POST"])
@signed_in
@during_handover
def release(token: str) -> BaseResponse:
    """The technician's PIN takes the phone back, signed or not; five wrong ones end the session."""
    if ticket := unseen.ticket_of(token):
        return unseen.release(ticket, token)
    if request.method == "POST" and receipts.from_outbox() and "pin" not in request.form:
        return release_unseen(token)
    given = held(token)
    form = ReleaseForm()
    if form.accepted():
        with form.refusals():
            ask_pin(form.pin.data)
            visit_id = given.visit_id
            operations.take_back(given, g.sign_in)
            return redirect(url_for("visits.show", visit_id=visit_id), 303)
    if isinstance(form.refusal, Exhausted):
        return locked_out(given)
    return page("handover/release.html", given=given, payload=given.payload, form=form)


def release_unseen(token: str) -> BaseResponse:
    """The signal went in the middle, and the PIN was typed on the phone. The server asks for it again: only then is
    the session free. Where it is free already, or another one by now, nothing is left to do."""
    given = queries.find_hand_over(token)
    if given is None or given.person_id != current_user.id:
        abort(404)
    form = unseen.UnseenReleaseForm()
    if form.accepted():
        with form.refusals():
            if g.sign_in.handover_token == token:
                ask_pin(unseen.pin_in(form, token) or "")
                operations.take_back(given, g.sign_in)
            return unseen.to_visit(given.visit_id)
    return form.outbox_refusal()


class Exhausted(Rejected):
    """No PIN try is left."""


def ask_pin(pin: str) -> None:
    check = accounts.check_pin(g.sign_in, pin)
    if check.exhausted:
        raise Exhausted(lazy("Too many wrong PINs. Sign in with your password."))
    if not check.ok:
        raise Rejected(lazy("Wrong PIN. Tries left: %(n)s.", n=check.tries_left), "pin")


def locked_out(given: HandOver) -> BaseResponse:
    """The session ends; the visit is found again after the password."""
    visit = url_for("visits.show", visit_id=given.visit_id)
    operations.take_back(given, g.sign_in)
    accounts.sign_out(g.sign_in)
    response = redirect(url_for("accounts.login", next=visit), 303)
    sessions.clear_cookie(response)
    return response
