"""XLSX by openpyxl, read as a stream. Formulas are text, dates are ISO, whole numbers have no ".0"."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from portal.config import MEGABYTE
from portal.errors import Rejected
from portal.i18n import lazy
from portal.importing.limits import CELLS_LIMIT, LAST_ROW, PARTS_LIMIT, UNPACKED_LIMIT

UNREADABLE = lazy("This file cannot be read. Open it in a spreadsheet program, save it as .xlsx, then send it again.")
WORKBOOK = b"spreadsheetml.sheet.main+xml"
TEMPLATE = b"spreadsheetml.template.main+xml"


def check(content: bytes) -> None:
    """Looks at the list of what is packed, without unpacking it. Raises Rejected."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            refuse_parts(packed)
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
        raise Rejected(UNREADABLE, "file") from None


def refuse_parts(packed: zipfile.ZipFile) -> None:
    parts = packed.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        raise Rejected(
            lazy("The file is protected by a password. Take the protection off, then send it again."), "file"
        )
    if len(parts) > PARTS_LIMIT or sum(part.file_size for part in parts) > UNPACKED_LIMIT:
        words = lazy(
            "Unpacked the file is larger than %(n)s MB. Split it, then send the parts.", n=UNPACKED_LIMIT // MEGABYTE
        )
        raise Rejected(words, "file")
    types = packed.read("[Content_Types].xml") if "[Content_Types].xml" in names else b""
    if any("vbaproject" in name.lower() for name in names) or b"macroEnabled" in types:
        raise Rejected(lazy("The file holds macros. Save it as .xlsx without them, then send it again."), "file")
    if WORKBOOK not in types and TEMPLATE not in types:
        raise Rejected(lazy("This file is no spreadsheet. Send an .xlsx or a CSV file."), "file")
    for name in names:
        if name.endswith((".xml", ".rels")):
            with packed.open(name) as part:
                if b"<!DOCTYPE" in part.read(4096).upper():
                    raise Rejected(UNREADABLE, "file")


def rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows of the first sheet that is not hidden."""
    reader = sheet_rows(content)
    cells_seen = 0
    for number in range(1, LAST_ROW + 1):
        found = following(reader)
        if found is None:
            return
        cells_seen += len(found)
        if cells_seen > CELLS_LIMIT:
            raise Rejected(lazy("The sheet is too large. Copy the rows into a new one, then send that."), "file")
        yield number, [text_of(value) for value in found]


def sheet_rows(content: bytes) -> Iterator[tuple[Any, ...]]:
    import openpyxl  # late: few processes ever read a sheet

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
            sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
            sheet: Any = sheets[0]
            sheet.reset_dimensions()  # what a file says of its own size is often wrong
            found: Iterator[tuple[Any, ...]] = sheet.iter_rows(values_only=True)
            return found
    except Exception:  # whatever a broken file makes openpyxl raise: a dozen kinds are known
        raise Rejected(UNREADABLE, "file") from None


def following(reader: Iterator[tuple[Any, ...]]) -> tuple[Any, ...] | None:
    """The next row. Warnings of openpyxl (extensions that it leaves out, dates that are none) are not ours to show."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return next(reader, None)
    except Exception:
        raise Rejected(UNREADABLE, "file") from None


def text_of(value: Any) -> str:
    """A cell as a person reads it."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value) if isinstance(value, (int, Decimal, timedelta)) else str(getattr(value, "text", value))


def number_text(value: float) -> str:
    """Without the ".0" of whole numbers and the last digits that a float does not hold."""
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    plain = f"{Decimal(f'{value:.15g}'):f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
