"""`flask signing …`: for operators."""

import click
from flask.cli import AppGroup

from portal.epoch import restores
from portal.signing import checks, head
from portal.signing.operations import last_place

signing = AppGroup("signing", help="Sealed documents.")
MOST_SHOWN = 50


@signing.command("check")
def check_command() -> None:
    """Compares every sealed document, and all that belongs to it, with its seal. Exit 1 when something was changed."""
    found = checks.audit()
    for problem in found[:MOST_SHOWN]:
        click.echo(f"BROKEN  {problem.number} (#{problem.n}): {problem.why}", err=True)
    if found:
        raise click.ClickException(f"{len(found)} seals do not hold.")
    last = last_place()
    if last.n:
        head.confirm(last)
    click.echo(f"{checks.count()} sealed documents; the chain's head is #{last.n} {last.link[:16]}.")
    for one in restores():
        click.echo(
            f"Restored on {one.restored_at:%Y-%m-%d %H:%M} UTC from a backup of {one.backup_at:%Y-%m-%d %H:%M} UTC, "
            f"whose chain ended at #{one.chain_n}. Later heads of before that day belong to what it lost."
        )
    click.echo("Everything stands as it was sealed.")
