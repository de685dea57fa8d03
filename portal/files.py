"""Files by content hash: written once, never changed, served only through a view that knows who may see them."""

import hashlib
import io
import os
import warnings
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pillow_heif
from flask import current_app
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import now
from portal.db import Model, db, once_stored
from portal.errors import Rejected
from portal.i18n import lazy

PHOTO_LIMIT = 15 * 1024 * 1024
PHOTO_EDGE = 1600
THUMBNAIL_EDGE = 320
LOGO_EDGE = 480
PIXEL_LIMIT = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")  # JPEG reads the MPO of many phone cameras too

pillow_heif.register_heif_opener()


class StoredFile(Model):
    """What a content hash stands for. The bytes lie in the files folder under that hash."""

    __tablename__ = "stored_file"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    stored_at: Mapped[datetime]


def keep(content: bytes, content_type: str) -> str:
    """Stores the bytes (once) and returns their hex SHA-256. On disk before it returns."""
    digest = hashlib.sha256(content).hexdigest()
    path = place(digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}.{id(content)}.tmp")
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    if db.session.get(StoredFile, digest) is None:
        db.session.add(StoredFile(digest=digest, content_type=content_type, size=len(content), stored_at=now()))
        db.session.flush()
    return digest


def read(digest: str) -> bytes:
    """The bytes under a digest that came from our own rows. OSError when the store has lost them."""
    return place(digest).read_bytes()


def forget(digests: Iterable[str]) -> None:
    """Removes the bytes, once the transaction that runs is stored: an erasure. Their rows stay and lead to nothing."""
    paths = [place(digest) for digest in digests]

    def remove() -> None:
        for path in paths:
            path.unlink(missing_ok=True)

    once_stored(remove)


def place(digest: str) -> Path:
    folder: Path = current_app.config["FILES"]
    return folder / digest[:2] / digest[2:4] / digest


def check() -> None:
    """Raises OSError unless the store can be written."""
    folder: Path = current_app.config["FILES"]
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise OSError("files folder is not writable")


def as_photo(content: bytes) -> tuple[bytes, bytes, tuple[int, int]]:
    """The picture decoded, turned upright, stripped of everything but its pixels and encoded again as JPEG.

    Returns (photo, thumbnail, (width, height)). Raises Rejected when it is too large or no picture.
    """
    upright = decoded(content, PHOTO_EDGE, "RGB")
    upright.thumbnail((PHOTO_EDGE, PHOTO_EDGE))
    return jpeg(upright, 82), jpeg(thumbnail(upright), 75), upright.size


def as_logo(content: bytes) -> bytes:
    """The picture encoded again as a small PNG that keeps its transparency. Raises Rejected as `as_photo` does."""
    drawn, out = decoded(content, LOGO_EDGE, "RGBA"), io.BytesIO()
    drawn.thumbnail((LOGO_EDGE, LOGO_EDGE))
    clean = Image.new("RGBA", drawn.size)
    clean.paste(drawn)
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()


def decoded(content: bytes, edge: int, mode: str = "RGB") -> Image.Image:
    """The picture decoded and turned upright, no smaller than `edge` pixels if it was larger. Raises Rejected."""
    if len(content) > PHOTO_LIMIT:
        raise Rejected(lazy("The photo is larger than 15 MB. Take it again with a smaller size."), "photo")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            if picture.width * picture.height > PIXEL_LIMIT:
                raise Rejected(lazy("The photo has too many pixels. Take it again with a smaller size."), "photo")
            picture.draft("RGB", (edge, edge))  # lets JPEG decode small, which saves seconds
            return ImageOps.exif_transpose(picture).convert(mode)
    except Rejected:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Rejected(lazy("This file is not a photo. Send a JPEG, PNG, WebP or HEIC picture."), "photo") from None
    except (OSError, ValueError, SyntaxError, EOFError):
        raise Rejected(lazy("The photo arrived damaged. Take or choose it again."), "photo") from None


def thumbnail(picture: Image.Image) -> Image.Image:
    small = picture.copy()
    small.thumbnail((THUMBNAIL_EDGE, THUMBNAIL_EDGE))
    return small


def jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    clean = Image.new("RGB", picture.size)  # a new picture carries no EXIF, profile or comment of the old one
    clean.paste(picture)
    clean.save(out, "JPEG", quality=quality, optimize=True)
    return out.getvalue()
