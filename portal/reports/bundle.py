"""The proof bundle: paper, record, ink and photos of one revision in a zip that needs no portal to be checked."""

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from portal import files
from portal.reports.addresses import verify_address
from portal.reports.attachment import attached_record
from portal.reports.models import Report
from portal.reports.paper.signature import Signature, drawn
from portal.reports.proof import RECORD, as_bytes, documents_of, photos_of, record_bytes
from portal.signing.models import SealedDocument
from portal.signing.operations import evidence_of, last_place

FORMAT = "FSR-BUNDLE-1"
MANIFEST = "manifest.json"
README = Path(__file__).with_name("bundle.txt").read_text("utf-8")
SAME_DAY = (1980, 1, 1, 0, 0, 0)  # the zip's own dates say nothing, so that the same state gives the same bytes


def bundle(report: Report, paper: bytes) -> bytes:
    """The zip. Its record is the one inside the paper, if the paper carries one."""
    documents = documents_of(report)
    members = {
        "report.pdf": paper,
        RECORD: attached_record(paper) or record_bytes(report, last_place()),
        "README.txt": readme(report).encode(),
    }
    for document in documents:
        members |= ink(document)
    for digest in photos_of(documents):
        members |= photo(digest)
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
    members[MANIFEST] = as_bytes({"format": FORMAT, "files": sums})
    return packed(members)


def ink(document: SealedDocument) -> dict[str, bytes]:
    """The customer's strokes as they were sealed, and as a picture; the technicians' own marks beside them."""
    evidence = evidence_of(document)
    strokes = {f"ink/{document.n}": evidence.get("strokes")}
    for number, mark in enumerate(evidence.get("technicians") or [], 1):
        strokes[f"ink/{document.n}-technician-{number}"] = mark["strokes"]
    found: dict[str, bytes] = {}
    for name, lines in strokes.items():
        picture = drawn(Signature(strokes=lines))
        if picture:
            found |= {f"{name}.json": as_bytes(lines), f"{name}.svg": picture.encode()}
    return found


def photo(digest: str) -> dict[str, bytes]:
    """Nothing when the store has lost it: whoever checks the bundle is told."""
    try:
        return {f"photos/{digest}.jpg": files.read(digest)}
    except OSError:
        return {}


def readme(report: Report) -> str:
    words: dict[str, Any] = {
        "number": report.number,
        "revision": report.revision,
        "digest": report.document.content_digest,
        "address": verify_address(report),
    }
    return README.format(**words)


def packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, SAME_DAY)
            entry.compress_type = zipfile.ZIP_STORED if name.endswith((".jpg", ".pdf")) else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # the same on every machine
            archive.writestr(entry, members[name])
    return out.getvalue()
