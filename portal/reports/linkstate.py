"""What a link is good for now, read from its row and its report."""

from portal.clock import now
from portal.reports.models import PublicLink, newest_report
from portal.reports.rules import link_state


def state_of(link: PublicLink) -> str:
    """One of `open`, `used`, `revoked`, `void`, `superseded`, `expired`, `erased`."""
    report = link.report
    newest = newest_report(report.visit)
    return link_state(
        used=link.used_at is not None,
        revoked=link.revoked_at is not None,
        expired=link.expires_at <= now(),
        erased=report.erased,
        void=report.void is not None,
        newest=newest is not None and newest.id == report.id,
    )
