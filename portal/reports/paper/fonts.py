"""The two typefaces of the paper and the characters that they can show.

The faces come with a Python package, so that paper looks the same on every machine: Noto Sans SC for the
mainland and Latin, Noto Sans TC first for readers of traditional characters, whose glyph shapes differ.
"""

from functools import cache
from pathlib import Path

import justmytype_intl_cjk  # type: ignore[import-untyped]
import typst
from fontTools.ttLib import TTFont

FACES = {"Noto Sans SC": "notosanssc", "Noto Sans TC": "notosanstc"}


@cache
def fonts() -> typst.Fonts:
    """The faces as typst wants them; nothing of the machine's own fonts is ever used."""
    folders = [str(_folder(name)) for name in FACES]
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=folders)


@cache
def shown() -> frozenset[int]:
    """Code points that at least one face can show. PDF/A refuses a page with any other."""
    points: set[int] = set()
    for name in FACES:
        for path in _folder(name).glob("*.ttf"):
            with TTFont(path, lazy=True) as font:
                points.update(font.getBestCmap())
    return frozenset(points)


def _folder(name: str) -> Path:
    return Path(justmytype_intl_cjk.__file__).parent / "fonts" / "ofl" / FACES[name]
