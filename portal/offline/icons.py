"""The portal's picture on a phone's screen: the mark of `static/logo.svg`, drawn, or the company's own logo."""

import io
from functools import lru_cache

from PIL import Image, ImageDraw

SIZES = (180, 192, 512)
FINE = 4  # drawn this much larger, then made smooth
GROUND, PAPER, TICK = "#0b5a5c", "#ffffff", "#e08a00"
Line = list[tuple[float, float]]


@lru_cache(16)
def icon(size: int, maskable: bool, logo: bytes | None = None) -> bytes:
    """A PNG. Filled to the edge when a launcher cuts it to its own shape; a phone of Apple rounds it itself."""
    whole = maskable or size == 180
    if logo is not None:
        return encoded(with_logo(size, logo, maskable))
    edge = size * FINE
    picture = Image.new("RGBA", (edge, edge), GROUND if whole else (0, 0, 0, 0))
    draw_mark(picture, edge / 32, rounded=not whole)
    return encoded(picture.resize((size, size), Image.Resampling.LANCZOS))


def draw_mark(picture: Image.Image, unit: float, *, rounded: bool) -> None:
    """The mark in 32 × 32 units. Its paper lies within the circle that every launcher leaves of a maskable icon."""
    pen = ImageDraw.Draw(picture)

    def at(x: float, y: float) -> tuple[float, float]:
        return x * unit, y * unit

    def stroke(line: Line, width: float, colour: str) -> None:
        points = [at(x, y) for x, y in line]
        pen.line(points, fill=colour, width=round(width * unit), joint="curve")
        for x, y in points:
            reach = width * unit / 2
            pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=colour)

    if rounded:
        pen.rounded_rectangle((*at(0, 0), *at(32, 32)), 8 * unit, fill=GROUND)
    pen.rounded_rectangle((*at(8, 7), *at(24, 25)), 2.5 * unit, fill=PAPER)
    stroke([(11.5, 12), (20.5, 12)], 1.8, GROUND)
    stroke([(11.5, 15.5), (16.5, 15.5)], 1.8, GROUND)
    stroke([(12, 20.5), (14.6, 22.8), (20.6, 16.8)], 2.6, TICK)


def with_logo(size: int, logo: bytes, maskable: bool) -> Image.Image:
    """On white, because nobody knows the colours of a company's logo."""
    picture = Image.new("RGBA", (size, size), PAPER)
    own = Image.open(io.BytesIO(logo)).convert("RGBA")
    room = round(size * (0.6 if maskable else 0.84))
    scale = min(room / own.width, room / own.height)
    own = own.resize((max(1, round(own.width * scale)), max(1, round(own.height * scale))), Image.Resampling.LANCZOS)
    picture.alpha_composite(own, ((size - own.width) // 2, (size - own.height) // 2))
    return picture


def encoded(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
