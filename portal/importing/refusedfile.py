"""The refused rows as a CSV file: the cells as they stood, the row's number, the reason. Mended it is sent again."""

from collections.abc import Iterator

from portal.i18n import _
from portal.importing.kinds import KINDS
from portal.importing.models import Import, refused_rows
from portal.importing.words import reasons
from portal.sheets import csv_rows

PAGE = 1000


def refused_csv(run: Import) -> Iterator[str]:
    return csv_rows([*run.headings, _("Row in the file"), _("Reason")], refused_cells(run))


def refused_cells(run: Import) -> Iterator[list[str]]:
    width, kind, place = len(run.headings), KINDS[run.kind], 0
    while rows := refused_rows(run, after=place, limit=PAGE):
        for row in rows:
            cells = [*row.cells, *[""] * (width - len(row.cells))][: max(width, 1)]
            yield [*cells, str(row.number), reasons(kind, row.reasons)]
        place = rows[-1].number
