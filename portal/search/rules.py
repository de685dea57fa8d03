"""How a text becomes tokens and a question becomes terms. Both get folded text (`folding`).

A run of Chinese characters gives each pair of neighbours and its last character: 空调机 becomes 空调, 调机, 机. A word
of two characters is then one token, rare enough to be found at once; a single character is the beginning of a token.
Latin letters and figures stay together: `a-35` gives a, 35, and a35, so that a code is found with and without its
marks. Tokens stand in one line with a space around each; what must stand together is looked for in that line.
"""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

KINDS = ("customer", "unit", "visit", "report", "call", "part", "person")  # the order of results
BAND = 1 << 40  # entries of one kind lie in one band of numbers, the newest last
LONGEST_TOKEN, LONGEST_TEXT, LONGEST_QUESTION = 64, 2000, 100
LAST_FIGURES = 4  # of a serial number, as people read them out
BARRIER = "|"  # between fields: no phrase reaches from one into the next
OWNER = "\u0298"  # begins the token that names a person who may see the entry; no question can hold it
LONGEST_BEGINNING = 12  # of a word that the database looks up; the line of tokens settles a longer one
MOST_TESTED = 2  # tokens of one phrase that are looked up; the line of tokens settles the rest

CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff"
LATIN = rf"[^\W_{CJK}{OWNER}]+"
PIECES = re.compile(rf"(?P<cjk>[{CJK}]+)|(?P<code>{LATIN}(?:[-‐‑–/._]{LATIN})*)")
PARTS = re.compile(LATIN)


class Way(NamedTuple):
    """One way in which a term may stand: tokens that the entry has (True: as a beginning), and what stands in its
    line of tokens. `doubtful`: the tokens may be there and the needle not."""

    tokens: tuple[tuple[str, bool], ...]
    needle: str
    doubtful: bool


Term = tuple[Way, ...]  # one of the ways is enough


def tokens(text: str) -> list[str]:
    """The tokens of a text in their order, then the codes in it without their marks."""
    found, codes = [], []
    for piece in PIECES.finditer(text[:LONGEST_TEXT]):
        if piece["cjk"]:
            found += pairs(piece["cjk"])
            continue
        parts = [part[:LONGEST_TOKEN] for part in PARTS.findall(piece["code"])]
        found += parts
        if len(parts) > 1:
            codes += [BARRIER, joined(piece["code"])]
    return found + codes


def pairs(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run))]


def joined(code: str) -> str:
    """A code without marks and spaces."""
    return "".join(PARTS.findall(code))[:LONGEST_TOKEN]


def code_tokens(code: str, *, serial: bool = False) -> list[str]:
    """A number as it is written, without its marks, and, of a serial number, its end."""
    whole = joined(code)
    if not whole:
        return []
    found = tokens(code)
    for token in (whole, whole[-LAST_FIGURES:] if serial else whole):
        found += [BARRIER, token] if token not in found else []
    return found


def exact(code: str) -> str:
    """What two spellings of one number have in common. The stroke counts: visit …-0001/2 is not call …-00012."""
    return "".join(letter for letter in code if letter.isalnum() or letter == "/")[:80]


def line(fields: Iterable[Sequence[str]], owners: Iterable[str] = ()) -> str:
    """The line of tokens of an entry."""
    different = dict.fromkeys(tuple(field) for field in fields if field)
    words = [token for field in different for token in (*field, BARRIER)]
    return f" {' '.join([*words, *map(owner, sorted(owners))])} "


def owner(person: str) -> str:
    return OWNER + person


def terms(question: str) -> list[Term]:
    """What must stand in an entry: all terms of the question."""
    found: dict[Term, None] = {}
    for piece in PIECES.finditer(question[:LONGEST_QUESTION]):
        found[(run(piece["cjk"]),) if piece["cjk"] else code(piece["code"])] = None
    return list(found)


def run(characters: str) -> Way:
    if len(characters) == 1:
        return beginning(characters)
    words = pairs(characters)[:-1]
    return Way(tuple((word, False) for word in words[:MOST_TESTED]), f" {' '.join(words)} ", len(words) > 1)


def code(word: str) -> Term:
    """A word, or a code with marks: as it is written, or without its marks. The last part may go on."""
    parts = [part[:LONGEST_TOKEN] for part in PARTS.findall(word)]
    if len(parts) == 1:
        return (beginning(parts[0]),)
    marked = [*((part, False) for part in parts[:-1]), (parts[-1][:LONGEST_BEGINNING], True)]
    telling = sorted(marked, key=lambda part: -len(part[0]))[:MOST_TESTED]
    return Way(tuple(telling), f" {' '.join(parts)}", True), beginning(joined(word))


def beginning(token: str) -> Way:
    return Way(((token[:LONGEST_BEGINNING], True),), f" {token}", len(token) > LONGEST_BEGINNING)


def band(kind: str) -> tuple[int, int]:
    """The first and last number that an entry of the kind can have."""
    first = (KINDS.index(kind) + 1) * BAND
    return first, first + BAND - 1


def kind_of(n: int) -> str:
    return KINDS[n // BAND - 1]
