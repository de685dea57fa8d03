"""What a phone has sealed to this server: the keys, and opening an envelope.

A phone can be stolen with entries in it, so it seals each at the first try to send it: from then on the phone itself
cannot read it, only this server can. ECDH on P-256 with a key made for the one envelope, HKDF-SHA-256, AES-256-GCM;
what the envelope belongs to (entry id, hand-over token) is bound in as additional data, so it opens nowhere else.

The keys lie in the instance folder and in every backup. `flask offline rotate-key` adds one; none is ever taken away,
because nobody knows how long a phone lies in a drawer, and what is sealed to a lost key is lost.
"""

import base64
import binascii
import json
import os
import re
import secrets
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import current_app

from portal.clock import now
from portal.i18n import lazy

FILE = "sealing.keys"
INFO = b"portal entry 1"
CURVE = ec.SECP256R1()
LARGEST = 4_000_000  # characters of one envelope: a photo of 1.5 MB (phones send 0.4 MB) and its form
UNKNOWN_KEY = lazy("It was sealed to a key that this server does not have.")
DAMAGED = lazy("It was sealed, and is damaged: it cannot be opened.")


class Unopened(Exception):
    """An envelope that cannot be opened: why, for people."""


@dataclass(frozen=True)
class Key:
    """One key pair. `public`: the raw point, 65 bytes."""

    id: str
    private: ec.EllipticCurvePrivateKey
    public: bytes


@dataclass(frozen=True)
class Opened:
    """What was in an entry's envelope. `files`: name, file name, type, bytes."""

    path: str
    person: str
    fields: list[tuple[str, str]]
    files: list[tuple[str, str, str, bytes]]


# Keys


def key_path() -> Path:
    folder: Path = current_app.config["INSTANCE"]
    return folder / FILE


def newest_key() -> Key:
    """The one that phones seal to from now on."""
    return keys()[-1]


def keys() -> list[Key]:
    """All of them, the newest last; the first one is made when it is first asked for."""
    path = key_path()
    if not path.exists():
        keep_first(path)
    return read_keys(path, path.stat().st_mtime_ns)


@lru_cache(8)
def read_keys(path: Path, _changed: int) -> list[Key]:
    """Read once for each state of the file, so that a rotation is seen by every process that serves."""
    return [key_of(one) for one in json.loads(path.read_text("ascii"))]


def key_of(row: dict[str, str]) -> Key:
    private = ec.derive_private_key(int(row["private"], 16), CURVE)
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return Key(row["id"], private, public)


def new_row() -> dict[str, str]:
    number = ec.generate_private_key(CURVE).private_numbers().private_value
    return {"id": secrets.token_hex(4), "made_at": now().isoformat(), "private": f"{number:064x}"}


def keep_first(path: Path) -> None:
    """Two processes that come at once agree on one: the second one's link fails, and it reads the first one's."""
    fresh = write_beside(path, [new_row()])
    try:
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def rotate() -> Key:
    """Adds a key and returns it. What was sealed to the others still opens."""
    keys()
    path = key_path()
    write_beside(path, json.loads(path.read_text("ascii")) + [new_row()]).replace(path)
    return newest_key()


def text() -> str:
    """All keys as a backup holds them."""
    keys()
    return key_path().read_text("ascii")


def join(kept: str) -> None:
    """Takes in the keys of a backup and keeps those that are here: a phone may hold what was sealed to either."""
    path = key_path()
    here = json.loads(path.read_text("ascii")) if path.exists() else []
    rows = {row["id"]: row for row in [*json.loads(kept), *here]}
    write_beside(path, sorted(rows.values(), key=lambda row: row["made_at"])).replace(path)


def write_beside(path: Path, rows: list[dict[str, str]]) -> Path:
    """A new file for its owner only, on the disk, beside the one that it becomes."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(rows, file)
        file.flush()
        os.fsync(file.fileno())
    return fresh


# Envelopes


def open_entry(sealed: str, entry_id: str) -> Opened:
    """The entry in an envelope that was sealed for `entry_id`. Unopened says why it cannot be opened."""
    found = open_envelope(sealed, entry_id)
    try:
        files = [(words(n), words(f or ""), words(t or ""), decoded(b)) for n, f, t, b in found.get("files") or []]
        return Opened(words(found["path"]), words(found["person"]), pairs(found["fields"]), files)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unopened(str(DAMAGED)) from None


def open_answers(sealed: str, token: str) -> list[tuple[str, str]]:
    """The survey's fields as they were sealed when they were given, for the hand-over of that token. The envelope
    holds `{"fields": [[name, value], …]}`. Unopened says why it cannot be opened."""
    try:
        return pairs(open_envelope(sealed, token)["fields"])
    except (KeyError, TypeError, ValueError):
        raise Unopened(str(DAMAGED)) from None


def open_envelope(sealed: str, about: str) -> Any:
    """The JSON inside. Nothing of it, and nothing of what is wrong with it, is ever logged."""
    try:
        envelope = json.loads(decoded(sealed))
        key_id, point = envelope["key"], decoded(envelope["epk"])
        iv, content = decoded(envelope["iv"]), decoded(envelope["ct"])
        key = next((key for key in keys() if key.id == key_id), None)
        if key is None:
            raise Unopened(str(UNKNOWN_KEY))
        shared = key.private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point))
        secret = HKDF(SHA256(), 32, salt=point, info=INFO).derive(shared)
        return json.loads(AESGCM(secret).decrypt(iv, content, about.encode()))
    except (InvalidTag, KeyError, TypeError, ValueError, AttributeError, RecursionError, binascii.Error):
        raise Unopened(str(DAMAGED)) from None


def decoded(text: Any) -> bytes:
    """Bytes of base64, plain or of addresses, padded or not. ValueError, TypeError when it is none."""
    plain = text.translate(str.maketrans("-_", "+/")).rstrip("=")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def pairs(rows: Any) -> list[tuple[str, str]]:
    return [(words(name), words(value)) for name, value in rows]


def words(text: Any) -> str:
    """A text as a plain form would have brought it: half of a surrogate pair, which JSON can hold, is no character.
    ValueError when it is no text."""
    if not isinstance(text, str):
        raise ValueError
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
