"""What became of a report's letters: read from the links, and from the jobs that carry them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import joinedload

from portal import jobs
from portal.accounts.models import Person
from portal.db import db, read
from portal.i18n import _
from portal.jobs import Job
from portal.letters import Fate, fate
from portal.reports.letters import NOT_SENT
from portal.reports.models import Dispute, PublicLink, Report
from portal.reports.operations.links import about


@dataclass(frozen=True, kw_only=True)
class Delivery(Fate):
    """One letter of a report."""

    link: Any  # a PublicLink, or the columns of one that the report's page shows


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


@cache
def page_links_query() -> Any:
    query = select(PublicLink.id, PublicLink.purpose, PublicLink.email)
    query = query.where(PublicLink.report_id == bindparam("report_id"))
    return query.order_by(PublicLink.created_at.desc(), PublicLink.id)


def deliveries(report: Report, links: Sequence[Any]) -> dict[str, Delivery]:
    """What became of the letter of each link that has one, by the link's id."""
    found = {str(job.payload.get("link")): job for job in jobs.about(about(report))} if links else {}
    return {str(link.id): delivery(link, found[str(link.id)]) for link in links if str(link.id) in found}


def delivery(link: Any, job: Job) -> Delivery:
    found = fate(job)
    if found.state == "sent" and job.payload.get(NOT_SENT):
        words = _("The address was closed before the letter went out.")
        return Delivery(link=link, state="not_sent", at=found.at, why=words)
    return Delivery(link=link, state=found.state, at=found.at, why=found.why)


def open_cases(report: Report) -> list[Row[Any]]:
    """The customer's open words against any revision of this report."""
    return read(cases_query(), {"number": report.number})


@cache
def cases_query() -> Any:
    same = select(Report.id).where(Report.number == bindparam("number")).scalar_subquery()
    query = select(Dispute.id, Dispute.opened_at).where(Dispute.report_id.in_(same), Dispute.closed_at.is_(None))
    return query.order_by(Dispute.opened_at)


def of_page(report: Report) -> dict[str, Any]:
    """What the report's page shows of all this."""
    links = read(page_links_query(), {"report_id": report.id})
    sent = deliveries(report, links)
    return {
        "signing_links": [link for link in links if link.purpose == "sign"],
        "copies": [sent[str(link.id)] for link in links if link.purpose == "copy" and str(link.id) in sent],
        "open_cases": open_cases(report),
    }
