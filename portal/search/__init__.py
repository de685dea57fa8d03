"""One box for everything: customers with their sites, units, visits, reports, calls, parts and people.

Always true: an entry of the index says what its record says, because it is written in the transaction that changes the
record; and whoever searches finds, counts and opens only what they may see.

Words are taken apart by our own Python (`folding`, `rules`), the same for both databases, and stored as one line of
tokens. The database only finds tokens: FTS5 on SQLite, a GIN index on PostgreSQL, both made by the migration, so that
the same question has the same answer in the same order on both.
"""

from flask import Flask

from portal import finding
from portal.search import cli, filtering, indexing, links, views, words


def init_app(app: Flask) -> None:
    indexing.watch()
    finding.provide(app, filtering.Finder())
    app.jinja_env.globals.update(kind_words=words.KIND_WORDS, kind_icons=words.ICONS, search_link=links.address_of)
    app.register_blueprint(views.bp)
    app.cli.add_command(cli.search)
