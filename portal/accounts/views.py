"""Signing in and out, the PIN of an idle phone, language and theme, and a person's own page."""

import uuid
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, flash, g, redirect, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from portal import i18n, navigation
from portal.accounts import calendar as feeds
from portal.accounts import operations, sessions
from portal.accounts.forms import (
    FirstPasswordForm,
    NewPasswordForm,
    NewPinForm,
    OwnAddressForm,
    PinForm,
    SignInForm,
    SpecimenForm,
    UnlockPasswordForm,
)
from portal.accounts.models import Person
from portal.accounts.rules import browser_of, device_of
from portal.accounts.secrets import is_published
from portal.addresses import absolute
from portal.db import db
from portal.errors import Rejected
from portal.forms import EntryForm, VerbForm
from portal.htmx import page
from portal.i18n import _, lazy
from portal.permissions import Permission, may, public, requires, signed_in
from portal.templating import THEMES, THUMBS

bp = Blueprint("accounts", __name__)
YEAR = 365 * 24 * 3600


@bp.get("/")
@signed_in
def home() -> BaseResponse:
    """A person's own start page, at the address `/` itself."""
    view: Any = current_app.view_functions[navigation.start_endpoint()]
    return current_app.make_response(view())


@bp.route("/login", methods=["GET", "POST"])
@public
def login() -> BaseResponse:
    if request.method == "GET" and current_user.is_authenticated:
        return redirect(local_path(request.args.get("next")), 303)
    form = SignInForm(data={"next": request.args.get("next", "")})
    if form.accepted():
        with form.refusals():
            session, token = operations.sign_in(
                form.username.data,
                form.password.data,
                address=request.remote_addr or "",
                device=device_of(request.user_agent.string),
                browser=browser_of(request.user_agent.string),
            )
            if current_user.is_authenticated:
                operations.sign_out(g.sign_in)
            response = redirect(local_path(form.next.data), 303)
            sessions.set_cookie(response, token, session.device)
            return response
    people = demo_people()
    if request.method == "GET" and not people and operations.is_nobody_here():
        return redirect(url_for("admin.setup"), 303)
    return slowed_down(form, page("accounts/login.html", form=form, demo_people=people))


def slowed_down(form: EntryForm, response: Response) -> Response:
    """429 with the seconds to wait, when the refusal says so."""
    if isinstance(form.refusal, operations.TooManyTries):
        response.status_code = 429
        response.headers["Retry-After"] = str(form.refusal.seconds)
    return response


def demo_people() -> list[Person]:
    """Those of the demonstration whose password is still the published one."""
    query = select(Person).where(Person.demo, Person.active).order_by(Person.created_at, Person.username)
    return [person for person in db.session.scalars(query) if is_published(person.password_hash)]


@bp.route("/logout", methods=["GET", "POST"])
@public
def logout() -> BaseResponse:
    if request.method == "GET":
        return page("accounts/logout.html")
    if current_user.is_authenticated:
        operations.sign_out(g.sign_in)
    response = redirect(url_for("accounts.login"), 303)
    sessions.clear_cookie(response)
    response.headers["Clear-Site-Data"] = '"cache"'  # never "storage": work that waits to be sent lies there
    return response


@bp.route("/language", methods=["GET", "POST"])
@public
def language() -> BaseResponse:
    locale = request.form.get("locale", "")
    if request.method == "GET" or locale not in i18n.offered():
        return page("accounts/language.html", 200 if request.method == "GET" else 422)
    if current_user.is_authenticated:
        operations.set_locale(current_user, locale)
    response = redirect(came_from(), 303)
    keep_choice(response, i18n.COOKIE, locale)
    return response


@bp.route("/theme", methods=["GET", "POST"])
@public
def theme() -> BaseResponse:
    return device_choice("theme", THEMES)


@bp.route("/thumb", methods=["GET", "POST"])
@public
def thumb() -> BaseResponse:
    """The side on which the main button of a phone lies."""
    return device_choice("thumb", THUMBS)


