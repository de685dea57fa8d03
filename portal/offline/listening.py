"""Listens to the header `X-Outbox-Waiting: n;oldest;person`, which a phone sends with each request of its outbox.

It costs a request nothing but a look at the session's row, which is there already. Only a change is written, at most
once a minute and session, after the answer: whoever works on is not slowed down by being listened to. That nothing
waits any more is written at once, because such a phone may say no more for hours.
"""

import uuid
from datetime import timedelta

from flask import Flask, Response, g, request
from flask_login import current_user

from portal import db as database
from portal.clock import now
from portal.offline import operations
from portal.offline.rules import Outbox, read_waiting

HEADER = "X-Outbox-Waiting"
STEP = timedelta(seconds=60)


def init_app(app: Flask) -> None:
    app.after_request(listen)


def listen(response: Response) -> Response:
    said = read_waiting(request.headers.get(HEADER, ""))
    if said is None or request.endpoint == "static" or response.status_code >= 500 or not current_user.is_authenticated:
        return response
    if said.person not in ("", str(current_user.id)):
        return response  # a tab of whoever was here before: what waits there is not this person's
    row, moment = g.sign_in, now()
    changed = row.waiting_said_at is None or (said.count, said.oldest) != (row.waiting_count, row.waiting_since)
    if changed and (not said.count or row.waiting_said_at is None or moment - row.waiting_said_at >= STEP):
        note_afterwards(row.id, said)
    return response


def note_afterwards(session_id: uuid.UUID, said: Outbox) -> None:
    moment = now()
    database.afterwards(lambda: operations.note_count(session_id, said, moment))
