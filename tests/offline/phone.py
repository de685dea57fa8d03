"""What a phone does with an entry before it sends it: the same sealing that `static/js` does with WebCrypto."""

import base64
import json
import os
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.page import Page, Person

Files = list[tuple[str, str, str, bytes]]


def plain64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def hello(person: Person) -> dict[str, Any]:
    found: dict[str, Any] = person.client.get("/offline/hello").get_json()
    return found


def seal(key: dict[str, str], content: Any, about: str) -> str:
    """An envelope to the key of hello, bound to `about`."""
    curve = ec.SECP256R1()
    own = ec.generate_private_key(curve)
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    server = ec.EllipticCurvePublicKey.from_encoded_point(curve, base64.b64decode(key["public"]))
    secret = HKDF(SHA256(), 32, salt=point, info=b"portal entry 1").derive(own.exchange(ec.ECDH(), server))
    iv = os.urandom(12)
    closed = AESGCM(secret).encrypt(iv, json.dumps(content).encode(), about.encode())
    envelope = {"v": 1, "key": key["id"], "epk": plain64(point), "iv": plain64(iv), "ct": plain64(closed)}
    return base64.urlsafe_b64encode(json.dumps(envelope).encode()).decode().rstrip("=")


def seal_entry(
    key: dict[str, str], entry_id: str, path: str, person: str, fields: dict[str, str], files: Files | None = None
) -> str:
    content = {
        "path": path,
        "person": person,
        "fields": [list(pair) for pair in fields.items()],
        "files": [[name, filename, kind, plain64(content)] for name, filename, kind, content in files or []],
        "created_at": "2026-11-23T09:00:00+08:00",
        "form_version": fields.get("form_version", "1"),
        "amends": None,
    }
    return seal(key, content, entry_id)


def send_sealed(
    phone: Person,
    path: str,
    fields: dict[str, str],
    files: Files | None = None,
    *,
    entry_id: str,
    to: str | None = None,
    person: str | None = None,
    outbox: bool = True,
) -> Page:
    """Seals an entry as this phone would, and sends it (to another address than it was sealed for, when `to` says)."""
    said = hello(phone)
    sealed = seal_entry(said["key"], entry_id, path, person or said["person"], fields, files)
    return phone.post(to or path, {"sealed": sealed}, entry_id=entry_id, outbox=outbox)
