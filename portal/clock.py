"""Now, and the time zones of sites. Stored times are UTC; pages show the site's time."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from flask import current_app, has_app_context

CLOCK_TOLERANCE = timedelta(minutes=10)  # a phone's clock further off is kept and marked (reliability 1.3.5)


def now() -> datetime:
    """The present moment in UTC, from the app's clock: tests set `CLOCK` to move it."""
    tick = current_app.config.get("CLOCK") if has_app_context() else None
    return tick() if tick else datetime.now(UTC)


@cache
def zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@cache
def zone_names() -> frozenset[str]:
    """Read once: the library opens each of the six hundred files again to see whether it is one."""
    return frozenset(available_timezones())


def local(moment: datetime, zone_name: str) -> datetime:
    return moment.astimezone(zone(zone_name))


def today(zone_name: str) -> date:
    return local(now(), zone_name).date()


def day_bounds(day: date, zone_name: str) -> tuple[datetime, datetime]:
    """First moment of `day` at the place and of the day after, both in UTC."""
    start = datetime.combine(day, time(), zone(zone_name))
    end = datetime.combine(day + timedelta(days=1), time(), zone(zone_name))
    return start.astimezone(UTC), end.astimezone(UTC)


def at_site(moment: datetime, zone_name: str) -> datetime:
    """UTC for a time from a form: one with an offset is taken as it is, one without is the site's."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone(zone_name))).astimezone(UTC)
