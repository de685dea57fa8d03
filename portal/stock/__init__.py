"""Stock: items, locations, movements between them, balances, and what it all is worth.

A movement is one row with two ends, so the ledger balances by construction; it is never changed, a wrong one is
reversed. What must always hold: every balance and every valuation is what its movements make it (`ledger check`).
"""

from flask import Flask

from portal.stock import cli, views, words
from portal.stock.tools import checks as _tool_checks  # noqa: F401  registers what tools promise the ledger


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(
        kind_word=words.kind_word, unit_word=words.unit_word, paper_address=views.paper_address
    )
    app.register_blueprint(views.bp)
    app.cli.add_command(cli.ledger)
