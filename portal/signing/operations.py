"""Sealing a document onto the end of the chain, emptying one on a lawful request, and checking the chain."""

import json
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from flask import current_app
from sqlalchemy import select, text, update

from portal.clock import now
from portal.db import db, new_id
from portal.signing import head, rows, rules
from portal.signing.models import ERASURE, ErasedDocument, SealedDocument
from portal.signing.rows import Break

CHAIN_LOCK = 4_653_521  # any number that nothing else uses for pg_advisory_xact_lock


def seal(kind: str, number: str, revision: int, content: dict[str, Any], evidence: dict[str, Any]) -> SealedDocument:
    """Freezes the two texts as the chain's next document, in the transaction of whatever is signed."""
    lock_chain()
    last = last_place()
    salt = secrets.token_hex(16)
    texts = [rules.canonical(content), rules.canonical(evidence)]
    digests = [rules.digest(salt, part) for part in texts]
    document = SealedDocument(
        n=last.n + 1,
        id=new_id(),
        kind=kind,
        number=number,
        revision=revision,
        content=texts[0],
        evidence=texts[1],
        salt=salt,
        content_digest=digests[0],
        evidence_digest=digests[1],
        previous_link=last.link,
        sealed_at=now(),
    )
    document.link = link_of(document)
    db.session.add(document)
    db.session.flush()
    head.expect(last, head.Place(document.n, document.link))
    return document


def lock_chain() -> None:
    """One sealing at a time; on SQLite the writing transaction is that lock."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(:chain)"), {"chain": CHAIN_LOCK})


def last_place() -> head.Place:
    """Where the chain in the database ends."""
    newest = select(SealedDocument.n, SealedDocument.link).order_by(SealedDocument.n.desc()).limit(1)
    last = db.session.execute(newest).first()
    return head.Place(last.n, last.link) if last else head.Place(0, rules.GENESIS)


def link_of(document: Any) -> str:
    """The link that the key gives this document (a row with its columns) as it stands."""
    title = [
        document.n,
        str(document.id),
        document.kind,
        document.number,
        document.revision,
        document.sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    ]
    digests = [document.content_digest, document.evidence_digest]
    return rules.link(signing_key(), document.previous_link, title, digests)


def signing_key() -> str:
    return str(current_app.config["SIGNING_KEY"])


def erase(
    documents: Iterable[SealedDocument], number: str, *, reason: str, person_id: Any, facts: dict[str, Any]
) -> SealedDocument:
    """Empties texts and salt of the documents, after the chain has sealed which ones and why. `facts`: what the
    emptied texts said that names nobody, so that rows can still be compared with it."""
    wanted = [document for document in documents if not document.erased]
    names = {"documents": [document.n for document in wanted], "reason": reason}
    erasure = seal(ERASURE, number, 0, names | facts, {"ordered_by": str(person_id)})
    for document in wanted:
        db.session.add(ErasedDocument(n=document.n, erasure_n=erasure.n))
    db.session.flush()
    emptied = {"content": "", "evidence": "", "salt": ""}
    db.session.execute(
        update(SealedDocument).where(SealedDocument.n.in_(names["documents"])).values(emptied),
        execution_options={"synchronize_session": "fetch"},
    )
    return erasure


def verify_chain() -> list[Break]:
    """Every break of the chain, in order; empty when all stands as it was sealed."""
    found, last, emptied, named = [], head.Place(0, rules.GENESIS), {}, set()
    for row in rows.read(select(SealedDocument), SealedDocument.n):
        if isinstance(row, Break):
            found.append(row)
            continue
        (document,) = row
        why = broken(document, last)
        if why:
            found.append(Break(document.n, document.number, why))
        if document.erased:
            emptied[document.n] = document.number
        if document.kind == ERASURE and not why:
            named |= {n for n in content_of(document).get("documents", []) if n < document.n}
        last = head.Place(document.n, document.link)
    found += [Break(n, emptied[n], "it was emptied without an erasure") for n in sorted(emptied.keys() - named)]
    return found + list(end_of_chain(last))


def broken(document: SealedDocument, last: head.Place) -> str | None:
    """Why this document is not what was sealed after `last`; None when it is."""
    try:
        return difference(document, last)
    except rows.UNREADABLE:
        return "it holds values of another type"


def stands(document: SealedDocument) -> bool:
    """Whether this one document is what was sealed, whatever stands before it in the chain."""
    return broken(document, head.Place(document.n - 1, document.previous_link)) is None


def difference(document: SealedDocument, last: head.Place) -> str | None:
    if document.n != last.n + 1 or document.previous_link != last.link:
        return "does not follow the document before it"
    if document.link != link_of(document):
        return "its seal is not ours"
    if document.erased:
        return "it is emptied only in part" if document.content or document.evidence else None
    if not is_salt(document.salt) or rules.digest(document.salt, document.content) != document.content_digest:
        return "its content was changed"
    if rules.digest(document.salt, document.evidence) != document.evidence_digest:
        return "its evidence was changed"
    return None


def is_salt(text: str) -> bool:
    """Sixteen bytes in the one way that we write them: bytes.fromhex would also take capitals and spaces."""
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def end_of_chain(last: head.Place) -> Iterator[Break]:
    """Compares the chain's end with the head that is kept apart."""
    known = head.read()
    if known is None:
        if last.n:
            yield Break(0, "chain.head", "the head that is kept apart is missing or was written without the key")
    elif not known.allows(last):
        what = "documents are missing at the end" if known.head.n > last.n else "the end is not the one known"
        yield Break(0, "chain.head", f"{what}: known are {known.head.n}, present {last.n}")


def content_of(document: SealedDocument) -> dict[str, Any]:
    """What was sealed; empty after an erasure."""
    found: dict[str, Any] = json.loads(document.content or "{}")
    return found


def evidence_of(document: SealedDocument) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document.evidence or "{}")
    return found
