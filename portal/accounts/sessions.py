"""The session cookie and Flask-Login's loader: a token in the cookie, its hash in a row, the row decides."""

import uuid
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import Flask, Request, current_app, g, request
from flask_login import LoginManager
from sqlalchemy import Select, bindparam, case, exists, func, select, update
from sqlalchemy.orm import contains_eager
from werkzeug.wrappers import Response

from portal import db as database
from portal import held, settings
from portal.accounts.models import Person, PersonRole, SignIn
from portal.accounts.secrets import token_hash
from portal.clock import now
from portal.db import db
from portal.permissions import Permission, holders

SEEN_STEP = timedelta(seconds=60)
COOKIE_AGE = {"phone": timedelta(days=400), "laptop": timedelta(hours=12)}  # the row ends a session sooner


def init_app(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None
    manager.request_loader(load_person)
    manager.init_app(app, add_context_processor=False)


def cookie_name() -> str:
    return "__Host-session" if current_app.config["SECURE"] else "session"


def set_cookie(response: Response, token: str, device: str) -> None:
    response.set_cookie(
        cookie_name(),
        token,
        max_age=COOKIE_AGE[device],
        secure=current_app.config["SECURE"],
        httponly=True,
        samesite="Lax",
        path="/",
    )


def clear_cookie(response: Response) -> None:
    response.delete_cookie(cookie_name(), path="/", secure=current_app.config["SECURE"], httponly=True, samesite="Lax")


def load_person(_request: Request) -> Person | None:
    """The person behind the cookie; `g.sign_in` is their session."""
    token = request.cookies.get(cookie_name())
    sign_in = find_sign_in(token) if token else None
    if sign_in is None or not sign_in.is_live() or not sign_in.person.active:
        return None
    g.sign_in = sign_in
    keep_seen(sign_in)
    return sign_in.person


def find_sign_in(token: str) -> SignIn | None:
    """The session of that token. It brings along the person's roles, which setting is the newest and, for whoever
    decides about held entries, how many wait, so that no request asks for them."""
    row = db.session.execute(sign_in_query(), {"hash": token_hash(token)}).one_or_none()
    if row is None:
        return None
    g.newest_setting = row.newest_setting
    g.held_open = row.held_open or 0
    found: SignIn = row[0]
    found.person.know_roles(row.roles or "")
    return found


@cache
def sign_in_query() -> Select[Any]:
    """Made once: every request asks it."""
    newest = settings.NEWEST.scalar_subquery().label("newest_setting")
    its = select(func.aggregate_strings(PersonRole.role, ",")).where(PersonRole.person_id == Person.id)
    roles = its.scalar_subquery().label("roles")  # one text: a row for each role would cost a tenth more
    decides = exists().where(PersonRole.person_id == Person.id, PersonRole.role.in_(holders(Permission.HELD_VIEW)))
    waiting = case((decides, held.open_count().scalar_subquery())).label("held_open")
    query: Any = select(SignIn, newest, roles, waiting).join(SignIn.person).join(Person.branch)
    found: Select[Any] = query.where(SignIn.token_hash == bindparam("hash")).options(
        contains_eager(SignIn.person).options(contains_eager(Person.branch))
    )
    return found


def keep_seen(sign_in: SignIn) -> None:
    """Notes once a minute that the person is here. An idle phone stays idle until the PIN was given."""
    moment = now()
    if moment - sign_in.last_seen_at < SEEN_STEP or sign_in.is_idle():
        return
    session_id = sign_in.id
    database.afterwards(lambda: note_seen(session_id, moment))


def note_seen(session_id: uuid.UUID, moment: datetime) -> None:
    db.session.execute(update(SignIn).where(SignIn.id == session_id).values(last_seen_at=moment))
