"""What happens before a view, in this order: origin, hand-over, session, PIN, entry, role.

The order is the contract's: the session is checked before the token, the token before the entry, and a repeat is
answered before the role is asked, because it has taken effect already.
"""

from typing import Any

from flask import Flask, Response, abort, current_app, g, make_response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import htmx, receipts, sealing
from portal.permissions import Access, may

POST_WITHOUT_ENTRY = {
    "accounts.login",
    "accounts.logout",
    "accounts.language",
    "accounts.theme",
    "accounts.thumb",
    "accounts.unlock",
    "admin.setup",  # nobody can be signed in yet, and the setup code is a secret that no other site knows
    "visits.scan",  # a code is looked up; nothing is stored
    "offline.have",  # asks what is here; whoever asks brings the session's token in a header
    "offline.piece",  # bytes that take no effect until an entry names them; the token stands in a header
    "offline.waiting",  # what a phone still holds, said as often as it likes; the token stands in a header
    "verify.check",  # whoever holds the paper asks; nothing is stored, so there is nothing to repeat or to forge
}

OPEN_WHILE_IDLE = {"accounts.unlock", "offline.hello", "offline.piece_length"}  # what waits is sent from a pocket too


def init_app(app: Flask) -> None:
    app.before_request(admit)
    app.after_request(receipts.finish)
    app.after_request(refuse_unchecked)


def admit() -> BaseResponse | None:
    if request.endpoint in (None, "static"):
        return None
    if request.method == "POST":
        if receipts.from_outbox():
            request.max_form_memory_size = sealing.LARGEST  # a sealed photo is a field
        if limit := getattr(current_app.view_functions[request.endpoint or ""], "body_limit", None):
            request.max_content_length = limit
        request.form  # noqa: B018  the body is read before the first query, so a slow upload holds no lock
        refuse_other_sites()
    return handed_over() or signed_out() or locked() or newcomer() or entered() or forbidden()


def refuse_other_sites() -> None:
    """No page of another site sends a form here, also not one that needs no token, as signing in does. Browsers say
    where a form stands, and scripts cannot make them say otherwise; whoever says nothing is no browser of today."""
    if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        abort(403)


def view_access() -> Access:
    view: Any = current_app.view_functions[request.endpoint or ""]
    access = getattr(view, "access", None)
    if access is None:
        raise RuntimeError(f"{request.endpoint} does not say whom it answers")
    return access


def handed_over() -> BaseResponse | None:
    """While the customer holds the phone nothing but the hand-over answers (423; a page leads back to it)."""
    token = getattr(g_sign_in(), "handover_token", None)
    if token is None or (request.method == "POST" and receipts.from_outbox()):
        return None
    if getattr(current_app.view_functions[request.endpoint or ""], "during_handover", False):
        return None
    back = url_for("handover.show", token=token)
    if request.method == "GET":
        return htmx.whole_page(back) if htmx.wants_fragment() else redirect(back, 303)
    return abort(423)


def g_sign_in() -> Any:
    """The session row of this request, or None when signed out."""
    return g.sign_in if current_user.is_authenticated else None


def signed_out() -> BaseResponse | None:
    if not view_access().signed_in or current_user.is_authenticated:
        return None
    if receipts.from_outbox():
        return receipts.outbox_answer(401, "signed_out")
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    login = url_for("accounts.login", next=back)
    return htmx.whole_page(login) if htmx.wants_fragment() else redirect(login, 303)


def locked() -> BaseResponse | None:
    """An idle phone asks for the PIN before it shows anything. A form that was open is still taken: nothing typed
    is lost, and its answer leads to the PIN."""
    sign_in = g_sign_in()
    if sign_in is None or request.method != "GET" or not view_access().signed_in:
        return None
    if request.endpoint in OPEN_WHILE_IDLE or sign_in.handover_token or not sign_in.is_idle():
        return None
    unlock = url_for("accounts.unlock", next=request.full_path.rstrip("?"))
    return htmx.whole_page(unlock) if htmx.wants_fragment() else redirect(unlock, 303)


def newcomer() -> BaseResponse | None:
    """Whoever came with a one-time password chooses one of their own before anything else."""
    sign_in = g_sign_in()
    if sign_in is None or sign_in.person.one_time_until is None or not view_access().signed_in:
        return None
    if request.endpoint == "accounts.password":
        return None
    if receipts.from_outbox():
        return receipts.outbox_answer(401, "signed_out")
    own = url_for("accounts.password")
    return htmx.whole_page(own) if htmx.wants_fragment() else redirect(own, 303)


def entered() -> BaseResponse | None:
    """The entry of whoever is signed in. Nobody else has a session that another site could ride on: the public pages
    under `/s/` and `/c/` are opened by the secret in their address alone, which no other site knows, and each of
    their forms takes effect once because the link behind the secret is used once."""
    if request.method != "POST" or request.endpoint in POST_WITHOUT_ENTRY or not current_user.is_authenticated:
        return None
    return receipts.begin(g.sign_in.csrf_token)


def forbidden() -> BaseResponse | None:
    permission = view_access().permission
    if permission is not None and not may(permission):
        abort(403)
    return None


def refuse_unchecked(response: Response) -> Response:
    """A view that forgot to ask its form must not have taken effect without a good token."""
    entry = g.get("entry")
    if entry is not None and entry.problem and response.status_code < 400 and not receipts.from_outbox():
        return make_response(str(entry.problem[1]), entry.problem[0])
    return response
