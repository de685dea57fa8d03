"""Routes: on the technician's side of the hand-over, on the customer's, the reports themselves, and their review."""

from portal.reports.views import customer, ending, papers, public, review, visit
from portal.reports.views.base import bp

blueprints = (bp, customer.bp)

__all__ = ["blueprints", "ending", "papers", "public", "review", "visit"]
