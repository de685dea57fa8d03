"""Which state a visit may take next, and when its plan may still change.

assigned ─ en_route ─ on_site ─ working ⇄ paused ─ finished ─ signed | unsigned ─ approved | returned
                                                                  └──────────────────┘ (mended)

An unsigned report becomes signed when the customer signs by link; an approved one may be returned for a correction;
a report that is void for good takes its visit to cancelled.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

TRANSITIONS: dict[str, frozenset[str]] = {
    # A forgotten departure does not hold up an arrival.
    "assigned": frozenset({"en_route", "on_site", "cancelled"}),
    "en_route": frozenset({"on_site", "cancelled"}),
    # Finished without work: nobody opened, or the customer declined.
    "on_site": frozenset({"working", "finished", "cancelled"}),
    "working": frozenset({"paused", "finished"}),
    "paused": frozenset({"working", "finished"}),
    # Work goes on until somebody has signed.
    "finished": frozenset({"working", "signed", "unsigned"}),
    "signed": frozenset({"approved", "returned", "cancelled"}),
    "unsigned": frozenset({"signed", "approved", "returned", "cancelled"}),
    "returned": frozenset({"signed", "unsigned", "cancelled"}),
    "approved": frozenset({"returned", "cancelled"}),
    "cancelled": frozenset(),
}
STATES = tuple(TRANSITIONS)
# How far somebody is who works beside the lead. Whoever has left may come back; nobody of them ends the visit.
MEMBER_TRANSITIONS: dict[str, frozenset[str]] = {
    "assigned": frozenset({"en_route", "on_site"}),
    "en_route": frozenset({"on_site", "finished"}),
    "on_site": frozenset({"working", "finished"}),
    "working": frozenset({"paused", "finished"}),
    "paused": frozenset({"working", "finished"}),
    "finished": frozenset({"working"}),
}
UNDER_WAY = frozenset(MEMBER_TRANSITIONS)
REPEAT_DAYS = 30
MOVABLE = frozenset({"assigned", "en_route", "on_site"})
OVER = frozenset({"signed", "unsigned", "approved", "returned", "cancelled"})
CLOSED = frozenset({"approved", "cancelled"})
TO_MEND = ("findings", "parts", "time", "photos")
LONGEST_WINDOW = timedelta(hours=24)


def may_follow(state: str, wanted: str) -> bool:
    return wanted in TRANSITIONS[state]


def member_may_follow(state: str, wanted: str) -> bool:
    return wanted in MEMBER_TRANSITIONS[state]


def is_movable(state: str) -> bool:
    """Before work begins the window may change, and the visit may be cancelled."""
    return state in MOVABLE


def may_be_handed_on(state: str) -> bool:
    """Until somebody has signed, another technician may take the visit over; what was recorded stays its author's."""
    return state in UNDER_WAY


def state_of_new_lead(own: str | None) -> str:
    """Whoever worked on the visit before goes on from where they are, anybody else from the beginning."""
    return own or "assigned"


def days_since(ended: datetime, begun: datetime, zone: str, within: int = REPEAT_DAYS) -> int | None:
    """Calendar days at the site from the end of one visit to the begin of another, if the second is a repeat of the
    first (SR-08); None when it began before that end or more than `within` days later."""
    place = ZoneInfo(zone)
    days = (begun.astimezone(place).date() - ended.astimezone(place).date()).days
    return days if begun >= ended and days <= within else None


def window_is_sound(start: datetime, end: datetime) -> bool:
    return timedelta() < end - start <= LONGEST_WINDOW


def is_same_window(one: tuple[datetime | None, datetime | None], other: tuple[datetime, datetime]) -> bool:
    """To the minute, as it is typed."""
    return all(
        mine is not None and mine.replace(second=0, microsecond=0) == theirs.replace(second=0, microsecond=0)
        for mine, theirs in zip(one, other, strict=True)
    )


def overlap(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> bool:
    """Windows that only touch do not overlap."""
    return start < other_end and other_start < end


def is_open(states: Iterable[str]) -> bool:
    """A call is open until it has a visit and each of its visits is approved or cancelled, one at least approved."""
    states = list(states)
    return "approved" not in states or any(state not in CLOSED for state in states)


def proposed_class(before: str | None, guaranteed: bool | None) -> str:
    """R035: B under a contract, C under a guarantee, else A, paid. `before`: the class of the last call at the place,
    which alone says that there is a contract, and that there is a guarantee where the unit's dates (`guaranteed`, None)
    tell nothing."""
    if before == "B":
        return "B"
    if guaranteed is None:
        return "C" if before == "C" else "A"
    return "C" if guaranteed else "A"


def is_guaranteed(since: date | None, months: int | None, day: date) -> bool | None:
    """Up to the same day of the month in which the term ends: its first day is not counted. None: nobody knows."""
    if since is None or months is None:
        return None
    passed = (day.year - since.year) * 12 + day.month - since.month
    return passed < months or (passed == months and day.day <= since.day)
