from datetime import UTC, date, datetime, timedelta

import pytest

from portal.calls import rules

START = datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_every_state_that_can_be_reached_is_known() -> None:
    reached = set().union(*rules.TRANSITIONS.values())
    assert reached | {"assigned"} == set(rules.STATES)
    assert set(rules.STATES) >= rules.MOVABLE | rules.OVER


def test_a_cancelled_visit_stays_cancelled_and_an_approved_one_only_comes_back_for_a_correction_or_void() -> None:
    assert {state for state, following in rules.TRANSITIONS.items() if not following} == {"cancelled"}
    assert rules.TRANSITIONS["approved"] == {"returned", "cancelled"}


@pytest.mark.parametrize(
    ("state", "wanted", "allowed"),
    [
        ("assigned", "en_route", True),
        ("assigned", "on_site", True),
        ("assigned", "working", False),
        ("on_site", "finished", True),
        ("working", "cancelled", False),
        ("paused", "finished", True),
        ("finished", "working", True),
        ("finished", "approved", False),
        ("signed", "working", False),
        ("returned", "signed", True),
        ("approved", "returned", True),
        ("cancelled", "assigned", False),
    ],
)
def test_the_table_of_states(state: str, wanted: str, allowed: bool) -> None:
    assert rules.may_follow(state, wanted) == allowed


def test_what_may_be_moved_may_be_cancelled_and_of_the_rest_only_what_has_a_report() -> None:
    reported = {"signed", "unsigned", "returned", "approved"}
    assert {state for state in rules.STATES if rules.may_follow(state, "cancelled")} == rules.MOVABLE | reported


@pytest.mark.parametrize(("hours", "sound"), [(0, False), (-1, False), (2, True), (24, True), (25, False)])
def test_a_window_ends_after_it_starts_within_a_day(hours: int, sound: bool) -> None:
    assert rules.window_is_sound(START, START + timedelta(hours=hours)) == sound


@pytest.mark.parametrize(
    ("states", "is_open"),
    [
        ([], True),
        (["cancelled"], True),
        (["approved"], False),
        (["approved", "cancelled"], False),
        (["approved", "signed"], True),
    ],
)
def test_a_call_is_open_until_its_visits_are_done(states: list[str], is_open: bool) -> None:
    assert rules.is_open(states) == is_open


@pytest.mark.parametrize(
    ("before", "guaranteed", "proposed"),
    [
        (None, None, "A"),  # a new customer pays, unless somebody knows better
        (None, True, "C"),
        (None, False, "A"),
        ("A", True, "C"),
        ("B", False, "B"),
        ("B", True, "B"),
        ("C", None, "C"),
        ("C", False, "A"),  # the guarantee has ended since
        ("D", None, "A"),
    ],
)
def test_a_call_is_paid_unless_a_contract_or_a_guarantee_says_otherwise(
    before: str | None, guaranteed: bool | None, proposed: str
) -> None:
    assert rules.proposed_class(before, guaranteed) == proposed


@pytest.mark.parametrize(
    ("since", "months", "day", "guaranteed"),
    [
        (date(2025, 1, 10), 36, date(2028, 1, 10), True),
        (date(2025, 1, 10), 36, date(2028, 1, 11), False),
        (date(2025, 1, 31), 1, date(2025, 2, 28), True),
        (date(2025, 1, 31), 1, date(2025, 3, 1), False),
        (None, 36, date(2028, 1, 10), None),
        (date(2025, 1, 10), None, date(2028, 1, 10), None),
    ],
)
def test_a_guarantee_ends_on_the_same_day_of_the_month(
    since: date | None, months: int | None, day: date, guaranteed: bool | None
) -> None:
    assert rules.is_guaranteed(since, months, day) is guaranteed
