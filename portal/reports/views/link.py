"""Signing on the customer's own phone, under `/s/<token>`: read, answer, sign. No session and no cookie: the address is
the key, so the language travels in it too (`?lang=`). What was sent twice leads where it led the first time."""

from typing import Any

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal import i18n
from portal.htmx import page
from portal.reports import operations
from portal.reports.addresses import verify_address
from portal.reports.forms import SignatureForm, survey_form
from portal.reports.linkstate import state_of
from portal.reports.models import PublicLink, survey_of
from portal.reports.operations import Signer
from portal.reports.reading import Reading
from portal.reports.statement import statement
from portal.reports.views.base import changes_in, photo_of
from portal.reports.views.public import find_link, secret_page, spoken
from portal.reports.views.steps import Steps, questions_of
from portal.signing.operations import content_of

bp = Blueprint("link", __name__, url_prefix="/s/<token>")


def opened(token: str) -> PublicLink:
    """The link, in whose language (or the one chosen) the page now speaks. One that is used leads to the thank-you
    page; one that does not work any more says why."""
    link = find_link(token, "sign")
    i18n.speak(spoken() or link.locale)
    state = state_of(link)
    if state == "used" and request.endpoint != "link.show":
        abort(to("show", link, token))
    if state not in ("open", "used"):
        abort(page("link/closed.html", 410, link=link, state=state, branch=link.report.visit.call.branch))
    return link


def address(endpoint: str, token: str, **values: Any) -> str:
    """The address of a step, which keeps the reader's language."""
    return url_for(f"link.{endpoint}", token=token, lang=spoken() or None, **values)


def to(endpoint: str, link: PublicLink, token: str) -> BaseResponse:
    return redirect(address(endpoint, token), 303)


def step_page(template: str, link: PublicLink, token: str, **context: Any) -> Response:
    """A step of the link's way; `first` when the survey belongs to it, which makes the way longer by one."""
    payload, survey = content_of(link.report.document), survey_of(link.report.visit)
    steps = Steps(
        report=address("show", token),
        again=address("show", token, step="report"),
        survey=address("survey", token),
        signature=address("signature", token),
        photo=lambda digest: url_for("link.photo", token=token, digest=digest),
    )
    return page(
        template,
        link=link,
        payload=payload,
        reading=Reading(payload),
        steps=steps,
        first=survey is None or survey.link_id == link.id,
        surveyed=survey is not None,
        **context,
    )


@bp.get("")
@secret_page
def show(token: str) -> BaseResponse:
    """The report; the thank-you page once the link is used."""
    link = opened(token)
    if link.used_at:
        return step_page("link/done.html", link, token, verify=verify_address(link.report))
    changes = changes_in(link.report.visit, content_of(link.report.document))
    return step_page("link/report.html", link, token, changes=changes)


@bp.get("/photos/<digest>.jpg")
@secret_page
def photo(token: str, digest: str) -> Response:
    return photo_of(content_of(opened(token).report.document), digest)


@bp.route("/survey", methods=["GET", "POST"])
@secret_page
def survey(token: str) -> BaseResponse:
    link = opened(token)
    locale, payload = i18n.current_locale(), content_of(link.report.document)
    form = survey_form(locale, payload)
    if survey_of(link.report.visit) is None and form.accepted():
        with form.refusals():
            operations.answer_by_link(link, form.answers, locale=locale)
            return to("signature", link, token)
    stored = survey_of(link.report.visit)
    if stored is None:
        return step_page("link/survey.html", link, token, form=form, **questions_of(payload, form))
    if request.method == "GET" or stored.link_id == link.id:
        return to("signature", link, token)
    return step_page("link/stopped.html", link, token, form=form, status=409)


@bp.route("/signature", methods=["GET", "POST"])
@secret_page
def signature(token: str) -> BaseResponse:
    link = opened(token)
    locale, form = i18n.current_locale(), SignatureForm(zone=link.report.visit.zone)
    if form.accepted():
        with form.refusals():
            signer = Signer(link.signer_name, link.signer_role)
            operations.sign_by_link(link, form.mark, signer, remarks=form.remarks.data or "", locale=locale)
            return to("show", link, token)
    if form.status == 409:
        opened(token)  # perhaps used, revoked or replaced in this very moment
    if request.method == "GET" and survey_of(link.report.visit) is None:
        return to("survey", link, token)
    return step_page("link/signature.html", link, token, form=form, statement=statement(locale))
