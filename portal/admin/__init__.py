"""The office's own house: the first set-up, company and branches, settings, people, who may do what, code lists,
sessions, and the history.

Always true: the matrix of permissions is drawn from the one table that decides; what was decided, corrected or ended
here stands in the history with who did it, and nothing that was sealed changes by it.
"""

from flask import Flask

from portal.admin import cli, views


def init_app(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.cli.add_command(cli.setup)
