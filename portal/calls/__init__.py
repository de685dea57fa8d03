"""Calls (the register of 叫修), and the visits that are planned for them.

Always true: a visit's state changes only along the table in `rules`; whoever was sent, and whoever sent them, stays
on record when the plan changes.
"""

from flask import Flask

from portal.calls import views, words


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        state_word=words.state_word,
        state_kind=words.state_kind,
        class_word=words.class_word,
        priority_word=words.priority_word,
        work_type_word=words.work_type_word,
        channel_word=words.channel_word,
    )
    app.register_blueprint(views.bp)
