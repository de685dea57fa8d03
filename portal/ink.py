"""Ink: what a finger or pen left on the glass, and whether it may be a signature. Standard library only.

Source: contract 7 (Ink). Strokes hold [x, y, t]: x and y in 0-10000 of the box's width, t in ms from the first point.
"""

import base64
import json
from collections.abc import Sequence
from itertools import pairwise
from math import dist, hypot
from typing import Any

BOX = 10_000
MOST_STROKES, MOST_POINTS = 200, 20_000
LEAST_POINTS, LEAST_PATH, LEAST_MS = 10, 2000, 300
LONGEST_MS = 24 * 3600 * 1000
STRAIGHT = 0.015  # of the ink's length: how far a hand leaves the line it wants to draw
TEXT_LIMIT = 900_000

PEN, EDGE = 90, 150  # of a small picture, in 1/10000 of the box's width

Point = tuple[int, int, int]


def read_strokes(text: str) -> list[list[Point]] | None:
    """The strokes in what a phone sent, or None when it is no list of strokes of whole numbers within range."""
    if len(text) > TEXT_LIMIT:
        return None
    try:
        strokes = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(strokes, list) or len(strokes) > MOST_STROKES:
        return None
    if not all(isinstance(stroke, list) for stroke in strokes) or sum(map(len, strokes)) > MOST_POINTS:
        return None
    if not all(is_point(point) for stroke in strokes for point in stroke):
        return None
    return [[(x, y, t) for x, y, t in stroke] for stroke in strokes if stroke]


def is_point(value: Any) -> bool:
    if not isinstance(value, list) or len(value) != 3 or any(type(part) is not int for part in value):
        return False
    x, y, t = value
    return 0 <= x <= BOX and 0 <= y <= BOX and 0 <= t <= LONGEST_MS


def ink_problem(strokes: Sequence[Sequence[Sequence[int]]]) -> str | None:
    """Why this is no signature (`few`, `short`, `quick` or `straight`), or None when it may be one."""
    points = [point for stroke in strokes for point in stroke]
    if len(points) < LEAST_POINTS:
        return "few"
    if path(strokes) < LEAST_PATH:
        return "short"
    if max(point[2] for point in points) - min(point[2] for point in points) < LEAST_MS:
        return "quick"
    return "straight" if is_straight(points) else None


def path(strokes: Sequence[Sequence[Sequence[int]]]) -> float:
    return sum(dist(here[:2], there[:2]) for stroke in strokes for here, there in pairwise(stroke))


def is_straight(points: Sequence[Sequence[int]]) -> bool:
    """Whether all ink lies on the line between its two ends, give or take the tremor of a hand."""
    first = points[0]
    start = max(points, key=lambda point: dist(first[:2], point[:2]))
    end = max(points, key=lambda point: dist(start[:2], point[:2]))
    along = (end[0] - start[0], end[1] - start[1])
    length = hypot(*along)
    if not length:
        return True
    off = max(abs(along[0] * (p[1] - start[1]) - along[1] * (p[0] - start[0])) / length for p in points)
    return off < STRAIGHT * length


def picture(strokes: Sequence[Sequence[Sequence[int]]]) -> str:
    """A small picture of the ink as an image address, cropped to it; it is made of numbers only."""
    lines = [[(int(point[0]), int(point[1])) for point in stroke] for stroke in strokes if stroke]
    xs, ys = [x for line in lines for x, _y in line] or [0], [y for line in lines for _x, y in line] or [0]
    box = (min(xs) - EDGE, min(ys) - EDGE, max(xs) - min(xs) + 2 * EDGE, max(ys) - min(ys) + 2 * EDGE)
    drawn = "".join("M" + "L".join(f"{x} {y}" for x, y in [*line, line[-1]]) for line in lines)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{" ".join(map(str, box))}" width="{box[2]}" '
        f'height="{box[3]}"><path d="{drawn}" fill="none" stroke="#000" stroke-width="{PEN}" stroke-linecap="round" '
        'stroke-linejoin="round"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"
