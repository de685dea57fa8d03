"""`flask demo …`: the demonstration company, for trying the portal out."""

from contextlib import nullcontext
from functools import partial

import click
from flask import Flask
from flask.cli import AppGroup

from portal.db import transaction
from portal.demo.cast import PASSWORD, PIN
from portal.demo.company import is_empty, load, move_to_today
from portal.demo.past import Past, straight_into_the_file, write_past

demo = AppGroup("demo", help="The demonstration company.")


def init_app(app: Flask) -> None:
    app.cli.add_command(demo)


@demo.command("load")
@click.option("--visits", type=click.IntRange(0), default=0, help="So many visits of the past three years beside it.")
@click.option(
    "--movements",
    type=click.IntRange(0),
    default=0,
    help="So many movements of stock with them, or as many as the visits need.",
)
@click.option("--seed", type=int, default=1, help="The same seed makes the same past.")
def load_command(visits: int, movements: int, seed: int) -> None:
    """Loads the demonstration company into an empty database."""
    past = Past(visits, movements, seed)
    with straight_into_the_file() if visits or movements else nullcontext(), transaction():
        if not is_empty():
            raise click.ClickException("There are accounts already. The demonstration goes into an empty database.")
        cast = load(before=partial(write_past, past, say=click.echo) if visits or movements else None)
    click.echo(f"Loaded. Accounts: {', '.join(cast.people)}; password of all: {PASSWORD}, PIN: {PIN}.")


@demo.command("today")
def today_command() -> None:
    """Moves the open visits of the demonstration company to today."""
    with transaction():
        moved = move_to_today()
    click.echo(f"Moved {moved} open visits.")
