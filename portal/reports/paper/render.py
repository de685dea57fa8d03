"""From a report's payload to the bytes of its PDF."""

import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pikepdf
import segno
import typst

from portal.reports.paper import photos as pictures
from portal.reports.paper.face import Beside, Review, compose
from portal.reports.paper.fonts import fonts
from portal.reports.paper.formats import Pair, Tongue
from portal.reports.paper.sheet import Payload
from portal.reports.paper.signature import Signature, TechnicianMark
from portal.reports.paper.text import clean_tree

TEMPLATE = Path(__file__).with_name("report.typ").read_bytes()
DATED_BY = ("signed_at", "left_at", "work_ended_at", "arrived_at", "reported_at")
MARKS = (None, "draft", "superseded", "void")
COPIES = (None, "customer", "office")
PROOF, LOGO = "record.json", "logo.png"

pikepdf.settings.set_flate_compression_level(9)


def render(
    payload: Mapping[str, Any],
    *,
    photos: Mapping[str, bytes] | None = None,
    signatures: Sequence[Signature] = (),
    technicians: Sequence[TechnicianMark] = (),
    secondary: str | None = None,
    proof: bytes | None = None,
    chain_head: str | None = None,
    content_hash: str | None = None,
    qr_text: str | None = None,
    review: Review | None = None,
    mark: str | None = None,
    unheard: str | None = None,
    copy: str | None = None,
    notice: Mapping[str, str] | None = None,
    logo: bytes | None = None,
) -> bytes:
    """The report as PDF/A-2a + UA-1, or A-3a with `proof` inside as record.json: same bytes for same arguments.

    `payload` has the keys of the form's field list, None where unknown, times with the site's offset; `photos` maps
    digest to image bytes. `secondary` is a second language beside the payload's own. `mark` is None, `draft`,
    `superseded` or `void`; `unheard` is set when it was signed without a connection: the phone's moment in the site's
    zone, or "" where it said none. `copy` is None, `customer` (hides the review note) or `office` (masks the phone
    number).
    `notice` is the company's own privacy line by language, `logo` its PNG.
    Raises typst.TypstError when the file would break the standard, and never writes a lesser one instead.
    """
    if mark not in MARKS or copy not in COPIES:
        raise ValueError(f"The paper knows no mark {mark!r} or no copy {copy!r}.")
    # A clean copy first: everything below may trust that each text can be shown.
    record: Payload = clean_tree(dict(payload))
    language = record["language"]
    pair = Pair(Tongue(language), Tongue(secondary) if secondary and secondary != language else None)
    beside = Beside(signatures, technicians, review, mark, copy, content_hash, chain_head, notice or {}, unheard)
    content = compose(record, pair, beside) | {"qr": _qr(qr_text), "proof": PROOF if proof is not None else ""}
    content["logo"] = LOGO if logo else ""
    shown_photos = record.get("photos") or []
    with TemporaryDirectory() as folder:
        written = pictures.store(shown_photos, photos or {}, Path(folder))
        captions = pictures.captions(shown_photos, pair)
        content["photos"] = [shot | {"found": shot["file"] in written} for shot in captions]
        if proof is not None:
            (Path(folder) / PROOF).write_bytes(proof)
        if logo:
            (Path(folder) / LOGO).write_bytes(logo)
        return packed(
            typst.compile(  # type: ignore[type-var]  # its stub ties the input to the kind of the font paths
                TEMPLATE,
                root=Path(folder),
                font_paths=fonts(),
                sys_inputs={"data": json.dumps(content, ensure_ascii=False)},
                pdf_standards=["a-2a" if proof is None else "a-3a", "ua-1"],
                timestamp=_dated(payload),
            )
        )


def packed(pdf: bytes) -> bytes:
    """The same file with its small objects in compressed streams: the tags for screen readers are a third of it."""
    output = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(
            output,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            fix_metadata_version=False,  # it is right, and would be written anew at half as much again
        )
    return output.getvalue()


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
