"""Which parts stand on a visit's first screen, and why. Standard library only.

The rule: first the parts used at three visits or more of the last 12 months for this product with this symptom, the
most frequent first; then those used at three visits or more for this product whatever the symptom; then the rest of
what the catalogue names, in its order. At most eight are learned; of the catalogue none is left out.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Key = TypeVar("Key")

ENOUGH = 3
MOST_LEARNED = 8


@dataclass(frozen=True)
class Usual(Generic[Key]):
    """A part and its ground: `symptom`, `product` or `catalogue`; `visits` that used it, 0 when too few to say."""

    item: Key
    ground: str
    visits: int = 0


def ranked(
    catalogue: Sequence[Key], for_product: Iterable[tuple[Key, int]], for_symptom: Iterable[tuple[Key, int]]
) -> list[Usual[Key]]:
    """`for_…` are (part, visits that used it)."""
    found: dict[Key, Usual[Key]] = {}
    for ground, uses in (("symptom", for_symptom), ("product", for_product)):
        for item, visits in sorted(uses, key=lambda use: (-use[1], str(use[0]))):
            if visits >= ENOUGH and len(found) < MOST_LEARNED:
                found.setdefault(item, Usual(item, ground, visits))
    for item in catalogue:
        found.setdefault(item, Usual(item, "catalogue"))
    return list(found.values())
