"""Signing, and the honest end without a signature: number, seal and the visit's new state in one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from portal import history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.operations import advance, lock
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.numbering import issue_number
from portal.reports.content import at_place, compose, same_facts
from portal.reports.models import HandOver, Report, newest_report, survey_of
from portal.reports.operations.handing import ensure_ready, next_revision
from portal.reports.paper.formats import Tongue
from portal.reports.statement import statement
from portal.signing import operations as signing
from portal.signing import rules as ink
from portal.visits import operations as visits
from portal.visits.models import live_photos
from portal.visits.rules import HANDOVER_STATES

KIND = "service_report"


@dataclass(frozen=True)
class Mark:
    """What the customer left: strokes, or a typed name of equal standing; when by the phone's clock; in which
    browser."""

    strokes: Sequence[Sequence[Sequence[int]]] = ()
    typed_name: str = ""
    signed_at_device: datetime | None = None
    device: str = ""

    @property
    def method(self) -> str:
        return "typed" if self.typed_name else "drawn"

    def check(self) -> None:
        if not self.typed_name and (not self.strokes or ink.ink_problem(self.strokes)):
            raise Rejected(lazy("Sign in the box, or type your name."), "strokes" if self.strokes else "typed_name")


def sign_report(given: HandOver, mark: Mark, *, remarks: str = "") -> Report:
    """Seals what the customer read and signed. Refused when the record is no longer what was shown."""
    visit = given.visit
    lock(visit)
    db.session.refresh(given, ["closed_at"], with_for_update=True)
    if given.closed_at is not None or visit.state not in HANDOVER_STATES:
        raise Conflict(lazy("This report was signed already, or the phone was taken back."))
    survey = survey_of(visit)
    if survey is None:
        raise Rejected(lazy("The survey comes first. Answer it, or choose “Prefer not to answer”."))
    mark.check()
    shown = given.payload
    ensure_as_shown(visit, given, shown)
    moment = now()
    own = {
        "survey_state": survey.state,
        "customer_opinion": remarks or None,
        "signed_at": at_place(moment, visit.zone),
    }
    report = submit(visit, shown | own, evidence_of(given, mark, moment), signed=True)
    history.record("sign_report", report, person_id=given.person_id, number=report.number, method=mark.method)
    return report


def ensure_as_shown(visit: Visit, given: HandOver, shown: dict[str, Any]) -> None:
    """What you see is what you sign: the facts must still be those that the customer read."""
    present = compose(visit, given.locale, revision=shown["report_version"])
    if next_revision(visit) != shown["report_version"] or not same_facts(present, shown):
        raise Conflict(
            lazy("The technician's record was changed after you read it. Nothing is signed. Give the phone back.")
        )


def evidence_of(given: HandOver, mark: Mark, moment: datetime) -> dict[str, Any]:
    words = statement(given.locale)
    device_time = mark.signed_at_device
    return {
        "method": mark.method,
        "strokes": [[list(point) for point in stroke] for stroke in mark.strokes],
        "typed_name": mark.typed_name or None,
        "signer_name": given.signer_name,
        "signer_role": given.signer_role,
        "statement": {"version": words.version, "language": words.language, "text": words.text},
        "shown_digest": ink.digest("", given.content),
        "shown_at": given.opened_at.astimezone(UTC).isoformat(timespec="seconds"),
        "signed_at": moment.astimezone(UTC).isoformat(timespec="milliseconds"),
        "signed_at_device": device_time.isoformat(timespec="seconds") if device_time else None,
        "device": mark.device[:300],
        "hand_over_id": str(given.id),
        "handed_over_by": str(given.person_id),
    }


def end_unsigned(visit: Visit, *, absence: str, reason: str, photo: bytes | None, person: Person) -> Report:
    """Nobody opened: a photo, a reason and the technician's word instead of a signature. Never a blank signature."""
    facts = ensure_ready(visit)
    if facts.record.outcome != "no_access":
        raise Rejected(lazy("Only a visit with the outcome “No access” ends without a signature."))
    if not live_photos(visit):
        if not photo:
            raise Rejected(lazy("Take a photo that shows that you were there."), "photo")
        visits.add_photo(visit, photo=photo, label="other", person=person)
    locale, moment = visit.call.customer.locale, now()
    tongue = Tongue(locale)
    why = {"code": absence, "label": f"{tongue.choice('sign_refusal_reason', absence)}{tongue.word('colon')}{reason}"}
    content = compose(visit, locale, revision=next_revision(visit)) | {"sign_refusal_reason": why}
    evidence = {
        "method": "none",
        "absence": absence,
        "reason": reason,
        "declared_by": str(person.id),
        "declared_at": moment.astimezone(UTC).isoformat(timespec="milliseconds"),
    }
    report = submit(visit, content, evidence, signed=False)
    history.record("end_unsigned", report, person_id=person.id, number=report.number, absence=absence)
    return report


def submit(visit: Visit, content: dict[str, Any], evidence: dict[str, Any], *, signed: bool) -> Report:
    """A first report gets its number here, in the transaction that seals it; a later revision keeps it."""
    branch, last = visit.call.branch, newest_report(visit)
    number = last.number if last else issue_number("FW", branch.code, now(), branch.time_zone)
    revision = int(content["report_version"])
    document = signing.seal(KIND, number, revision, content | {"report_no": number}, evidence)
    report = Report(
        number=number,
        revision=revision,
        visit=visit,
        document_n=document.n,
        document=document,
        signed=signed,
        submitted_at=document.sealed_at,
    )
    db.session.add(report)
    advance(visit, "signed" if signed else "unsigned")
    return report
