"""Statements that would change the past, sent straight to the database: refused there, or found by `ledger check`."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from portal.db import db
from portal.migrations import guards
from portal.stock import checks

SAME_AGAIN = "SELECT * FROM movement WHERE n = 1"
COLUMNS = (
    "id", "kind", "item_id", "quantity", "source_id", "destination_id", "unit_cost", "amount", "serial_no", "document",
    "source_url", "reason", "person_id", "occurred_at", "recorded_at", "reverses_n", "source_balance",
    "destination_balance",
)  # fmt: skip


def again(insert: str = "INSERT", **changes: str) -> str:
    """Movement 1 once more, with other values."""
    values = [{"id": ":id", "reverses_n": "NULL", **changes}.get(column, column) for column in COLUMNS]
    return f"{insert} INTO movement ({', '.join(COLUMNS)}) SELECT {', '.join(values)} FROM movement WHERE n = 1"


SWAPPED = {"kind": "'reversal'", "reverses_n": "n", "source_id": "destination_id", "destination_id": "source_id"}
REFUSED = [
    "UPDATE movement SET quantity = quantity + 1000 WHERE n = 1",
    "UPDATE movement SET reason = 'other words'",
    "UPDATE movement SET reverses_n = NULL",
    "DELETE FROM movement WHERE n = 1",
    "DELETE FROM movement",
    "UPDATE balance SET quantity = quantity + 1",
    "UPDATE balance SET quantity = 0 WHERE quantity < 0",
    "UPDATE balance SET location_id = item_id",
    "DELETE FROM balance",
    "INSERT INTO balance SELECT i.id, l.id, 5000 FROM item i, location l WHERE i.code = 'TM-KEY' AND l.kind = 'van'",
    f"INSERT INTO movement {SAME_AGAIN}",
    f"INSERT INTO movement {SAME_AGAIN} ON CONFLICT (n) DO UPDATE SET quantity = 1",
    again(),  # it states balances that are not so any more
    again(kind="'reversal'"),
    again(reverses_n="n"),
    again(**SWAPPED, quantity="quantity + 1"),
    again(**SWAPPED, amount="amount + 1"),
    again(**{**SWAPPED, "source_id": "source_id", "destination_id": "destination_id"}),
    again(quantity="0"),
    again(quantity="-1000"),
    again(amount="-5"),
    again(destination_id="source_id"),
    "DELETE FROM history",
    "UPDATE history SET verb = 'other'",
]
REFUSED_BY_SQLITE = [
    f"INSERT OR REPLACE INTO movement {SAME_AGAIN}",
    f"REPLACE INTO movement {SAME_AGAIN}",
    again("REPLACE", id="id", quantity="7000"),
    "UPDATE OR REPLACE movement SET n = 1 WHERE n = 2",
    "INSERT OR REPLACE INTO balance SELECT item_id, location_id, 7000 FROM balance",
    "REPLACE INTO history SELECT * FROM history",
    again(quantity="'abc'"),
    again(quantity="1.5"),
]
REFUSED_BY_POSTGRESQL = [
    "TRUNCATE movement CASCADE",
    "TRUNCATE balance",
    "TRUNCATE history",
    f"INSERT INTO movement {SAME_AGAIN} ON CONFLICT (id) DO UPDATE SET amount = 1",
    "MERGE INTO movement m USING (SELECT 1) s ON m.n = 1 WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM movement RETURNING 1) SELECT count(*) FROM gone",
]
FOUND = [
    "UPDATE valuation SET value = value + 1",
    "UPDATE valuation SET value = value + 1, rounding = rounding - 1",
    "UPDATE valuation SET quantity = quantity + 1000",
    "DELETE FROM valuation",
    "UPDATE location SET kind = 'customer' WHERE code = 'VAN-zhang'",
]
FOUND_ON_SQLITE = [
    "DROP TRIGGER movement_no_update; UPDATE movement SET quantity = quantity + 1000 WHERE n = 1",
    "DROP TRIGGER movement_no_delete; DELETE FROM movement WHERE n = (SELECT max(n) FROM movement)",
    "DROP TRIGGER movement_balance",
    "DROP TRIGGER balance_update_agrees; UPDATE balance SET quantity = quantity + 1",
    "DROP TRIGGER history_no_delete; CREATE TRIGGER history_no_delete BEFORE DELETE ON history BEGIN SELECT 1\\; END",
]
FOUND_ON_POSTGRESQL = [
    "ALTER TABLE movement DISABLE TRIGGER ALL; UPDATE movement SET quantity = quantity + 1000 WHERE n = 1",
    "ALTER TABLE movement DISABLE TRIGGER movement_no_change",
    "SET LOCAL session_replication_role = replica; UPDATE balance SET quantity = quantity + 1",
    "SET LOCAL session_replication_role = replica; DELETE FROM movement WHERE n = (SELECT max(n) FROM movement)",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD\\; END $$",
]


def run(statements: str) -> None:
    for statement in statements.replace("\\;", "\x01").split(";"):
        sql = text(statement.replace("\x01", ";"))
        db.session.execute(sql, {"id": "f" * 32} if ":id" in statement else {})


def sums_up() -> bool:
    return not checks.audit(more=[]).problems


@pytest.mark.engine("sqlite")
def test_sqlite_refuses_to_change_the_past(world: Any) -> None:
    refused_by_all([*REFUSED, *REFUSED_BY_SQLITE])


@pytest.mark.engine("postgresql")
def test_postgresql_refuses_to_change_the_past(world: Any) -> None:
    refused_by_all([*REFUSED, *REFUSED_BY_POSTGRESQL])


def refused_by_all(statements: list[str]) -> None:
    for attack in statements:
        with pytest.raises(IntegrityError):
            run(attack)
        db.session.rollback()
        assert sums_up(), attack


@pytest.mark.engine("sqlite")
def test_replace_is_refused_even_where_its_delete_triggers_are_off(world: Any) -> None:
    connection = db.session.connection()
    connection.exec_driver_sql("COMMIT")
    connection.exec_driver_sql("PRAGMA recursive_triggers=OFF")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    refused_by_all(REFUSED_BY_SQLITE)


def test_what_is_ignored_leaves_the_balances_alone(world: Any) -> None:
    if db.engine.dialect.name == "postgresql":
        run(f"INSERT INTO movement {SAME_AGAIN} ON CONFLICT DO NOTHING")
    else:
        with pytest.raises(IntegrityError):
            run(f"INSERT OR IGNORE INTO movement {SAME_AGAIN}")
    assert sums_up()


def test_what_an_owner_does_by_force_is_found(world: Any) -> None:
    own = FOUND_ON_SQLITE if db.engine.dialect.name == "sqlite" else FOUND_ON_POSTGRESQL
    for attack in [*FOUND, *own]:
        assert sums_up()
        run(attack)
        problems = checks.audit(more=[]).problems
        assert problems, attack
        db.session.rollback()


def test_the_command_prints_totals_and_names_what_is_broken(app: Flask, world: Any) -> None:
    db.session.commit()
    whole = app.test_cli_runner().invoke(args=["ledger", "check"])
    assert whole.exit_code == 0 and "Everything agrees" in whole.output
    run("UPDATE valuation SET value = value + 1 WHERE item_id = (SELECT id FROM item WHERE code = 'TM-KEY')")
    db.session.commit()
    broken = app.test_cli_runner().invoke(args=["ledger", "check"])
    assert broken.exit_code == 1 and "TM-KEY" in broken.output


def test_every_append_only_table_is_guarded_on_both_databases() -> None:
    for table in guards.FIRST | guards.TOOLS:
        assert {f"{table}_no_update", f"{table}_no_delete", f"{table}_no_replace"} <= guards.names("sqlite")
        assert {f"{table}_no_change", f"{table}_no_truncate"} <= guards.names("postgresql")
