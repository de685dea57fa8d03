"""Files of customers and units: the whole history on one page, papers, and entries that were the same; lists with
saved views, and what is done to many rows at once.

Always true: nothing that happened leaves a file. A unit that moves takes its history along, a merged entry leads to
the one that stays, a removed paper stays as a marked row, and every change is written down with before and after.
"""

from flask import Flask

from portal.calls.words import CUSTOMER_KINDS
from portal.records import looks, savedviews, views, words
from portal.records.rules import read_back
from portal.reports.words import SIGNER_ROLES


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        listing_of=savedviews.shown,
        look_of=looks.look_of,
        record_word=words.word,
        record_words=words,
        customer_kind_word=lambda kind: words.word(CUSTOMER_KINDS, kind),
        signer_role_word=lambda role: words.word(SIGNER_ROLES, role),
        read_back=read_back,
    )
    app.before_request(savedviews.open_with_view)
    app.register_blueprint(views.bp)
