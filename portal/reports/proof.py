"""A report's proof: everything that was sealed for one revision, exact, so that it can be checked without us.

The record goes into the paper as an attachment and into the bundle. The survey is not in it: nobody but supervisor
and manager reads that.
"""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from portal.db import db
from portal.reports.addresses import verify_address
from portal.reports.models import Report
from portal.reports.sealed_texts import digests_of
from portal.signing.head import Place
from portal.signing.models import REPORT, SIGNATURE, VOID, SealedDocument
from portal.signing.operations import content_of, evidence_of

FORMAT = "FSR-PROOF-1"
RECORD = "record.json"  # its name in the paper and in the bundle
EXACT = ("n", "kind", "number", "revision", "content", "evidence", "salt", "content_digest", "evidence_digest",
         "previous_link", "link")  # fmt: skip


def documents_of(report: Report) -> list[SealedDocument]:
    """The report's own document, its further signatures and its void, in the order of the chain."""
    query = select(SealedDocument).where(
        SealedDocument.number == report.number,
        SealedDocument.revision == report.revision,
        SealedDocument.kind.in_([REPORT, SIGNATURE, VOID]),
    )
    return list(db.session.scalars(query.order_by(SealedDocument.n)))


def record_of(report: Report, head: Place, address: str | None = None) -> dict[str, Any]:
    """The record as plain values. `head` is the chain's end when it is made (`signing.operations.last_place`);
    `address` the public page that says how the report stands, by default this portal's."""
    documents = documents_of(report)
    return {
        "format": FORMAT,
        "number": report.number,
        "revision": report.revision,
        "documents": [exact(document) for document in documents],
        "photos": photos_of(documents),
        "head": {"n": head.n, "link": head.link},
        "verify": address or verify_address(report),
    }


def record_bytes(report: Report, head: Place, address: str | None = None) -> bytes:
    return as_bytes(record_of(report, head, address))


def as_bytes(value: Any) -> bytes:
    """The one JSON text of a record: keys sorted, no spaces. The sealed texts inside stay letter for letter."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def exact(document: SealedDocument) -> dict[str, Any]:
    named = {name: getattr(document, name) for name in EXACT}
    return named | {"id": str(document.id), "sealed_at": document.sealed_at.isoformat(timespec="microseconds")}


def photos_of(documents: Iterable[SealedDocument]) -> list[str]:
    found = [digest for document in documents for digest in digests_of(content_of(document), evidence_of(document))]
    return list(dict.fromkeys(found))
