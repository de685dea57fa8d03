"""Routes: on the technician's side of the hand-over, on the customer's, the reports themselves, and their review."""

from portal.reports.views import cases, copies, customer, link, links, papers, public, review, visit
from portal.reports.views.base import bp

blueprints = (bp, customer.bp, link.bp, copies.bp)

__all__ = ["blueprints", "cases", "links", "papers", "public", "review", "visit"]
