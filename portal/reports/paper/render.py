"""From a report's payload to the bytes of its PDF."""

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import segno
import typst

from portal.reports.paper import photos as pictures
from portal.reports.paper.face import Review, compose, foot
from portal.reports.paper.fonts import fonts
from portal.reports.paper.formats import Tongue
from portal.reports.paper.sheet import Payload
from portal.reports.paper.signature import Signature
from portal.reports.paper.text import clean_tree

TEMPLATE = Path(__file__).with_name("report.typ").read_bytes()
DATED_BY = ("signed_at", "left_at", "work_ended_at", "arrived_at", "reported_at")


def render(
    payload: Mapping[str, Any],
    *,
    photos: Mapping[str, bytes] | None = None,
    signature: Signature | None = None,
    content_hash: str | None = None,
    qr_text: str | None = None,
    review: Review | None = None,
    draft: bool = False,
    superseded: bool = False,
    copy: str | None = None,
) -> bytes:
    """The report as PDF/A-2a + UA-1, the same bytes for the same arguments.

    `payload` has the keys of the form's field list, None where unknown, times with the site's offset; `photos` maps
    digest to image bytes. `copy` is None, `customer` (hides the review note) or `office` (masks the phone number).
    Raises typst.TypstError when the file would break the standard, and never writes a lesser one instead.
    """
    # A clean copy first: everything below may trust that each text can be shown.
    record: Payload = clean_tree(dict(payload))
    tongue = Tongue(record["language"])
    shown_photos = record.get("photos") or []
    with TemporaryDirectory() as folder:
        written = pictures.store(shown_photos, photos or {}, Path(folder))
        face = compose(record, tongue, signature, review, copy)
        content = face | {
            "photos": [shot | {"found": shot["file"] in written} for shot in pictures.captions(shown_photos, tongue)],
            "mark": _mark(tongue, draft, superseded),
            "foot": foot(record, tongue, content_hash, copy),
            "qr": _qr(qr_text),
        }
        return typst.compile(  # type: ignore[type-var]  # its stub ties the input to the kind of the font paths
            TEMPLATE,
            root=Path(folder),
            font_paths=fonts(),
            sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
            pdf_standards=["a-2a", "ua-1"],
            timestamp=_dated(payload),
        )


def _mark(tongue: Tongue, draft: bool, superseded: bool) -> str:
    return tongue.word("draft") if draft else tongue.word("superseded") if superseded else ""


def _qr(text: str | None) -> str:
    if not text:
        return ""
    output = io.BytesIO()
    # Any mask is valid; trying all eight for the prettiest takes longer than laying out the page's text.
    segno.make(text, error="m", micro=False, mask=3).save(output, kind="svg", border=0, xmldecl=False, omitsize=True)
    return output.getvalue().decode()


def _dated(payload: Mapping[str, Any]) -> datetime:
    """The moment that the file carries: when it was signed, else the last thing that happened."""
    for name in DATED_BY:
        if payload.get(name):
            return datetime.fromisoformat(payload[name])
    return datetime.fromtimestamp(0, UTC)
