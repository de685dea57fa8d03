"""Erasure on a lawful request: empties the personal payload and the salt of the documents that a document of the chain
names, and the chain still holds."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, update

from portal import files, history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.operations import lock
from portal.clock import now
from portal.db import db
from portal.errors import Rejected
from portal.i18n import lazy
from portal.reports.models import Dispute, HandOver, KeptPaper, PublicLink, Report, Survey
from portal.reports.operations.sealing import ensure_kept
from portal.signing import operations as signing
from portal.signing.models import SealedDocument
from portal.visits.models import Photo

ERASABLE = frozenset({"approved", "cancelled"})


def erase_report(report: Report, *, reason: str, person: Person) -> SealedDocument:
    """Empties every revision of a report, its signatures, survey, hand-overs, photos and kept papers. What happened
    to whom is gone; that it happened, when, and that nothing else was touched, can still be proved."""
    visit = report.visit
    lock(visit)
    if visit.state not in ERASABLE:
        raise Rejected(lazy("Review the report first. Only a closed report can be erased."))
    ensure_kept(report)
    survey = db.session.scalar(select(Survey).where(Survey.visit_id == visit.id))
    wanted = or_(SealedDocument.number == report.number, SealedDocument.n == (survey.document_n if survey else None))
    documents = db.session.scalars(select(SealedDocument).where(wanted).order_by(SealedDocument.n)).all()
    shown = (signing.evidence_of(document).get("photo") for document in documents)
    pictures = {str(digest) for digest in shown if digest}
    for shot in db.session.scalars(select(Photo).where(Photo.visit_id == visit.id)):
        pictures |= {shot.digest, shot.thumbnail}
    facts = facts_of_signing(report.number)
    erasure = signing.erase(documents, report.number, reason=reason, person_id=person.id, facts=facts)
    if survey:
        db.session.execute(update(Survey).where(Survey.id == survey.id).values(answers={}))
    revisions = select(Report.id).where(Report.number == report.number).scalar_subquery()
    db.session.execute(
        update(HandOver).where(HandOver.visit_id == visit.id).values(content="{}", signer_name="", signer_role="")
    )
    db.session.execute(
        update(PublicLink).where(PublicLink.report_id.in_(revisions)).values(email="", signer_name="", expires_at=now())
    )
    db.session.execute(update(Dispute).where(Dispute.report_id.in_(revisions)).values(words="", phone="", note=""))
    papers = db.session.scalars(select(KeptPaper.digest).where(KeptPaper.report_id.in_(revisions)))
    files.forget({*(pictures - shown_elsewhere(pictures, visit, documents)), *papers})
    db.session.expire_all()
    history.record("erase_report", report, person_id=person.id, number=report.number, reason=reason)
    return erasure


def shown_elsewhere(pictures: set[str], visit: Visit, documents: Sequence[SealedDocument]) -> set[str]:
    """Those of the pictures whose very bytes another visit or another paper shows too: the store keeps them once."""
    own = [document.n for document in documents]
    other = (Photo.visit_id != visit.id) & or_(Photo.digest.in_(pictures), Photo.thumbnail.in_(pictures))
    found = {digest for row in db.session.execute(select(Photo.digest, Photo.thumbnail).where(other)) for digest in row}
    for digest in pictures - found:
        named = SealedDocument.n.not_in(own) & SealedDocument.evidence.contains(digest)
        if db.session.scalar(select(SealedDocument.n).where(named).limit(1)):
            found.add(digest)
    return found


def facts_of_signing(number: str) -> dict[str, list[Any]]:
    """Which revisions were signed and how: what the emptied texts said, without a name."""
    revisions = db.session.scalars(select(Report).where(Report.number == number).order_by(Report.revision)).all()
    return {
        "signed": [one.document_n for one in revisions if one.signed],
        "signatures": [
            [mark.document_n, mark.method, mark.signer_role, mark.proxy]
            for one in revisions
            for mark in sorted(one.signatures, key=lambda mark: mark.document_n)
        ],
    }
