"""What counts as ink."""

import json
import random
from typing import Any

import pytest

from portal import ink

WAVE = [[[500 + 300 * n, 3000 + (900 if n % 2 else 0), 20 * n] for n in range(25)]]


def test_a_drawn_name_is_ink() -> None:
    assert ink.ink_problem(WAVE) is None


@pytest.mark.parametrize(
    ("strokes", "problem"),
    [
        ([], "few"),
        ([[[5000, 5000, 0]]], "few"),
        ([[[5000 + n % 3, 5000, 40 * n] for n in range(40)]], "short"),
        ([[[x, y, t // 10] for x, y, t in WAVE[0]]], "quick"),
        ([[[500 + 300 * n, 3000 + 100 * n, 20 * n] for n in range(25)]], "straight"),
        ([[[500 + 300 * n, 3000 + n % 2 * 15, 20 * n] for n in range(25)]], "straight"),
        ([[[5000, 100 + 300 * n, 20 * n] for n in range(25)]], "straight"),
        ([[[100 * n, 3000, 20 * n] for n in range(12)], [[2000 + 300 * n, 3000, 500 + 20 * n] for n in range(12)]],
         "straight"),
    ],
)  # fmt: skip
def test_a_dot_a_dash_and_a_line_are_no_ink(strokes: Any, problem: str) -> None:
    assert ink.ink_problem(strokes) == problem


def test_two_crossing_lines_are_ink() -> None:
    falling = [[1000 + 200 * n, 1000 + 200 * n, 20 * n] for n in range(12)]
    rising = [[1000 + 200 * n, 3200 - 200 * n, 400 + 20 * n] for n in range(12)]
    assert ink.ink_problem([falling, rising]) is None


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "{}", "[", "[[1,2,3]]", "[[[1,2]]]", "[[[1,2,3.5]]]", "[[[1,2,true]]]", '[[["1",2,3]]]',
        "[[[-1,0,0]]]", "[[[10001,0,0]]]", "[[[0,0,-5]]]", "[[[NaN,0,0]]]", "[[[1e400,0,0]]]", "[" * 100_000,
        "[[[" + "9" * 5_000 + ",0,0]]]", json.dumps([[[1, 1, 1]]] * 201), json.dumps([[[1, 1, 1]] * 20_001]),
        "x" * 1_000_000, "{{7*7}}", "\x00",
    ],
)  # fmt: skip
def test_what_is_no_list_of_strokes_is_not_read(text: str) -> None:
    assert ink.read_strokes(text) is None


def test_strokes_come_back_as_they_were_drawn() -> None:
    assert ink.read_strokes(json.dumps(WAVE)) == [[tuple(point) for point in WAVE[0]]]
    assert ink.read_strokes("[]") == []
    most = [[[n % 10_000, 1, n] for n in range(100)] for _ in range(200)]
    assert ink.read_strokes(json.dumps(most)) is not None


def test_no_random_scribble_breaks_the_rule() -> None:
    noise = random.Random(1)
    for _ in range(300):
        strokes = [
            [
                [noise.randrange(10_001), noise.randrange(10_001), noise.randrange(2_000)]
                for _ in range(noise.randrange(9))
            ]
            for _ in range(noise.randrange(6))
        ]
        assert ink.ink_problem([s for s in strokes if s]) in (None, "few", "short", "quick", "straight")
