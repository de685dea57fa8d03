"""Pages of files and lists, a module for each noun."""

from portal.records.views import customers, equipment, lists, merging, papers
from portal.records.views.base import bp

__all__ = ["bp", "customers", "equipment", "lists", "merging", "papers"]
