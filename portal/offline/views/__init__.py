"""Addresses that phones ask, and the supervisor's inbox, a module for each question."""

from portal.offline.views import (
    day,
    hello,
    help,
    inbox,
    installing,
    locked,
    outbox,
    phones,
    pieces,
    rescue,
    visit,
    waiting,
    worker,
)
from portal.offline.views.base import bp, device

__all__ = [
    "bp", "day", "device", "hello", "help", "inbox", "installing", "locked", "outbox", "phones", "pieces", "rescue",
    "visit", "waiting", "worker",
]  # fmt: skip
