"""The first set-up of an empty portal: whoever knows the code that the server printed makes the company and the first
administrator. With people in the portal the page is not there."""

from flask import abort, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from portal import throttle
from portal.accounts import sessions
from portal.accounts.operations import is_nobody_here, sign_in
from portal.accounts.rules import browser_of, device_of
from portal.admin import operations
from portal.admin.forms import SetupForm
from portal.admin.views.base import bp
from portal.htmx import page
from portal.i18n import _, current_locale, lazy
from portal.permissions import public


@bp.route("/setup", methods=["GET", "POST"])
@public
def setup() -> BaseResponse:
    if not is_nobody_here():
        abort(404)
    throttle.ensure_allowed()
    form = SetupForm(current_locale())
    if form.accepted() and right_code(form):
        with form.refusals():
            person = operations.establish(**form.values)
            flash(_("The portal is set up. Take on the first people next."))
            return signed_in_as(person.username, str(form.new_password.data))
    return page("admin/setup.html", form=form)


def right_code(form: SetupForm) -> bool:
    if operations.is_setup_code(str(form.setup_code.data)):
        return True
    throttle.wrong_token()
    form.setup_code.errors = [str(lazy("This is not the setup code. The server printed it when it started."))]
    return False


def signed_in_as(username: str, password: str) -> BaseResponse:
    agent = request.user_agent.string
    session, token = sign_in(
        username,
        password,
        address=request.remote_addr or "",
        device=device_of(agent),
        browser=browser_of(agent),
    )
    g.sign_in = session
    response = redirect(url_for("admin.index"), 303)
    sessions.set_cookie(response, token, session.device)
    return response
