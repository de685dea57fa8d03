"""`flask offline …`: for operators."""

import click
from flask.cli import AppGroup

from portal import sealing

offline = AppGroup("offline", help="What phones hold while they have no signal.")


@offline.command("rotate-key")
def rotate_key_command() -> None:
    """Makes a new key that phones seal unsent work to. What was sealed to the old ones still opens."""
    key = sealing.rotate()
    click.echo(f"Phones seal to key {key.id} from their next contact on. {len(sealing.keys())} keys are kept.")
    click.echo("Take a backup now: what is sealed to a key that is lost can never be opened.")
