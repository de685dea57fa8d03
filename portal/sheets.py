"""Rows as files for spreadsheets, CSV and XLSX, made row by row. Text stays text: whatever somebody typed into a
record, no program takes it for a formula (reliability 4.1).

Times that people read are those of the place, as the page shows them (`at_place`): cells of XLSX that can be sorted and
reckoned with, `2026-12-01 10:11` in CSV. One with its offset is for programs and stays ISO text.
"""

import csv
import io
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from flask import Response, stream_with_context

from portal.clock import local

FORMULA_STARTS = tuple("=+-@\t\r\x00＝＋－＠")
BYTE_ORDER_MARK = "\ufeff"
ENDINGS = ("csv", "xlsx")
CSV_TYPE = "text/csv"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAY, MINUTE = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
WIDTH = 18  # of a column, in digits: a time in a narrower one is shown as ####
CELL_LIMIT = 32_767  # characters; what XLSX allows
MOST_ROWS = 1_000_000  # of one sheet, under what XLSX allows
CHUNK = 64 * 1024
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
Row = Sequence[Any]


def text_cell(text: str) -> str:
    """The text; with an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def csv_line(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def csv_rows(head: Row, rows: Iterable[Row]) -> Iterator[str]:
    """The lines of a CSV file: UTF-8 with its mark; text is guarded, numbers and times are not text."""
    yield BYTE_ORDER_MARK + csv_line([text_cell(str(one)) for one in head])
    for row in rows:
        yield csv_line([csv_cell(value) for value in row])


def csv_cell(value: Any) -> str:
    if isinstance(value, str):
        return text_cell(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime) and value.tzinfo is None:
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    return "" if value is None else str(value)


def at_place(moment: datetime | None, zone_name: str) -> datetime | None:
    """The minute on the wall there, as a spreadsheet takes it: without an offset."""
    return moment and local(moment, zone_name).replace(second=0, microsecond=0, tzinfo=None)


def xlsx(head: Row, rows: Iterable[Row]) -> BinaryIO:
    """The sheet as an open file that is gone once it is closed. Rows lie on disk while it is made, not in memory."""
    from openpyxl import Workbook  # late: few processes ever make a sheet
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    for n in range(1, len(head) + 1):
        sheet.column_dimensions[get_column_letter(n)].width = WIDTH
    sheet.append([text_of(sheet, str(one)) for one in head])
    for n, row in enumerate(rows):
        if n == MOST_ROWS:
            break
        sheet.append([xlsx_cell(sheet, value) for value in row])
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed by whoever sends it
    book.save(file)
    file.seek(0)
    return file


def xlsx_cell(sheet: Any, value: Any) -> Any:
    """Text as a typed string; a time of the place and a day as such. A time with its offset is ISO text, because a cell
    of XLSX has no time zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        value = value.isoformat()
    if isinstance(value, date):
        return day_of(sheet, value)
    return text_of(sheet, value) if isinstance(value, str) else value


def day_of(sheet: Any, value: Any) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value)
    cell.number_format = MINUTE if isinstance(value, datetime) else DAY
    return cell


def text_of(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, NOT_IN_XML.sub("", text)[:CELL_LIMIT])
    cell.data_type = "s"  # said, not guessed from the first letter
    return cell


def answer(name: str, kind: str, head: Row, rows: Iterable[Row]) -> Response:
    """The file `name`.`kind` to take away; `kind` is csv or xlsx."""
    response = Response(
        stream_with_context(csv_rows(head, rows) if kind == "csv" else pieces(xlsx(head, rows))),
        mimetype=CSV_TYPE if kind == "csv" else XLSX_TYPE,
    )
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode() or "list"
    response.headers["Content-Disposition"] = f'attachment; filename="{plain}.{kind}"'
    return response


def pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece
