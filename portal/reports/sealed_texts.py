"""What must be true of a sealed report's or signature's own words, ink and photos, whoever sealed them."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from portal import files, ink
from portal.reports.statement import STATEMENTS

Text = dict[str, Any]


def same(first: Any, second: Any) -> bool:
    """Whether two JSON values are the same letter by letter; Python's == takes 1 for true."""
    return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


def statement_problems(content: Text, evidence: Text) -> Iterator[str]:
    """The statement is one that we have published, in the language of the paper, and the one that was signed."""
    said, signed = content.get("statement"), evidence.get("statement")
    published = {versions.get(content["language"]) for versions in STATEMENTS.values()}
    if said not in published and not (said is None and content.get("form") == "FSR-1"):
        yield "the statement is none that was ever published"
    if signed is not None:
        known = STATEMENTS.get(signed["version"], {}).get(signed["language"])
        if signed["text"] != known or said not in (known, None):
            yield "the statement is not the one of its version"


def ink_problems(evidence: Text) -> Iterator[str]:
    strokes = evidence.get("strokes") or []
    if evidence["method"] == "drawn" and (not is_readable(strokes) or ink.ink_problem(strokes)):
        yield "the ink is no signature"
    if evidence["method"] != "drawn" and strokes:
        yield "there is ink where none was drawn"
    marks = evidence.get("technicians") or []
    if not all(is_readable(mark["strokes"]) for mark in marks):
        yield "a technician's ink cannot be read"


def is_readable(strokes: Any) -> bool:
    return ink.read_strokes(json.dumps(strokes)) is not None


class Photos:
    """The store's photos; each is read once a run."""

    def __init__(self) -> None:
        self._good: dict[str, bool] = {}

    def problems(self, content: Text, evidence: Text) -> Iterator[str]:
        for digest in digests_of(content, evidence):
            if not self.is_there(digest):
                yield f"the photo {digest[:12]} is missing or was changed"

    def is_there(self, digest: str) -> bool:
        if digest not in self._good:
            try:
                self._good[digest] = hashlib.sha256(files.read(digest)).hexdigest() == digest
            except OSError:
                self._good[digest] = False
        return self._good[digest]


def digests_of(content: Text, evidence: Text) -> list[str]:
    """Every photo that the texts name, in order, once."""
    found = [photo["digest"] for photo in content.get("photos") or []] + [evidence.get("photo")]
    return list(dict.fromkeys(str(digest) for digest in found if digest))
