"""A sealed report as the bytes of its PDF, for pages, letters and proof bundles alike.

A paper that was made is kept: the same edition (what was sealed, who signed, its review, its mark, copy and languages)
is the same file for ever, also when the company's seal on it could not be made twice with the same bytes.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal import files, settings
from portal.calls.models import Visit
from portal.clock import now
from portal.db import afterwards, db
from portal.reports import paper, proof
from portal.reports.addresses import verify_address
from portal.reports.content import at_place
from portal.reports.models import KeptPaper, Report, ReportSignature, newest_report
from portal.reports.operations.handing import to_be_signed
from portal.reports.paper.face import signed_unheard
from portal.reports.paper.formats import Tongue
from portal.reports.paper.seal import seal
from portal.signing.head import Place
from portal.signing.models import SealedDocument
from portal.signing.operations import content_of, evidence_of, signing_key
from portal.signing.rules import canonical, keyed_id
from portal.visits.facts import facts_of

FORM = "PAPER-1"  # another layout of the paper is another edition


@dataclass(frozen=True)
class Edition:
    """Which paper of a report: `copy` is None, `customer` or `office`; `second` a second language or None."""

    copy: str | None = None
    second: str | None = None


PLAIN, CUSTOMERS = Edition(), Edition("customer")


def printed(report: Report, edition: Edition = PLAIN) -> bytes:
    """The paper as it was kept, or made from the sealed record. Writes nothing: see `keep`."""
    kept = kept_digest(report, edition)
    if kept is not None:
        try:
            return files.read(kept)
        except OSError:
            pass  # the store has lost it: it is made again and says the same
    return made(report, edition)


def served(report: Report, edition: Edition = PLAIN) -> bytes:
    """The paper for the request at hand; one that was made just now is kept after the answer."""
    pdf, mark, report_id = printed(report, edition), edition_mark(report, edition), report.id
    if kept_digest(report, edition) is None:
        afterwards(lambda: keep(report_id, mark, pdf))
    return pdf


def kept_digest(report: Report, edition: Edition) -> str | None:
    mark = edition_mark(report, edition)
    wanted = select(KeptPaper).where(KeptPaper.report_id == report.id, KeptPaper.edition == mark)
    kept = db.session.scalar(wanted)
    return kept.digest if kept is not None and is_ours(kept) else None


def keep(report_id: uuid.UUID, mark: str, pdf: bytes) -> None:
    """Keeps a paper that was made, once."""
    insert = pg_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    digest = files.keep(pdf, "application/pdf")
    row = {
        "id": kept_id(report_id, mark, digest),
        "report_id": report_id,
        "edition": mark,
        "digest": digest,
        "recorded_at": now(),
    }
    db.session.execute(insert(KeptPaper).values(row).on_conflict_do_nothing(index_elements=["report_id", "edition"]))


def kept_id(report_id: uuid.UUID, mark: str, digest: str) -> uuid.UUID:
    """The id of a kept paper's row: made from the key, so that nobody else can pass a file off as ours."""
    return keyed_id(signing_key(), "paper", report_id, mark, digest)


def is_ours(kept: KeptPaper) -> bool:
    return kept.id == kept_id(kept.report_id, kept.edition, kept.digest)


def edition_mark(report: Report, edition: Edition) -> str:
    """The digest of everything that this paper is made from."""
    review = approval(report)
    parts: list[Any] = [
        FORM,
        report.document.content_digest,
        [one.document.content_digest for one in further(report)],
        [review.by, review.at, review.note] if review else None,
        watermark(report),
        edition.copy,
        edition.second,
        verify_address(report),
        bool(certificate()),
        *(["unheard"] if evidence_of(report.document).get("offline") else []),
    ]
    return hashlib.sha256(canonical(parts).encode()).hexdigest()


def made(report: Report, edition: Edition) -> bytes:
    payload, evidence = content_of(report.document), evidence_of(report.document)
    newest = newest_document(report)
    pdf = paper.render(
        payload,
        photos=pictures(payload),
        signatures=signatures_of(report, payload, evidence),
        technicians=[paper.TechnicianMark(one["name"], one["strokes"]) for one in evidence.get("technicians") or []],
        secondary=edition.second,
        # The office's copy masks the phone number, which the record would show.
        proof=proof.record_bytes(report, Place(newest.n, newest.link)) if edition.copy != "office" else None,
        chain_head=f"#{newest.n} {newest.link[:16]}",
        content_hash=report.document.content_digest,
        qr_text=verify_address(report),
        review=approval(report),
        mark=watermark(report),
        unheard=unheard(payload, evidence),
        copy=edition.copy,
        **of_house(report.document.sealed_at),
    )
    own = certificate()
    return seal(pdf, own, current_app.config.get("SEAL_PASSWORD")) if own else pdf


