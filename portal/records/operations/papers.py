"""Papers of a file: kept under the hash of what they are, taken out by a marked row, never deleted."""

from portal import files, history
from portal.accounts.models import Person
from portal.clock import now
from portal.customers.models import Customer, Equipment
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.records import pdfcheck
from portal.records.models import Paper, PaperRemoval

PDF, JPEG = "application/pdf", "image/jpeg"


def add_paper(owner: Customer | Equipment, *, kind: str, title: str, file: bytes | None, person: Person) -> Paper:
    """Puts a scan into the file: a PDF that is only paper, as it came; a photo encoded again."""
    if not file:
        raise Rejected(lazy("Choose a file."), "file")
    content, content_type = accepted(file)
    paper = Paper(
        customer_id=owner.id if isinstance(owner, Customer) else None,
        equipment_id=owner.id if isinstance(owner, Equipment) else None,
        kind=kind,
        title=title,
        digest=files.keep(content, content_type),
        content_type=content_type,
        size=len(content),
        person_id=person.id,
        recorded_at=now(),
    )
    db.session.add(paper)
    db.session.flush()
    history.record("add_paper", owner, person_id=person.id, kind=kind, title=title, paper=paper.id)
    return paper


def accepted(file: bytes) -> tuple[bytes, str]:
    """What is kept of the file, and as what."""
    if file.startswith(b"%PDF-"):
        pdfcheck.check(file)
        return file, PDF
    try:
        return files.as_photo(file)[0], JPEG
    except Rejected as refusal:
        raise Rejected(refusal.message, "file") from None


def remove_paper(owner: Customer | Equipment, paper: Paper, reason: str, *, person: Person) -> None:
    if paper.removal is not None:
        raise Conflict(lazy("This was done already."))
    db.session.add(PaperRemoval(paper_id=paper.id, person_id=person.id, reason=reason, recorded_at=now()))
    db.session.flush()
    details = {"kind": paper.kind, "title": paper.title, "reason": reason, "paper": paper.id}
    history.record("remove_paper", owner, person_id=person.id, **details)
