"""Files by content hash: written once, never changed, served only through a view that knows who may see them."""

import hashlib
import io
import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import click
import pillow_heif
from flask import Flask, current_app, g
from flask.cli import AppGroup
from PIL import Image, UnidentifiedImageError
from sqlalchemy import Connection, String, select, text, true, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from portal import jobs
from portal.clock import now
from portal.db import Model, db, new_id, once_stored, transaction
from portal.errors import FileLost, Rejected, StoreAway
from portal.i18n import lazy
from portal.stores import Store, store_at

PHOTO_LIMIT = 15 * 1024 * 1024
PHOTO_EDGE = 1600
THUMBNAIL_EDGE = 320
LOGO_EDGE = 480
PIXEL_LIMIT = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")  # JPEG reads the MPO of many phone cameras too
ORIENTATION = 0x0112  # the EXIF tag
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Drawn = tuple[bytes, bytes, tuple[int, int]]

pillow_heif.register_heif_opener()
LATER = timedelta(minutes=10)  # when a job looks whether an erasure has removed its bytes
log = logging.getLogger("portal")


class StoredFile(Model):
    """What a content hash stands for. The bytes lie in the store under that hash.

    `forgotten_at`: an erasure wants the bytes gone; `gone_at`: they are.
    """

    __tablename__ = "stored_file"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    stored_at: Mapped[datetime]
    forgotten_at: Mapped[datetime | None]
    gone_at: Mapped[datetime | None]


def init_app(app: Flask) -> None:
    """Makes the default folder. One that was named is never made: it would hide a disk that is not mounted."""
    if app.config["FILES"] == app.config["INSTANCE"] / "files":
        app.config["FILES"].mkdir(exist_ok=True)
    app.cli.add_command(files_group)


def store() -> Store:
    return store_at(current_app.config["FILES"])


def keep(content: bytes, content_type: str) -> str:
    """Stores the bytes (once) and returns their hex SHA-256. They are safe before the row is committed.

    The row comes first, because it is also the lock that holds off whoever removes what nobody needs. StoreAway when
    the store does not answer.
    """
    digest = hashlib.sha256(content).hexdigest()
    insert = pg_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    row = {"digest": digest, "content_type": content_type, "size": len(content), "stored_at": now()}
    again = {"forgotten_at": None, "gone_at": None}
    db.session.execute(insert(StoredFile).values(row).on_conflict_do_update(index_elements=["digest"], set_=again))
    if store().write(digest, content):
        log.error("file was damaged", extra={"fields": {"digest": digest, "now": "put right"}})
    return digest


def read(digest: str) -> bytes:
    """The bytes under a digest that came from our own rows. FileLost (an OSError) when the store has lost them or
    they are not what was stored, StoreAway when it does not answer."""
    try:
        return store().content(digest)
    except FileLost as lost:
        log.error("file lost", extra={"fields": {"digest": lost.digest, "how": lost.how}})
        raise


def forget(digests: Iterable[str]) -> None:
    """Removes the bytes, once the transaction that runs is stored: an erasure. Their rows stay and lead to nothing.

    When the store does not answer just then, a job removes them later.
    """
    wanted = sorted(digests)
    if not wanted:
        return
    db.session.execute(update(StoredFile).where(StoredFile.digest.in_(wanted)).values(forgotten_at=now()))
    jobs.enqueue("forget_files", key=f"forget_files:{new_id()}", due_at=now() + LATER)
    once_stored(lambda: remove_now(wanted))


def remove_now(digests: list[str]) -> None:
    try:
        with db.engine.begin() as connection:
            remove_where(connection, StoredFile.digest.in_(digests))
    except StoreAway as away:
        log.error("erased files are still there", extra={"fields": {"files": len(digests), "why": str(away)}})


