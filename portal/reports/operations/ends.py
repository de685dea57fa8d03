"""The honest ends without a signature on the glass: nobody there, refused, signed on paper. Never a blank one."""

from datetime import UTC, datetime
from typing import Any

from portal import files, history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.clock import now
from portal.errors import Rejected
from portal.i18n import lazy
from portal.reports.content import at_place
from portal.reports.models import Report, survey_of
from portal.reports.operations.handing import Signer, ensure_ready, to_be_signed
from portal.reports.operations.links import send_copy
from portal.reports.operations.sealing import first_signature, submit, technicians_marks
from portal.reports.paper.formats import Tongue
from portal.visits import operations as visits
from portal.visits.facts import Facts, facts_of
from portal.visits.models import live_photos
from portal.visits.rules import may_change


def end_unsigned(
    visit: Visit,
    *,
    absence: str,
    reason: str,
    photo: bytes | None,
    revision_reason: str = "",
    person: Person,
) -> Report:
    """Nobody was there to sign, or they would not: a photo, the reason or the customer's own words, and the
    technician's declaration. The same revision may still be signed by link."""
    facts = ensure_ready(visit)
    digest = keep_photo(visit, photo, facts, person)
    locale, moment = visit.call.customer.locale, now()
    tongue = Tongue(locale)
    why = {"code": absence, "label": f"{tongue.choice('sign_refusal_reason', absence)}{tongue.word('colon')}{reason}"}
    content = to_be_signed(visit, locale, facts_of(visit), revision_reason=revision_reason) | {
        "sign_refusal_reason": why
    }
    evidence = declaration(person, moment, facts) | {
        "method": "none",
        "absence": absence,
        "reason": reason,
        "photo": digest,
    }
    report = submit(visit, content, evidence, signed=False)
    send_copy(report, person)
    history.record("end_unsigned", report, person_id=person.id, number=report.number, absence=absence)
    return report


def keep_photo(visit: Visit, photo: bytes | None, facts: Facts, person: Person) -> str | None:
    """The photo that shows the closed door. With the visit's other photos while these may change, else with the
    declaration alone; one that is there already is enough."""
    if not photo:
        if not live_photos(visit):
            raise Rejected(lazy("Take a photo that shows that you were there."), "photo")
        return None
    if may_change(visit.state, visit.to_mend, "photos"):
        return visits.add_photo(visit, photo=photo, label="other", person=person).digest
    return files.keep(files.as_photo(photo)[0], "image/jpeg")


def sign_on_paper(
    visit: Visit,
    *,
    locale: str,
    signer_name: str,
    signer_role: str,
    photo: bytes | None,
    reason: str = "",
    revision_reason: str = "",
    person: Person,
) -> Report:
    """The customer signed a printed sheet: a photo of it, who signed, and the technician's declaration."""
    facts = ensure_ready(visit)
    if not photo:
        raise Rejected(lazy("Take a photo of the signed sheet."), "photo")
    digest, moment = files.keep(files.as_photo(photo)[0], "image/jpeg"), now()
    survey = survey_of(visit)
    content = to_be_signed(visit, locale, facts, Signer(signer_name, signer_role), revision_reason) | {
        "survey_state": survey.state if survey else None,
        "signed_at": at_place(moment, visit.zone),
    }
    evidence = declaration(person, moment, facts) | {"method": "paper", "photo": digest, "reason": reason or None}
    report = submit(visit, content, evidence, signed=True)
    first_signature(report, content, "paper")
    send_copy(report, person)
    history.record("sign_on_paper", report, person_id=person.id, number=report.number)
    return report


def declaration(person: Person, moment: datetime, facts: Facts) -> dict[str, Any]:
    return {
        "declared_by": str(person.id),
        "declared_at": moment.astimezone(UTC).isoformat(timespec="milliseconds"),
        "technicians": technicians_marks(facts),
    }
