"""Files as rows of text: what kind of file it is, and who reads it.

A row is its number as a spreadsheet program shows it, and its cells as text. Whatever cannot be read is refused with
words that say what to do; nothing of a file is ever computed or run.
"""

from collections.abc import Iterator
from typing import NamedTuple

from portal.config import MEGABYTE
from portal.errors import Rejected
from portal.i18n import lazy
from portal.importing import csvfile, xlsxfile
from portal.importing.limits import COLUMN_LIMIT, ROW_LIMIT, SIZE_LIMIT

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # .xls, and the envelope of what is protected by a password
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
KNOWN_OTHERS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"{\\rtf", b"<?xml")


class Row(NamedTuple):
    number: int
    cells: list[str]


def check(content: bytes) -> None:
    """The cheap look while a person waits: raises Rejected unless this may be a spreadsheet that we read."""
    if not content:
        raise Rejected(lazy("The file is empty."), "file")
    if len(content) > SIZE_LIMIT:
        raise too_large()
    if content.startswith(OLE):
        raise Rejected(
            lazy("The file is protected by a password. Take the protection off, then send it again.")
            if ENCRYPTED in content
            else lazy("This is an old Excel file (.xls). Save it as .xlsx or CSV, then send it again."),
            "file",
        )
    if content.startswith(KNOWN_OTHERS) or content.lstrip()[:15].lower().startswith((b"<!doctype", b"<html")):
        raise no_spreadsheet()
    if content.startswith(b"PK"):
        xlsxfile.check(content)
    else:
        csvfile.check(content)


def rows(content: bytes) -> Iterator[Row]:
    """All rows that are not empty. Raises Rejected where the file turns out to be unreadable or too large."""
    check(content)
    source = xlsxfile.rows(content) if content.startswith(b"PK") else csvfile.rows(content)
    count = 0
    for number, cells in source:
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        count += 1
        if count > ROW_LIMIT:
            raise Rejected(lazy("More than %(n)s rows. Split the file, then send the parts.", n=ROW_LIMIT), "file")
        if len(cells) > COLUMN_LIMIT:
            raise Rejected(lazy("More than %(n)s columns. Remove those that are not needed.", n=COLUMN_LIMIT), "file")
        yield Row(number, cells)


def too_large() -> Rejected:
    words = lazy("The file is larger than %(n)s MB. Split it, then send the parts.", n=SIZE_LIMIT // MEGABYTE)
    return Rejected(words, "file")


def no_spreadsheet() -> Rejected:
    return Rejected(lazy("This file is no spreadsheet. Send an .xlsx or a CSV file."), "file")
