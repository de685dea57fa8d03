"""The chain of sealed documents: one after the other, also concurrently; every kind of tampering is found."""

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from portal.db import db, transaction
from portal.signing import operations
from portal.signing.models import SealedDocument


def seal(number: int) -> SealedDocument:
    return operations.seal("service_report", f"FW-01-2611-{number:04d}", 1, {"n": number, "text": "跑带"}, {"ink": []})


def three(app: Flask) -> None:
    for number in (1, 2, 3):
        seal(number)
    db.session.commit()


def test_a_chain_of_seals_stands(app: Flask) -> None:
    three(app)
    documents = db.session.query(SealedDocument).order_by(SealedDocument.n).all()
    assert [document.n for document in documents] == [1, 2, 3]
    assert documents[1].previous_link == documents[0].link
    assert operations.content_of(documents[2]) == {"n": 3, "text": "跑带"}
    assert operations.verify_chain() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sealed_document SET content = '{}' WHERE n = 2",
        "UPDATE sealed_document SET n = 9 WHERE n = 3",
        "DELETE FROM sealed_document WHERE n = 3",
        "DELETE FROM sealed_document",
    ],
)
def test_the_database_refuses_to_change_a_sealed_row(app: Flask, statement: str) -> None:
    three(app)
    with pytest.raises(DatabaseError):
        db.session.execute(text(statement))
    db.session.rollback()
    assert operations.verify_chain() == []


@pytest.mark.engine("sqlite")
def test_replace_is_refused_too(app: Flask) -> None:
    three(app)
    with pytest.raises(DatabaseError):
        db.session.execute(text("REPLACE INTO sealed_document SELECT * FROM sealed_document WHERE n = 2"))
    db.session.rollback()


@pytest.mark.engine("postgresql")
def test_truncate_is_refused(app: Flask) -> None:
    three(app)
    with pytest.raises(DatabaseError):
        db.session.execute(text("TRUNCATE sealed_document CASCADE"))
    db.session.rollback()


def without_guards(app: Flask) -> None:
    """What an owner of the database can do by force."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ALTER TABLE sealed_document DISABLE TRIGGER ALL"))
        return
    for name in ("update", "delete", "replace"):
        db.session.execute(text(f"DROP TRIGGER sealed_document_no_{name}"))


@pytest.mark.parametrize(
    ("statement", "n"),
    [
        ("UPDATE sealed_document SET content = '[99]' WHERE n = 2", 2),
        ("UPDATE sealed_document SET evidence = '{}' WHERE n = 2", 2),
        ("UPDATE sealed_document SET number = 'FW-01-2611-0009' WHERE n = 2", 2),
        ("UPDATE sealed_document SET revision = 2 WHERE n = 1", 1),
        ("UPDATE sealed_document SET salt = '00' WHERE n = 3", 3),
        ("DELETE FROM sealed_document WHERE n = 1", 2),
        ("DELETE FROM sealed_document WHERE n = 2", 3),
    ],
)
def test_an_edit_or_a_removal_by_force_is_found(app: Flask, statement: str, n: int) -> None:
    three(app)
    without_guards(app)
    db.session.execute(text(statement))
    db.session.expire_all()
    assert operations.verify_chain()[0].n == n


def test_two_documents_that_changed_places_are_found(app: Flask) -> None:
    three(app)
    without_guards(app)
    for old, new in ((2, 20), (3, 2), (20, 3)):
        db.session.execute(text(f"UPDATE sealed_document SET n = {new} WHERE n = {old}"))
    db.session.expire_all()
    assert {found.n for found in operations.verify_chain()} >= {2, 3}


def test_a_seal_of_another_key_is_found(app: Flask) -> None:
    seal(1)
    app.config["SIGNING_KEY"] = "of somebody else"
    seal(2)
    db.session.commit()
    app.config["SIGNING_KEY"] = "of the tests, for seals"
    assert [found.n for found in operations.verify_chain() if found.n] == [2]


def test_seals_made_at_once_make_one_chain(app: Flask) -> None:
    """Eight at a time, each on a connection of its own."""
    problems: list[Any] = []

    def write(number: int) -> None:
        with app.app_context():
            try:
                with transaction():
                    seal(number)
            except Exception as problem:
                problems.append(problem)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert operations.verify_chain() == []
    assert db.session.query(SealedDocument).count() == 8
