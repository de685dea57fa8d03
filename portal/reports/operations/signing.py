"""What a customer's signature does: it seals what was read, or joins a report that is sealed already.

Source: contract 7 (Order, Ink); several signers put their mark under the same digest, each in a document of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal import history, ink
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.operations import advance, lock
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.reports.content import at_place, compose, same_facts
from portal.reports.models import HandOver, PublicLink, Report, ReportSignature, Survey, newest_report, survey_of
from portal.reports.operations.handing import Signer, next_revision
from portal.reports.operations.links import ensure_live, send_copy
from portal.reports.operations.sealing import ensure_stands, first_signature, submit, technicians_marks
from portal.reports.statement import CURRENT, statement
from portal.signing import operations as signing
from portal.signing.models import SIGNATURE
from portal.signing.rules import digest
from portal.visits.facts import facts_of
from portal.visits.rules import HANDOVER_STATES


@dataclass(frozen=True)
class Mark:
    """What the customer left: strokes, or a typed name of equal standing, with a witness where somebody else had to
    type; when by the phone's clock; in which browser."""

    strokes: Sequence[Sequence[Sequence[int]]] = ()
    typed_name: str = ""
    witness: str = ""
    signed_at_device: datetime | None = None
    device: str = ""

    @property
    def method(self) -> str:
        if self.typed_name:
            return "witnessed" if self.witness else "typed"
        return "drawn"

    def check(self) -> None:
        if not self.typed_name and (not self.strokes or ink.ink_problem(self.strokes)):
            raise Rejected(lazy("Sign in the box, or type your name."), "strokes" if self.strokes else "typed_name")


def sign_report(given: HandOver, mark: Mark, *, remarks: str = "") -> Report:
    """Seals what the customer read and signed. Refused when the record is no longer what was shown."""
    visit = given.visit
    lock(visit)
    ensure_open(given)
    if visit.state not in HANDOVER_STATES:
        raise Conflict(lazy("This report was signed already, or the phone was taken back."))
    survey = ensure_surveyed(visit)
    mark.check()
    shown = given.payload
    ensure_as_shown(visit, given, shown)
    moment = now()
    own = {
        "survey_state": survey.state,
        "customer_opinion": remarks or None,
        "signed_at": at_place(moment, visit.zone),
    }
    evidence = evidence_of(mark, moment, given.locale, survey) | {
        "signer_name": given.signer_name,
        "signer_role": given.signer_role,
        "shown_digest": digest("", given.content),
        "shown_at": given.opened_at.astimezone(UTC).isoformat(timespec="seconds"),
        "hand_over_id": str(given.id),
        "handed_over_by": str(given.person_id),
        "technicians": technicians_marks(facts_of(visit)),
    }
    report = submit(visit, shown | own, evidence, signed=True)
    first_signature(report, shown, mark.method, hand_over_id=given.id)
    send_copy(report, db.session.get_one(Person, given.person_id))
    history.record("sign_report", report, person_id=given.person_id, number=report.number, method=mark.method)
    return report


def ensure_open(given: HandOver) -> None:
    db.session.refresh(given, ["closed_at"], with_for_update=True)
    if given.closed_at is not None:
        raise Conflict(lazy("This report was signed already, or the phone was taken back."))


def ensure_surveyed(visit: Visit) -> Survey:
    survey = survey_of(visit)
    if survey is None:
        raise Rejected(lazy("The survey comes first. Answer it, or choose “Prefer not to answer”."))
    return survey


def ensure_as_shown(visit: Visit, given: HandOver, shown: dict[str, Any]) -> None:
    """What you see is what you sign: the facts must still be those that the customer read."""
    present = compose(visit, given.locale, revision=shown["report_version"])
    if next_revision(visit) != shown["report_version"] or not same_facts(present, shown):
        raise Conflict(
            lazy("The technician's record was changed after you read it. Nothing is signed. Give the phone back.")
        )


def evidence_of(
    mark: Mark, moment: datetime, locale: str, survey: Survey | None, version: str = CURRENT
) -> dict[str, Any]:
    """How, when and under which statement somebody signed, and which sealed survey came before."""
    words = statement(locale, version)
    device_time = mark.signed_at_device
    return {
        "method": mark.method,
        "strokes": [[list(point) for point in stroke] for stroke in mark.strokes],
        "typed_name": mark.typed_name or None,
        "witness": mark.witness or None,
        "statement": {"version": words.version, "language": words.language, "text": words.text},
        "signed_at": moment.astimezone(UTC).isoformat(timespec="milliseconds"),
        "signed_at_device": device_time.isoformat(timespec="seconds") if device_time else None,
        "device": mark.device[:300],
        "survey": survey.document_n if survey else None,
    }


def co_sign(given: HandOver, mark: Mark, signer: Signer, *, remarks: str = "") -> ReportSignature:
    """Another person signs the same sealed report while the phone is still in the customer's hands."""
    lock(given.visit)
    ensure_open(given)
    report = newest_report(given.visit)
    if report is None or report.revision != given.payload["report_version"] or not report.signed:
        raise Conflict(lazy("The first signature comes first."))
    ensure_stands(report)
    mark.check()
    evidence = {"hand_over_id": str(given.id), "handed_over_by": str(given.person_id)}
    signature = join(report, mark, signer, given.locale, remarks, evidence, hand_over_id=given.id)
    history.record("co_sign", report, person_id=given.person_id, number=report.number, method=mark.method)
    return signature


def sign_by_link(
    link: PublicLink, mark: Mark, signer: Signer, *, remarks: str = "", locale: str = ""
) -> ReportSignature:
    """The customer signs on their own phone. The link is used up; a report without a signature is signed from now.
    `locale` is the language in which the statement was shown, the link's own if it was not changed."""
    report = link.report
    ensure_live(link)
    survey = ensure_surveyed(report.visit)
    mark.check()
    where = {"link_id": str(link.id)}
    signature = join(report, mark, signer, locale or link.locale, remarks, where, survey, link_id=link.id)
    link.used_at = signature.signed_at
    if not report.signed:
        report.signed = True
        if report.visit.state == "unsigned":
            advance(report.visit, "signed")
        send_copy(report, link.created_by)
    db.session.flush()
    history.record("sign_by_link", report, person_id=link.created_by_id, number=report.number, method=mark.method)
    return signature


def join(
    report: Report,
    mark: Mark,
    signer: Signer,
    locale: str,
    remarks: str,
    evidence: dict[str, Any],
    survey: Survey | None = None,
    **where: Any,
) -> ReportSignature:
    """A signature under a report that is sealed already: a document that names the report's digest."""
    moment = now()
    content = {
        "report_no": report.number,
        "report_version": report.revision,
        "content_digest": report.document.content_digest,
        "language": locale,
        "statement": statement(locale).text,
        "signer_name": signer.signer_name,
        "signer_role": signer.signer_role,
        "signed_for": signer.signed_for or None,
        "signer_phone": signer.signer_phone or None,
        "customer_opinion": remarks or None,
        "signed_at": at_place(moment, report.visit.zone),
    }
    document = signing.seal(
        SIGNATURE, report.number, report.revision, content, evidence_of(mark, moment, locale, survey) | evidence
    )
    signature = ReportSignature(
        report=report,
        document=document,
        method=mark.method,
        signer_role=signer.signer_role,
        proxy=bool(signer.signed_for),
        signed_at=document.sealed_at,
        **where,
    )
    db.session.add(signature)
    db.session.flush()
    return signature
