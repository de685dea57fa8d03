"""The hand-over that a phone did without us: what it sends afterwards becomes the same rows as if we had been there.

What the customer read is theirs. Where it is what our record says, it is sealed as always; where it is not, the very
text they signed is sealed, and marked, so that a supervisor sees both.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from portal import history
from portal.accounts.models import Person, SignIn
from portal.accounts.secrets import matches
from portal.calls.models import Visit
from portal.calls.operations import advance, lock
from portal.clock import now
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy, speaking
from portal.reports.content import OF_SIGNER, at_place
from portal.reports.models import HandOver, Report, Survey, newest_report, survey_of
from portal.reports.operations.handing import Signer, ensure_ready, to_be_signed
from portal.reports.operations.links import send_copy
from portal.reports.operations.reviewing import add_review, ensure_waiting
from portal.reports.operations.sealing import first_signature, submit, technicians_marks
from portal.reports.operations.signing import Mark, evidence_of
from portal.reports.operations.surveying import keep_survey
from portal.reports.shown import as_payload, read_shown, shown_content
from portal.reports.statement import CURRENT
from portal.signing.operations import content_of
from portal.signing.rules import canonical, digest
from portal.visits.facts import facts_of


@dataclass(frozen=True)
class Sight:
    """What the phone says the customer had before them: the text, its digest, the statement's version, and the ids of
    the entries that the text rests on."""

    shown: str
    shown_digest: str
    statement: str = CURRENT
    entries: Sequence[uuid.UUID] = field(default_factory=tuple)


def keep_hand_over(
    visit: Visit,
    *,
    token: str,
    locale: str,
    signer: Signer,
    opened_at_device: datetime | None,
    person: Person,
    session: SignIn,
) -> HandOver:
    """Takes note that the phone was in the customer's hands. What they read comes with the signature."""
    ensure_unsigned(visit)
    if db.session.scalar(select(HandOver.id).where(HandOver.token == token)) is not None:
        raise Conflict(lazy("This hand-over has arrived already. What came first stands."))
    content = to_be_signed(visit, locale, facts_of(visit), signer)
    given = HandOver(
        token=token,
        visit=visit,
        sign_in_id=session.id,
        person_id=person.id,
        locale=locale,
        signer_name=signer.signer_name,
        signer_role=signer.signer_role,
        content=canonical(content),
        opened_at=now(),
        offline=True,
        opened_at_device=opened_at_device,
    )
    db.session.add(given)
    db.session.flush()
    history.record("hand_over", visit, person_id=person.id, locale=locale, offline=True)
    return given


def keep_answers(given: HandOver, answers: dict[str, Any] | None) -> Survey:
    return keep_survey(given.visit, given.locale, answers, given.person_id, hand_over_id=given.id, assisted=True)


def keep_signature(given: HandOver, mark: Mark, sight: Sight, *, remarks: str = "") -> Report:
    """Seals what the customer read and signed, whether our record says the same or not."""
    visit = given.visit
    ensure_unsigned(visit)
    mark.check()
    shown = read_shown(sight.shown)
    if shown is None or digest("", sight.shown) != sight.shown_digest or shown["language"] != given.locale:
        raise Conflict(lazy("What the customer read cannot be made out. Somebody must look at it."))
    facts, survey, moment = facts_of(visit), survey_of(visit), now()
    signer = {name: given.payload.get(name) for name in OF_SIGNER}
    composed = to_be_signed(visit, given.locale, facts) | signer
    differs = shown_content(composed) != sight.shown
    own = {
        "survey_state": survey.state if survey else None,
        "customer_opinion": remarks or None,
        "signed_at": at_place(moment, visit.zone),
    }
    evidence = evidence_of(mark, moment, given.locale, survey, sight.statement) | {
        "signer_name": given.signer_name,
        "signer_role": given.signer_role,
        "hand_over_id": str(given.id),
        "handed_over_by": str(given.person_id),
        "technicians": technicians_marks(facts),
        **unseen(given, sight, moment, differs),
    }
    content = (as_payload(shown, composed) if differs else composed) | own
    report = submit(visit, content, evidence, signed=True)
    first_signature(report, content, mark.method, hand_over_id=given.id)
    send_copy(report, db.session.get_one(Person, given.person_id))
    how = {"number": report.number, "method": mark.method, "offline": True, "differs": differs}
    history.record("sign_report", report, person_id=given.person_id, **how)
    return report


def unseen(given: HandOver, sight: Sight, moment: datetime, differs: bool) -> dict[str, Any]:
    """What proves a signature at which we were not present: both clocks, the text shown, what it rested on."""
    opened = given.opened_at_device
    return {
        "offline": True,
        "received_at": moment.astimezone(UTC).isoformat(timespec="milliseconds"),
        "shown_at": opened.astimezone(UTC).isoformat(timespec="seconds") if opened else None,
        "shown_digest": sight.shown_digest,
        "entries": [str(one) for one in sight.entries],
        **({"differs": True} if differs else {}),
    }


def ensure_unsigned(visit: Visit) -> None:
    """A first report of work that has ended. Whatever else became of the visit meanwhile, somebody decides."""
    lock(visit)
    if visit.state != "finished" or newest_report(visit) is not None:
        raise Conflict(lazy("The visit went another way meanwhile. What was signed is kept until somebody decides."))


def keep_release(given: HandOver, pin: str | None) -> bool:
    """The phone is the technician's again, once: what came first stands. A PIN that is not theirs (it may have been
    changed meanwhile) is noted: the phone was opened long ago, so refusing it would only lose that it was."""
    db.session.refresh(given, ["closed_at", "release_doubt"], with_for_update=True)
    if given.closed_at is not None:
        raise Conflict(lazy("The phone was taken back."))
    person = db.session.get_one(Person, given.person_id)
    given.release_doubt = pin is None or not matches(person.pin_hash, pin)
    given.closed_at = now()
    db.session.flush()
    history.record("take_back", given.visit, person_id=given.person_id, offline=True, doubt=given.release_doubt)
    return not given.release_doubt


def renew_report(report: Report, *, person: Person) -> Report:
    """The next revision of a report that differs, from the record as it stands now and without a signature, so that
    the customer can be asked by link. They read what changes."""
    ensure_waiting(report, person)
    if not report.differs:
        raise Conflict(lazy("What was signed is what stands in the record."))
    visit, locale = report.visit, content_of(report.document)["language"]
    add_review(report, "returned", [], str(lazy("Differs after signing: the customer is asked again.")), person)
    advance(visit, "returned")
    facts = ensure_ready(visit)
    with speaking(locale):
        reason = str(lazy("The record was completed after it was signed without a connection."))
    content = to_be_signed(visit, locale, facts, revision_reason=reason)
    evidence = {"method": "none", "declared_by": str(person.id), "replaces": report.document_n}
    renewed = submit(visit, content, evidence, signed=False)
    history.record("renew_report", renewed, person_id=person.id, number=renewed.number, revision=renewed.revision)
    return renewed
