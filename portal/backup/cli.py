"""`flask backup FILE` and `flask restore FILE`: for operators."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import psycopg
from flask import Flask, current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from portal import epoch
from portal.backup import archive, operations
from portal.db import db
from portal.errors import StoreAway
from portal.signing import checks as seals
from portal.stock import checks as ledger

MOST_SHOWN = 20
HALF = "\nThis place is half restored and is not served. Empty its database and its files before you restore again."


def init_app(app: Flask) -> None:
    app.cli.add_command(backup_command)
    app.cli.add_command(restore_command)
    app.extensions["backup"] = make_backup  # `db upgrade` takes one first


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@with_appcontext
def backup_command(file: Path) -> None:
    """Writes the whole instance to FILE while the portal runs. FILE holds SECRETS AND PERSONAL DATA."""
    make_backup(file)


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@with_appcontext
def restore_command(file: Path) -> None:
    """Puts the whole instance of FILE into an empty place and checks it. Stop the portal there first."""
    began = time.monotonic()
    try:
        with refusals(file):
            manifest, begun = operations.restore(file, click.echo)
    except click.ClickException as refusal:
        if epoch.is_half_restored(current_app.config["INSTANCE"]):
            raise click.ClickException(refusal.message + HALF) from None
        raise
    click.echo(
        f"Restored the backup of {manifest.made_at} ({sum(manifest.rows.values())} rows, {manifest.files} files) "
        f"in {time.monotonic() - began:.1f} s. This is epoch {begun.number}; everybody signs in again."
    )
    if begun.known_n:
        click.echo(
            f"This place knew of sealed documents up to #{begun.known_n}; the backup ends at #{manifest.chain_n}. "
            "What was sealed in between is not here any more."
        )
    say_missing(manifest.missing)
    broken = [f"ledger: {problem}" for problem in ledger.audit().problems]
    broken += [f"seals: {problem.number} (#{problem.n}): {problem.why}" for problem in seals.audit()]
    for line in broken[:MOST_SHOWN]:
        click.echo(f"BROKEN  {line}", err=True)
    if broken:
        raise click.ClickException(f"The backup is restored as it was, and {len(broken)} checks do not hold in it.")
    click.echo("ledger check and signing check hold. Start the portal, the workers too, to go on.")


def make_backup(file: Path) -> None:
    """As the command, for whoever needs one before something else."""
    began = time.monotonic()
    epoch.ensure_whole(current_app.config["INSTANCE"])
    with refusals(file):
        manifest = operations.back_up(file)
    size = file.stat().st_size / 1_000_000
    click.echo(
        f"Backed up to {file} in {time.monotonic() - began:.1f} s: {sum(manifest.rows.values())} rows, "
        f"{manifest.files} files, {size:.1f} MB, read again and found right. SHA-256 {sha256_of(file)}"
    )
    click.echo("It holds SECRETS AND PERSONAL DATA: keep it encrypted, apart from the portal, readable by few.")
    say_missing(operations.lost(manifest))


def say_missing(digests: list[str]) -> None:
    for digest in digests[:MOST_SHOWN]:
        click.echo(f"LOST  the store has no file {digest}", err=True)
    if digests:
        click.echo(f"{len(digests)} files that rows name are lost; everything else is in the backup.", err=True)


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def refusals(file: Path) -> Iterator[None]:
    """What can go wrong, in words that say what to do."""
    try:
        yield
    except FileExistsError as error:
        raise click.ClickException(
            f"{error.filename or error} is there already, and a backup overwrites nothing. Name another file."
        ) from None
    except archive.Damaged as error:
        raise click.ClickException(f"{file} is not a whole backup: {error}.") from None
    except operations.NotHere as error:
        raise click.ClickException(str(error)) from None
    except StoreAway as error:
        raise click.ClickException(f"The file store does not answer ({error}).") from None
    except (SQLAlchemyError, psycopg.Error) as error:  # a value that the other database does not take, say
        words = str(getattr(error, "orig", error)).splitlines()[0]  # what follows may show the row
        raise click.ClickException(f"The database refuses: {words}") from None
    except OSError as error:
        raise click.ClickException(f"{error.filename or file}: {error.strerror or error}.") from None
    finally:
        db.session.rollback()
