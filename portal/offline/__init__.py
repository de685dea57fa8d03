"""Work without signal: the day that a phone keeps, what a phone asks before it sends, and what waits for a decision.

Offline is not a second system: the phone keeps a form and posts it later to the form's own address, once
(`portal.receipts`). What must always hold: nothing that a person was told is saved is lost, and nothing takes effect
twice.

The phone's half is `static/js/outbox.js`, on every page of a person who is signed in: it catches each form that may
wait, stores it, sends it in order and believes nothing but proof. Sealing, drafts, the bar, rows of what waits and the
page at `/offline/outbox`, and long files in pieces (`portal.pieces`) are modules beside it, loaded where they are
needed. `tests/offline/node` tries it without a browser, `tests/browser/test_outbox.py` with one.
"""

from datetime import datetime

from flask import Flask

from portal.clock import now
from portal.navigation import waiting
from portal.offline import (
    cli,
    listening,
    rescuing,  # noqa: F401  adds its command to the others
    rules,
    views,
)
from portal.offline.payload import shortly
from portal.offline.targets import kind_word
from portal.offline.words import DECIDED, RESCUED


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        held_open=waiting,
        held_short=shortly,
        held_word=kind_word,
        decided_word=lambda kind: DECIDED[kind][0],
        decided_kind=lambda kind: DECIDED[kind][1],
        rescued_word=lambda state: RESCUED[state],
    )
    app.register_blueprint(views.bp)
    app.register_blueprint(views.device)
    app.register_blueprint(views.inbox.bp)
    app.cli.add_command(cli.offline)
    listening.init_app(app)
    app.jinja_env.globals["waiting_kind"] = waiting_kind


def waiting_kind(since: datetime | None) -> str:
    """How urgent unsent work is that waits since then, as pages colour it: "", "warn" or "bad"."""
    return rules.urgency(since, now())
