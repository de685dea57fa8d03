"""The phone goes into the customer's hands, and comes back. Until it does, its session can do nothing else."""

import secrets

from portal import history
from portal.accounts.models import Person, SignIn
from portal.calls.models import Visit
from portal.calls.operations import lock
from portal.calls.words import state_word
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.reports.content import compose
from portal.reports.models import HandOver, newest_report
from portal.reports.statement import statement
from portal.signing.rules import canonical
from portal.visits.facts import Facts, facts_of
from portal.visits.readiness import readiness
from portal.visits.rules import HANDOVER_STATES, OPEN_STATES


def hand_over(
    visit: Visit, *, locale: str, signer_name: str, signer_role: str, person: Person, session: SignIn
) -> HandOver:
    """Composes what the customer will read and locks the session to it. The token is the only way in."""
    facts = ensure_ready(visit)
    if facts.record.outcome == "no_access":
        raise Rejected(lazy("Nobody was there to sign. End the visit without a signature."))
    if person.pin_hash is None:
        raise Rejected(lazy("Choose a PIN first: it takes the phone back from the customer."))
    if session.handover_token:
        raise Conflict(lazy("The phone is with a customer already."))
    content = compose(
        visit, locale, revision=next_revision(visit), signer_name=signer_name, signer_role=signer_role, facts=facts
    )
    given = HandOver(
        token=secrets.token_urlsafe(32),
        visit=visit,
        sign_in_id=session.id,
        person_id=person.id,
        locale=locale,
        signer_name=signer_name,
        signer_role=signer_role,
        content=canonical(content | {"statement": statement(locale).text}),
        opened_at=now(),
    )
    db.session.add(given)
    session.handover_token = given.token
    db.session.flush()
    history.record("hand_over", visit, person_id=person.id, locale=locale)
    return given


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
