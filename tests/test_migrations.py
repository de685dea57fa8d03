"""The migrated schema is the models' schema, on both databases; an unknown newer one and a step back are refused."""

import contextvars
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
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


def test_a_step_back_is_refused_and_says_how_to_go_back(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["db", "downgrade", "-1"])
    assert result.exit_code == 1
    assert "restore" in result.output
    with app.app_context():
        assert cli.current_revision() == cli.newest_revision()


def test_a_second_upgrade_changes_nothing(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["db", "upgrade"])
    assert result.exit_code == 0
    assert "up to date" in result.output


@pytest.mark.engine("sqlite")
def test_an_empty_database_is_migrated_by_the_command(app: Flask, tmp_path: Path) -> None:
    fresh = create_app(settings(f"sqlite:///{tmp_path / 'new.sqlite'}", tmp_path))
    runner = fresh.test_cli_runner()
    result = contextvars.Context().run(runner.invoke, args=["db", "upgrade"])
    assert result.exit_code == 0, result.output
    with fresh.app_context():
        assert cli.current_revision() == cli.newest_revision()
        db.engine.dispose()
