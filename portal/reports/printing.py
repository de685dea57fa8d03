"""A sealed report as the bytes of its PDF, for pages and letters alike."""

from typing import Any

from portal import files
from portal.reports import paper, queries
from portal.reports.content import at_place
from portal.reports.models import Report
from portal.signing.operations import content_of, evidence_of


def customer_pdf(report: Report) -> bytes:
    """The customer's own copy. Writes nothing: a letter asks for it before it talks to the mail server."""
    return printed(report, "customer")


def printed(report: Report, copy: str | None = None) -> bytes:
    """The paper, made anew from the sealed record: the same record gives the same bytes."""
    payload, evidence = content_of(report.document), evidence_of(report.document)
    digest = report.document.content_digest
    return paper.render(
        payload,
        photos=pictures(payload),
        signatures=[paper.Signature(strokes=evidence.get("strokes"), typed_name=evidence.get("typed_name"))],
        content_hash=digest,
        qr_text=f"{report.number} sha256:{digest[:12]}",
        review=approval(report),
        mark="superseded" if queries.revisions_of(report)[-1].revision != report.revision else None,
        copy=copy,
    )


def pictures(payload: dict[str, Any]) -> dict[str, bytes]:
    """The photos that are still in the store; the paper says where one is missing."""
    found = {}
    for shot in payload["photos"]:
        try:
            found[shot["digest"]] = files.read(shot["digest"])
        except OSError:
            continue
    return found


def approval(report: Report) -> paper.Review | None:
    """The review that stands on the paper: an approval; a returned report is not done yet."""
    last = report.reviews[-1] if report.reviews else None
    if last is None or last.result != "approved":
        return None
    at = at_place(last.recorded_at, report.visit.zone) or ""
    return paper.Review(result=last.result, by=last.reviewer.name, at=at, note=last.note or None)
