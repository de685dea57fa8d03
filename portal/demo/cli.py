"""`flask demo …`: the demonstration company, for trying the portal out."""

import click
from flask import Flask
from flask.cli import AppGroup

from portal.db import transaction
from portal.demo.cast import PASSWORD, PIN
from portal.demo.company import is_empty, load, move_to_today

demo = AppGroup("demo", help="The demonstration company.")


def init_app(app: Flask) -> None:
    app.cli.add_command(demo)


@demo.command("load")
def load_command() -> None:
    """Loads the demonstration company into an empty database."""
    with transaction():
        if not is_empty():
            raise click.ClickException("There are accounts already. The demonstration goes into an empty database.")
        cast = load()
    click.echo(f"Loaded. Accounts: {', '.join(cast.people)}; password of all: {PASSWORD}, PIN: {PIN}.")


@demo.command("today")
def today_command() -> None:
    """Moves the open visits of the demonstration company to today."""
    with transaction():
        moved = move_to_today()
    click.echo(f"Moved {moved} open visits.")
