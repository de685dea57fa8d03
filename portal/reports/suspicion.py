"""What a manager should look at: signatures that a customer hardly gave. Pointers, never a verdict.

Standard library only.

Source: how hand-over is abused in the trade. The technician signs alone in the van (too quick, survey and signature in
one breath, always the same ink, the own ink or name), or does not ask the customer at all (nobody there, again and
again). Moments are those of the portal's clock, so a phone's clock cannot bend them.
"""

import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import groupby, pairwise
from math import dist

QUICK, SAME_INK, OWN_INK, SURVEY, UNSIGNED, OWN_NAME = "quick", "same_ink", "own_ink", "survey", "unsigned", "own_name"
KINDS = (QUICK, SAME_INK, OWN_INK, SURVEY, UNSIGNED, OWN_NAME)

LEAST_READING = timedelta(seconds=20)
LEAST_BREATH = timedelta(seconds=3)  # between the survey and the signature
LEAST_UNSIGNED, UNSIGNED_WITHIN, UNSIGNED_TIMES = 3, timedelta(days=30), 2
POINTS, SCALE = 32, 1000
ALIKE = 12  # of SCALE, the mean distance of two drawings: a hand's own signatures differ several times as much

Strokes = Sequence[Sequence[Sequence[int]]]
Shape = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Signed:
    """One mark under one revision of a report. `opened_at` is None when no phone was handed over, `surveyed_at` when
    the survey was not part of the same hand-over or link and did not come later."""

    number: str
    revision: int
    signer: str
    signed_at: datetime
    person_id: uuid.UUID | None = None
    person: str = ""
    opened_at: datetime | None = None
    surveyed_at: datetime | None = None
    strokes: Strokes = ()
    typed_name: str = ""
    zone: str = "UTC"

    @property
    def place(self) -> tuple[str, int]:
        return self.number, self.revision

    @cached_property
    def shape(self) -> Shape:
        return shape(self.strokes)


@dataclass(frozen=True)
class Specimen:
    """A technician's own signature."""

    person_id: uuid.UUID
    person: str
    strokes: Strokes

    @cached_property
    def shape(self) -> Shape:
        return shape(self.strokes)


@dataclass(frozen=True)
class End:
    """How a visit ended for one person: signed somehow, or without anybody's signature."""

    number: str
    revision: int
    person_id: uuid.UUID | None
    person: str
    at: datetime
    unsigned: bool
    zone: str = "UTC"

    @property
    def place(self) -> tuple[str, int]:
        return self.number, self.revision


@dataclass(frozen=True)
class Doubt:
    """Why somebody should look, at what, and of whom. `seconds` between two moments; `count` of `total` ends without a
    signature, `others` the colleagues' share in per cent; `marks` are the signatures, newest first."""

    kind: str
    at: datetime
    person: str
    places: tuple[tuple[str, int], ...]
    zone: str = "UTC"
    marks: tuple[Signed, ...] = ()
    specimen: Specimen | None = None
    seconds: int = 0
    count: int = 0
    total: int = 0
    others: int = 0


def doubts(signed: Sequence[Signed], specimens: Sequence[Specimen], ends: Sequence[End]) -> list[Doubt]:
    """All of them, by kind, newest first."""
    found = [
        *too_quick(signed),
        *same_ink(signed),
        *own_ink(signed, specimens),
        *hurried_survey(signed),
        *many_unsigned(ends),
        *own_name(signed),
    ]
    found.sort(key=lambda doubt: doubt.at, reverse=True)
    return sorted(found, key=lambda doubt: KINDS.index(doubt.kind))


def about(kind: str, mark: Signed, *, seconds: float = 0) -> Doubt:
    return Doubt(kind, mark.signed_at, mark.person, (mark.place,), mark.zone, (mark,), seconds=int(seconds))


def too_quick(signed: Iterable[Signed]) -> Iterator[Doubt]:
    """Nobody reads a report, answers five questions and signs in a few seconds."""
    for mark in signed:
        if mark.opened_at is not None and mark.signed_at - mark.opened_at < LEAST_READING:
            yield about(QUICK, mark, seconds=(mark.signed_at - mark.opened_at).total_seconds())


