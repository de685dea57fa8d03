"""Branches, people with their roles, and their sessions.

Always true: a session is a row on the server, its cookie holds only a random token, and ending the row ends it.
Passwords and PINs are kept as argon2id hashes; wrong ones are counted even when everything else is rolled back.
"""

from flask import Flask

from portal.accounts import cli, models, sessions, views


def init_app(app: Flask) -> None:
    sessions.init_app(app)
    app.jinja_env.globals["role_names"] = models.role_names
    app.register_blueprint(views.bp)
    app.cli.add_command(cli.people)
