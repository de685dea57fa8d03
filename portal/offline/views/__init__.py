"""Addresses that phones ask, a module for each question."""

from portal.offline.views import day, hello, help, installing, outbox, phones, visit, waiting, worker
from portal.offline.views.base import bp, device

__all__ = ["bp", "day", "device", "hello", "help", "installing", "outbox", "phones", "visit", "waiting", "worker"]
