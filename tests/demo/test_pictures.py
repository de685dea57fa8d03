"""Drawn hands: each person's own, never the same twice, and always ink that the portal accepts."""

from itertools import combinations

from portal.demo.pictures import signature
from portal.ink import BOX, ink_problem
from portal.reports.suspicion import are_alike, shape
from tests.demo.test_tables import CONTACTS

NAMES = sorted({who["name"] for who in CONTACTS} | {"张演示", "李示例", "王样本"})
OCCASIONS = ("JX-01-2611-0001/1", "JX-01-2611-0002/1", "JX-01-2612-0007/2", "specimen")
HANDS = {(name, occasion): signature(name, occasion) for name in NAMES for occasion in OCCASIONS}


def test_every_hand_writes_what_counts_as_ink() -> None:
    for strokes in HANDS.values():
        assert ink_problem(strokes) is None
        times = [t for stroke in strokes for _x, _y, t in stroke]
        assert times == sorted(times) and times[0] == 0
        assert all(0 <= x <= BOX and 0 <= y <= BOX * 3 // 4 for stroke in strokes for x, y, _t in stroke)


def test_the_same_name_and_occasion_draw_the_same_line() -> None:
    assert signature("甲示例", "1") == signature("甲示例", "1")


def test_no_two_signatures_are_alike() -> None:
    shapes = {key: shape(strokes) for key, strokes in HANDS.items()}
    twins = [pair for pair in combinations(shapes, 2) if are_alike(shapes[pair[0]], shapes[pair[1]])]
    assert twins == []
