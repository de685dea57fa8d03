"""Which row holds the headings, which column means what, and whether a file contradicts itself."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

HEADING_ROWS = 20  # the headings are looked for in so many rows at the top
NOISE = re.compile(r"[\s_\-./·:：*＊#()（）\[\]【】'’\"“”]+")


def folded(heading: str) -> str:
    """A heading without the differences that do not matter: width, case, accents, spaces, marks, stars."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", heading)).casefold()
    return NOISE.sub("", "".join(c for c in text if not unicodedata.combining(c)))


class Heading(NamedTuple):
    """Where the headings stand: the position in the rows looked at, and how many of them are known."""

    position: int
    known: int


def find_heading(rows: Sequence[Sequence[str]], known: Collection[str]) -> Heading | None:
    """The row of headings: the one with most known words, the first of equals; above it may stand titles and empty
    rows. Without known words it is the first row with two filled cells, or the first that is not empty."""
    best: Heading | None = None
    for position, cells in enumerate(rows[:HEADING_ROWS]):
        found = Heading(position, len({folded(cell) for cell in cells} & set(known)))
        if found.known and (best is None or found.known > best.known):
            best = found
    filled = [sum(1 for cell in cells if cell) for cells in rows[:HEADING_ROWS]]
    for least in (2, 1):
        if best is None:
            best = next((Heading(at, 0) for at, count in enumerate(filled) if count >= least), None)
    return best


def match_columns(headings: Sequence[str], meanings: Mapping[str, str]) -> list[str]:
    """For each column the field that its heading means, "" for none. A field is given to its first column only."""
    taken: set[str] = set()
    found = []
    for heading in headings:
        meaning = meanings.get(folded(heading), "")
        found.append("" if meaning in taken else meaning)
        taken.add(meaning)
    return found


class Claim(NamedTuple):
    """What a row says about a record: the record by the words of the file, and the values, None where it is silent."""

    record: tuple[Any, ...]
    values: tuple[Any, ...]


@dataclass
class Memory:
    """What the rows of a file said about each record, so that two rows that contradict each other are found.

    Without it such a file would change the record back and forth each time it comes. Only hashes are kept: 100 000
    rows fit into some dozens of megabytes.
    """

    rows: dict[int, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def contradiction(self, claims: Iterable[Claim]) -> int | None:
        """The number of an earlier row that says otherwise about one of these records."""
        for claim in claims:
            earlier = self.rows.get(hash(claim.record))
            if earlier and any(a and b and a != b for a, b in zip(earlier[1], hashes(claim), strict=True)):
                return earlier[0]
        return None

    def keep(self, number: int, claims: Iterable[Claim]) -> None:
        for claim in claims:
            key, said = hash(claim.record), hashes(claim)
            if earlier := self.rows.get(key):
                number_of_first, before = earlier
                self.rows[key] = (number_of_first, tuple(a or b for a, b in zip(before, said, strict=True)))
            else:
                self.rows[key] = (number, said)


def hashes(claim: Claim) -> tuple[int, ...]:
    return tuple([0 if value is None else hash(value) or 1 for value in claim.values])


def phone_digits(phone: str) -> str:
    """A phone number as it is compared: without the marks that people put between the digits."""
    return re.sub(r"[\s\-().,/]+", "", phone)
