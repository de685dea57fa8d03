"""What all addresses without sign-in have in common: a secret token, a limit for wrong ones, and pages that no search
engine, cache or next site learns of."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Response, abort, after_this_request, make_response, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal import i18n, throttle
from portal.accounts.secrets import token_hash
from portal.clock import now
from portal.db import db
from portal.htmx import page
from portal.permissions import public
from portal.reports.models import PublicLink, Report

View = Callable[..., Any]
TOKEN_LENGTH = 26


def secret_page(view: View) -> View:
    """A public view under a token: wrong tokens are counted, the answer stays between the two of us."""

    @public
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        after_this_request(keep_private)  # also of the pages that say no
        throttle.ensure_allowed()
        return make_response(view(*args, **kwargs))

    return guarded


def keep_private(response: Response) -> Response:
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    return response


def unknown() -> Any:
    """Nothing here: the same answer whether the token never was, has run out of use or is no token at all."""
    throttle.wrong_token()
    if spoken():
        i18n.speak(spoken())
    abort(page("link/unknown.html", 404))


def spoken() -> str:
    """The language that the reader chose on the page; it travels in the address, so that no cookie is needed."""
    chosen = request.args.get("lang", "")
    return chosen if chosen in i18n.LOCALES else ""


def find_link(token: str, purpose: str) -> PublicLink:
    """The link behind a token, also one that is used up, so that its page can say so; else 404."""
    query = select(PublicLink).where(PublicLink.token_hash == token_hash(token), PublicLink.purpose == purpose)
    link: PublicLink | None = db.session.scalar(query.options(joinedload(PublicLink.report)))
    return link if link is not None and len(token) == TOKEN_LENGTH else unknown()


def find_verified(token: str) -> Report:
    """The report revision whose paper carries this token; else 404."""
    report: Report | None = db.session.scalar(select(Report).where(Report.verify_hash == token_hash(token)))
    return report if report is not None and len(token) == TOKEN_LENGTH else unknown()


def is_live(link: PublicLink) -> bool:
    return link.used_at is None and link.revoked_at is None and link.expires_at > now()
