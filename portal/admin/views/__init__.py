"""The pages of the administration, one module a subject."""

from portal.admin.views import codes, company, history, people, permissions, sessions, settings, setup
from portal.admin.views.base import bp

__all__ = ["bp", "codes", "company", "history", "people", "permissions", "sessions", "settings", "setup"]
