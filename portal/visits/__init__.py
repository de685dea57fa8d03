"""Visits: travel and arrival, findings, parts used, time, photos, and whether the report may be signed.

Always true: what happened is appended, never changed; a part that was used has exactly one movement in the ledger;
a person has one running clock over all visits; after the customer signed, only a returned report opens rows again.
"""

from flask import Flask

from portal.visits import words
from portal.visits.readiness import Missing, readiness

__all__ = ["Missing", "init_app", "readiness"]


def init_app(app: Flask) -> None:
    from portal.visits import (
        checks,  # noqa: F401  registers what visits promise the ledger
        habits,
    )
    from portal.visits.views import bp

    habits.init_app(app)

    app.jinja_env.globals.update(
        outcome_word=lambda value: words.word(words.OUTCOMES, value),
        old_part_word=lambda value: words.word(words.OLD_PARTS, value),
        time_kind_word=lambda value: words.word(words.TIME_KINDS, value),
        cause_word=lambda value: words.word(words.CAUSES, value),
        photo_word=lambda value: words.word(words.PHOTO_LABELS, value),
        event_word=lambda value: words.word(words.EVENTS, value),
        row_word=lambda value: words.word(words.ROWS, value),
    )
    app.register_blueprint(bp)
