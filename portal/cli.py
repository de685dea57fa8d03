"""`flask db …`: the database's schema, forward only, on SQLite and PostgreSQL, each step after a whole backup.

Alembic is imported where it is used: no server and hardly a command needs it, and each would wait for it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import Connection

from portal.db import db
from portal.epoch import ensure_whole

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
database = AppGroup("db", help="The database's schema.")


def init_app(app: Flask) -> None:
    app.cli.add_command(database)


@database.command("upgrade")
@click.option("--backup", type=click.Path(path_type=Path, dir_okay=False), help="Where the backup before it goes.")
def upgrade_command(backup: Path | None) -> None:
    """Migrates to the newest schema, after a whole backup. A database newer than the code is refused."""
    ensure_whole(current_app.config["INSTANCE"])
    present, newest = current_revision(), newest_revision()
    if present and present not in known_revisions():
        raise click.ClickException(
            f"The database is at {present}, which this version of the portal does not know. Use the newer version."
        )
    if present == newest:
        click.echo(f"The database is up to date ({present}).")
        return
    if present:
        click.echo("Before the migration:")
        current_app.extensions["backup"](backup or place_for_backup(present))
    upgrade()
    click.echo(f"The database is now at {newest}.")


@database.command("downgrade", context_settings={"ignore_unknown_options": True})
@click.argument("revision", nargs=-1)
def downgrade_command(revision: tuple[str, ...]) -> None:
    """Refused: schemas go forward only."""
    raise click.ClickException(
        "The database goes forward only: a step back would lose what the newer schema holds. To go back, restore the\n"
        "backup that was taken before the upgrade into an empty place, with the older version of the portal."
    )


@database.command("revision")
@click.argument("message")
def revision_command(message: str) -> None:
    """Writes a new migration from what differs between models and database (for developers)."""
    from alembic import command

    with db.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True)


def alembic_config() -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(connection: Connection | None = None, target: str = "head") -> None:
    """Brings the app's database to `target` in one transaction: the caller's, or one of its own."""
    if connection is None:
        with db.engine.begin() as own:
            return upgrade(own, target)
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    return command.upgrade(config, target)


def current_revision() -> str | None:
    with db.engine.connect() as connection:
        return revision_of(connection)


def revision_of(connection: Connection) -> str | None:
    from alembic.runtime.migration import MigrationContext

    return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    return scripts().get_current_head()


def known_revisions() -> set[str]:
    return {script.revision for script in scripts().walk_revisions()}


def scripts() -> "ScriptDirectory":
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(alembic_config())


def place_for_backup(revision: str) -> Path:
    folder: Path = current_app.config["INSTANCE"]
    return folder / f"before-upgrade-from-{revision}-{datetime.now(UTC):%Y%m%d-%H%M%S}.backup"
