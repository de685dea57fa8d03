"""Model base, column types, and one transaction per request.

The transaction follows the answer's status: below 400 it is committed, else rolled back. What must survive a
refusal (failed sign-ins, last-seen) is handed to `afterwards` and runs in a short transaction of its own.
SQLite writers start with BEGIN IMMEDIATE, so that read-then-write is safe; on PostgreSQL rows are locked.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask import Flask, Response, current_app, g, has_app_context, has_request_context, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    Row,
    Uuid,
    and_,
    event,
    or_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, SessionTransaction, mapped_column, registry
from sqlalchemy.types import TypeDecorator

from portal.turns import LONGEST, InTurn, Turns

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

Json = JSON().with_variant(JSONB(), "postgresql")


class Instant(TypeDecorator[datetime]):
    """An aware UTC moment. A naive one is a bug and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs its offset")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Fixed(TypeDecorator[Decimal]):
    """A Decimal with a fixed number of places, stored as a whole number of its smallest step.

    Exact on both databases (SQLite has no decimal type), and triggers can add it up. A value with more
    places is a bug and is refused, never rounded in silence.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, places: int) -> None:
        super().__init__()
        self.places = places

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        scaled = Decimal(value).scaleb(self.places)
        if scaled != scaled.to_integral_value():
            raise ValueError(f"more than {self.places} places: {value}")
        return int(scaled)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-self.places)


Quantity = Fixed(3)
Amount = Fixed(2)
UnitCost = Fixed(6)


class Model(DeclarativeBase):
    registry = registry(  # Flask-SQLAlchemy copies this class: a ready registry survives that, a map of types does not
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={datetime: Instant, dict[str, Any]: Json, list[Any]: Json, uuid.UUID: Uuid},
    )


db = SQLAlchemy(model_class=Model)
new_id = uuid.uuid4


def behind(last: tuple[Any, Any], column: Any, key: Any, *, descending: bool = True) -> ColumnElement[bool]:
    """What follows the row with these values in the order of `column` and `key`. The first condition says nothing new:
    it is where an index begins, because with the other one alone both databases walk the list from its start."""
    value, last_key = last
    if descending:
        return and_(column <= value, or_(column < value, key < last_key))
    return and_(column >= value, or_(column > value, key > last_key))


class WithId:
    """A UUID made by whoever enters the row first: the phone, or we."""

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, default=new_id)


def init_app(app: Flask) -> None:
    app.config["SQLALCHEMY_DATABASE_URI"] = app.config["DATABASE_URL"]
    app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", engine_options(app.config["DATABASE_URL"]))
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            prepare_sqlite(db.engine)
    app.after_request(close_transaction)


def is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def engine_options(url: str) -> dict[str, Any]:
    return {"connect_args": {"factory": InTurn}} if is_sqlite(url) else {"pool_pre_ping": True}


CACHE = 8_000  # KiB of a connection: the upper pages of all indexes stay at hand where there are millions of rows


def prepare_sqlite(engine: Engine) -> None:
    """WAL, full durability, foreign keys, REPLACE that fires delete triggers (reliability 3.3), and writers in turn."""
    turns = Turns()

    @event.listens_for(engine, "connect")
    def settings(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # BEGIN is ours to send
        connection.turns = turns
        for pragma in (
            f"busy_timeout={LONGEST * 1000:.0f}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "recursive_triggers=ON",
            f"cache_size=-{CACHE}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        snapshot = connection.get_execution_options().get("snapshot")
        if snapshot or reads_only():
            connection.exec_driver_sql("BEGIN")
            return
        own = connection.connection.driver_connection
        own.wait_for_turn()
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        except BaseException:
            own.end_turn()
            raise


@contextmanager
def snapshot() -> Iterator[Connection]:
    """A connection that reads everything as it was at its first statement, while others go on writing."""
    options: dict[str, Any] = {"snapshot": True}
    if db.engine.dialect.name == "postgresql":
        options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with db.engine.connect() as connection:
        yield connection.execution_options(**options)


def read(query: Any, values: dict[str, Any] | None = None) -> list[Row[Any]]:
    """The rows of a query of columns, for pages. They come straight from the connection, in half of the time that the
    session takes to look for objects in them; so what was added and not yet flushed is not among them."""
    found: list[Any] = list(db.session.connection().execute(query, values or {}).all())
    return found


def reads_only() -> bool:
    if has_app_context() and g.get("only_reads"):
        return True
    return has_request_context() and request.method in SAFE_METHODS and not g.get("writes_afterwards")


def close_transaction(response: Response) -> Response:
    """Commits or rolls back by status, then runs what was put off until after the answer. What cannot be committed,
    because the disk is full, say, has not happened: the answer is then the one for a database that is away."""
    if response.status_code < 400:
        try:
            commit()
        except OperationalError as error:
            response = current_app.make_response(current_app.handle_user_exception(error))
    else:
        db.session.rollback()
    for task in g.pop("afterwards", []):
        g.writes_afterwards = True
        with transaction():
            task()
    g.pop("writes_afterwards", None)
    return response


def commit() -> None:
    session = db.session()
    session.expire_on_commit = not reads_only()  # what was only read stays as it is
    try:
        session.commit()
    finally:
        session.expire_on_commit = True


def once_stored(task: Callable[[], None]) -> None:
    """Runs `task` right after the running transaction is committed; a rollback, also of a savepoint, forgets it. The
    task touches files, never the database."""
    db.session.info.setdefault("once_stored", []).append(task)


@event.listens_for(db.session, "after_commit")
def run_once_stored(session: Any) -> None:
    if session.in_nested_transaction():
        return  # the end of a savepoint is no commit yet
    for task in session.info.pop("once_stored", []):
        task()


@event.listens_for(db.session, "after_soft_rollback")
def forget_once_stored(session: Any, _previous: Any) -> None:
    session.info.pop("once_stored", None)


def afterwards(task: Callable[[], None]) -> None:
    """Runs `task` in its own transaction once the request's own one is closed, whatever its outcome."""
    g.setdefault("afterwards", []).append(task)


@contextmanager
def transaction() -> Iterator[None]:
    """For commands and for `afterwards`: commit at the end, roll back on any error."""
    try:
        yield
        db.session.commit()
    except BaseException:
        db.session.rollback()
        raise


@contextmanager
def only_reading() -> Iterator[None]:
    """For a job that counts for seconds: what runs inside holds up no writer, on SQLite either. RuntimeError when
    something was written before."""
    let_go()
    g.only_reads = True
    try:
        yield
    finally:
        g.only_reads = False
        let_go()


def let_go() -> None:
    """Ends a transaction that only read, before a slow talk with another machine: on SQLite an open one would hold
    up every writer. Rows are read again when they are next used. RuntimeError when something was written, because
    that would be lost.
    """
    session = db.session()
    if session.new or session.dirty or session.deleted or session.info.get("flushed"):
        raise RuntimeError("write after the talk with the other machine, not before")
    session.rollback()


@event.listens_for(Session, "after_flush")
def remember_flush(session: Session, _context: Any) -> None:
    session.info["flushed"] = True


@event.listens_for(Session, "after_transaction_end")
def forget_flush(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info.pop("flushed", None)