def hurried_survey(signed: Iterable[Signed]) -> Iterator[Doubt]:
    """The signature before the survey, or both in one breath. `seconds` is negative when the survey came later."""
    for mark in signed:
        if mark.surveyed_at is not None and mark.signed_at - mark.surveyed_at < LEAST_BREATH:
            yield about(SURVEY, mark, seconds=(mark.signed_at - mark.surveyed_at) // timedelta(seconds=1))


def own_name(signed: Iterable[Signed]) -> Iterator[Doubt]:
    """The customer has the technician's name."""
    for mark in signed:
        own = plain_name(mark.person)
        if own and own in (plain_name(mark.signer), plain_name(mark.typed_name)):
            yield about(OWN_NAME, mark)


def plain_name(name: str) -> str:
    """Without spaces and dots, in one case and width: 张 演示 and 张演示 are one name."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if c.isalnum())


def many_unsigned(ends: Iterable[End]) -> Iterator[Doubt]:
    """At least three ends without a signature within 30 days, and more than twice the colleagues' share. The last 30
    days are looked at, then those up to each such end; of several stretches of one person the newest is shown."""
    ordered = sorted(ends, key=lambda end: end.at)
    for person_id in dict.fromkeys(end.person_id for end in ordered if end.unsigned and end.person_id):
        own = [end.at for end in reversed(ordered) if end.unsigned and end.person_id == person_id]
        last = [ordered[-1].at, *own]
        stretches = ([end for end in ordered if at - UNSIGNED_WITHIN < end.at <= at] for at in last)
        found = (judged(stretch, person_id) for stretch in stretches)
        yield from [doubt for doubt in found if doubt][:1]


def judged(stretch: Sequence[End], person_id: uuid.UUID) -> Doubt | None:
    own = [end for end in stretch if end.person_id == person_id]
    unsigned = [end for end in own if end.unsigned]
    others = [end.unsigned for end in stretch if end.person_id != person_id]
    if len(unsigned) < LEAST_UNSIGNED or not others:
        return None
    if len(unsigned) * len(others) <= UNSIGNED_TIMES * sum(others) * len(own):
        return None
    newest = unsigned[-1]
    return Doubt(
        UNSIGNED,
        newest.at,
        newest.person,
        tuple(end.place for end in reversed(unsigned)),
        newest.zone,
        count=len(unsigned),
        total=len(own),
        others=round(100 * sum(others) / len(others)),
    )


def same_ink(signed: Iterable[Signed]) -> Iterator[Doubt]:
    """One drawing under two reports, or under two names of one report: no hand draws the same line twice."""
    marks = [mark for mark in signed if mark.shape]
    for group in groups([mark.shape for mark in marks]):
        alike = sorted((marks[n] for n in group), key=lambda mark: mark.signed_at, reverse=True)
        if len({(mark.place, plain_name(mark.signer)) for mark in alike}) < 2:
            continue
        people = dict.fromkeys(mark.person for mark in alike if mark.person)
        places = tuple(dict.fromkeys(mark.place for mark in alike))
        yield Doubt(SAME_INK, alike[0].signed_at, " · ".join(people), places, alike[0].zone, tuple(alike))


def own_ink(signed: Iterable[Signed], specimens: Sequence[Specimen]) -> Iterator[Doubt]:
    """A customer's signature that a technician's own signature lies under."""
    for mark in signed:
        known = [one for one in specimens if mark.shape and one.shape and are_alike(mark.shape, one.shape)]
        if known:
            its = next((one for one in known if one.person_id == mark.person_id), known[0])
            yield Doubt(OWN_INK, mark.signed_at, mark.person, (mark.place,), mark.zone, (mark,), its)


def shape(strokes: Strokes) -> Shape:
    """The drawing without its place, size and tempo: 32 points at equal steps of its path, in 1/1000 of its longer
    side. Equal shapes are the same drawing. Empty when nothing was drawn."""
    points = list(steps([[point[:2] for point in stroke] for stroke in strokes if stroke]))
    if not points:
        return ()
    xs, ys = [x for x, _y in points], [y for _x, y in points]
    side = max(max(xs) - min(xs), max(ys) - min(ys)) or 1
    return tuple((round(SCALE * (x - min(xs)) / side), round(SCALE * (y - min(ys)) / side)) for x, y in points)


def steps(lines: Sequence[Sequence[Sequence[int]]]) -> Iterator[tuple[float, float]]:
    """Points at equal steps along the ink; where the pen was lifted the path has no length."""
    pieces = [(here, there, dist(here, there)) for line in lines for here, there in pairwise(line)]
    whole = sum(length for _here, _there, length in pieces)
    if not whole:
        return
    walked, wanted, last = 0.0, 0, POINTS - 1
    for here, there, length in pieces:
        while length and wanted <= last and whole * wanted / last <= walked + length:
            share = (whole * wanted / last - walked) / length
            yield here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])
            wanted += 1
        walked += length
    if wanted == last:  # the sum of the parts may fall short of the whole by a rounding
        end = next(there for _here, there, length in reversed(pieces) if length)
        yield float(end[0]), float(end[1])


@dataclass
class Sets:
    """Sets of numbers that are joined pair by pair."""

    above: dict[int, int] = field(default_factory=dict)

    def of(self, n: int) -> int:
        while (up := self.above.get(n, n)) != n:
            n = up
        return n

    def join(self, first: int, other: int) -> None:
        self.above[self.of(other)] = self.of(first)


def groups(shapes: Sequence[Shape]) -> list[list[int]]:
    """Which of the drawings are alike, as lists of two or more positions.

    Drawings that are alike have almost the same centre, so only neighbours in the order of centres are compared.
    """
    sets, order = Sets(), sorted((*centre(found), n) for n, found in enumerate(shapes))
    for place, (x, y, n) in enumerate(order):
        for other_x, other_y, other in order[place + 1 :]:
            if other_x - x > ALIKE:
                break
            if abs(other_y - y) <= ALIKE and are_alike(shapes[n], shapes[other]):
                sets.join(n, other)
    members = sorted(range(len(shapes)), key=sets.of)
    found = [sorted(group) for _root, group in groupby(members, key=sets.of)]
    return [group for group in found if len(group) > 1]


def centre(points: Shape) -> tuple[float, float]:
    return sum(x for x, _y in points) / len(points), sum(y for _x, y in points) / len(points)


def are_alike(first: Shape, other: Shape) -> bool:
    most = ALIKE * POINTS
    return sum(map(dist, first[::4], other[::4])) <= most and sum(map(dist, first, other)) <= most  # the first is quick
