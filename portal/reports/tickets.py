"""Tokens that a phone carries away and that we know again without having kept them: of a hand-over that it may do
without us, and of the public page that will show what came of it.

A token names its visit and proves by our key that we made it, so that a page that is read writes nothing. Source: the
verify link works once the signature has arrived and says “not yet received” before that.
"""

import base64
import binascii
import hmac
import uuid
from dataclasses import dataclass

from portal.signing.operations import signing_key
from portal.signing.rules import token

NAME = 26  # characters of a visit's id
RECEIPT = NAME + 16
COUNTERS = "abcdefghijklmnopqrstuvwxyz234567"
TICKET = NAME + 1 + NAME


@dataclass(frozen=True)
class Ticket:
    """A hand-over that this person may do at this visit; `counter` tells apart those of one visit."""

    visit_id: uuid.UUID
    counter: int


def ticket(visit_id: uuid.UUID, person_id: uuid.UUID, counter: int) -> str:
    proof = token(signing_key(), "offline hand-over", visit_id, person_id, counter)
    return name_of(visit_id) + COUNTERS[counter] + proof


def read_ticket(text: str, person_id: uuid.UUID) -> Ticket | None:
    """What the token says, if we gave it to this person."""
    visit_id = id_of(text[:NAME]) if len(text) == TICKET else None
    counter = COUNTERS.find(text[NAME : NAME + 1])
    if visit_id is None or counter < 0 or not is_same(text, ticket(visit_id, person_id, counter)):
        return None
    return Ticket(visit_id, counter)


def receipt_token(visit_id: uuid.UUID) -> str:
    """The secret of the page that says whether a signature of this visit has arrived."""
    return name_of(visit_id) + token(signing_key(), "receipt", visit_id)[: RECEIPT - NAME]


def read_receipt(text: str) -> uuid.UUID | None:
    visit_id = id_of(text[:NAME]) if len(text) == RECEIPT else None
    return visit_id if visit_id is not None and is_same(text, receipt_token(visit_id)) else None


def name_of(visit_id: uuid.UUID) -> str:
    return base64.b32encode(visit_id.bytes).decode().rstrip("=").lower()


def id_of(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(bytes=base64.b32decode(name.upper() + "======"))
    except (binascii.Error, ValueError):
        return None


def is_same(first: str, second: str) -> bool:
    return hmac.compare_digest(first.encode("utf-8", "surrogatepass"), second.encode())
