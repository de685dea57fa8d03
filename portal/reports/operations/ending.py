"""What becomes of a sealed report that must not count, or may not be kept: void, and erasure on a lawful request.

Neither changes what was sealed: a void is one more document of the chain; an erasure empties the personal payload and
the salt of the documents that a document of the chain names, and the chain still holds.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select, update

from portal import files, history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.operations import ask_to_mend, lock, withdraw
from portal.calls.rules import TO_MEND
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.reports.models import Dispute, HandOver, KeptPaper, PublicLink, Report, ReportVoid, Survey, newest_report
from portal.reports.operations.sealing import ensure_kept
from portal.signing import operations as signing
from portal.signing.models import VOID, SealedDocument
from portal.visits.models import Photo

ERASABLE = frozenset({"approved", "cancelled"})


def void_report(report: Report, *, reason: str, again: bool, person: Person) -> ReportVoid:
    """A supervisor says that this revision does not count. `again`: the technician has it signed anew as the next
    revision; otherwise the visit ends here. An older revision that is void changes nothing at the visit."""
    visit = report.visit
    lock(visit)
    db.session.refresh(report, ["void"])
    if report.void is not None:
        raise Conflict(lazy("This revision is void already."))
    ensure_kept(report)
    if report.was_worked_on_by(person):
        raise Conflict(lazy("Nobody reviews their own work."))
    content = {
        "report_no": report.number,
        "report_version": report.revision,
        "content_digest": report.document.content_digest,
        "reason": reason,
    }
    document = signing.seal(VOID, report.number, report.revision, content, {"ordered_by": str(person.id)})
    void = ReportVoid(
        report=report, document=document, person_id=person.id, reason=reason, recorded_at=document.sealed_at
    )
    db.session.add(void)
    db.session.flush()
    if newest_report(visit) is report:
        if again:
            ask_to_mend(visit, TO_MEND, reason)
        else:
            withdraw(visit, reason)
    history.record("void_report", report, person_id=person.id, number=report.number, revision=report.revision)
    return void


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
