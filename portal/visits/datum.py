"""Three datums of one place: WGS-84 (satellites), GCJ-02 (by law, all maps of mainland China) and BD-09 (Baidu).

GCJ-02 moves a point by 100 to 700 m, and only in China; BD-09 moves GCJ-02 by about 1 km more. The forward formulas
are the published ones; the way back has no formula and is found by iteration, to a few millimetres. China is told by
the published rectangles along its border: near the border a point of the neighbour may be taken for Chinese.
Points are (latitude, longitude) in degrees. Standard library only.
"""

from collections.abc import Callable
from math import atan2, cos, pi, radians, sin, sqrt

Point = tuple[float, float]

AXIS, ECCENTRICITY = 6378245.0, 0.00669342162296594323  # the Krasovsky ellipsoid of the published formula
BAIDU = pi * 3000 / 180
STEPS = 12
INSIDE = (  # north, west, south, east
    (49.2204, 79.4462, 42.8899, 96.33),
    (54.1415, 109.6872, 39.3742, 135.0002),
    (42.8899, 73.1246, 29.529700, 124.143255),
    (29.5297, 82.9684, 26.7186, 97.0352),
    (29.5297, 97.0253, 20.414096, 124.367395),
    (20.414096, 107.975793, 17.871542, 111.744104),
)
OUTSIDE = (
    (25.398623, 119.921265, 21.785006, 122.497559),
    (22.284, 101.8652, 20.0988, 106.665),
    (21.5422, 106.4525, 20.4878, 108.051),
    (55.8175, 109.0323, 50.3257, 119.127),
    (55.8175, 127.4568, 49.5574, 137.0227),
    (44.8922, 131.2662, 42.5692, 137.0227),
)


def in_china(point: Point) -> bool:
    return any(holds(box, point) for box in INSIDE) and not any(holds(box, point) for box in OUTSIDE)


def holds(box: tuple[float, float, float, float], point: Point) -> bool:
    north, west, south, east = box
    return south <= point[0] <= north and west <= point[1] <= east


def converted(point: Point, have: str, want: str) -> Point:
    """The point in another datum: wgs84, gcj02 or bd09."""
    if have == want:
        return point
    middle = {"wgs84": wgs84_to_gcj02, "bd09": bd09_to_gcj02}.get(have, same)(point)
    return {"wgs84": gcj02_to_wgs84, "bd09": gcj02_to_bd09}.get(want, same)(middle)


def same(point: Point) -> Point:
    return point


def wgs84_to_gcj02(point: Point) -> Point:
    """Outside China nothing is shifted."""
    return shifted(point) if in_china(point) else point


def gcj02_to_wgs84(point: Point) -> Point:
    return undone(shifted, point) if in_china(point) else point


def shifted(point: Point) -> Point:
    lat, lon = point
    x, y = lon - 105, lat - 35
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves(x, y, y, 160, 320, 30)
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves(x, x, x, 150, 300, 30)
    flat = 1 - ECCENTRICITY * sin(radians(lat)) ** 2
    north = north * 180 / (AXIS * (1 - ECCENTRICITY) / (flat * sqrt(flat)) * pi)
    east = east * 180 / (AXIS / sqrt(flat) * cos(radians(lat)) * pi)
    return lat + north, lon + east


def waves(x: float, middle: float, long: float, height: float, longest: float, width: float) -> float:
    """The periodic part of the published formula, in metres."""
    short = 20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)
    medium = 20 * sin(middle * pi) + 40 * sin(middle / 3 * pi)
    slow = height * sin(long / 12 * pi) + longest * sin(long / width * pi)
    return (short + medium + slow) * 2 / 3


def gcj02_to_bd09(point: Point) -> Point:
    """Baidu keeps other countries in WGS-84."""
    return turned(point) if in_china(point) else point


def bd09_to_gcj02(point: Point) -> Point:
    return undone(turned, point) if in_china(point) else point


def turned(point: Point) -> Point:
    lat, lon = point
    distance = sqrt(lon * lon + lat * lat) + 0.00002 * sin(lat * BAIDU)
    angle = atan2(lat, lon) + 0.000003 * cos(lon * BAIDU)
    return distance * sin(angle) + 0.006, distance * cos(angle) + 0.0065


def undone(change: Callable[[Point], Point], point: Point) -> Point:
    """The point that `change` turns into this one. The change is almost the same for neighbours, so that each step
    leaves about a hundredth of the error."""
    lat, lon = point
    for _step in range(STEPS):
        found = change((lat, lon))
        lat, lon = lat + point[0] - found[0], lon + point[1] - found[1]
    return lat, lon
