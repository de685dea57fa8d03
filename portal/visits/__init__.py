"""Visits: travel and arrival, findings, parts used, time, photos, and whether the report may be signed.

Always true: what happened is appended, never changed; a part that was used has exactly one movement in the ledger;
a person has one running clock over all visits; after the customer signed, only a returned report opens rows again.

Several technicians (SR-12). One leads, the others are members; each has their own clock and state on the visit, and
the visit's state is the lead's. Members record like the lead, parts from their own van; they end their own part with
`leaving`. Only the lead ends the work, hands the phone over and answers a return.

Whose clock does `finish` stop? The lead's alone. Contract 7 lets finish "close all" and gives each technician a clock
of their own; SR-12 wants each one's own time lines, and nobody can know when a colleague really stopped. So others'
clocks go on, the hand-over waits for them (`time.running`: what is signed must be whole), and the lead may stop a
forgotten one; the entry then says who stopped it. A clock that still runs at a visit that is over ends when its owner
begins something else.

A visit that has begun may go to another lead, with a reason, until somebody has signed. Whoever leaves keeps what they
recorded, and their clock stops at that moment (`calls/leaving.py`). A member who takes over goes on from their own
state, anybody else from `assigned`. Late entries of the one who left: notes, time and photos are true facts and are
applied under their name; parts and buttons are held for a supervisor (contract 5), who may let parts stand: they come
from the van of whoever fitted them.

停止使用 (SR-09) takes effect when the diagnosis is saved, whoever signs later, and stands until a later diagnosis with
a test result, or a supervisor with a reason, clears it; leaving the tick out takes nothing back. Repeats (SR-08) are
linked when a diagnosis names its component, and looked for again at the signature.
"""

from flask import Flask

from portal.visits import words
from portal.visits.readiness import Missing, readiness

__all__ = ["Missing", "init_app", "readiness"]


def init_app(app: Flask) -> None:
    from portal.visits import (
        checks,  # noqa: F401  registers what visits promise the ledger
        habits,
        kept,
        letters,  # noqa: F401  registers jobs
    )
    from portal.visits.views import bp

    habits.init_app(app)

    app.jinja_env.globals.update(
        outcome_word=lambda value: words.word(words.OUTCOMES, value),
        old_part_word=words.old_part_word,
        quantity_word=lambda value: words.word(words.QUANTITIES, value),
        time_kind_word=lambda value: words.word(words.TIME_KINDS, value),
        cause_word=lambda value: words.word(words.CAUSES, value),
        photo_word=lambda value: words.word(words.PHOTO_LABELS, value),
        event_word=lambda value: words.word(words.EVENTS, value),
        row_word=lambda value: words.word(words.ROWS, value),
        action_bars=kept.action_bars,
        day_words=kept.day_words,
        van_words=kept.van_words,
        visit_words=kept.visit_words,
    )
    app.register_blueprint(bp)
