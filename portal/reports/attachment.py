"""Finds the sealed record inside a PDF that anybody may have made: bounded in time and memory whatever is sent.

A PDF library would have to trust the file's own tables, and unpack whatever they point at. An attachment is always a
stream of its own, so the streams are looked at one by one, each unpacked only as far as a record can be long.
"""

import json
import re
import zlib
from typing import Any

from portal.reports.proof import FORMAT

STREAM = re.compile(rb"stream\r?\n")
MOST_STREAMS = 20_000
MOST_RECORDS = 8
LONGEST = 4 * 1024 * 1024
SNIFFED = 4096


def attached_record(pdf: bytes) -> bytes | None:
    """The bytes of the first attachment that is a record; None when there is none."""
    view, looked_at = memoryview(pdf), 0
    for count, found in enumerate(STREAM.finditer(pdf)):
        if count >= MOST_STREAMS or looked_at >= MOST_RECORDS:
            return None
        if unpacked(view[found.end() : found.end() + SNIFFED], 1) != b"{":
            continue
        looked_at += 1
        record = unpacked(view[found.end() :], LONGEST)
        if record and parsed(record) is not None:
            return record
    return None


def unpacked(packed: memoryview, most: int) -> bytes | None:
    try:
        return zlib.decompressobj().decompress(packed, most)
    except zlib.error:
        return None


def parsed(record: bytes) -> dict[str, Any] | None:
    """The record as values, if it is one as far as its outer form goes."""
    try:
        found = json.loads(record)
    except (ValueError, RecursionError):
        return None
    good = isinstance(found, dict) and found.get("format") == FORMAT and isinstance(found.get("documents"), list)
    return found if good and all(isinstance(one, dict) for one in found["documents"]) else None
