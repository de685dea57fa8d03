"""Sealed documents: what was signed, frozen as canonical JSON, and chained so that a later edit is found.

Nouns: *document* (two texts, content and evidence, under one salt), *link* (keyed, over everything in the row and the
link before), *head* (the newest link, kept apart from the database), *erasure* (the one change that the law may ask
for: texts and salt are emptied, digests and link stay, and a later document of the chain says so).

Always true: a sealed row is never changed or removed (the database refuses it, but for an erasure); its link depends
on the row before it, on every column of its own and on a key that the database does not hold; the last row cannot
vanish unseen, because the head is kept apart.
"""

from flask import Flask

from portal.signing import cli, letters


def init_app(app: Flask) -> None:
    app.cli.add_command(cli.signing)
    letters.init_app(app)
