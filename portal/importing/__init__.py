"""Importing: spreadsheets of customers, equipment, products, parts and tools come in, row by row.

Its nouns: an Import (one file with its columns, how far it came and what became of its rows), its RefusedRows with
reasons, and the OutsideNumber under which another system knows a customer.

What must always hold: a row takes effect once or is named with its reason; good rows are never lost for the sake of bad
ones; the same file a second time changes nothing. A chunk of rows and the place it reaches are one short transaction,
so that whatever dies, the next worker goes on where the rows are.
"""

from flask import Flask

from portal.customers.models import Customer
from portal.importing import cli, views, words, work
from portal.importing.forms import import_address
from portal.importing.models import OutsideNumber
from portal.records.operations.merging import moves_too

__all__ = ["init_app", "work"]


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(reason_words=words.reason, import_address=import_address)
    moves_too(Customer, OutsideNumber.customer_id)
    app.register_blueprint(views.bp)
    app.cli.add_command(cli.import_command)
