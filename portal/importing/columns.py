"""What a column of a spreadsheet can mean: the field, its headings in four languages, and how its cells are read."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.i18n import in_each_language
from portal.importing.rules import folded
from portal.importing.values import shown


@dataclass(frozen=True)
class Column:
    """`field` is what the kind calls it; `headings` are written with | between them. A needed column is one without
    which no row can be told from another."""

    field: str
    words: Any
    headings: str
    read: Callable[[str], Any]
    needed: bool = False
    labels: Any = None  # {value: words} of a choice

    @property
    def known_as(self) -> list[str]:
        return [self.field, *self.headings.split("|"), *in_each_language(self.words)]

    def show(self, value: Any) -> str:
        return str(self.labels[value]) if self.labels and value in self.labels else shown(value)


@dataclass(frozen=True)
class Ignored:
    """A column that is known and left out, and why: that is said beside it."""

    words: Any
    headings: str


def meanings(columns: tuple[Column, ...]) -> dict[str, str]:
    """Folded heading to field, over all columns. The field's own name is a heading too, and so are the words by which
    the page lists the column, in each language."""
    return {folded(heading): column.field for column in columns for heading in column.known_as}


def ignored(columns: tuple[Ignored, ...]) -> dict[str, Any]:
    """Folded heading to the words why it is left out."""
    return {folded(heading): column.words for column in columns for heading in column.headings.split("|")}
