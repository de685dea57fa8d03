"""Addresses that phones ask, a module for each question."""

from portal.offline.views import hello, outbox, visit
from portal.offline.views.base import bp

__all__ = ["bp", "hello", "outbox", "visit"]
