"""CSV as it really comes: UTF-8, UTF-16, GB18030, Big5 or Western, with commas, semicolons or tabs."""

import csv
import io
import re
from collections.abc import Iterator

from portal.errors import Rejected
from portal.i18n import lazy
from portal.importing.limits import SIZE_LIMIT

BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
SEPARATORS = ",;\t"
HEAD = 65_536  # bytes or characters that are looked at to tell encoding and separator
SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)

csv.field_size_limit(SIZE_LIMIT)  # a cell may be as long as its file; the row that holds it is refused by its field


def check(content: bytes) -> None:
    """Raises Rejected when the head of the file is no text."""
    head = decoded(content[:HEAD], whole=False)
    odd = sum(1 for character in head if character < " " and character not in "\t\r\n\x00")
    if odd > len(head) // 20:
        raise Rejected(lazy("This file is no spreadsheet. Send an .xlsx or a CSV file."), "file")


def rows(content: bytes) -> Iterator[tuple[int, list[str]]]:
    text = decoded(content).replace("\x00", "")
    separator = None
    if named := SEPARATOR_LINE.match(text):
        separator, text = named[1], text[named.end() :]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator or likely_separator(text[:HEAD]))
    number = 0
    while True:
        number += 1
        try:
            yield number, [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            raise Rejected(lazy("Row %(n)s cannot be read. Save the file as CSV again.", n=number), "file") from None


def likely_separator(head: str) -> str:
    """The separator that cuts the first lines into most columns, evenly."""

    def evenness(separator: str) -> int:
        lines = list(csv.reader(io.StringIO(head, newline=""), delimiter=separator))[:HEADING_LINES]
        widths = [len(line) for line in lines if len(line) > 1]
        return max((widths.count(width) * (width - 1) for width in set(widths)), default=0)

    return max(SEPARATORS, key=evenness)


HEADING_LINES = 30


def decoded(content: bytes, *, whole: bool = True) -> str:
    """The text. `whole` is false for the head of a longer file, whose last character may be cut.

    Raises Rejected when no encoding fits.
    """
    for mark, name in BOMS:
        if content.startswith(mark):
            return tried(content[len(mark) :], name, whole) or ""
    for name in candidates(content):
        text = tried(content, name, whole)
        if text is not None:
            return text
    raise Rejected(
        lazy("The letters of this file cannot be read. Save it as CSV in UTF-8, then send it again."), "file"
    )


def candidates(content: bytes) -> list[str]:
    """The encodings that this may be, the likeliest first."""
    head = content[:HEAD]
    if head.count(b"\x00") > len(head) // 8:  # UTF-16 that has lost its mark: every other byte of Western text is zero
        return ["utf-16-le" if head[1::2].count(0) >= head[::2].count(0) else "utf-16-be"]
    return ["utf-8", *chinese_or_western(content)]


def chinese_or_western(content: bytes) -> list[str]:
    """Told apart by the bytes that are common in each: the frequent characters of GB18030 lie in rows B0-D7 with a high
    second byte, those of Big5 in rows A4-C6; accented letters of Western text stand alone."""
    if not re.search(rb"[\x80-\xff][\x80-\xff]", content) and not re.search(rb"[\xa1-\xfe][@-~][\xa1-\xfe]", content):
        return ["cp1252", "gb18030", "big5"]
    pairs = re.findall(rb"[\x81-\xfe][\x40-\xfe]", content[:HEAD])
    simplified = sum(1 for pair in pairs if 0xB0 <= pair[0] <= 0xD7 and pair[1] >= 0xA1)
    traditional = sum(1 for pair in pairs if 0xA4 <= pair[0] <= 0xC6)
    return ["big5", "cp950", "gb18030"] if traditional > simplified else ["gb18030", "big5"]


def tried(content: bytes, encoding: str, whole: bool) -> str | None:
    """The text, or None when the bytes are none in this encoding."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        if not whole and error.start >= len(content) - 4:
            return content[: error.start].decode(encoding)
        if encoding.startswith("utf-16"):
            return content.decode(encoding, "replace")
        return None
