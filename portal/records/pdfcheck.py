"""Whether a PDF is only paper. One that could act (scripts, programs, forms that send), that carries other files, or
that cannot be read to its end is refused: it is kept as it came, so nothing is cut out of it.
"""

import io
import re
from collections.abc import Iterator
from typing import Any

import pikepdf

from portal.errors import Rejected
from portal.i18n import lazy

LIMIT = 15 * 1024 * 1024
MOST_OBJECTS, MOST_PAGES, DEEPEST = 50_000, 500, 40
ACTS = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR", "/Rendition", "/Movie", "/Sound"}
SHOWS = {"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"}
KEYS = {"/JS", "/JavaScript", "/AA", "/EmbeddedFiles", "/EmbeddedFile", "/EF", "/RichMedia", "/XFA", "/Launch"}
END = re.compile(rb"%%EOF\s*\Z")


def check(content: bytes) -> None:
    """Raises Rejected, with words beside `file`, unless the PDF is plain paper."""
    if len(content) > LIMIT:
        raise Rejected(lazy("The file is larger than 15 MB. Scan it again with a lower resolution."), "file")
    if not END.search(content[-2048:]):
        raise Rejected(lazy("The PDF is damaged or has something behind its end. Make it again."), "file")
    try:
        with pikepdf.open(io.BytesIO(content), attempt_recovery=False, suppress_warnings=True) as pdf:
            read(pdf)
    except pikepdf.PasswordError:
        raise Rejected(lazy("The PDF is locked with a password. Save it without one."), "file") from None
    except Rejected:
        raise
    except Exception:  # the reader of a hostile file may fail in any way
        raise Rejected(lazy("The PDF is damaged or has something behind its end. Make it again."), "file") from None


def read(pdf: pikepdf.Pdf) -> None:
    if pdf.is_encrypted:
        raise Rejected(lazy("The PDF is locked with a password. Save it without one."), "file")
    if len(pdf.objects) > MOST_OBJECTS or not 1 <= len(pdf.pages) <= MOST_PAGES:
        raise Rejected(lazy("The PDF has too many pages or parts. Send the pages that matter."), "file")
    for one in pdf.objects:
        for dictionary in dictionaries(one, DEEPEST):
            if is_active(dictionary):
                raise Rejected(
                    lazy("The PDF can run something or carries other files. Print it to a new PDF or send a photo."),
                    "file",
                )


def dictionaries(value: Any, depth: int) -> Iterator[Any]:
    """The dictionaries of one object; what it refers to comes by itself as an object of its own."""
    if depth == 0:
        raise Rejected(lazy("The PDF has too many pages or parts. Send the pages that matter."), "file")
    if isinstance(value, (pikepdf.Dictionary, pikepdf.Stream)):
        yield value
        parts = [part for _key, part in value.items()]
    elif isinstance(value, pikepdf.Array):
        parts = list(value)
    else:
        return
    for part in parts:
        if isinstance(part, pikepdf.Object) and not part.is_indirect:
            yield from dictionaries(part, depth - 1)


def is_active(dictionary: Any) -> bool:
    keys = set(dictionary.keys())
    return bool(keys & KEYS) or str(dictionary.get("/S", "")) in ACTS or str(dictionary.get("/Subtype", "")) in SHOWS
