"""Reading a printed report back: its pages' text, and whether a text stands on them."""

import io
import unicodedata
from collections.abc import Sequence
from typing import Any

import pikepdf
import pypdfium2

from portal.reports.paper import Signature, render
from portal.reports.paper.text import clean
from tests.reports import papers

DIGEST = "9f3ac04bd1e2" + "0" * 52
INK = Signature(strokes=papers.strokes())


def print_out(payload: dict[str, Any], **options: Any) -> bytes:
    ready = {"signatures": (INK,), "content_hash": DIGEST, "qr_text": f"{payload['report_no']} sha256:{DIGEST[:12]}"}
    return render(payload, **(ready | options))


def pages(pdf: bytes) -> list[str]:
    """The text of each page without spaces and line ends, for a word may stand on two lines."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [tight(page.get_textpage().get_text_range()) for page in document]
    finally:
        document.close()


def tight(text: str) -> str:
    """Without what a reader of PDF adds or drops: spaces, places to break, the hyphen at a line's end."""
    composed = unicodedata.normalize("NFKC", text.replace("\u200b", "").replace("\ufffe", "-").replace("\x02", "-"))
    return "".join(composed.split())


def stands_on(wanted: str, printed: Sequence[str]) -> bool:
    """Whether the text is there, as it prints; it may run on over a page's foot and the next page's head."""
    return runs_over(tight(clean(wanted)), printed)


def runs_over(text: str, printed: Sequence[str]) -> bool:
    for number, page in enumerate(printed):
        if text in page:
            return True
        length = longest_start(text, page)
        if length and runs_over(text[length:], printed[number + 1 :]):
            return True
    return False


def longest_start(text: str, page: str) -> int:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[:middle] in page else (low, middle - 1)
    return low


def mistakes(pdf: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return [str(problem) for problem in document.check_pdf_syntax()]
