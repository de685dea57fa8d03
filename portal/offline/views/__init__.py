"""Addresses that phones ask, a module for each question."""

from portal.offline.views import hello, outbox, phones
from portal.offline.views.base import bp

__all__ = ["bp", "hello", "outbox", "phones"]
