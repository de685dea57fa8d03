"""Times of the story, told relative to the day on which it is loaded: `-1 10:00`, `+1 09:30`, `now-90`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from flask import current_app

from portal.clock import day_bounds, local, zone

HALF_HOUR = timedelta(minutes=30)
OPENING = timedelta(hours=8)
LAST_START = timedelta(hours=22)  # a window of today starts no later, so that it still ends today


@dataclass(frozen=True)
class Timetable:
    now: datetime

    def day(self, zone_name: str, offset: int = 0) -> date:
        return local(self.now, zone_name).date() + timedelta(days=offset)

    def moment(self, text: str, zone_name: str) -> datetime:
        """`now±minutes`, or days from today and the time on the site's wall clock."""
        if text.startswith("now"):
            return self.now + timedelta(minutes=int(text[3:] or 0))
        offset, clock = text.split(" ")
        day = self.day(zone_name, int(offset))
        return datetime.combine(day, time.fromisoformat(clock), zone(zone_name)).astimezone(UTC)

    def window(self, start: str, minutes: int, zone_name: str) -> tuple[datetime, datetime]:
        """The agreed window. One told by `now` begins on a half hour and stays within today at the site; what is
        still to come is not agreed for the night."""
        begin = self.moment(start, zone_name)
        if start.startswith("now"):
            first, _end = day_bounds(self.day(zone_name), zone_name)
            if start.startswith("now+"):
                begin += max(timedelta(), first + OPENING - self.now)
            begin = max(first, min(first + LAST_START, first + (begin - first) // HALF_HOUR * HALF_HOUR))
        return begin, begin + timedelta(minutes=minutes)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What is done inside is recorded as done at `moment`: numbers, seals and histories tell the story's own times."""
    before = current_app.config.get("CLOCK")
    current_app.config["CLOCK"] = lambda: moment
    try:
        yield
    finally:
        current_app.config["CLOCK"] = before
