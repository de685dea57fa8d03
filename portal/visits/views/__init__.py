"""The pages of visits, a module for each noun."""

from portal.visits.views import (
    calendar,
    clocks,
    day,
    findings,
    lists,
    parts,
    photos,
    readings,
    scan,
    stops,
    times,
    visit,
)
from portal.visits.views.base import bp

__all__ = [
    "bp",
    "calendar",
    "clocks",
    "day",
    "findings",
    "lists",
    "parts",
    "photos",
    "readings",
    "scan",
    "stops",
    "times",
    "visit",
]
