"""The public addresses of a report, whole, as letters and QR codes carry them."""

from portal.addresses import absolute
from portal.reports.models import PublicLink, Report
from portal.reports.operations.links import link_token
from portal.reports.operations.sealing import verify_token

ENTRANCE = {"sign": "/s/", "copy": "/c/"}


def link_address(link: PublicLink) -> str:
    return absolute(ENTRANCE[link.purpose] + link_token(link.id))


def verify_address(report: Report) -> str:
    """Where anybody who has the paper can compare it with the record."""
    return absolute(f"/verify/{verify_token(report.number, report.revision)}")
