"""What is missing before the phone may be handed to the customer, in words, with the page where it is mended."""

from dataclasses import dataclass

from portal.assets import address
from portal.calls.models import Visit
from portal.visits import rules
from portal.visits.facts import Facts, facts_of
from portal.visits.words import GAPS

PLACES = {
    "findings": "visits.findings",
    "parts": "visits.part_uses",
    "time": "visits.time_entries",
    "photos": "visits.photos",
}
ON_THE_VISIT_PAGE = ("time.arrival", "time.finish", "time.running")  # one press of a button there


@dataclass(frozen=True)
class Missing:
    """One thing to do; `row` is the task it belongs to, `gap` its name in the rules."""

    row: str
    words: str
    gap: str
    visit: Visit

    @property
    def href(self) -> str:
        place = "visits.show" if self.gap in ON_THE_VISIT_PAGE else PLACES[self.row]
        return address(place, visit_id=self.visit.id)


def gap_ways(visit: Visit) -> dict[str, list[str]]:
    """Every gap in words, with the page where it is mended, for a phone that finds out by itself what is missing."""
    ways = (Missing(gap.split(".")[0], str(words), gap, visit) for gap, words in GAPS.items())
    return {one.gap: [one.words, one.href] for one in ways}


def readiness(visit: Visit, facts: Facts | None = None) -> list[Missing]:
    """Empty when the visit is ready for hand-over (SR-01)."""
    record = (facts or facts_of(visit)).record
    return [Missing(gap.split(".")[0], str(GAPS[gap]), gap, visit) for gap in rules.gaps(record)]
