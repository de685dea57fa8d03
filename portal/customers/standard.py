"""The standard code lists of the trade, with which a company may begin: symptoms and components by product family,
causes and remedies for all (domain 6.2 and 6.3). Makers' error codes are not among them: the same number means other
things on other brands.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portal.customers.models import CodeValue
from portal.i18n import LOCALES

FILE = Path(__file__).parent / "standard_codes.csv"


@dataclass(frozen=True)
class StandardCode:
    """One line of the file; `position` is its place there, `family` None means all products."""

    kind: str
    family: str | None
    code: str
    names: tuple[str, ...]
    position: int

    @property
    def labels(self) -> dict[str, str]:
        return dict(zip(LOCALES, self.names, strict=True))

    def row(self) -> CodeValue:
        return CodeValue(kind=self.kind, family=self.family, code=self.code, labels=self.labels, position=self.position)


@cache
def standard_codes() -> tuple[StandardCode, ...]:
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            StandardCode(
                kind=line["list"],
                family=line["family"] or None,
                code=line["code"],
                names=tuple(line[locale] for locale in LOCALES),
                position=position,
            )
            for position, line in enumerate(csv.DictReader(file))
        )
