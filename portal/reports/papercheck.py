"""Whether a file that somebody sends is the paper that we made. The file is not trusted, stored or opened as a PDF."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from portal.db import db
from portal.reports.attachment import attached_record, parsed
from portal.reports.models import KeptPaper, Report
from portal.reports.printing import is_ours
from portal.reports.proof import documents_of
from portal.signing import rules

SEALED = ("kind", "number", "revision", "content_digest", "evidence_digest", "link")
SAME, RECORD, OTHER = "same", "record", "other"


@dataclass(frozen=True)
class Known:
    """What we know of one report: the digests of its papers, and what was sealed by place in the chain."""

    papers: Collection[str]
    sealed: Mapping[int, tuple[Any, ...]]
    first: int


def known_of(report: Report) -> Known:
    kept = db.session.scalars(select(KeptPaper).where(KeptPaper.report_id == report.id))
    papers = {one.digest for one in kept if is_ours(one)}
    sealed = {one.n: tuple(getattr(one, name) for name in SEALED) for one in documents_of(report)}
    return Known(papers, sealed, report.document_n)


def judge(file: bytes, known: Known) -> str:
    """`same`: byte for byte ours; `record`: another file with our sealed record inside; `other`: neither."""
    if hashlib.sha256(file).hexdigest() in known.papers:
        return SAME
    record = attached_record(file)
    return RECORD if record is not None and is_our_record(parsed(record) or {}, known) else OTHER


def is_our_record(record: Mapping[str, Any], known: Known) -> bool:
    """Each document in it is one of this report's, with the very texts that were sealed; the report is among them."""
    documents = record.get("documents") or []
    return known.first in [one.get("n") for one in documents] and all(is_sealed(one, known) for one in documents)


def is_sealed(document: Mapping[str, Any], known: Known) -> bool:
    n = document.get("n")
    if not isinstance(n, int) or known.sealed.get(n) != tuple(document.get(name) for name in SEALED):
        return False
    texts = [str(document.get(name)) for name in ("content", "evidence")]
    try:
        digests = [rules.digest(str(document.get("salt")), one) for one in texts]
    except ValueError:
        return False
    return digests == [document["content_digest"], document["evidence_digest"]]
