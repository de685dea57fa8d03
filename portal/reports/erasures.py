"""What is still known of documents that an erasure has emptied: the erasure says it, and names nobody."""

from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy import select

from portal.signing import rows
from portal.signing.models import ERASURE, SealedDocument
from portal.signing.operations import content_of
from portal.signing.rows import Break


class Stays(NamedTuple):
    """Of emptied documents: which reports were signed, and each signature's method, role and representation."""

    signed: set[int]
    signatures: dict[int, list[Any]]


def what_stays() -> Stays:
    stays = Stays(set(), {})
    for row in rows.read(select(SealedDocument).where(SealedDocument.kind == ERASURE), SealedDocument.n):
        if isinstance(row, Break):
            continue
        with suppress(*rows.UNREADABLE):  # the chain's own check names it
            content = content_of(row[0])
            stays.signed.update(content.get("signed", []))
            stays.signatures.update({mark[0]: mark[1:] for mark in content.get("signatures", [])})
    return stays
