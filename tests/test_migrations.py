"""The migrated schema is the models' schema, on both databases; an unknown newer one is refused; a copy is kept."""

import contextvars
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from sqlalchemy import text

from portal import cli, create_app
from portal.db import Model, db
from portal.migrations.unmodelled import is_modelled
from tests.databases import settings


def test_the_models_are_what_the_migrations_make(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": is_modelled})
        found = compare_metadata(context, Model.metadata)
    assert not found


def test_a_database_newer_than_the_code_is_refused(app: Flask) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 1
    assert "9999" in result.output


def test_a_second_upgrade_changes_nothing(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0
    assert "up to date" in result.output


@pytest.mark.engine("sqlite")
def test_an_upgrade_keeps_a_copy_of_the_sqlite_file_first(app: Flask) -> None:
    with app.app_context():
        copy = cli.copy_sqlite()
    assert copy is not None
    kept = create_app(settings(f"sqlite:///{copy}", copy.parent))
    with kept.app_context():
        assert db.session.execute(text("SELECT count(*) FROM person")).scalar_one() > 0
        db.session.remove()
        db.engine.dispose()


@pytest.mark.engine("sqlite")
def test_an_empty_database_is_migrated_by_the_command(app: Flask, tmp_path: Path) -> None:
    fresh = create_app(settings(f"sqlite:///{tmp_path / 'new.sqlite'}", tmp_path))
    runner = fresh.test_cli_runner()
    result = contextvars.Context().run(runner.invoke, args=["db", "upgrade"])
    assert result.exit_code == 0, result.output
    with fresh.app_context():
        assert cli.current_revision() == ScriptDirectory.from_config(cli.alembic_config()).get_current_head()
        db.engine.dispose()
