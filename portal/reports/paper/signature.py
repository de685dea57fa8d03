"""Ink: the strokes that a finger drew, as a picture for the signature cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

NEAR = 25  # in 1/10000 of the box's width: closer points are only the digitizer's noise
GRID = 4  # coordinates are written in 1/2500 of the box's width, a twentieth of a millimetre on the paper
PEN = 60 // GRID
MARGIN = 200
NARROWEST = 4000  # small ink is not blown up to the whole cell


@dataclass(frozen=True)
class Signature:
    """One customer's mark, by drawing or by typing the name. `strokes` hold [x, y, t], x and y in 0–10000 of the
    box's width. Name, role and time of the first signer come from the payload, those of further ones from here;
    `at` is ISO 8601 in the site's zone. `note` says how, in the report's language: on paper, by link, with whom."""

    strokes: Sequence[Sequence[Sequence[int]]] | None = None
    typed_name: str | None = None
    name: str = ""
    role: str = ""
    at: str | None = None
    note: str = ""


@dataclass(frozen=True)
class TechnicianMark:
    """A technician's own specimen, confirmed when the work was finished. It stands above the name."""

    name: str
    strokes: Sequence[Sequence[Sequence[int]]] | None = None


def drawn(signature: Signature | TechnicianMark | None) -> str | None:
    """The strokes as SVG, cropped to the ink; None when nothing was drawn."""
    lines = [thinned(stroke) for stroke in (signature.strokes if signature else None) or [] if stroke]
    if not lines:
        return None
    left, top, width, height = (part / GRID for part in _frame([point for line in lines for point in line]))
    path = "".join(smooth(line) for line in lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" '
        f'width="{width:.0f}" height="{height:.0f}"><path d="{path}" fill="none" stroke="#000" '
        f'stroke-width="{PEN}" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )


def thinned(stroke: Sequence[Sequence[int]]) -> list[Point]:
    """The stroke without points that are closer than the eye sees; first and last stay."""
    points = [(float(point[0]), float(point[1])) for point in stroke]
    kept = points[:1]
    for x, y in points[1:]:
        if (x - kept[-1][0]) ** 2 + (y - kept[-1][1]) ** 2 >= NEAR**2:
            kept.append((x, y))
    return kept + points[-1:]


def smooth(points: list[Point]) -> str:
    """A path through the midpoints, the points themselves as handles: round without overshooting the hand."""
    here = points[0]
    steps = [f"M{_at(here)}"]
    for handle, following in pairwise(points[1:]):
        middle = _between(handle, following, 1 / 2)
        # The cubic form of the quadratic curve, for that is what PDF has; whole numbers keep the file small.
        steps.append(f"C{_at(_between(here, handle, 2 / 3))} {_at(_between(middle, handle, 2 / 3))} {_at(middle)}")
        here = middle
    steps.append(f"L{_at(points[-1])}")
    return "".join(steps)


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])


def _at(point: Point) -> str:
    return f"{point[0] / GRID:.0f} {point[1] / GRID:.0f}"


def _frame(points: list[Point]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    width = max(max(xs) - min(xs), NARROWEST) + 2 * MARGIN
    height = max(ys) - min(ys) + 2 * MARGIN
    return (min(xs) + max(xs) - width) / 2, min(ys) - MARGIN, width, height
