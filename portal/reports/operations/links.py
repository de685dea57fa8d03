"""Addresses without sign-in for one report: to sign it, or to read the customer's own copy and say 不是我签的."""

from datetime import timedelta

from portal import history, jobs, settings
from portal.accounts.models import Person
from portal.accounts.secrets import token_hash
from portal.calls.models import Visit
from portal.calls.operations import lock
from portal.clock import now
from portal.db import db, new_id
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.reports.models import Dispute, PublicLink, Report, newest_report
from portal.reports.operations.sealing import ensure_stands
from portal.signing.operations import content_of, signing_key
from portal.signing.rules import token


def issue_link(
    report: Report, *, signer_name: str, signer_role: str, locale: str, email: str = "", person: Person
) -> PublicLink:
    """An address at which one person signs this revision. Several may be open for several signers. With `email` a
    letter takes it there; without, somebody hands it over in another way."""
    lock(report.visit)
    newest = newest_report(report.visit)
    if newest is None or newest.id != report.id or report.void or report.erased:
        raise Conflict(lazy("Only the newest revision of a report can be signed."))
    link = add_link(report, "sign", locale, email, person, signer_name, signer_role)
    if email:
        jobs.enqueue("signing_link", key=f"link:{link.id}", about=about(report), link=str(link.id))
    history.record("issue_link", report, person_id=person.id, number=report.number, link=link.id)
    return link


def ensure_live(link: PublicLink) -> None:
    """Locks the visit; refuses a link that is used, revoked or out of time, and a report that is not the newest."""
    report = link.report
    lock(report.visit)
    db.session.refresh(link, ["used_at", "revoked_at"], with_for_update=True)
    newest = newest_report(report.visit)
    if link.used_at or link.revoked_at or link.expires_at <= now():
        raise Conflict(lazy("This address does not work any more."))
    if newest is None or newest.id != report.id:
        raise Conflict(lazy("There is a newer report in place of this one. Ask for a new address."))
    ensure_stands(report)


def issue_copy(report: Report, *, locale: str, email: str, person: Person) -> PublicLink:
    """The address of the customer's own copy, with the letter that carries it and the paper to the registered contact.
    The letter waits as a job of the same transaction: a report that is not stored sends nothing."""
    link = add_link(report, "copy", locale, email, person)
    jobs.enqueue("customer_copy", key=f"copy:{link.id}", about=about(report), link=str(link.id))
    return link


def send_copy(report: Report, person: Person) -> PublicLink | None:
    """What every report does when it is signed or ended: its copy goes to the registered contact, in the report's
    language. None when no contact has an e-mail address."""
    email = registered_email(report.visit)
    return (
        issue_copy(report, locale=content_of(report.document)["language"], email=email, person=person)
        if email
        else None
    )


def registered_email(visit: Visit) -> str:
    """The address of the call's contact, else of the site's first contact that has one; "" when nobody has."""
    known = [visit.call.contact] if visit.call.contact else []
    return next((contact.email for contact in (*known, *visit.call.site.contacts) if contact.email), "")


def about(report: Report) -> str:
    """Under which name a report's jobs are found."""
    return f"report:{report.id}"


def add_link(
    report: Report, purpose: str, locale: str, email: str, person: Person, signer_name: str = "", signer_role: str = ""
) -> PublicLink:
    key, moment = new_id(), now()
    link = PublicLink(
        id=key,
        token_hash=token_hash(link_token(key)),
        purpose=purpose,
        report=report,
        locale=locale,
        email=email,
        signer_name=signer_name,
        signer_role=signer_role,
        created_by=person,
        created_at=moment,
        expires_at=moment + timedelta(days=settings.value("link_days" if purpose == "sign" else "copy_days")),
    )
    db.session.add(link)
    db.session.flush()
    return link


def link_token(link_id: object) -> str:
    """The secret of a link's address: made when a letter is written or a page shows it, never stored."""
    return token(signing_key(), "link", link_id)


def revoke_link(link: PublicLink, *, person: Person) -> None:
    db.session.refresh(link, ["used_at", "revoked_at"], with_for_update=True)
    if link.used_at or link.revoked_at:
        raise Conflict(lazy("This was done already."))
    link.revoked_at, link.revoked_by_id = now(), person.id
    db.session.flush()
    history.record("revoke_link", link.report, person_id=person.id, link=link.id)


def open_dispute(link: PublicLink, *, words: str, phone: str = "") -> Dispute:
    """不是我签的: opens a case for the supervisor. One a link; the report stays as it is until somebody decides."""
    db.session.refresh(link, ["used_at"], with_for_update=True)
    if link.used_at:
        raise Conflict(lazy("This was done already."))
    dispute = Dispute(report=link.report, link=link, words=words, phone=phone, opened_at=now())
    db.session.add(dispute)
    link.used_at = dispute.opened_at
    db.session.flush()
    history.record("open_dispute", link.report, person_id=link.created_by_id, number=link.report.number)
    return dispute


def close_dispute(dispute: Dispute, *, outcome: str, note: str, person: Person) -> None:
    """What came of it. That the signature is void is said by the report's void, not here."""
    db.session.refresh(dispute, ["closed_at"], with_for_update=True)
    if dispute.closed_at:
        raise Conflict(lazy("This case is closed already."))
    if dispute.report.was_worked_on_by(person):
        raise Rejected(lazy("Nobody decides about their own work."))
    dispute.closed_at, dispute.closed_by, dispute.outcome, dispute.note = now(), person, outcome, note
    db.session.flush()
    history.record("close_dispute", dispute.report, person_id=person.id, outcome=outcome)
