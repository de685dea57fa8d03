"""Customers, their sites and contacts, the products, and each unit that stands at a site.

Always true: a unit, a contact and a site belong to one customer, and whatever is found by a search can be named on
a call as it stands.
"""

from flask import Flask


def init_app(app: Flask) -> None:
    """Customers have no pages of their own yet; calls and visits show them."""
