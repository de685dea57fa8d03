"""Routes: on the technician's side of the hand-over, on the customer's, the reports themselves, their review, and the
list of doubtful signatures."""

from portal.reports.views import customer, ending, oversight, papers, public, review, visit
from portal.reports.views.base import bp

blueprints = (bp, customer.bp)

__all__ = ["blueprints", "ending", "oversight", "papers", "public", "review", "visit"]
