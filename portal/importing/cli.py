"""`flask import KIND FILE`: the import in the foreground, for large first loads and scripts."""

import hashlib
import sys
import uuid
from pathlib import Path

import click
from flask.cli import with_appcontext

from portal.db import db, transaction
from portal.errors import Rejected
from portal.i18n import speaking
from portal.importing import operations, running, words
from portal.importing.kinds import KINDS
from portal.importing.models import UNREADABLE, Import, refused_rows

SOME_REFUSED = 3  # the exit status; 1 and 2 are click's own


@click.command("import")
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Goes through all rows and changes nothing.")
@with_appcontext
def import_command(kind: str, file: Path, dry_run: bool) -> None:
    """Brings in a CSV or XLSX file. Names each row that cannot be taken, with the reason; the others come in.

    Exit status: 0 when every row was taken, 1 when the file could not be, 2 for a mistake in the command, 3 when rows
    were refused and the others are in. A trial ends as the import would.
    """
    with speaking("en"):
        try:
            run_id, total = begun(kind, file, dry_run)
            running.go_on(run_id, told=lambda done, refused: progress(done, refused, total))
        except (Rejected, running.Overtaken) as refusal:
            words_of = str(refusal) or "Another process has taken this import over."
            raise click.ClickException(words_of) from None
        refused = report(run_id)
    if refused:
        sys.exit(SOME_REFUSED)


def begun(kind: str, file: Path, dry_run: bool) -> tuple[uuid.UUID, int]:
    """A new import of the file, or the one that was broken off: its id and how many rows it has. No row is handed out:
    whoever looks at one between two chunks would hold up all writers."""
    content = file.read_bytes()
    with transaction():
        run = operations.unfinished(kind, hashlib.sha256(content).hexdigest(), trial=dry_run)
        if run is not None:
            click.echo(f"Going on behind row {run.place}, where it was broken off.", err=True)
            return run.id, run.total
        run = operations.send_file(kind, file.name, content, person=None)
    running.look(run.id)
    with transaction():
        if run.state == UNREADABLE:
            raise Rejected(run.why)
        name_columns(run)
        operations.run_import(run, trial=dry_run)
        return run.id, run.total


def name_columns(run: Import) -> None:
    kind = KINDS[run.kind]
    for heading, field in zip(run.headings, run.mapping, strict=True):
        column = kind.column(field)
        click.echo(f"  {heading or '(no heading)'}: {column.words if column else 'left out'}", err=True)


def progress(done: int, refused: int, total: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total}, {refused} refused", nl=False, err=True)


def report(import_id: uuid.UUID) -> int:
    """Names the refused rows and counts all. How many were refused."""
    run = db.session.get_one(Import, import_id, populate_existing=True)
    if sys.stderr.isatty():
        click.echo(err=True)
    for row in refused_rows(run):
        click.echo(f"row {row.number}: {words.reasons(KINDS[run.kind], row.reasons)}")
    tried = "Would be: " if run.trial else ""
    click.echo(
        f"{tried}{run.new_rows} new, {run.changed_rows} changed, {run.same_rows} the same, {run.refused_rows} refused."
    )
    return run.refused_rows
