"""Sealed texts as patterns: what differs from visit to visit is cut out once and filled in often."""

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from portal.signing.rules import canonical

MARK = re.compile(r'"@raw:(\w+)@"|@(\w+)@')
DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T.*)?")
OF_UNIT = ("manufactured_on", "purchased_on", "installed_on")


class Text:
    """A canonical text with gaps. `said`: what stands in it now and the gap's name; days become distances in days from
    `base`; the names in `raw` stand for whole JSON values."""

    def __init__(self, content: dict[str, Any], base: date, said: Mapping[str, str], raw: tuple[str, ...] = ()) -> None:
        marked = {
            key: f"@raw:{key}@" if key in raw else self.cut(item, key, base, said) for key, item in content.items()
        }
        pieces = MARK.split(canonical(marked))
        self.pieces = [piece for number, piece in enumerate(pieces) if number % 3 != 2]  # every other one is a gap
        self.gaps = [first or second for first, second in zip(pieces[1::3], pieces[2::3], strict=True)]
        self.distances = sorted({int(gap[3:].replace("m", "-")) for gap in self.gaps if gap.startswith("day")})

    def cut(self, item: Any, key: str, base: date, said: Mapping[str, str]) -> Any:
        if isinstance(item, dict):
            return {name: self.cut(value, name, base, said) for name, value in item.items()}
        if isinstance(item, list):
            return [self.cut(value, key, base, said) for value in item]
        if not isinstance(item, str):
            return item
        if key in OF_UNIT:
            return f"@{key}@"
        if item in said:
            return f"@{said[item]}@"
        found = DAY.fullmatch(item)
        if found:
            away = (date.fromisoformat(found[1]) - base).days
            return f"@day{away}@".replace("-", "m") + (found[2] or "")
        return item

    def filled(self, values: Mapping[str, str]) -> str:
        """The canonical text with the values, which are JSON without its quotes, in the gaps."""
        pieces = self.pieces.copy()
        pieces[1::2] = map(values.__getitem__, self.gaps)
        return "".join(pieces)


def day_gap(distance: int) -> str:
    return f"day{distance}".replace("-", "m")


def inside_quotes(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]
