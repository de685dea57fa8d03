"""Addresses that phones ask, and the supervisor's inbox, a module for each question."""

from portal.offline.views import hello, inbox, outbox, phones, rescue
from portal.offline.views.base import bp

__all__ = ["bp", "hello", "inbox", "outbox", "phones", "rescue"]
