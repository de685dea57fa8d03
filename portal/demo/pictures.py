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
BOX, TREMOR = 10_000, 18
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


def sheet(number: str, ink: list[list[list[int]]]) -> bytes:
    """A photo of a printed report that was signed with a pen: lines of print, a box, and the ink in it."""
    picture = Image.new("RGB", SIZE, "#8d7355")
    pen = ImageDraw.Draw(picture)
    pen.polygon(((250, 24), (722, 44), (700, 706), (226, 684)), fill="#fbfaf6", outline="#b9b4a8")
    pen.text((300, 70), "SERVICE REPORT", font=letters(30), fill=INK)
    pen.text((300, 112), number, font=letters(20), fill=INK)
    for row, length in enumerate((340, 300, 352, 210, 330, 344, 260, 318, 150)):
        pen.line((296 - row, 165 + 34 * row, 296 - row + length, 171 + 34 * row), fill="#9aa0a4", width=7)
    pen.rectangle((285, 500, 665, 650), outline=FRAME, width=3)
    for stroke in ink:
        pen.line([(290 + x * 0.036, 470 + y * 0.036) for x, y, _t in stroke], fill="#1c2f6e", width=4, joint="curve")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def draw_meter(pen: ImageDraw.ImageDraw, serial: str) -> None:
    reading = random.Random(serial).randint(180, 950) / 100
    pen.rounded_rectangle((250, 60, 710, 680), 40, fill=FRAME)
    pen.rectangle((300, 120, 660, 300), fill=ACCENTS["meter"])
    pen.text((330, 150), f"{reading:.2f} A", font=letters(96), fill=INK)
    pen.ellipse((380, 380, 580, 580), outline=STEEL, width=12)
    pen.line((480, 480, 540, 410), fill=STEEL, width=14)


def signature(name: str, occasion: str = "") -> list[list[list[int]]]:
    """Strokes of a scribble that looks written: [x, y, t], x and y in 0-10000 of the box's width, t in ms.

    `name` has a hand of its own (how many strokes, slant, height, loops, tempo); on each `occasion` it writes a little
    differently, as people do.
    """
    hand, today = random.Random(name), random.Random(f"{name} {occasion}")
    strokes: list[list[list[int]]] = []
    slant, height, tempo = hand.uniform(-0.35, 0.35), hand.randint(500, 1500), hand.randint(12, 30)
    count = hand.randint(2, 5)
    width = (6800 + today.randint(-900, 900)) // count
    x, t = today.randint(900, 1700), 0
    for _stroke in range(count):
        written = curve(hand, today, width, height)
        points = [(x + across - slant * up, 3500 + up) for across, up in written]
        strokes.append([[within(a, BOX), within(b, BOX * 3 // 4), t + n * tempo] for n, (a, b) in enumerate(points)])
        x, t = x + width + today.randint(-250, 250), t + len(written) * tempo + today.randint(90, 260)
    return strokes


def curve(hand: random.Random, today: random.Random, width: int, height: int) -> list[tuple[float, float]]:
    """A line that runs to the right in loops of changing height: its own form, a little bent and shaken today."""
    turns, phase = hand.uniform(0.7, 3.2), hand.uniform(0, math.tau)
    tall, wide, drop = hand.uniform(0.5, 1.4), hand.uniform(0.1, 0.45), hand.randint(-700, 700)
    turns, phase = turns + today.uniform(-0.12, 0.12), phase + today.uniform(-0.3, 0.3)
    tall, drop = tall * today.uniform(0.85, 1.15), drop + today.randint(-150, 150)
    points = hand.randint(24, 40)
    line = []
    for step in range(points):
        done = step / (points - 1)
        angle = phase + turns * math.tau * done
        across = width * (done + wide * math.cos(angle + 0.9))
        up = drop * done + height * tall * (0.35 + 0.65 * math.sin(math.pi * done)) * math.sin(angle)
        line.append((across + today.gauss(0, TREMOR), up + today.gauss(0, TREMOR)))
    return line


def within(value: float, most: int) -> int:
    return min(max(int(value), 0), most)
