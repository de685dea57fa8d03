"""What is the same to a searcher becomes the same text: width, case, accents, Traditional and Simplified characters."""

import unicodedata
from functools import cache

import opencc

IDEOGRAPHS = range(0x3400, 0xA000)


class Marks(dict[int, int | None]):
    """Accents and other marks that stand on a letter are left out. Each character is looked up when it first comes:
    to ask for all of them is half a second of every process that searches."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code)) == "Mn" else code
        return self[code]


MARKS = Marks()


def folded(text: str) -> str:
    """NFKC, without case and accents, in Simplified characters."""
    text = unicodedata.normalize("NFKC", text).casefold()
    if text.isascii():
        return text
    bare = unicodedata.normalize("NFD", text).translate(MARKS)
    return unicodedata.normalize("NFC", bare).translate(simplified())


@cache
def simplified() -> dict[int, str]:
    """Each Traditional character with its Simplified one. Character by character on purpose: OpenCC reads whole words
    (乾 of 乾隆 stays, 乾 alone becomes 干), and then a word in a text and the same word in a question could differ."""
    characters = [chr(code) for code in IDEOGRAPHS]
    changed = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    return {ord(old): new for old, new in zip(characters, changed, strict=True) if old != new}