def draft(visit: Visit) -> bytes:
    """What would be signed now, marked as a draft: for a customer who signs on paper."""
    locale = visit.call.customer.locale
    payload = to_be_signed(visit, locale, facts_of(visit))
    return paper.render(payload, photos=pictures(payload), mark="draft", **of_house(now()))


def of_house(moment: datetime) -> dict[str, Any]:
    """Logo and notice as they were when the report was sealed: a later change does not touch what was signed."""
    digest = settings.value_at("logo", moment)
    try:
        logo = files.read(digest) if digest else None
    except OSError:
        logo = None  # the store has lost it
    return {"notice": settings.value_at("privacy_notice", moment), "logo": logo}


def certificate() -> Any:
    return current_app.config.get("SEAL_CERTIFICATE")


def watermark(report: Report) -> str | None:
    """What stands across the paper: void goes before superseded."""
    if report.void is not None:
        return "void"
    newest = newest_report(report.visit)
    return "superseded" if newest is not None and newest.revision > report.revision else None


def further(report: Report) -> list[ReportSignature]:
    """The signatures after the one that stands in the report's own document."""
    return [one for one in report.signatures if one.document_n != report.document_n]


def newest_document(report: Report) -> SealedDocument:
    """The last link of the chain that this paper hangs on: whoever holds the paper holds the chain up to there."""
    documents = [report.document, *(one.document for one in further(report))]
    if report.void is not None:
        documents.append(report.void.document)
    return max(documents, key=lambda document: document.n)


def signatures_of(report: Report, payload: dict[str, Any], evidence: dict[str, Any]) -> list[paper.Signature]:
    """The first signer's mark, then everybody else's, in the order of signing."""
    tongue = Tongue(payload["language"])
    found = [mark_of(payload, evidence, tongue, "")] if payload.get("signer_name") else []
    for one in further(report):
        content, how = content_of(one.document), evidence_of(one.document)
        name, role = content["signer_name"] or "", tongue.choice("signer_role", content["signer_role"])
        by_link = tongue.word("by_link") if one.link_id else ""
        found.append(mark_of(content, how, tongue, by_link, name=name, role=role, at=content["signed_at"]))
    return found


def mark_of(
    content: dict[str, Any], evidence: dict[str, Any], tongue: Tongue, by_link: str, **who: Any
) -> paper.Signature:
    notes = [
        by_link,
        offline_note(content, evidence, tongue),
        tongue.word("on_paper") if evidence.get("method") == "paper" else "",
        tongue.word("witness", who=evidence["witness"]) if evidence.get("witness") else "",
        tongue.word("signed_for", who=content["signed_for"]) if content.get("signed_for") else "",
    ]
    note = " · ".join(filter(None, notes))
    return paper.Signature(
        strokes=evidence.get("strokes") or None, typed_name=evidence.get("typed_name"), note=note, **who
    )


def offline_note(content: dict[str, Any], evidence: dict[str, Any], tongue: Tongue) -> str:
    """That we were not there when it was signed; with the phone's time where it has one."""
    moment = unheard(content, evidence)
    return "" if moment is None else signed_unheard(tongue, moment)


def unheard(content: dict[str, Any], evidence: dict[str, Any]) -> str | None:
    """When it was signed without a connection: by the phone's clock, in the place's zone; "" where that is not known,
    None where we were there."""
    if not evidence.get("offline"):
        return None
    at, here = evidence.get("signed_at_device"), content.get("signed_at")
    if not at or not here:
        return ""
    return datetime.fromisoformat(at).astimezone(datetime.fromisoformat(here).tzinfo).isoformat()


def pictures(payload: dict[str, Any]) -> dict[str, bytes]:
    """The photos that are still in the store; the paper says where one is missing."""
    found = {}
    for shot in payload["photos"]:
        if not shot["digest"]:
            continue  # the customer saw it on the phone; its bytes have not arrived
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
