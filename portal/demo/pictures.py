"""Synthetic photos and signatures: drawn, so that no face, plate or hand of a real person is in the data.

Latin letters only, because Pillow's own font has no others. The same arguments draw the same picture.
"""

import io
import math
import random
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 720)
FLOOR, FRAME, BELT, STEEL, INK = "#c9c5bd", "#30353b", "#4d5157", "#b8bec4", "#15181b"
ACCENTS = {"before": "#b3261e", "after": "#1b6b3a", "damage": "#b3261e", "meter": "#e0e36b"}


def photo(label: str, brand: str, model: str, serial: str) -> bytes:
    """A JPEG of the kind `label` names (photo labels of the visit): a rating plate, a meter, a door, or the machine."""
    picture = Image.new("RGB", SIZE, FLOOR)
    pen = ImageDraw.Draw(picture)
    if label == "nameplate":
        draw_plate(pen, brand, model, serial)
    elif label == "other":
        draw_door(pen)
    elif label == "meter":
        draw_meter(pen, serial)
    else:
        draw_machine(pen, label, model, serial)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


@cache
def letters(size: int) -> Any:
    return ImageFont.load_default(size)


def draw_plate(pen: ImageDraw.ImageDraw, brand: str, model: str, serial: str) -> None:
    pen.rounded_rectangle((110, 130, 850, 590), 24, fill=STEEL, outline=FRAME, width=6)
    for x, y in ((140, 160), (820, 160), (140, 560), (820, 560)):
        pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill=FRAME)
    lines = (brand, f"MODEL  {model}", f"S/N  {serial or '- - -'}", "DEMONSTRATION PLATE, NOT A REAL PRODUCT")
    for line, (y, size) in zip(lines, ((185, 64), (290, 46), (370, 46), (490, 26)), strict=True):
        pen.text((180, y), line, font=letters(size), fill=INK)


def draw_machine(pen: ImageDraw.ImageDraw, label: str, model: str, serial: str) -> None:
    """The part in question with scratches: many before the work, few after it."""
    if model == "IN-01":
        draw_deck(pen, lean=0 if label == "after" else 34)
    else:
        draw_pivot(pen)
    chance = random.Random(f"{label} {serial}")
    for _scratch in range(4 if label == "after" else 40):
        x, y = chance.randint(330, 640), chance.randint(210, 580)
        pen.line((x, y, x + chance.randint(-20, 20), y + chance.randint(10, 50)), fill="#7d8288", width=3)
    accent = ACCENTS[label]
    if label in ("before", "damage"):
        pen.ellipse((430, 330, 580, 470), outline=accent, width=8)
    pen.rectangle((0, 0, SIZE[0], 64), fill=accent)
    pen.text((24, 14), f"{label.upper()}  {model}  {serial}", font=letters(34), fill="white")


def draw_deck(pen: ImageDraw.ImageDraw, lean: int) -> None:
    """A treadmill's deck between two rollers, the belt askew by `lean` pixels."""
    pen.polygon(((180, 610), (330, 180), (640 + lean, 180), (800 + lean, 610)), fill=BELT, outline=FRAME)
    pen.rectangle((300, 150, 680, 190), fill=STEEL)
    pen.rectangle((150, 600, 840, 650), fill=STEEL)


def draw_pivot(pen: ImageDraw.ImageDraw) -> None:
    """A wheel on its post: crank, pivot or pulley."""
    pen.rectangle((460, 100, 530, 680), fill=FRAME)
    pen.ellipse((270, 180, 720, 630), fill=BELT, outline=FRAME, width=10)
    pen.ellipse((440, 350, 550, 460), fill=STEEL)
    pen.line((495, 405, 700, 560), fill=STEEL, width=26)


def draw_door(pen: ImageDraw.ImageDraw) -> None:
    """A closed door: nobody was there."""
    pen.rectangle((320, 60, 640, 680), fill="#6b4f3a", outline=FRAME, width=12)
    for top in (110, 400):
        pen.rectangle((370, top, 590, top + 230), outline="#543d2c", width=8)
    pen.ellipse((580, 360, 616, 396), fill=ACCENTS["meter"])
    pen.rectangle((0, 680, SIZE[0], SIZE[1]), fill="#8a867e")


def draw_meter(pen: ImageDraw.ImageDraw, serial: str) -> None:
    reading = random.Random(serial).randint(180, 950) / 100
    pen.rounded_rectangle((250, 60, 710, 680), 40, fill=FRAME)
    pen.rectangle((300, 120, 660, 300), fill=ACCENTS["meter"])
    pen.text((330, 150), f"{reading:.2f} A", font=letters(96), fill=INK)
    pen.ellipse((380, 380, 580, 580), outline=STEEL, width=12)
    pen.line((480, 480, 540, 410), fill=STEEL, width=14)


def signature(name: str) -> list[list[list[int]]]:
    """Strokes of a scribble that looks written: [x, y, t], x and y in 0-10000 of the box's width, t in ms."""
    chance = random.Random(name)
    strokes: list[list[list[int]]] = []
    x, t = 1400, 0
    for points in (22, 30, 26, 34):
        strokes.append(curve(chance, points, x, t))
        x, t = strokes[-1][-1][0] - chance.randint(100, 400), strokes[-1][-1][2] + 160
    return strokes


def curve(chance: random.Random, points: int, x: int, t: int) -> list[list[int]]:
    """A line that runs to the right in loops of changing height."""
    turns, phase = chance.uniform(1.1, 2.6), chance.uniform(0, math.tau)
    width, height = chance.randint(1100, 1700), chance.randint(450, 1000)
    base, slope = chance.randint(1500, 2000), chance.randint(-400, 300)
    line = []
    for step in range(points):
        done = step / (points - 1)
        angle = phase + turns * math.tau * done
        swing = height * (0.35 + 0.65 * math.sin(math.pi * done)) * math.sin(angle)
        loop = 0.28 * width * math.cos(angle + 0.9)
        line.append([int(x + width * done + loop), int(base + slope * done + swing), t + step * 24])
    return line
