"""Files that come in pieces: over a line that breaks, a cut costs one piece and not the whole file.

The bytes lie here, under whoever sent them and the digest of the whole file, until the entry arrives that names the
file; from there on it is as if the file had been uploaded with it. They lie in the database, because the next piece may
come to another process or machine. What must hold: nobody uses another's pieces, and no file is put together that is
not what its digest says.
"""

import hashlib
import io
import json
import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import abort, request
from sqlalchemy import ForeignKey, LargeBinary, String, Uuid, column, delete, func, select, table
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.datastructures import FileStorage, ImmutableMultiDict

from portal import jobs, sealing
from portal.clock import now
from portal.config import UPLOAD_LIMIT
from portal.db import Model, afterwards, db
from portal.files import PHOTO_LIMIT
from portal.i18n import lazy

FIELD = "in_pieces"  # of an entry: JSON of name, file name, type, digest and size of a file that came before it
SEALED = "sealed"  # not a file: the envelope of an entry, which is as long as the photo in it
LARGEST = 256 * 1024  # bytes of one piece
OPEN = 4 * PHOTO_LIMIT  # bytes of one person that may lie here at once
KEPT = timedelta(days=3)  # how long pieces wait for the next one; a phone that comes later begins anew
MOST = 40  # files that one entry names
DIGEST = re.compile(r"[0-9a-f]{64}")
PEOPLE = table("person", column("id", Uuid))  # of a feature above this module


class Piece(Model):
    """Bytes of a file from `start` on. Each begins where the one before it ends."""

    __tablename__ = "piece"

    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    start: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    recorded_at: Mapped[datetime]
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Full(Exception):
    """This person has more pieces open than may lie here."""


@dataclass(frozen=True)
class Named:
    """A file as its entry names it."""

    name: str
    filename: str
    content_type: str
    sha256: str
    size: int


@dataclass
class Arrival:
    """The files that an entry names: digests of those that were put in place, and those that are not all here."""

    brought: list[str] = field(default_factory=list)
    lacking: list[Named] = field(default_factory=list)


def length(person_id: uuid.UUID, sha256: str) -> int:
    """How many bytes of the file are here, from its beginning."""
    query = select(func.coalesce(func.sum(Piece.size), 0)).where(Piece.person_id == person_id, Piece.sha256 == sha256)
    return int(db.session.scalar(query) or 0)


def add(person_id: uuid.UUID, sha256: str, start: int | None, content: bytes) -> int:
    """Appends a piece that begins where the others end, and returns how many bytes are here then. One that was here
    already changes nothing. Full when too much lies here; 413 when the file becomes too large."""
    db.session.execute(select(PEOPLE.c.id).where(PEOPLE.c.id == person_id).with_for_update(key_share=True))  # in turn
    here = length(person_id, sha256)
    if start != here or not content:
        return here
    if here + len(content) > PHOTO_LIMIT:
        abort(413)
    if open_bytes(person_id) + len(content) > OPEN:
        raise Full
    row = {"person_id": person_id, "sha256": sha256, "start": start, "size": len(content), "recorded_at": now()}
    db.session.add(Piece(**row, content=content))
    db.session.flush()
    return here + len(content)


def open_bytes(person_id: uuid.UUID) -> int:
    return int(db.session.scalar(select(func.sum(Piece.size)).where(Piece.person_id == person_id)) or 0)


def bring_in(person_id: uuid.UUID) -> Arrival:
    """Puts the files that this request names in their place, before anybody looks at its form. 422 when what it says
    of them cannot be read, 413 when they are more than a request may bring."""
    arrival, wanted = Arrival(), named()
    if not wanted:
        return arrival
    fields = [pair for pair in request.form.items(multi=True) if pair[0] != FIELD]
    files = list(request.files.items(multi=True))
    for one in wanted:
        content = whole(person_id, one)
        if content is None:
            arrival.lacking.append(one)
            continue
        arrival.brought.append(one.sha256)
        if one.name == SEALED:
            fields.append((SEALED, content.decode("ascii", "replace")))
        else:
            files.append((one.name, upload(one.name, one.filename, one.content_type, content)))
    request.form, request.files = ImmutableMultiDict(fields), ImmutableMultiDict(files)
    return arrival


def upload(name: str, filename: str, content_type: str, content: bytes) -> FileStorage:
    """A file as a form brings it, whose type is one line."""
    return FileStorage(io.BytesIO(content), filename, name, " ".join(content_type.split()))


def named() -> list[Named]:
    try:
        found = [read_name(json.loads(text)) for text in request.form.getlist(FIELD)]
    except (ValueError, TypeError, RecursionError):
        abort(422)
    if len(found) > MOST or sum(one.size for one in found) > UPLOAD_LIMIT:
        abort(413)
    return found


def read_name(said: Any) -> Named:
    """ValueError or TypeError when it is no name of a file."""
    name, filename, content_type, sha256, size = said
    if type(size) is not int or size < 1 or not DIGEST.fullmatch(sha256):
        raise ValueError
    return Named(sealing.words(name), sealing.words(filename), sealing.words(content_type), sha256, size)


def whole(person_id: uuid.UUID, wanted: Named) -> bytes | None:
    """The file, if all of it is here. What is as long and something else is thrown away: the phone begins anew."""
    if length(person_id, wanted.sha256) < wanted.size:
        return None
    query = select(Piece.content).where(Piece.person_id == person_id, Piece.sha256 == wanted.sha256)
    content = b"".join(db.session.scalars(query.order_by(Piece.start)))
    if hashlib.sha256(content).hexdigest() == wanted.sha256:
        return content
    afterwards(lambda: drop(person_id, [wanted.sha256]))
    return None


def drop(person_id: uuid.UUID, digests: Iterable[str]) -> None:
    """They are in place now, or useless."""
    if wanted := list(digests):
        db.session.execute(delete(Piece).where(Piece.person_id == person_id, Piece.sha256.in_(wanted)))


@jobs.handler("forget_pieces", words=lazy("Remove pieces of photos that nobody completed"), repeatable=True)
def forget_old(_job: jobs.Job) -> None:
    """By the newest piece of each file: one that still grows stays whole."""
    newest = select(Piece.person_id, Piece.sha256).group_by(Piece.person_id, Piece.sha256)
    for person_id, sha256 in db.session.execute(newest.having(func.max(Piece.recorded_at) < now() - KEPT)).all():
        drop(person_id, [sha256])


jobs.daily("forget_pieces", hour_utc=1)
