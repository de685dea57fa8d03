"""On SQLite writers of one process go in the order in which they came; a crowd of them leaves nobody waiting."""

import threading
import time
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal import turns
from portal.db import db

pytestmark = pytest.mark.engine("sqlite")
BUSY = "UPDATE branch SET hotline = hotline"


def test_a_writer_that_waits_goes_before_those_who_come_back_for_more(app: Flask) -> None:
    engine, order = db.engine, []
    queue = engine_turns()

    def once() -> None:
        with engine.begin() as connection:
            connection.execute(text(BUSY))
            order.append("who waited")

    with engine.begin() as first:
        first.execute(text(BUSY))
        thread = threading.Thread(target=once)
        thread.start()
        while len(queue) < 2:
            time.sleep(0.001)
    for _again in range(20):  # at once, as a server's threads do with entries of a crowd
        with engine.begin() as greedy:
            greedy.execute(text(BUSY))
            order.append("again")
    thread.join()
    assert order[0] == "who waited"


def engine_turns() -> Any:
    with db.engine.connect() as connection:
        return connection.connection.driver_connection.turns.queue  # type: ignore[union-attr]


def test_a_refused_and_a_broken_transaction_give_their_turn_back(app: Flask) -> None:
    queue = engine_turns()
    with pytest.raises(OperationalError), db.engine.begin() as connection:
        connection.execute(text("UPDATE no_such_table SET x = 1"))
    assert not queue
    connection = db.engine.connect()
    connection.execute(text(BUSY))
    assert len(queue) == 1
    connection.invalidate()
    connection.close()
    assert not queue


def test_whoever_waits_too_long_is_told_by_sqlite_and_leaves_the_queue(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LONGEST", 0.05)
    with db.engine.begin() as first, db.engine.connect() as second:
        first.execute(text(BUSY))
        queue = engine_turns_of(first)
        second.connection.driver_connection.execute("PRAGMA busy_timeout=50")  # type: ignore[union-attr]
        with pytest.raises(OperationalError, match="locked"):
            second.execute(text(BUSY))
        assert len(queue) == 1
    assert not queue


def engine_turns_of(connection: Any) -> Any:
    return connection.connection.driver_connection.turns.queue
