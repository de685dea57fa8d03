"""The refused rows as a CSV file: the cells as they stood, the row's number, the reason. Mended it is sent again."""

import csv
import io
from collections.abc import Iterator

from portal.i18n import _
from portal.importing.kinds import KINDS
from portal.importing.models import Import, refused_rows
from portal.importing.words import reasons
from portal.stock.export import BYTE_ORDER_MARK, text_cell

PAGE = 1000


def refused_csv(run: Import) -> Iterator[str]:
    yield BYTE_ORDER_MARK + line([*run.headings, _("Row in the file"), _("Reason")])
    width, kind, place = len(run.headings), KINDS[run.kind], 0
    while rows := refused_rows(run, after=place, limit=PAGE):
        for row in rows:
            cells = [*row.cells, *[""] * (width - len(row.cells))][: max(width, 1)]
            yield line([*cells, str(row.number), reasons(kind, row.reasons)])
        place = rows[-1].number


def line(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([text_cell(cell) for cell in cells])
    return out.getvalue()
