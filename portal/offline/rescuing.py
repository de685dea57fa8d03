"""`flask offline load-rescue`: for operators, where nobody can sign in to load the file."""

from pathlib import Path

import click

from portal.db import transaction
from portal.errors import Rejected
from portal.offline import rescue as rescues
from portal.offline.cli import offline


@offline.command("load-rescue")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def load_rescue_command(file: Path) -> None:
    """Loads the rescue file of a phone: its entries wait in the inbox. Exit 1 when one of them is damaged."""
    try:
        with transaction():
            loaded = rescues.load(file.read_bytes(), person=None)
    except Rejected as refusal:
        raise click.ClickException(str(refusal)) from None
    damaged = 0
    for number, entry_id, label, state, why in loaded.results:
        damaged += state == rescues.DAMAGED
        click.echo("  ".join(part for part in (f"{number:>3}", f"{state:<7}", entry_id, label, why) if part))
    if damaged:
        raise click.ClickException(f"{damaged} of {len(loaded.results)} entries are damaged.")
