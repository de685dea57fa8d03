"""Stock: items, locations, movements between them, balances, and what it all is worth.

A movement is one row with two ends, so the ledger balances by construction; it is never changed, a wrong one is
reversed. What must always hold: every balance and every valuation is what its movements make it (`ledger check`).
"""

from flask import Flask

from portal.stock import cli, views, words


def init_app(app: Flask) -> None:
    from portal.stock.tools import checks  # noqa: F401  registers what tools promise the ledger
    from portal.stock.tools import views as tool_views
    from portal.stock.tools import words as tool_words

    app.jinja_env.globals.update(
        kind_word=words.kind_word, unit_word=words.unit_word, paper_address=views.paper_address, tool_words=tool_words
    )
    app.register_blueprint(views.bp)
    app.register_blueprint(tool_views.bp)
    app.cli.add_command(cli.ledger)
