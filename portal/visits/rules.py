"""What a visit's record must hold before the customer signs, which rows may still change, and how its times add up.

Sources: SR-01 and SR-06/07 of the trade's rules for service reports; work clocks, order and photos of contract 7.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

ROWS = ("findings", "parts", "time", "photos")
OPEN_STATES = frozenset({"assigned", "en_route", "on_site", "working", "paused", "finished"})
ENDED_STATES = frozenset({"finished", "signed", "unsigned", "approved", "returned"})
HANDOVER_STATES = frozenset({"finished", "returned"})
NO_WORK = frozenset({"no_access", "customer_declined"})
TOLERANCE = timedelta(minutes=10)  # a phone's clock further off is kept and marked
FREE_CHANGE = timedelta(minutes=5)  # time entered later than this, or changed, needs a reason
LONGEST_ENTRY = timedelta(hours=24)
FORGOTTEN_AFTER = timedelta(hours=12)
EVENING = time(18)

QUANTITIES = {  # what is measured at a machine, and its usual unit
    "voltage": "V",
    "current": "A",
    "resistance": "Ω",
    "insulation": "MΩ",
    "belt_tension": "N",
    "speed": "km/h",
    "temperature": "°C",
    "other": "",
}

VERBS = {
    # state: the one next step, and what may be done instead
    "assigned": ("departure", ("arrival",)),
    "en_route": ("arrival", ()),
    "on_site": ("start", ("finish",)),
    "working": ("finish", ("pause",)),
    "paused": ("start", ("finish",)),
    "finished": ("handover", ("start",)),
    "returned": ("handover", ()),
}


MEMBER_VERBS = {
    # the same for somebody beside the lead, by their own state
    "assigned": ("departure", ("arrival",)),
    "en_route": ("arrival", ("leaving",)),
    "on_site": ("start", ("leaving",)),
    "working": ("leaving", ("pause",)),
    "paused": ("start", ("leaving",)),
    "finished": ("", ("start",)),
}


def may_change(state: str, to_mend: Iterable[str] | None, row: str) -> bool:
    """Until the customer signs all rows are open; of a returned report only those that were asked for."""
    return state in OPEN_STATES or (state == "returned" and row in (to_mend or ()))


@dataclass(frozen=True)
class Stretch:
    """A stretch of time; an open one has no end yet."""

    kind: str
    started_at: datetime
    ended_at: datetime | None


def whole_minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def overlap(first: Stretch, other: Stretch, now: datetime) -> bool:
    """Whether two stretches share time. People write minutes, clocks count seconds, so whole minutes are compared;
    stretches that only touch do not overlap."""
    first_start, first_end = whole_minute(first.started_at), whole_minute(first.ended_at or now)
    other_start, other_end = whole_minute(other.started_at), whole_minute(other.ended_at or now)
    return first_start < other_end and other_start < first_end


def minutes(stretches: Iterable[Stretch], kind: str, now: datetime | None = None) -> int:
    """Whole minutes of one kind, halves rounded up; an open stretch counts up to `now`, or not at all."""
    spent = timedelta()
    for stretch in stretches:
        end = stretch.ended_at or now
        if stretch.kind == kind and end:
            spent += max(end - stretch.started_at, timedelta())
    return int((spent.total_seconds() + 30) // 60)


def needs_reason(ended_at: datetime, now: datetime, *, corrects: bool) -> bool:
    return corrects or now - ended_at > FREE_CHANGE


def clock_is_suspect(claimed: datetime, now: datetime, *, waited: bool, previous: datetime | None) -> bool:
    """A phone's time that lies ahead, before the step that came before it or, sent at once, long ago.

    An entry that `waited` in the phone for a connection may well be old.
    """
    ahead = claimed > now + TOLERANCE
    stale = not waited and claimed < now - TOLERANCE
    return ahead or stale or (previous is not None and claimed < previous - TOLERANCE)


def is_forgotten(started_at: datetime, now: datetime, zone: str) -> bool:
    """A clock that runs since an earlier day of the site, or for more than 12 hours."""
    place = ZoneInfo(zone)
    return now - started_at > FORGOTTEN_AFTER or started_at.astimezone(place).date() < now.astimezone(place).date()


def suggested_end(started_at: datetime, last_sign: datetime | None, now: datetime, zone: str) -> datetime:
    """When a forgotten clock probably should have stopped: at the last thing recorded, else at 18:00 of that day,
    else an hour after it started."""
    if last_sign and last_sign > started_at:
        return min(last_sign, now)
    place = ZoneInfo(zone)
    evening = datetime.combine(started_at.astimezone(place).date(), EVENING, place).astimezone(UTC)
    return min(evening if evening > started_at else started_at + timedelta(hours=1), now)


@dataclass(frozen=True)
class Times:
    """The moments of a visit that its report shows."""

    departed_at: datetime | None = None
    arrived_at: datetime | None = None
    work_started_at: datetime | None = None
    work_ended_at: datetime | None = None
    left_at: datetime | None = None

    @property
    def in_order(self) -> bool:
        known = [whole_minute(m) for m in (self.arrived_at, self.work_started_at, self.work_ended_at) if m is not None]
        return known == sorted(known)


def times_of(events: Sequence[tuple[str, datetime]], stretches: Sequence[Stretch]) -> Times:
    """The visit's moments. Time entries go before the buttons that were pressed, because corrections are made there.

    `events` are (kind, occurred_at) in the order of recording.
    """
    pressed = dict(events)
    travel = [s for s in stretches if s.kind == "travel"]
    work = [s for s in stretches if s.kind == "work"]
    started = min((s.started_at for s in work), default=pressed.get("start"))
    left = pressed.get("finish", pressed.get("leaving"))
    ended = max((s.ended_at for s in work if s.ended_at), default=left if started else None)
    arrivals = [s.ended_at for s in travel if s.ended_at and (started is None or not_after(s.ended_at, started))]
    return Times(
        departed_at=min((s.started_at for s in travel), default=pressed.get("departure")),
        arrived_at=max(arrivals) if arrivals else pressed.get("arrival"),
        work_started_at=started,
        work_ended_at=ended,
        left_at=max(left, ended) if left and ended else left,
    )


def team_times(each: Iterable[Times]) -> Times:
    """The moments of a visit that several people worked at: it begins with the first of them and ends with the last
    (SR-12; each person's own stand in the time lines)."""
    people = list(each)

    def known(name: str) -> list[datetime]:
        return [moment for times in people if (moment := getattr(times, name)) is not None]

    return Times(
        departed_at=min(known("departed_at"), default=None),
        arrived_at=min(known("arrived_at"), default=None),
        work_started_at=min(known("work_started_at"), default=None),
        work_ended_at=max(known("work_ended_at"), default=None),
        left_at=max(known("left_at"), default=None),
    )


def not_after(first: datetime, second: datetime) -> bool:
    return whole_minute(first) <= whole_minute(second)


CODE_NAMES = ("symptom", "component", "cause", "remedy")


@dataclass(frozen=True)
class Record:
    """What of a visit's record the readiness for signing depends on."""

    state: str
    work_type: str = "repair"
    saved: bool = False  # findings were saved at least once
    codes: dict[str, str | None] = field(default_factory=dict)  # symptom, component, cause, remedy
    choosable: frozenset[str] = frozenset(CODE_NAMES)  # those of which one can be chosen now
    outcome: str | None = None
    test_result: str = ""
    outstanding: str = ""
    plate_unreadable: bool = False
    old_parts: tuple[str, ...] = ()  # what became of the old part, per part used
    no_parts: bool = False
    times: Times = Times()
    each: tuple[Times, ...] = ()  # the moments of each person
    running: bool = False  # somebody's clock still runs
    photo_labels: tuple[str, ...] = ()


def gaps(record: Record) -> list[str]:
    """What is missing before hand-over, as `row.detail`, in the order of the visit page. Empty: ready."""
    return [*gaps_in_findings(record), *gaps_in_parts(record), *gaps_in_time(record), *gaps_in_photos(record)]


def gaps_in_findings(record: Record) -> list[str]:
    if not record.saved:
        return ["findings.none"]
    worked = record.outcome not in NO_WORK
    wanted: tuple[str, ...] = ("component",) if record.old_parts else ()
    if record.work_type == "repair" and worked:
        wanted = CODE_NAMES
    missing = [f"findings.{name}" for name in wanted if name in record.choosable and not record.codes.get(name)]
    if not record.outcome:
        missing.append("findings.outcome")
    if not record.test_result and worked:
        missing.append("findings.test_result")
    if not record.outstanding:
        missing.append("findings.outstanding")
    return missing


def gaps_in_parts(record: Record) -> list[str]:
    said = bool(record.old_parts) or record.no_parts or record.outcome in NO_WORK
    return [] if said else ["parts.none"]


def gaps_in_time(record: Record) -> list[str]:
    missing = []
    if record.times.arrived_at is None:
        missing.append("time.arrival")
    if record.times.work_started_at is None and record.outcome not in NO_WORK:
        missing.append("time.work")
    if record.state not in ENDED_STATES:
        missing.append("time.finish")
    elif not all(times.in_order for times in (record.times, *record.each)):
        missing.append("time.order")
    if record.running and record.state in ENDED_STATES:
        missing.append("time.running")
    return missing


def gaps_in_photos(record: Record) -> list[str]:
    """Photos are asked for in few cases only. That of a closed door is asked for by the hand-over form itself."""
    missing = []
    if record.outcome == "customer_declined" and not record.photo_labels:
        missing.append("photos.declined")
    if record.plate_unreadable and "nameplate" not in record.photo_labels:
        missing.append("photos.nameplate")
    if "not_recoverable" in record.old_parts and not record.photo_labels:
        missing.append("photos.old_part")
    return missing
