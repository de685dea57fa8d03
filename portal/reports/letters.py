"""Letters about a report: the address to sign by, and the customer's copy. Each is written by its job when it is sent,
in the link's language, so that a queue holds no secret and no name."""

import uuid

from portal import jobs, mail
from portal.clock import now
from portal.db import db
from portal.i18n import _, fmt, lazy, speaking
from portal.letters import Paragraph, written
from portal.mail import Letter
from portal.reports import printing
from portal.reports.addresses import link_address, verify_address
from portal.reports.linkstate import state_of
from portal.reports.models import PublicLink
from portal.reports.reading import Reading
from portal.signing.operations import content_of

NOT_SENT = "not_sent"  # in a job that is done: nothing was sent, because the address was closed before


def letter(
    link: PublicLink, subject: str, paragraphs: list[Paragraph], paper: tuple[str, bytes] | None = None
) -> Letter:
    return written(link.email, subject, paragraphs, paper)


@jobs.handler("signing_link", words=lazy("Letter with an address to sign by"), again=lazy("Send it again"))
def send_signing_link(job: jobs.Job) -> None:
    """Payload: link. An address that was closed meanwhile is not sent."""
    link = find(job)
    if not link.email or state_of(link) != "open":
        job.payload = job.payload | {NOT_SENT: True}
        return
    with speaking(link.locale):
        written = signing_letter(link)
    mail.send(written, mail.message_id(job))


def signing_letter(link: PublicLink) -> Letter:
    report, content = link.report, content_of(link.report.document)
    number, provider = report.number, content["provider_name"]
    until = fmt.datetime(link.expires_at, report.visit.zone)
    return letter(
        link,
        _("Your signature is asked for: service report %(number)s", number=number),
        [
            Paragraph(_("Dear %(name)s,", name=link.signer_name)),
            Paragraph(
                _(
                    "%(provider)s asks you to read the service report %(number)s on your own phone or computer and to "
                    "sign it there:",
                    provider=provider,
                    number=number,
                ),
                link_address(link),
            ),
            Paragraph(
                _(
                    "The address works once and for %(days)s days, until %(until)s. Do not pass it on: it signs for "
                    "you.",
                    days=(link.expires_at - link.created_at).days,
                    until=until,
                )
            ),
            *questions(content),
        ],
    )


@jobs.handler("customer_copy", words=lazy("Letter with the customer's copy"), again=lazy("Send it again"))
def send_customer_copy(job: jobs.Job) -> None:
    """Payload: link. The paper is made when the letter goes out."""
    link = find(job)
    if not link.email or link.report.erased or link.revoked_at or link.expires_at <= now():
        job.payload = job.payload | {NOT_SENT: True}
        return
    report_id, pdf = link.report_id, printing.printed(link.report, printing.CUSTOMERS)
    mark = printing.edition_mark(link.report, printing.CUSTOMERS)
    with speaking(link.locale):
        written = copy_letter(link, pdf)
    mail.send(written, mail.message_id(job))
    printing.keep(report_id, mark, pdf)


def copy_letter(link: PublicLink, pdf: bytes) -> Letter:
    report, content = link.report, content_of(link.report.document)
    number, title = report.number, Reading(content).word("title")
    opening = (
        _("The service report %(number)s was signed. Your copy is attached.", number=number)
        if report.signed
        else _("The service report %(number)s ended without a signature. Your copy is attached.", number=number)
    )
    until = fmt.date(link.expires_at, report.visit.zone)
    return letter(
        link,
        _("Service report %(number)s: your copy", number=number),
        [
            Paragraph(_("Dear %(name)s,", name=content["customer_name"])),
            Paragraph(opening),
            Paragraph(_("You can also read it here until %(until)s:", until=until), link_address(link)),
            Paragraph(_("If nobody of yours signed this, say so on that page: “I did not sign this”.")),
            Paragraph(
                _("Whoever has the paper can check here that nothing in it was changed:"), verify_address(report)
            ),
            *questions(content),
        ],
        (f"{title} {number}.pdf", pdf),
    )


def questions(content: dict[str, object]) -> list[Paragraph]:
    provider, hotline = content["provider_name"], content["provider_hotline"]
    words = _("Questions? Call %(provider)s: %(hotline)s", provider=provider, hotline=hotline) if hotline else provider
    return [Paragraph(str(words))]


def find(job: jobs.Job) -> PublicLink:
    return db.session.get_one(PublicLink, uuid.UUID(job.payload["link"]))
