"""`flask db …`: the database's schema, forward only, on SQLite and PostgreSQL."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import click
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.db import db

MIGRATIONS = Path(__file__).parent / "migrations"
database = AppGroup("db", help="The database's schema.")


def init_app(app: Flask) -> None:
    app.cli.add_command(database)


@database.command("upgrade")
def upgrade_command() -> None:
    """Migrates to the newest schema. The SQLite file is copied first; a database newer than the code is refused."""
    config = alembic_config()
    present = current_revision()
    script = ScriptDirectory.from_config(config)
    if present and present not in {revision.revision for revision in script.walk_revisions()}:
        raise click.ClickException(
            f"The database is at {present}, which this version of the portal does not know. Use the newer version."
        )
    if present == script.get_current_head():
        click.echo(f"The database is up to date ({present}).")
        return
    if present:
        click.echo(f"Kept a copy: {copy_sqlite() or 'none (make one with pg_dump before you migrate)'}")
    upgrade(config)
    click.echo(f"The database is now at {script.get_current_head()}.")


@database.command("revision")
@click.argument("message")
def revision_command(message: str) -> None:
    """Writes a new migration from what differs between models and database (for developers)."""
    with db.engine.connect() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.revision(config, message, autogenerate=True)


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(config: Config | None = None) -> None:
    """Brings the app's database to the newest schema in one transaction."""
    config = config or alembic_config()
    with db.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def current_revision() -> str | None:
    with db.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def copy_sqlite() -> Path | None:
    """A copy of the SQLite file beside it, or None on PostgreSQL."""
    if db.engine.dialect.name != "sqlite" or not db.engine.url.database:
        return None
    source = Path(db.engine.url.database)
    target = source.with_name(f"{source.stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}.before-upgrade.sqlite")
    with db.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    shutil.copy2(source, target)
    current_app.logger.info("database copied")
    return target
