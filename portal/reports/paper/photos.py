"""Photos for the annex: small enough for the page, safe to embed, and the same bytes every time."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from portal.reports.paper.formats import Pair

# Pixels: 220 dpi at the printed width, half of what phones send (so that the decoder itself can halve them), and
# little enough for typst, which keeps recent pictures in memory.
LONGEST = 800


def captions(photos: list[dict[str, Any]], pair: Pair) -> list[dict[str, str]]:
    """Per photo its file name and its caption: what it shows, when it was taken, the first of its digest."""
    return [_caption(number, photo, pair) for number, photo in enumerate(photos, 1)]


def store(photos: list[dict[str, Any]], pictures: Mapping[str, bytes], folder: Path) -> set[str]:
    """Write the pictures that can be read to `folder`; the names of those written."""
    written = set()
    for number, photo in enumerate(photos, 1):
        small = shrunk(pictures.get(str(photo.get("digest")), b""))
        if small:
            (folder / _name(number)).write_bytes(small)
            written.add(_name(number))
    return written


def shrunk(picture: bytes) -> bytes | None:
    """`picture` upright, at most LONGEST pixels, as JPEG without metadata; None when it is no picture."""
    try:
        with Image.open(io.BytesIO(picture)) as image:
            ratio = LONGEST / max(image.size)
            image.draft("RGB", (round(image.width * ratio), round(image.height * ratio)))
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST, LONGEST), Image.Resampling.BICUBIC)
            output = io.BytesIO()
            upright.convert("RGB").save(output, "JPEG", quality=80)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return output.getvalue()


def _caption(number: int, photo: dict[str, Any], pair: Pair) -> dict[str, str]:
    said = pair.choice("photo", photo.get("label"))
    label = " ".join(text for text in said.values() if text) or pair.first.word("photo")
    facts = (label, pair.first.moment(photo.get("taken_at")), str(photo.get("digest") or "")[:12])
    return {"file": _name(number), "text": f"{number}. " + " · ".join(fact for fact in facts if fact)}


def _name(number: int) -> str:
    return f"photo{number}.jpg"
