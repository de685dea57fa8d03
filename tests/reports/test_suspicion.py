"""What counts as doubtful, as tables of cases, and that a quarter's ink is compared in a moment."""

import random
import time
import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from portal.reports import suspicion
from portal.reports.suspicion import End, Signed, Specimen

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
ZHANG, LI, WANG = (uuid.UUID(int=n) for n in (1, 2, 3))


def mark(**facts: Any) -> Signed:
    values = {"number": "FW-01-2611-0001", "revision": 1, "signer": "甲示例", "signed_at": NOON, "person": "张演示"}
    return Signed(**{**values, "person_id": ZHANG, **facts})


def scribble(seed: int, strokes: int = 4) -> list[list[list[int]]]:
    """A line that wanders, never the same for two seeds."""
    chance, drawn, t = random.Random(seed), [], 0
    for stroke in range(strokes):
        x, y, line = 1500 + 1700 * stroke, 3500, []
        for _point in range(40):
            x, y, t = x + chance.randint(-60, 160), y + chance.randint(-400, 400), t + 20
            line.append([x, min(max(y, 500), 7000), t])
        drawn.append(line)
    return drawn


def moved(strokes: Any, by: int = 0, scale: float = 1, jitter: int = 0) -> list[list[list[int]]]:
    chance = random.Random(9)
    return [
        [[int(by + x * scale) + chance.randint(-jitter, jitter), int(by + y * scale), t * 2] for x, y, t in stroke]
        for stroke in strokes
    ]


def resampled(strokes: Any) -> list[list[list[int]]]:
    """As a faster screen would have read it: a point more between any two."""
    doubled = [[point for pair in zip(s, between(s), strict=False) for point in pair] + s[-1:] for s in strokes]
    return [[[int(x), int(y), t] for x, y, t in stroke] for stroke in doubled]