def device_choice(name: str, values: tuple[str, ...]) -> BaseResponse:
    """One of the values, kept in a cookie: it belongs to the device, not to the person."""
    chosen = request.form.get(name, "")
    if request.method == "GET" or chosen not in values:
        return page(f"accounts/{name}.html", 200 if request.method == "GET" else 422)
    response = redirect(came_from(), 303)
    keep_choice(response, name, chosen)
    return response


def keep_choice(response: BaseResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR, secure=current_app.config["SECURE"], httponly=True, samesite="Lax")


@bp.route("/unlock", methods=["GET", "POST"])
@signed_in
def unlock() -> BaseResponse:
    """The PIN of an idle phone; the password for whoever has no PIN. Five wrong PINs end the session."""
    form_class = PinForm if current_user.pin_hash else UnlockPasswordForm
    form = form_class(data={"next": request.args.get("next", "")})
    if form.accepted():
        with form.refusals():
            prove(form)
            response = redirect(local_path(form.next.data), 303)
            sessions.set_cookie(response, operations.renew(g.sign_in), g.sign_in.device)
            return response
    if isinstance(form.refusal, Exhausted):
        return exhausted()
    return slowed_down(form, page("accounts/unlock.html", form=form))


class Exhausted(Rejected):
    """No PIN try is left."""


def prove(form: PinForm | UnlockPasswordForm) -> None:
    """Raises Rejected unless the person at the phone knows their PIN or, having none, their password."""
    if isinstance(form, UnlockPasswordForm):
        ask_password(form.password.data)
        operations.wake(g.sign_in)
        return
    check = operations.check_pin(g.sign_in, form.pin.data)
    if check.exhausted:
        raise Exhausted(lazy("Too many wrong PINs. Sign in with your password."))
    if not check.ok:
        raise Rejected(lazy("Wrong PIN. Tries left: %(n)s.", n=check.tries_left), field="pin")


def exhausted() -> BaseResponse:
    """Ends the session: from here on only the password helps. What waits on the phone is untouched."""
    operations.sign_out(g.sign_in)
    flash(_("Too many wrong PINs. Sign in with your password."), "error")
    response = redirect(url_for("accounts.login", next=request.form.get("next") or None), 303)
    sessions.clear_cookie(response)
    return response


@bp.get("/more")
@signed_in
def more() -> Response:
    """The places that a phone's bar has no room for, and what is set on this device."""
    return page("accounts/more.html", places=navigation.more_places())


@bp.get("/me")
@signed_in
def me() -> BaseResponse:
    return me_page()


def me_page(form: EntryForm | None = None) -> Response:
    return page(
        "accounts/me.html",
        form=form,
        live=operations.live_sessions(current_user),
        this=g.sign_in,
        specimen=operations.specimen_of(current_user) if may(Permission.VISIT_RECORD) else None,
    )


@bp.get("/me/sessions")
@signed_in
def own_sessions() -> BaseResponse:
    return own_sessions_page()


def own_sessions_page(form: EntryForm | None = None) -> Response:
    recent = operations.recent_sessions(current_user)
    return page("accounts/sessions.html", form=form, sessions=recent, this=g.sign_in)


@bp.post("/me/sessions/<uuid:session_id>/end")
@signed_in
def end_session(session_id: uuid.UUID) -> BaseResponse:
    form = VerbForm()
    if form.accepted():
        with form.refusals():
            if operations.end_session(current_user, session_id) is None:
                abort(404)
            return redirect(url_for("accounts.own_sessions"), 303)
    return own_sessions_page(form)


@bp.route("/me/pin", methods=["GET", "POST"])
@signed_in
def pin() -> BaseResponse:
    form = NewPinForm()
    if form.accepted():
        with form.refusals():
            ask_password(form.password.data)
            operations.set_pin(current_user, form.new_pin.data)
            flash(_("The PIN was changed."))
            return redirect(url_for("accounts.me"), 303)
    return slowed_down(form, page("accounts/pin.html", form=form))


