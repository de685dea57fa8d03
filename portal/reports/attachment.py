"""Finds the sealed record inside a PDF that anybody may have made: bounded in time and memory whatever is sent.

A PDF library would have to trust the file's own tables, and unpack whatever they point at. An attachment is always a
stream of its own, so the streams are looked at one by one, each unpacked only as far as a record can be long.
"""

import json
import re
import zlib
from typing import Any

from portal.reports.proof import FORMAT

STREAM, END = re.compile(rb"stream\r?\n"), re.compile(rb"\r?\nendstream")
MOST_STREAMS = 20_000
MOST_RECORDS = 8
LONGEST = 4 * 1024 * 1024
SNIFFED, MOST_PACKED = 4096, 2 * 1024 * 1024  # bytes of the file that are unpacked to see what it is, and to read it


def attached_record(pdf: bytes) -> bytes | None:
    """The bytes of the first attachment that is a record; None when there is none."""
    looked_at = 0
    for count, found in enumerate(STREAM.finditer(pdf)):
        if count >= MOST_STREAMS or looked_at >= MOST_RECORDS:
            return None
        if begin(pdf, found.end(), 1) != b"{":
            continue
        looked_at += 1
        record = begin(pdf, found.end(), LONGEST)
        if parsed(record) is not None:
            return record
    return None


def begin(pdf: bytes, start: int, most: int) -> bytes:
    """What the stream says, `most` bytes of it at most, whether it is packed or not; empty when it cannot be read."""
    if pdf[start : start + 1] == b"{":
        end = END.search(pdf, start, start + LONGEST) if most > 1 else None
        return pdf[start : end.start() if end else start + 1]
    reach = SNIFFED if most < SNIFFED else MOST_PACKED
    try:
        return zlib.decompressobj().decompress(pdf[start : start + reach], most)
    except zlib.error:
        return b""


def parsed(record: bytes) -> dict[str, Any] | None:
    """The record as values, if it is one as far as its outer form goes."""
    try:
        found = json.loads(record)
    except (ValueError, RecursionError):
        return None
    good = isinstance(found, dict) and found.get("format") == FORMAT and isinstance(found.get("documents"), list)
    return found if good and all(isinstance(one, dict) for one in found["documents"]) else None
