"""`flask ledger …`: for operators."""

from decimal import Decimal

import click
from flask.cli import AppGroup

from portal.stock import checks

ledger = AppGroup("ledger", help="The ledger of parts.")
MOST_SHOWN = 50


@ledger.command("check")
def check_command() -> None:
    """Makes balances and valuations again from the movements and compares. Exit 1 when a promise is broken."""
    found = checks.audit()
    value = sum(worth[1] for worth in found.worth.values()) / Decimal(100)
    rounding = sum(worth[2] for worth in found.worth.values()) / Decimal(100)
    click.echo(f"{found.movements} movements, {found.reversals} of them reversals; {len(found.worth)} items.")
    click.echo(f"{len(found.balances)} balances; stock worth {value:.2f}, rounding {rounding:.2f}.")
    for problem in found.problems[:MOST_SHOWN]:
        click.echo(f"BROKEN  {problem}", err=True)
    if found.problems:
        raise click.ClickException(f"{len(found.problems)} promises of the ledger are broken.")
    click.echo("Everything agrees.")
