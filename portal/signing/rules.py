"""Canonical JSON, digests, and the keyed link of the chain.

Source: salted digests and the chained link make an edit, a removal in the middle, a swap or a re-sealing by anybody
without the key detectable.
"""

import base64
import hashlib
import hmac
import json
import unicodedata
import uuid
from collections.abc import Sequence
from typing import Any

CHAIN = "FSR2"
GENESIS = "0" * 64


def canonical(value: Any) -> str:
    """The one JSON text of `value`: NFC, keys sorted, no spaces. Whole numbers only; a float raises TypeError."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {plain_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no canonical form")


def plain_key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("keys are strings")
    return unicodedata.normalize("NFC", key)


def digest(salt: str, text: str) -> str:
    """Hex SHA-256 over the salt's bytes and the text: without salt and text it tells nothing."""
    return hashlib.sha256(bytes.fromhex(salt) + text.encode()).hexdigest()


def link(key: str, previous: str, title: Sequence[Any], digests: Sequence[str]) -> str:
    """A document's link: keyed over the one before, everything that names the document (number in the chain, id, kind,
    number, revision, time of sealing), and its digests."""
    message = canonical([CHAIN, previous, list(title), list(digests)])
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()


def keyed_id(key: str, purpose: str, *parts: Any) -> uuid.UUID:
    """An id that only the holder of the key can give to a row with these values."""
    message = canonical([CHAIN, purpose, *map(str, parts)])
    return uuid.UUID(bytes=hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()[:16], version=4)


def token(key: str, purpose: str, *parts: Any) -> str:
    """26 letters and digits (130 bits) that only the holder of the key can make: the secret of a public address. The
    same arguments give the same token, so that a paper can be printed again; the database keeps only its hash."""
    message = canonical([CHAIN, purpose, *map(str, parts)])
    secret = hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()
    return base64.b32encode(secret)[:26].decode().lower()
