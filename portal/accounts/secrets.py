"""Hashes of passwords and PINs (argon2id) and of session tokens (SHA-256: tokens are random, so no salt is needed).

A browser has no argon2, so a phone that takes itself back from a customer without us compares the PIN with a verifier
of its own kind. Whoever takes the verifier off a phone finds out four digits however slow it is: it opens kept pages
only, and the server asks the PIN again.
"""

import base64
import hashlib
import secrets
from functools import cache, lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

hasher = PasswordHasher()
VERIFIER_ROUNDS = 600_000  # PBKDF2-HMAC-SHA-256, as OWASP advises
PUBLISHED = "demo-2026"  # the password of demonstration accounts until somebody chooses another


def hashed(secret: str) -> str:
    return hasher.hash(secret)


def matches(secret_hash: str | None, secret: str) -> bool:
    """Whether `secret` is the one behind the hash. Without a hash it takes as long, so that names cannot be guessed."""
    try:
        return hasher.verify(secret_hash or decoy(), secret) and secret_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(1000)
def is_published(secret_hash: str) -> bool:
    """Whether anybody can know the password. Kept: the sign-in page asks it of the same few hashes each time."""
    return matches(secret_hash, PUBLISHED)


def needs_rehash(secret_hash: str) -> bool:
    """Whether it was made with other costs than today's."""
    return hasher.check_needs_rehash(secret_hash)


@cache
def decoy() -> str:
    return hasher.hash(secrets.token_hex(16))


def new_token() -> str:
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def pin_verifier(pin: str) -> dict[str, Any]:
    """What WebCrypto can compare a PIN with: salt and hash in base64, and the rounds of PBKDF2-SHA-256."""
    salt, rounds = secrets.token_bytes(16), VERIFIER_ROUNDS
    found = hashlib.pbkdf2_hmac("sha256", pin.encode("utf-8", "surrogatepass"), salt, rounds)
    return {
        "salt": base64.b64encode(salt).decode(),
        "iterations": rounds,
        "hash": base64.b64encode(found).decode(),
    }
