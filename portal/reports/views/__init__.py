"""Routes: on the technician's side of the hand-over, on the customer's, the reports themselves, and their review."""

from portal.reports.views import customer, papers, public, review, verify, visit
from portal.reports.views.base import bp

blueprints = (bp, customer.bp, verify.bp)

__all__ = ["blueprints", "papers", "public", "review", "verify", "visit"]
