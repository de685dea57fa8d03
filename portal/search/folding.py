"""What is the same to a searcher becomes the same text: width, case, accents, Traditional and Simplified characters."""

import sys
import unicodedata
from functools import cache

import opencc

IDEOGRAPHS = range(0x3400, 0xA000)


def folded(text: str) -> str:
    """NFKC, without case and accents, in Simplified characters."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFD", text).translate(marks())
    return unicodedata.normalize("NFC", bare).translate(simplified())


@cache
def marks() -> dict[int, None]:
    """Accents and other marks that stand on a letter; they are left out."""
    return {code: None for code in range(sys.maxunicode) if unicodedata.category(chr(code)) == "Mn"}


@cache
def simplified() -> dict[int, str]:
    """Each Traditional character with its Simplified one. Character by character on purpose: OpenCC reads whole words
    (乾 of 乾隆 stays, 乾 alone becomes 干), and then a word in a text and the same word in a question could differ."""
    characters = [chr(code) for code in IDEOGRAPHS]
    changed = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, changed, strict=True) if old != new}
