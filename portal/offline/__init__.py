"""Work without signal: the day that a phone keeps, what a phone asks before it sends, and what waits for a decision.

Offline is not a second system: the phone keeps a form and posts it later to the form's own address, once
(`portal.receipts`). What must always hold: nothing that a person was told is saved is lost, and nothing takes effect
twice.
"""

from flask import Flask

from portal.offline import views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.register_blueprint(views.device)
