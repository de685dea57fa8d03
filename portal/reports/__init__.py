"""The service report 售后服务报告单: hand-over to the customer, survey, signature, sealed paper, review.

Always true: what the customer signed is what the customer read, sealed word for word; a change is a new revision
that is signed again; survey answers are never shown to a technician; nobody reviews their own work.
"""

from flask import Flask

from portal.reports import words


def init_app(app: Flask) -> None:
    from portal.reports import checks  # noqa: F401  registers what `signing check` compares
    from portal.reports.views import blueprints

    app.jinja_env.globals.update(
        check_tag=words.check_tag, check_kind=words.check_kind, check_passed=words.check_passed
    )
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
