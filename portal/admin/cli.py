"""`flask setup …`: for whoever owns the server."""

import click
from flask.cli import AppGroup

from portal.accounts.operations import is_nobody_here
from portal.admin.operations import setup_code

setup = AppGroup("setup", help="The first set-up of an empty portal.")


@setup.command("code")
def code_command() -> None:
    """Prints the code that the set-up page asks for. It is worth nothing once the portal has people."""
    if not is_nobody_here():
        raise click.ClickException("The portal has people already. An administrator adds more.")
    click.echo(setup_code())
