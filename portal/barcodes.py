"""Codes in a picture: the lines of a nameplate, a QR or a data matrix code, read on the server for phones whose browser
cannot. The same limits as for photos; nothing is stored."""

import zxingcpp

from portal import files
from portal.forms import plain

EDGE = 2000  # pixels: what a sharp code needs; a larger picture only takes longer
MOST = 8
LONGEST = 300


def read_codes(content: bytes) -> list[str]:
    """The texts of the codes, each once. Empty when there is none. Raises Rejected when it is no picture."""
    picture = files.decoded(content, EDGE).convert("L")
    picture.thumbnail((EDGE, EDGE))
    texts = (plain(code.text) for code in zxingcpp.read_barcodes(picture) if code.valid)
    return list(dict.fromkeys(text for text in texts if text and len(text) <= LONGEST))[:MOST]
