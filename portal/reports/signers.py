"""Who signed a report, how and when, or why nobody did: what a reviewer sees of the evidence."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.accounts.models import Person
from portal.db import db
from portal.receipts import parse_id
from portal.reports.content import at_place
from portal.reports.models import Report, ReportSignature
from portal.reports.reading import ink_image
from portal.reports.words import METHODS, UNUSUAL, WAYS
from portal.signing.operations import content_of, evidence_of


@dataclass(frozen=True)
class Signed:
    """One signature. `way`: on the technician's phone, by link, or on paper."""

    name: str
    role: str
    at: str | None
    method: str
    way: str
    ink: str | None = None
    typed_name: str = ""
    witness: str = ""
    signed_for: str = ""
    phone: str = ""
    remarks: str = ""
    photo: str = ""
    declared_by: str = ""
    at_device: str = ""  # of a signature without a connection: when, by the phone's clock

    @property
    def method_words(self) -> str:
        return str(METHODS.get(self.method, self.method))

    @property
    def way_words(self) -> str:
        return str(WAYS[self.way])


@dataclass(frozen=True)
class Ended:
    """The end without a signature: the reason or the customer's words, the photo, and who declared it."""

    absence: str
    reason: str
    photo: str
    declared_by: str


def signers_of(report: Report) -> list[Signed]:
    """All signatures in their order; none of an erased report."""
    return [] if report.erased else [signed(one) for one in report.signatures]


def signed(signature: ReportSignature) -> Signed:
    content, evidence = content_of(signature.document), evidence_of(signature.document)
    at_glass = "offline" if evidence.get("offline") else "hand_over"
    way = "paper" if signature.method == "paper" else "link" if signature.link_id else at_glass
    return Signed(
        name=content.get("signer_name") or "",
        role=content.get("signer_role") or "",
        at=content.get("signed_at"),
        method=signature.method,
        way=way,
        ink=None if evidence.get("typed_name") else ink_image(evidence),
        typed_name=evidence.get("typed_name") or "",
        witness=evidence.get("witness") or "",
        signed_for=content.get("signed_for") or "",
        phone=content.get("signer_phone") or "",
        remarks=content.get("customer_opinion") or "",
        photo=evidence.get("photo") or "",
        declared_by=name_of(evidence.get("declared_by")),
        at_device=place_time(evidence.get("signed_at_device"), signature) if evidence.get("offline") else "",
    )


def place_time(moment: Any, signature: ReportSignature) -> str:
    """A moment of the evidence as the place's clock shows it."""
    zone = signature.report.visit.zone
    return at_place(datetime.fromisoformat(str(moment)), zone) or "" if moment else ""


def ended(report: Report, content: dict[str, Any]) -> Ended | None:
    """How the report with this content ended when nobody signed at the visit; a signature by link may have come
    later."""
    if not content.get("sign_refusal_reason"):
        return None
    evidence = evidence_of(report.document)
    return Ended(
        absence=evidence.get("absence") or content["sign_refusal_reason"]["code"],
        reason=evidence.get("reason") or "",
        photo=evidence.get("photo") or "",
        declared_by=name_of(evidence.get("declared_by")),
    )


def unusual_ends(report: Report) -> list[str]:
    """What a reviewer acknowledges, in sentences; empty when the customer's own hand signed on the glass."""
    names = []
    if not report.signed:
        end = ended(report, content_of(report.document))
        names.append(end.absence if end and end.absence in UNUSUAL else "unsigned")
    if report.differs:
        names.append("differs")
    for one in report.signatures:
        names += [one.method] if one.method in UNUSUAL else []
        names += ["proxy"] if one.proxy else []
    return [str(UNUSUAL[name]) for name in dict.fromkeys(names)]


def evidence_photos(report: Report) -> set[str]:
    """Digests of the photos that stand in evidence alone: the signed sheet, the closed door."""
    documents = [report.document, *(one.document for one in report.signatures)]
    return {str(photo) for document in documents if (photo := evidence_of(document).get("photo"))}


def name_of(person_id: Any) -> str:
    key = parse_id(str(person_id or ""))
    person = db.session.get(Person, key) if key else None
    return person.name if person else ""
