"""The migrated schema is the models' schema, on both databases; an unknown newer one and a step back are refused."""

import contextvars
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from flask import Flask
from sqlalchemy import text

from portal import cli, create_app, schema, server
from portal.calls import operations as calls
from portal.customers import operations as customers
from portal.db import Model, db
from portal.migrations.unmodelled import is_modelled
from portal.records.operations.merging import merge
from portal.search.rules import OWNER
from portal.worker import Worker
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


@pytest.mark.parametrize(("version", "words"), [("9999", "newer version"), ("0003", "db upgrade")])
def test_neither_server_nor_worker_starts_on_a_schema_that_is_not_its_own(
    app: Flask, monkeypatch: pytest.MonkeyPatch, version: str, words: str
) -> None:
    db.session.execute(text("UPDATE alembic_version SET version_num = :it"), {"it": version})
    db.session.commit()
    worked = app.test_cli_runner().invoke(args=["work", "--once"])
    assert worked.exit_code == 1 and version in worked.output and words in worked.output
    monkeypatch.setattr(server, "create_app", lambda: app)
    monkeypatch.setattr(server, "serve", lambda *_args, **_more: pytest.fail("it serves"))
    with pytest.raises(SystemExit) as ended:
        contextvars.Context().run(server.main)
    assert version in str(ended.value) and words in str(ended.value)


def test_the_schema_of_this_code_is_known_without_asking_alembic(app: Flask) -> None:
    assert schema.newest() == cli.newest_revision() == schema.present()


@pytest.mark.engine("sqlite")
def test_a_place_where_nothing_was_migrated_is_not_served(app: Flask, tmp_path: Path) -> None:
    fresh = create_app(settings(f"sqlite:///{tmp_path / 'new.sqlite'}", tmp_path))
    with fresh.app_context(), pytest.raises(SystemExit, match="db upgrade"):
        schema.ensure_current()
    with fresh.app_context():
        db.engine.dispose()


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


def test_entries_of_an_older_search_come_right_by_a_job(app: Flask, world: Any) -> None:
    """The older search knew neither who goes along nor what a merged entry was called."""
    calls.add_member(world.visit("zhang"), world.person("li"), person=world.person("sun"))
    kept, zhao = world.equipment("DF2401-0003"), world.person("zhao")
    merge(customers.add_equipment(kept.site, kept.product, "MRG0001"), kept, "twice", person=zhao)
    merge(customers.add_customer("Formerly"), kept.site.customer, "twice", person=zhao)
    db.session.commit()
    for token in (OWNER + world.person("li").id.hex, "mrg0001", "formerly"):
        db.session.execute(text(f"UPDATE search_entry SET tokens = replace(tokens, ' {token} ', ' ')"))
    db.session.execute(text("UPDATE alembic_version SET version_num = '0021'"))
    db.session.commit()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["search", "check"]).exit_code == 1
    db.session.rollback()  # what only read here would hold up the upgrade
    upgraded = runner.invoke(args=["db", "upgrade"])
    assert upgraded.exit_code == 0, upgraded.output
    db.session.rollback()
    Worker(app).drain()
    assert "Everything agrees" in runner.invoke(args=["search", "check"]).output
