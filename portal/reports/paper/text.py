"""Making any text printable: what a person typed may hold anything, and PDF/A refuses what a font cannot show."""

import re
import unicodedata
from typing import Any

from portal.reports.paper.fonts import shown

MISSING = "〓"  # the printer's sign for a missing sort (geta)
BREAK = "\u200b"

_LONG_WORD = re.compile(r"[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]{25,}")
_STACKED = re.compile(r"([\u0300-\u036f]{2})[\u0300-\u036f]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


def clean(text: str) -> str:
    """`text` without control characters, and with 〓 for what cannot be shown."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    composed = unicodedata.normalize("NFC", lines)
    kept = "".join(_printable(char) for char in composed)
    return _EMPTY_LINES.sub("\n\n", _STACKED.sub(r"\1", kept)).strip()


def clean_tree(value: Any) -> Any:
    """`value` with every string in it cleaned; keys stay as they are."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: clean_tree(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [clean_tree(item) for item in value]
    return value


def breakable(text: str) -> str:
    """`text` with places to break inside words longer than any line; PDF/A has no room for a word of 30,000 letters."""
    return _LONG_WORD.sub(lambda word: BREAK.join(re.findall(r".{1,12}", word[0])), text)


def one_line(text: str) -> str:
    return " ".join(text.split())


def code_word(text: str) -> str:
    """A serial or part number that may break anywhere after eight characters, for narrow columns."""
    return BREAK.join(re.findall(r".{1,8}", text.replace(BREAK, ""))) if len(text) > 16 else text


def _printable(char: str) -> str:
    if char == "\n":
        return char
    category = unicodedata.category(char)
    # Format characters (Cf) could turn the direction of a signed text, or split it invisibly.
    if category in ("Cc", "Cf", "Cs", "Co", "Cn") or "\ufe00" <= char <= "\ufe0f":
        return " " if char == "\t" else ""
    if category in ("Zs", "Zl", "Zp"):
        return char if ord(char) in shown() else " "
    return char if ord(char) in shown() else MISSING
