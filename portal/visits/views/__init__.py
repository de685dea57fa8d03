"""The pages of visits, a module for each noun."""

from portal.visits.views import clocks, day, findings, lists, parts, photos, readings, stops, times, visit
from portal.visits.views.base import bp

__all__ = ["bp", "clocks", "day", "findings", "lists", "parts", "photos", "readings", "stops", "times", "visit"]
