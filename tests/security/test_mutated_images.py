"""Pictures that something has damaged: each is refused with words or comes out clean, whatever byte was hit.

10 000 in the long form (reliability 5), some hundred of the same line in the ordinary one.
"""

import io
import random
from functools import cache

import pytest
from PIL import Image

from portal import files
from portal.errors import Rejected
from tests.conftest import LONG

KINDS = ("JPEG", "PNG", "WEBP", "HEIF")
EACH = 2500 if LONG else 60


@cache
def sound(kind: str) -> bytes:
    """A small picture with everything that a phone adds: place, profile, orientation."""
    picture = Image.effect_noise((48, 36), 60).convert("RGB")
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "GPS-CANARY"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    picture.save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Bytes changed, taken out, doubled or cut off; the head is hit as often as all the rest."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(min(len(damaged), chance.choice((64, 600, len(damaged)))) or 1)
        kind = chance.randrange(5)
        if kind < 2:
            damaged[at] = chance.choice((0, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        elif kind == 2:
            del damaged[at : at + chance.choice((1, 2, 4, 50))]
        elif kind == 3:
            damaged[at:at] = damaged[at : at + chance.choice((1, 4, 50))]
        else:
            del damaged[max(at, 12) :]
        if not damaged:
            break
    return bytes(damaged)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_picture_is_refused_or_comes_out_clean(kind: str) -> None:
    for seed in range(EACH):
        content = mutated(sound(kind), random.Random(f"{kind} {seed}"))
        try:
            photo, thumbnail, _size = files.draw(content)
        except Rejected:
            continue
        for made in (photo, thumbnail):
            assert b"GPS-CANARY" not in made, seed
            with Image.open(io.BytesIO(made)) as clean:
                assert clean.format == "JPEG" and not clean.getexif(), seed
