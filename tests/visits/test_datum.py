"""The three datums of a place: published points, the way back, and where nothing is shifted."""

from math import cos, hypot, radians

import pytest

from portal.visits.datum import Point, converted, wgs84_to_gcj02

PUBLISHED = [  # WGS-84 and GCJ-02 of the reference implementation: Shanghai, Shenzhen, Beijing
    ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
    ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
    ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
]
SHENYANG, URUMQI, LHASA, SANYA = (41.8057, 123.4315), (43.8256, 87.6168), (29.652, 91.1721), (18.2528, 109.5119)


def metres(one: Point, other: Point) -> float:
    return 111_320 * hypot(one[0] - other[0], (one[1] - other[1]) * cos(radians(one[0])))


@pytest.mark.parametrize(("satellite", "chinese"), PUBLISHED)
def test_published_points_come_out(satellite: Point, chinese: Point) -> None:
    assert metres(wgs84_to_gcj02(satellite), chinese) < 0.001


def test_baidus_datum_is_the_published_one() -> None:
    assert converted((39.915, 116.404), "gcj02", "bd09") == pytest.approx((39.92133699351021, 116.41036949371029))
    assert metres(converted((39.915, 116.404), "bd09", "gcj02"), (39.90865673957631, 116.39762729119315)) < 2


@pytest.mark.parametrize("point", [SHENYANG, URUMQI, LHASA, SANYA, *(pair[0] for pair in PUBLISHED)])
@pytest.mark.parametrize("have", ["wgs84", "gcj02", "bd09"])
@pytest.mark.parametrize("want", ["wgs84", "gcj02", "bd09"])
def test_there_and_back_is_the_same_place(point: Point, have: str, want: str) -> None:
    there = converted(point, have, want)
    assert metres(converted(there, want, have), point) < 0.01
    assert have == want or 50 < metres(there, point) < 2000


@pytest.mark.parametrize(
    "point", [(40.4168, -3.7038), (25.0330, 121.5654), (35.6812, 139.7671), (-33.8688, 151.2093), (21.0278, 105.8342)]
)
def test_elsewhere_nothing_is_shifted(point: Point) -> None:
    for have in ("wgs84", "gcj02", "bd09"):
        for want in ("wgs84", "gcj02", "bd09"):
            assert converted(point, have, want) == point