@bp.route("/me/password", methods=["GET", "POST"])
@signed_in
def password() -> BaseResponse:
    """Whoever was given a one-time password comes here until they have one of their own."""
    given = current_user.one_time_until is not None
    form = FirstPasswordForm(has_pin=bool(current_user.pin_hash)) if given else NewPasswordForm()
    if form.accepted():
        with form.refusals():
            ask_password(form.password.data)
            ensure_another(form)
            operations.set_password(current_user, form.new_password.data)
            if "new_pin" in form:
                operations.set_pin(current_user, form.new_pin.data)
            operations.end_sessions(current_user, but=g.sign_in)
            flash(_("The password was changed. Other devices are signed out."))
            return redirect(url_for("accounts.home" if given else "accounts.me"), 303)
    return slowed_down(form, page("accounts/password.html", form=form, given=given))


def ensure_another(form: NewPasswordForm) -> None:
    if form.new_password.data == form.password.data:
        raise Rejected(lazy("This is the present password. Take another one."), field="new_password")


@bp.route("/me/mail", methods=["GET", "POST"])
@signed_in
def own_address() -> BaseResponse:
    form = OwnAddressForm(data={"email": current_user.email})
    if form.accepted():
        with form.refusals():
            operations.set_email(current_user, form.email.data or "")
            flash(_("Saved."))
            return redirect(url_for("accounts.me"), 303)
    return page("accounts/mail.html", form=form)


@bp.route("/me/signature", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def signature() -> BaseResponse:
    form = SpecimenForm()
    if form.accepted():
        with form.refusals():
            operations.keep_specimen(current_user, form.strokes.data or [])
            flash(_("Your signature is kept. It will stand under the reports of the visits that you finish."))
            return redirect(url_for("accounts.me"), 303)
    return page("accounts/signature.html", form=form, present=operations.specimen_of(current_user))


@bp.route("/me/calendar", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def calendar() -> BaseResponse:
    """The person's calendar address: made, shown, made anew."""
    form = VerbForm()
    if form.accepted():
        with form.refusals():
            feeds.make_feed(current_user)
            flash(_("The calendar address is made."))
            return redirect(url_for("accounts.calendar"), 303)
    return calendar_page(form)


@bp.route("/me/calendar/end", methods=["GET", "POST"])
@requires(Permission.VISIT_RECORD)
def calendar_end() -> BaseResponse:
    form = VerbForm()
    if form.accepted():
        with form.refusals():
            feeds.revoke_feed(current_user)
            flash(_("The calendar address does not work any more."))
            return redirect(url_for("accounts.calendar"), 303)
    return calendar_page(form)


def calendar_page(form: EntryForm) -> Response:
    feed = feeds.feed_of(current_user)
    secret = feeds.secret_of(feed) if feed else None
    address = absolute(f"/calendar/{secret}.ics") if secret else None
    to_app = "webcal:" + address.partition(":")[2] if address else None  # opens the calendar app of phones
    return page("accounts/calendar.html", form=form, feed=feed, address=address, app_address=to_app)


def ask_password(given: str) -> None:
    operations.check_password(current_user, given, username=current_user.username, address=request.remote_addr or "")


def came_from() -> str:
    """The page that a setting was changed on."""
    wanted = request.form.get("next")
    if wanted:
        return local_path(wanted)
    referrer = urlsplit(request.referrer or "")
    if referrer.netloc != request.host:
        return local_path(None)
    return local_path(referrer.path + (f"?{referrer.query}" if referrer.query else ""))


def local_path(wanted: str | None) -> str:
    """`wanted` if it is a path of this portal, else the start page: a link from elsewhere leads nowhere else."""
    start = url_for("accounts.home")
    if not wanted or not wanted.startswith("/") or wanted.startswith(("//", "/\\")):
        return start
    parts = urlsplit(wanted)
    odd = parts.scheme or parts.netloc or any(ord(c) < 32 or c == "\\" for c in wanted)
    return start if odd or len(wanted) > 500 else wanted