@jobs.handler("forget_files", words=lazy("Removing erased files"), repeatable=True)
def remove_forgotten(_job: jobs.Job) -> None:
    """What an erasure could not remove at once."""
    try:
        remove_where(db.session.connection(), true())
    except StoreAway:
        raise jobs.Failed(lazy("The file store does not answer.")) from None


def remove_where(connection: Connection, which: Any) -> None:
    """Removes forgotten bytes, row by row under its lock: whoever keeps the same bytes again waits, or was first."""
    forgotten = select(StoredFile.digest).where(
        which, StoredFile.forgotten_at.is_not(None), StoredFile.gone_at.is_(None)
    )
    found = connection.scalars(forgotten.order_by(StoredFile.digest).with_for_update()).all()
    for digest in found:
        store().remove(digest)
    connection.execute(update(StoredFile).where(StoredFile.digest.in_(found)).values(gone_at=now()))


def check() -> None:
    """Raises StoreAway unless the store answers."""
    store().check()


files_group = AppGroup("files", help="The store of photos and documents.")


@files_group.command("sweep")
@click.option("--grace-hours", default=24, show_default=True, help="Younger ones are left alone.")
def sweep_command(grace_hours: int) -> None:
    """Removes bytes that no row names: what a request that failed has left behind."""
    oldest = now() - timedelta(hours=grace_hours)
    try:
        orphans = without_row([digest for digest, since in store().listed() if since < oldest])
        removed = 0
        for part in batched(orphans, 500):
            with transaction():
                if db.session.get_bind().dialect.name == "postgresql":  # SQLite lets one writer in at a time anyway
                    db.session.execute(text("LOCK TABLE stored_file IN SHARE ROW EXCLUSIVE MODE"))
                for digest in without_row(part):
                    store().remove(digest)
                    removed += 1
    except StoreAway as away:
        raise click.ClickException(f"The file store does not answer ({away}).") from None
    click.echo(f"Removed {removed} files that no row names.")


def without_row(digests: list[str]) -> list[str]:
    found: list[str] = []
    for part in batched(digests, 500):
        known = set(db.session.scalars(select(StoredFile.digest).where(StoredFile.digest.in_(part))))
        found += [digest for digest in part if digest not in known]
    return found


def batched(items: list[str], size: int) -> Iterator[list[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def draw_ahead(photos: Iterable[bytes]) -> None:
    """Does the work of `as_photo` now, for this request, while it holds no lock. What is no photo is refused later."""
    g.drawn = {}
    for content in photos:
        with suppress(Rejected):
            g.drawn[content] = draw(content)


def as_photo(content: bytes) -> Drawn:
    """(photo, thumbnail, (width, height)) of an uploaded picture: decoded, turned upright, stripped of everything but
    its pixels and encoded again as JPEG. Raises Rejected when it is too large or no picture."""
    return g.get("drawn", {}).get(content) or draw(content)


def draw(content: bytes) -> Drawn:
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
            warnings.simplefilter("ignore")  # a damaged EXIF block: it is dropped anyway
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=FORMATS)
            if picture.width * picture.height > PIXEL_LIMIT:
                raise Rejected(lazy("The photo has too many pixels. Take it again with a smaller size."), "photo")
            picture.draft("RGB", (edge, edge))  # lets JPEG decode small, which saves seconds
            picture.load()
            return upright(picture).convert(mode)
    except Rejected:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Rejected(lazy("This file is not a photo. Send a JPEG, PNG, WebP or HEIC picture."), "photo") from None
    except Exception:  # a decoder that stumbles over bytes from outside raises whatever it likes
        raise Rejected(lazy("The photo arrived damaged. Take or choose it again."), "photo") from None


def upright(picture: Image.Image) -> Image.Image:
    """Turned as its EXIF says. Nothing else of that is read: a damaged block costs the turn, not the photo."""
    try:
        turn = TURNS.get(picture.getexif().get(ORIENTATION, 1))
    except Exception:
        return picture
    return picture if turn is None else picture.transpose(turn)


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
