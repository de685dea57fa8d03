"""Ink: the strokes that a finger drew, as a picture for the signature cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Point = tuple[float, float]

NEAR = 25  # in 1/10000 of the box's width: closer points are only the digitizer's noise
PEN = 60
MARGIN = 200
NARROWEST = 4000  # small ink is not blown up to the whole cell


@dataclass(frozen=True)
class Signature:
    """Who signed, by drawing or by typing the name. `strokes` hold [x, y, t], x and y in 0–10000 of the box's width."""

    strokes: Sequence[Sequence[Sequence[int]]] | None = None
    typed_name: str | None = None


def drawn(signature: Signature | None) -> str | None:
    """The strokes as SVG, cropped to the ink; None when nothing was drawn."""
    lines = [thinned(stroke) for stroke in (signature.strokes if signature else None) or [] if stroke]
    if not lines:
        return None
    left, top, width, height = _frame([point for line in lines for point in line])
    path = " ".join(smooth(line) for line in lines)
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
    start = points[0]
    steps = [f"M{start[0]:.0f} {start[1]:.0f}"]
    for here, following in pairwise(points[1:]):
        x, y = (here[0] + following[0]) / 2, (here[1] + following[1]) / 2
        steps.append(f"Q{here[0]:.0f} {here[1]:.0f} {x:.0f} {y:.0f}")
    steps.append(f"L{points[-1][0]:.0f} {points[-1][1]:.0f}")
    return "".join(steps)


def _frame(points: list[Point]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    width = max(max(xs) - min(xs), NARROWEST) + 2 * MARGIN
    height = max(ys) - min(ys) + 2 * MARGIN
    return (min(xs) + max(xs) - width) / 2, min(ys) - MARGIN, width, height