def between(stroke: Any) -> list[list[float]]:
    return [[(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, a[2] + 5] for a, b in pairwise(stroke)]


@pytest.mark.parametrize(
    ("seconds", "doubtful"), [(None, False), (0, True), (7, True), (19.9, True), (20, False), (180, False)]
)
def test_a_report_is_not_read_in_a_few_seconds(seconds: float | None, doubtful: bool) -> None:
    opened = None if seconds is None else NOON - timedelta(seconds=seconds)
    found = list(suspicion.too_quick([mark(opened_at=opened)]))
    assert bool(found) == doubtful
    assert [doubt.seconds for doubt in found] == ([int(seconds or 0)] if doubtful else [])


@pytest.mark.parametrize(
    ("seconds", "doubtful"), [(None, False), (-60, True), (-0.5, True), (0, True), (2.9, True), (3, False), (40, False)]
)
def test_survey_and_signature_take_a_breath(seconds: float | None, doubtful: bool) -> None:
    surveyed = None if seconds is None else NOON - timedelta(seconds=seconds)
    assert bool(list(suspicion.hurried_survey([mark(surveyed_at=surveyed)]))) == doubtful


@pytest.mark.parametrize(
    ("person", "signer", "typed", "doubtful"),
    [
        ("张演示", "张演示", "", True),
        ("张演示", "张 演示 ", "", True),
        ("张演示", "甲示例", "张演示", True),
        ("Ann Sample", "ＡＮＮ  sample.", "", True),
        ("张演示", "张演示之妻", "", False),
        ("张演示", "甲示例", "甲示例", False),
        ("", "", "", False),
    ],
)
def test_the_technicians_own_name_is_no_customers(person: str, signer: str, typed: str, doubtful: bool) -> None:
    assert bool(list(suspicion.own_name([mark(person=person, signer=signer, typed_name=typed)]))) == doubtful


@pytest.mark.parametrize(
    "again",
    [
        scribble(1),
        moved(scribble(1), by=300),
        moved(scribble(1), scale=0.6),
        moved(scribble(1), by=150, scale=0.8, jitter=15),
        resampled(scribble(1)),
    ],
)
def test_the_same_drawing_is_known_wherever_and_however_large(again: Any) -> None:
    first = mark(strokes=scribble(1))
    other = mark(strokes=again, number="FW-01-2611-0002", signed_at=NOON + timedelta(days=3))
    (found,) = suspicion.same_ink([first, other, mark(strokes=scribble(2), number="FW-01-2611-0003")])
    assert found.places == (("FW-01-2611-0002", 1), ("FW-01-2611-0001", 1))
    assert found.at == other.signed_at and found.marks == (other, first)


@pytest.mark.parametrize(
    ("facts", "doubtful"),
    [
        ({"revision": 2}, True),
        ({"signer": "乙样本"}, True),
        ({}, False),
        ({"number": "FW-01-2611-0009", "strokes": ()}, False),
        ({"number": "FW-01-2611-0009", "strokes": [[[5, 5, 0]]]}, False),
        ({"number": "FW-01-2611-0009", "strokes": scribble(3)}, False),
    ],
)
def test_one_drawing_counts_once_a_name_and_report(facts: Any, doubtful: bool) -> None:
    marks = [mark(strokes=scribble(1)), mark(**{"strokes": scribble(1), **facts})]
    assert bool(list(suspicion.same_ink(marks))) == doubtful


def test_a_hand_that_signs_its_own_way_each_time_is_not_doubted() -> None:
    """The natural change from one signature to the next: a few per cent of its size."""
    chance = random.Random(4)
    other = [[[x + chance.randint(-350, 350), y + chance.randint(-350, 350), t] for x, y, t in s] for s in scribble(1)]
    assert not list(suspicion.same_ink([mark(strokes=scribble(1)), mark(strokes=other, revision=2)]))


def test_a_customer_does_not_sign_like_a_technician() -> None:
    own = [Specimen(LI, "李示例", scribble(5)), Specimen(ZHANG, "张演示", scribble(6))]
    marks = [mark(strokes=moved(scribble(6), by=90)), mark(strokes=scribble(7)), mark(strokes=())]
    (found,) = suspicion.own_ink(marks, own)
    assert found.marks == (marks[0],) and found.specimen == own[1]


def ends(unsigned: int, signed: int, person: uuid.UUID = ZHANG, apart: float = 1) -> list[End]:
    """That many ends of one person, `apart` days between those without a signature, the last one at noon."""
    made = [End(f"U{n}", 1, person, "张演示", NOON - timedelta(days=n * apart), True) for n in range(unsigned)]
    return made + [End(f"S{n}", 1, person, "张演示", NOON - timedelta(hours=n), False) for n in range(signed)]


@pytest.mark.parametrize(
    ("own", "team", "doubtful"),
    [
        (ends(3, 3), ends(0, 10, LI), True),
        (ends(2, 0), ends(0, 10, LI), False),
        (ends(3, 3), ends(1, 3, LI), False),
        (ends(3, 3), ends(1, 4, LI), True),
        (ends(5, 0), [], False),
        (ends(3, 0, apart=14.9), ends(0, 10, LI), True),
        (ends(3, 0, apart=15), ends(0, 10, LI), False),
    ],
)
def test_nobody_there_again_and_again(own: list[End], team: list[End], doubtful: bool) -> None:
    found = list(suspicion.many_unsigned(own + team))
    assert [doubt.person for doubt in found] == (["张演示"] if doubtful else [])


def test_a_stretch_of_absences_is_told_with_its_figures() -> None:
    (found,) = suspicion.many_unsigned(ends(3, 3) + ends(1, 9, LI) + ends(0, 2, WANG))
    assert (found.count, found.total, found.others, found.places) == (3, 6, 8, (("U0", 1), ("U1", 1), ("U2", 1)))


def test_doubts_stand_by_kind_and_the_newest_first() -> None:
    marks = [
        mark(opened_at=NOON, signer="张演示"),
        mark(opened_at=NOON, number="FW-2", signed_at=NOON + timedelta(seconds=5)),
    ]
    found = suspicion.doubts(marks, [], [])
    assert [(doubt.kind, doubt.places[0][0]) for doubt in found] == [
        (suspicion.QUICK, "FW-2"), (suspicion.QUICK, "FW-01-2611-0001"), (suspicion.OWN_NAME, "FW-01-2611-0001"),
    ]  # fmt: skip


def test_a_quarters_signatures_are_compared_in_a_moment() -> None:
    marks = [mark(strokes=scribble(n), number=f"FW-{n}") for n in range(3000)]
    marks.append(mark(strokes=moved(scribble(17), by=40), number="FW-copy"))
    begun = time.process_time()
    (found,) = suspicion.same_ink(marks)
    assert {place[0] for place in found.places} == {"FW-17", "FW-copy"}
    assert time.process_time() - begun < 8  # a second or two on an idle machine
