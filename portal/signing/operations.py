"""Sealing a document onto the end of the chain, and checking the chain."""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select, text

from portal.clock import now
from portal.db import db, new_id
from portal.signing import rules
from portal.signing.models import SealedDocument

CHAIN_LOCK = 4_653_521  # any number that nothing else uses for pg_advisory_xact_lock


def seal(kind: str, number: str, revision: int, content: dict[str, Any], evidence: dict[str, Any]) -> SealedDocument:
    """Freezes the two texts as the chain's next document, in the transaction of whatever is signed."""
    lock_chain()
    newest = select(SealedDocument.n, SealedDocument.link).order_by(SealedDocument.n.desc()).limit(1)
    last = db.session.execute(newest).first()
    n, previous = (last.n + 1, last.link) if last else (1, rules.GENESIS)
    salt = secrets.token_hex(16)
    texts = [rules.canonical(content), rules.canonical(evidence)]
    digests = [rules.digest(salt, part) for part in texts]
    document = SealedDocument(
        n=n,
        id=new_id(),
        kind=kind,
        number=number,
        revision=revision,
        content=texts[0],
        evidence=texts[1],
        salt=salt,
        content_digest=digests[0],
        evidence_digest=digests[1],
        previous_link=previous,
        link=rules.link(signing_key(), previous, n, [kind, number, str(revision)], digests),
        sealed_at=now(),
    )
    db.session.add(document)
    db.session.flush()
    return document


def lock_chain() -> None:
    """One sealing at a time; on SQLite the writing transaction is that lock."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:chain)"), {"chain": CHAIN_LOCK})


def signing_key() -> str:
    return str(current_app.config["SIGNING_KEY"])


@dataclass(frozen=True)
class Break:
    """A document that is not what was sealed, or that does not follow the one before it."""

    n: int
    number: str
    why: str


def verify_chain() -> list[Break]:
    """Every break of the chain, in order; empty when all stands as it was sealed."""
    found, previous, expected = [], rules.GENESIS, 1
    query = select(SealedDocument).order_by(SealedDocument.n).execution_options(yield_per=500)
    for document in db.session.scalars(query):
        why = broken(document, previous, expected)
        if why:
            found.append(Break(document.n, document.number, why))
        previous, expected = document.link, document.n + 1
    return found


def broken(document: SealedDocument, previous: str, expected: int) -> str | None:
    digests = [rules.digest(document.salt, part) for part in (document.content, document.evidence)]
    title = [document.kind, document.number, str(document.revision)]
    if document.n != expected or document.previous_link != previous:
        return "does not follow the document before it"
    if digests[0] != document.content_digest:
        return "its content was changed"
    if digests[1] != document.evidence_digest:
        return "its evidence was changed"
    if document.link != rules.link(signing_key(), previous, document.n, title, digests):
        return "its seal is not ours"
    return None


def content_of(document: SealedDocument) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document.content)
    return found


def evidence_of(document: SealedDocument) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document.evidence)
    return found
