"""Work without signal: the day that a phone keeps, what a phone asks before it sends, and what waits for a decision.

Offline is not a second system: the phone keeps a form and posts it later to the form's own address, once
(`portal.receipts`). What must always hold: nothing that a person was told is saved is lost, and nothing takes effect
twice.
"""

from datetime import datetime

from flask import Flask

from portal.clock import now
from portal.offline import cli, listening, rules, views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.cli.add_command(cli.offline)
    listening.init_app(app)
    app.jinja_env.globals["waiting_kind"] = waiting_kind


def waiting_kind(since: datetime | None) -> str:
    """How urgent unsent work is that waits since then, as pages colour it: "", "warn" or "bad"."""
    return rules.urgency(since, now())
