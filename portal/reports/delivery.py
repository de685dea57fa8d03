"""What became of a report's letters: read from the links, and from the jobs that carry them."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload

from portal import jobs, mail
from portal.accounts.models import Person
from portal.db import db
from portal.i18n import _, lazy
from portal.jobs import Job
from portal.reports.letters import NOT_SENT
from portal.reports.models import Dispute, PublicLink, Report
from portal.reports.operations.links import about

STATES: dict[str, tuple[Any, str]] = {
    # state: (word, kind of tag)
    "sent": (lazy("Sent"), "good"),
    "queued": (lazy("Queued"), "info"),
    "no_server": (lazy("No mail server is set"), "warn"),
    "again": (lazy("Failed, is tried again"), "warn"),
    "stuck": (lazy("Not sent"), "bad"),
    "not_sent": (lazy("Not sent"), "neutral"),
}


@dataclass(frozen=True)
class Delivery:
    """One letter. `at` is when it was sent or is tried next; `why` is the last failure in the reader's language."""

    link: PublicLink
    state: str
    at: datetime | None = None
    why: str = ""

    @property
    def word(self) -> str:
        return str(STATES[self.state][0])

    @property
    def kind(self) -> str:
        return STATES[self.state][1]


def links_of(report: Report) -> list[PublicLink]:
    """All links of this revision, newest first."""
    return list(db.session.scalars(links_query(), {"report_id": report.id}))


@cache
def links_query() -> Select[Any]:
    """Made once, like the query below: making them costs more than running them."""
    query = select(PublicLink).where(PublicLink.report_id == bindparam("report_id"))
    return query.options(joinedload(PublicLink.created_by).load_only(Person.name)).order_by(
        PublicLink.created_at.desc(), PublicLink.id
    )


def deliveries(report: Report, links: list[PublicLink]) -> dict[str, Delivery]:
    """What became of the letter of each link that has one, by the link's id."""
    found = {str(job.payload.get("link")): job for job in jobs.about(about(report))} if links else {}
    return {str(link.id): delivery(link, found[str(link.id)]) for link in links if str(link.id) in found}


def delivery(link: PublicLink, job: Job) -> Delivery:
    why = jobs.error_words(job.error)
    if job.state == jobs.DONE and job.payload.get(NOT_SENT):
        return Delivery(link, "not_sent", job.finished_at, _("The address was closed before the letter went out."))
    if job.state == jobs.DONE:
        return Delivery(link, "sent", job.finished_at)
    if job.state == jobs.STUCK:
        return Delivery(link, "stuck", job.finished_at, why)
    if not mail.is_configured():
        return Delivery(link, "no_server")
    if job.state == jobs.WAITING and job.attempts:
        return Delivery(link, "again", job.due_at, why)
    return Delivery(link, "queued")


def open_cases(report: Report) -> list[Dispute]:
    """The customer's open words against any revision of this report."""
    return list(db.session.scalars(cases_query(), {"number": report.number}))


@cache
def cases_query() -> Select[Any]:
    same = select(Report.id).where(Report.number == bindparam("number")).scalar_subquery()
    query = select(Dispute).where(Dispute.report_id.in_(same), Dispute.closed_at.is_(None))
    return query.order_by(Dispute.opened_at)


def of_page(report: Report) -> dict[str, Any]:
    """What the report's page shows of all this."""
    links = links_of(report)
    sent = deliveries(report, links)
    return {
        "signing_links": [link for link in links if link.purpose == "sign"],
        "copies": [sent[str(link.id)] for link in links if link.purpose == "copy" and str(link.id) in sent],
        "open_cases": open_cases(report),
    }
