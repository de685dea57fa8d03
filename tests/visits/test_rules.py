"""The rules of a visit's record: tables of cases, no database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.visits import rules
from portal.visits.rules import Record, Stretch, Times

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"


def at(minutes: float) -> datetime:
    """So many minutes after nine."""
    return NINE + timedelta(minutes=minutes)


def stretch(start: float, end: float | None, kind: str = "work") -> Stretch:
    return Stretch(kind, at(start), None if end is None else at(end))


COMPLETE = Record(
    state="finished",
    saved=True,
    codes={"symptom": "S", "component": "P", "cause": "C", "remedy": "A"},
    outcome="fixed",
    test_result="runs at 10 km/h",
    outstanding="none",
    no_parts=True,
    times=Times(arrived_at=at(0), work_started_at=at(5), work_ended_at=at(50)),
)


def test_a_complete_record_may_be_signed() -> None:
    assert rules.gaps(COMPLETE) == []


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"saved": False}, ["findings.none"]),
        ({"codes": {}}, [f"findings.{name}" for name in rules.CODE_NAMES]),
        ({"codes": {}, "choosable": frozenset({"cause"})}, ["findings.cause"]),
        ({"codes": {}, "choosable": frozenset()}, []),
        ({"codes": {}, "work_type": "install"}, []),
        (
            {"codes": {}, "work_type": "install", "old_parts": ("returned",), "no_parts": False},
            ["findings.component"],
        ),
        ({"codes": {}, "choosable": frozenset(), "work_type": "install", "old_parts": ("returned",)}, []),
        ({"outcome": None}, ["findings.outcome"]),
        ({"test_result": ""}, ["findings.test_result"]),
        ({"outstanding": ""}, ["findings.outstanding"]),
        ({"no_parts": False}, ["parts.none"]),
        ({"no_parts": False, "old_parts": ("handed_over",)}, []),
        ({"state": "working"}, ["time.finish"]),
        ({"state": "returned"}, []),
        ({"times": Times()}, ["time.arrival", "time.work"]),
        ({"times": Times(at(10), at(10), at(5), at(50))}, ["time.order"]),
        ({"old_parts": ("not_recoverable",)}, ["photos.old_part"]),
        ({"old_parts": ("not_recoverable",), "photo_labels": ("damage",)}, []),
        ({"plate_unreadable": True, "photo_labels": ("before",)}, ["photos.nameplate"]),
        ({"plate_unreadable": True, "photo_labels": ("nameplate",)}, []),
        ({"outcome": "customer_declined", "codes": {}, "test_result": ""}, ["photos.declined"]),
    ],
)
def test_what_is_missing_is_named(change: dict[str, object], missing: list[str]) -> None:
    assert rules.gaps(replace(COMPLETE, **change)) == missing  # type: ignore[arg-type]


def test_a_closed_door_needs_arrival_and_outcome_only() -> None:
    record = Record(
        state="finished", saved=True, outcome="no_access", outstanding="come again", times=Times(arrived_at=at(0))
    )
    assert rules.gaps(record) == []


@pytest.mark.parametrize(
    ("state", "to_mend", "row", "allowed"),
    [
        ("assigned", None, "parts", True),
        ("finished", None, "findings", True),
        ("signed", None, "findings", False),
        ("cancelled", None, "photos", False),
        ("returned", ["parts"], "parts", True),
        ("returned", ["parts"], "time", False),
        ("approved", ["parts"], "parts", False),
    ],
)
def test_rows_open_and_close_with_the_state(state: str, to_mend: list[str] | None, row: str, allowed: bool) -> None:
    assert rules.may_change(state, to_mend, row) is allowed


@pytest.mark.parametrize(
    ("first", "other", "expected"),
    [
        (stretch(0, 60), stretch(60, 90), False),
        (stretch(0, 60), stretch(59, 90), True),
        (stretch(0, 60), stretch(10, 20), True),
        (stretch(0, 60.9), stretch(60.2, 90), False),  # the same minute, by different seconds
        (stretch(0, 60), stretch(30, None), True),
        (stretch(0, 60), stretch(90, None), False),
        (stretch(-600, 600), stretch(0, 1), True),  # over midnight
    ],
)
def test_overlap_counts_whole_minutes(first: Stretch, other: Stretch, expected: bool) -> None:
    assert rules.overlap(first, other, at(120)) is expected
    assert rules.overlap(other, first, at(120)) is expected


def test_minutes_add_up_per_kind_and_over_midnight() -> None:
    times = [stretch(0, 30.5), stretch(40, 60), stretch(880, 960), stretch(60, 100, "travel"), stretch(970, None)]
    assert rules.minutes(times, "work") == 131
    assert rules.minutes(times, "work", at(1000)) == 161
    assert rules.minutes(times, "travel") == 40
    assert rules.minutes(times, "wait") == 0


@pytest.mark.parametrize(
    ("claimed", "waited", "previous", "suspect"),
    [
        (at(0), False, None, False),
        (at(9), False, None, False),
        (at(11), False, None, True),
        (at(-11), False, None, True),
        (at(-600), True, None, False),
        (at(11), True, None, True),
        (at(-60), True, at(-30), True),
    ],
)
def test_a_phone_clock_is_doubted(claimed: datetime, waited: bool, previous: datetime | None, suspect: bool) -> None:
    assert rules.clock_is_suspect(claimed, at(0), waited=waited, previous=previous) is suspect


def test_a_clock_is_forgotten_after_the_site_s_midnight_or_twelve_hours() -> None:
    assert not rules.is_forgotten(at(0), at(6 * 60), SHANGHAI)  # 17:00 to 23:00 there
    assert rules.is_forgotten(at(0), at(7.5 * 60), SHANGHAI)
    assert rules.is_forgotten(at(0), at(12 * 60 + 1), "UTC")


def test_a_forgotten_clock_gets_a_probable_end() -> None:
    now = at(24 * 60)
    assert rules.suggested_end(at(0), at(45), now, SHANGHAI) == at(45)
    assert rules.suggested_end(at(0), None, now, SHANGHAI) == at(60)  # 17:00 there, so 18:00
    assert rules.suggested_end(at(120), None, now, SHANGHAI) == at(180)  # after 18:00: an hour
    assert rules.suggested_end(at(0), None, at(30), SHANGHAI) == at(30)


def test_time_entered_late_or_changed_needs_a_reason() -> None:
    assert not rules.needs_reason(at(0), at(4), corrects=False)
    assert rules.needs_reason(at(0), at(6), corrects=False)
    assert rules.needs_reason(at(0), at(1), corrects=True)


def test_the_times_of_a_visit_follow_the_corrected_entries() -> None:
    events = [("departure", at(0)), ("arrival", at(30)), ("start", at(35)), ("finish", at(90))]
    entries = [stretch(0, 30, "travel"), stretch(35, 60), stretch(60, 70, "wait"), stretch(70, 90)]
    assert rules.times_of(events, entries) == Times(at(0), at(30), at(35), at(90), at(90))
    corrected = [stretch(0, 20, "travel"), stretch(25, 80)]
    assert rules.times_of(events, corrected) == Times(at(0), at(20), at(25), at(80), at(90))
    assert rules.times_of([("arrival", at(5)), ("finish", at(9))], []) == Times(None, at(5), None, None, at(9))


def test_each_state_offers_one_next_step() -> None:
    assert set(rules.VERBS) == rules.OPEN_STATES | {"returned"}
