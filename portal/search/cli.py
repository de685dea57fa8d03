"""`flask search …`: for operators."""

import click
from flask.cli import AppGroup
from sqlalchemy import func, select

from portal.db import db
from portal.search.documents import documents, every_id
from portal.search.models import SearchEntry
from portal.search.operations import chunks, difference
from portal.search.rebuilding import rebuild
from portal.search.rules import KINDS

search = AppGroup("search", help="The index of the search box.")


@search.command("rebuild")
@click.option("--if-empty", is_flag=True, help="Only when the index has no entry at all.")
def rebuild_command(if_empty: bool) -> None:
    """Brings the whole index up to date, a few thousand records at a time; people may go on working and searching."""
    if if_empty and db.session.scalar(select(SearchEntry.n).limit(1)) is not None:
        click.echo("The index is there.")
        return
    rebuild(click.echo)


@search.command("check")
def check_command() -> None:
    """Compares each entry with its record. Exit 1 when one differs, is missing or is left over."""
    wrong = 0
    for kind in KINDS:
        ids = every_id(kind)
        entries = db.session.scalar(select(func.count()).select_from(SearchEntry).where(SearchEntry.kind == kind)) or 0
        missing = changed = 0
        for chunk in chunks(ids):
            found = difference(kind, chunk, documents(kind, chunk))
            missing, changed = missing + len(found.missing), changed + len(found.changed)
        left_over = entries + missing - len(ids)
        wrong += missing + changed + left_over
        click.echo(f"{kind:<9}{entries:>8} entries; missing {missing}, changed {changed}, left over {left_over}.")
    if wrong:
        raise click.ClickException(f"{wrong} entries are not what their records say. Run: flask search rebuild")
    click.echo("Everything agrees.")
