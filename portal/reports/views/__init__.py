"""Routes: on the technician's side of the hand-over, on the customer's, the reports themselves, their review, and the
list of doubtful signatures."""

from portal.reports.views import (
    cases,
    copies,
    customer,
    glass,
    link,
    links,
    oversight,
    papers,
    public,
    review,
    verify,
    visit,
    withdrawal,
)
from portal.reports.views.base import bp

blueprints = (bp, customer.bp, link.bp, copies.bp, verify.bp)

__all__ = ["blueprints", "cases", "glass", "links", "oversight", "papers", "public", "review", "visit", "withdrawal"]
