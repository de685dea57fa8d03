"""The phone goes into the customer's hands, and comes back. Until it does, its session can do nothing else."""

import secrets
from dataclasses import asdict, dataclass

from portal import history
from portal.accounts.models import Person, SignIn
from portal.calls.models import Visit
from portal.calls.operations import lock
from portal.calls.words import state_word
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy, speaking
from portal.reports.content import compose
from portal.reports.models import HandOver, newest_report
from portal.reports.statement import statement
from portal.signing.rules import canonical
from portal.visits.facts import Facts, facts_of
from portal.visits.readiness import readiness
from portal.visits.rules import HANDOVER_STATES, OPEN_STATES


@dataclass(frozen=True)
class Signer:
    """Who signs. `signed_for`: the person in whose place somebody else signs, who leaves a phone number."""

    signer_name: str
    signer_role: str
    signed_for: str = ""
    signer_phone: str = ""


def hand_over(
    visit: Visit,
    *,
    locale: str,
    signer_name: str,
    signer_role: str,
    signed_for: str = "",
    signer_phone: str = "",
    revision_reason: str = "",
    person: Person,
    session: SignIn,
) -> HandOver:
    """Composes what the customer will read and locks the session to it. The token is the only way in."""
    facts = ensure_ready(visit)
    if facts.record.outcome == "no_access":
        raise Rejected(lazy("Nobody was there to sign. End the visit without a signature."))
    if person.pin_hash is None:
        raise Rejected(lazy("Choose a PIN first: it takes the phone back from the customer."))
    if session.handover_token:
        raise Conflict(lazy("The phone is with a customer already."))
    signer = Signer(signer_name, signer_role, signed_for, signer_phone)
    given = HandOver(
        token=secrets.token_urlsafe(32),
        visit=visit,
        sign_in_id=session.id,
        person_id=person.id,
        locale=locale,
        signer_name=signer_name,
        signer_role=signer_role,
        content=canonical(to_be_signed(visit, locale, facts, signer, revision_reason)),
        opened_at=now(),
    )
    db.session.add(given)
    session.handover_token = given.token
    db.session.flush()
    history.record("hand_over", visit, person_id=person.id, locale=locale)
    return given


def to_be_signed(
    visit: Visit, locale: str, facts: Facts, signer: Signer | None = None, revision_reason: str = ""
) -> dict[str, object]:
    """The visit's next revision with the statement that is signed under it."""
    revision = next_revision(visit)
    with speaking(locale):
        reason = (revision_reason or visit.mend_note or str(lazy("Corrected"))) if revision > 1 else None
    own = asdict(signer) if signer else None
    content = compose(visit, locale, revision=revision, reason=reason, signer=own, facts=facts)
    return content | {"statement": statement(locale).text}


def take_back(given: HandOver, session: SignIn) -> None:
    """The technician has the phone again (the PIN was right), whether the customer signed or not."""
    given.closed_at = now()
    session.handover_token = None
    db.session.flush()
    history.record("take_back", given.visit, person_id=given.person_id)


def ensure_ready(visit: Visit) -> Facts:
    """Locks the visit and refuses while anything is missing that the customer would sign (SR-01)."""
    lock(visit)
    if visit.state not in HANDOVER_STATES | OPEN_STATES:
        raise Conflict(lazy("This is not possible now: the visit is “%(state)s”.", state=state_word(visit.state)))
    facts = facts_of(visit)
    if visit.state not in HANDOVER_STATES or readiness(visit, facts):
        raise Rejected(lazy("Something is missing still. Complete it, then hand the phone over."))
    return facts


def next_revision(visit: Visit) -> int:
    last = newest_report(visit)
    return last.revision + 1 if last else 1
