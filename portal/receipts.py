"""Entry ids: each form is sent under a UUID, takes effect once, and gets the same answer when it is sent again.

The receipt is claimed first (unique key) in the transaction of the effect, so that a concurrent repeat waits and is
answered, and a refusal takes the claim back. What an outbox entry's author cannot mend is kept whole as *held*.
Contract 5 is the rule; keys are kept for ever, because a phone may lie in a drawer for weeks.

An entry that the phone has sealed (`portal.sealing`) is opened before anything looks at its form, and goes on as if it
had come plainly, with the same digest. One that cannot be opened, or was sealed for another place or by somebody else,
is held whole.
"""

import hashlib
import json
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from flask import Response, abort, g, jsonify, make_response, redirect, request
from flask_login import current_user
from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.datastructures import FileStorage, ImmutableMultiDict

from portal import files, formversions, pieces, sealing
from portal.clock import now
from portal.db import Json, Model, WithId, db, let_go
from portal.i18n import lazy

OUTSIDE_CONTENT = ("csrf_token", "entry_id")
APPLIED, HELD = "applied", "held"
SEALED_BY = "sealed_by"  # beside the fields of an envelope that somebody else sealed: whose it is
SECRETS = ("pin", "password")  # of an entry that is held: a supervisor must not read them
SEALED_TYPE = "application/octet-stream"


class Receipt(Model):
    """One entry that took effect or was held, with the answer it got."""

    __tablename__ = "receipt"

    entry_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(300))
    state: Mapped[str] = mapped_column(String(10), default=APPLIED)
    status: Mapped[int] = mapped_column(default=303)
    location: Mapped[str | None] = mapped_column(String(500))
    why: Mapped[str | None] = mapped_column(String(500))
    recorded_at: Mapped[datetime]


class HeldEntry(WithId, Model):
    """An entry that the server could not apply, whole: fields, files, sender and the reason, for a supervisor. What was
    decided about it is a row of its own (`portal.held`). `created_at`: when the phone wrote it, where it said so;
    `rescue_id`: the rescue file that it came with."""

    __tablename__ = "held_entry"
    __table_args__ = (
        UniqueConstraint("entry_id", "sha256"),
        Index("ix_held_entry_record_id", "record_id"),
        Index("ix_held_entry_person_id", "person_id"),
        Index("ix_held_entry_recorded_at_id", "recorded_at", "id"),
    )

    entry_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(String(300))
    record_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    fields: Mapped[list[Any]] = mapped_column(Json)
    files: Mapped[list[Any]] = mapped_column(Json)
    why: Mapped[str] = mapped_column(String(500))
    created_at: Mapped[datetime | None]
    rescue_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("rescue.id"))
    recorded_at: Mapped[datetime]


@dataclass
class Entry:
    """The POST at hand. `problem` is set when it may not take effect: (status, words for the form's top). `fields` and
    `files` (name, file name, type, bytes) are what is kept of it when it is held: as it was sent, or unsealed.
    `decided`: a supervisor lets a held entry take effect; what speaks against it is told to them, not held again.
    `brought`: digests of its files that came in pieces before it."""

    id: uuid.UUID | None
    sha256: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    files: list[tuple[str, str, str, bytes]] = field(default_factory=list)
    problem: tuple[int, Any] | None = None
    claimed: bool = False
    received_at: datetime | None = None
    decided: bool = False
    brought: list[str] = field(default_factory=list)


def from_outbox() -> bool:
    return request.headers.get("X-Outbox") == "1"


def decided() -> bool:
    """Whether a supervisor lets this entry take effect for its author, who may have been taken off the visit since."""
    entry: Entry | None = g.get("entry")
    return entry is not None and entry.decided


def content_digest(path: str, pairs: list[tuple[str, str]], uploads: list[tuple[str, bytes]] | None = None) -> str:
    """Hex SHA-256 of an entry's content by contract 5: independent of token, id, field order and line ends."""
    plain = [[name, value.replace("\r\n", "\n")] for name, value in pairs if name not in OUTSIDE_CONTENT]
    plain += [[name, hashlib.sha256(content).hexdigest()] for name, content in uploads or []]
    text = json.dumps(sorted(plain), ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(f"{path}\n{text}".encode()).hexdigest()


def uploads() -> list[tuple[str, FileStorage, bytes]]:
    """Files of this request with their bytes; an empty file field is no file. The streams are rewound."""
    found = []
    for name, storage in request.files.items(multi=True):
        content = storage.stream.read()
        storage.stream.seek(0)
        if storage.filename or content:
            found.append((name, storage, content))
    return found


def begin(csrf_token: str) -> Response | None:
    """Reads the entry of this POST and claims its receipt. A repeat is answered here.

    Anything wrong with token or id is kept in `g.entry.problem`: the view's form refuses by it, so that the
    page comes back with what was typed.
    """
    arrival = pieces.bring_in(current_user.id) if from_outbox() else pieces.Arrival()
    entry = g.entry = entry_at_hand()
    entry.brought = arrival.brought
    sealed_wrong, entry.problem = entry.problem, None
    version = request.form.get("form_version", formversions.FIRST)
    if request.form.get("csrf_token", "") != csrf_token:
        entry.problem = (400, lazy("This page was open for a long time. Nothing is lost: send it again."))
    elif entry.id is None:
        entry.problem = (422, lazy("This form has no entry number. Open the page again, then send it."))
    elif arrival.lacking:
        return without_files(entry, arrival.lacking)
    elif sealed_wrong:
        entry.problem = sealed_wrong
    elif has_arrived(request.form.get("amends", "")):
        entry.problem = (409, lazy("What this mends had arrived before. Both cannot count."))
    elif not formversions.is_known(request.endpoint or "", version):
        entry.problem = (409, lazy("This form is from another version of the portal. Open the page again."))
    if from_outbox() and entry.problem:
        return outbox_problem(entry)
    if entry.problem:
        return None
    request.form = formversions.upcast(request.endpoint or "", version, request.form)
    draw_photos(entry)
    return claim(entry)


def without_files(entry: Entry, lacking: list[pieces.Named]) -> Response:
    """Nothing is done without all files. Only the answer of the first time can be given: their digests are enough to
    know that it is the same entry, and their pieces went when it took effect."""
    fields = [*entry.fields, *((one.name, one.sha256) for one in lacking)]
    entry.sha256 = content_digest(request.path, fields, [(name, content) for name, _f, _t, content in entry.files])
    used = known(entry.id, entry.sha256)
    return repeated(used) if used else outbox_answer(409, "pieces")


def has_arrived(amended: str) -> bool:
    """Whether the entry in whose place this one was written took effect or is held: then somebody has to choose."""
    entry_id = parse_id(amended)
    used = db.session.get(Receipt, entry_id) if entry_id else None
    return used is not None and used.person_id == current_user.id


def is_known(entry_id: uuid.UUID, sha256: str) -> bool:
    """Whether this entry of the person at hand, with that content, took effect or is held."""
    return known(entry_id, sha256) is not None


def known(entry_id: uuid.UUID | None, sha256: str) -> Receipt | None:
    used = db.session.get(Receipt, entry_id)
    return used if used and used.person_id == current_user.id and used.sha256 == sha256 else None


def entry_at_hand() -> Entry:
    """The entry of this request, unsealed if it was sealed. What is wrong with the seal is its `problem`.

    The form is replaced only by what was sealed by this very person for this very address: else whoever holds
    somebody's envelope could have it opened and shown on a page.
    """
    entry_id = parse_id(request.form.get("entry_id", ""))
    sealed = request.form.get("sealed")
    if sealed is None:
        return made_of(entry_id, request.path, list(request.form.items(multi=True)), sent_files())
    try:
        opened = sealing.open_entry(sealed, request.form.get("entry_id", ""))
    except sealing.Unopened as why:
        entry = made_of(entry_id, request.path, [("sealed", sealed)], [])
        entry.fields, entry.files = [], [("sealed", f"{entry_id}.sealed", SEALED_TYPE, sealed.encode())]
        entry.problem = (409, str(why))
        return entry
    if opened.person != str(current_user.id):
        return of_somebody_else(entry_id, sealed, opened)
    entry = made_of(entry_id, opened.path, opened.fields, opened.files)
    if opened.path != request.path:
        entry.problem = (409, lazy("It was sealed for another address: %(path)s", path=opened.path[:200]))
    else:
        replace_form(entry)
    return entry


def of_somebody_else(entry_id: uuid.UUID | None, sealed: str, opened: sealing.Opened) -> Entry:
    """Held for a supervisor to read. Its digest is that of the envelope: whoever brought it learns nothing of what is
    inside, and its author's own entry, which has the digest of the content, is not taken for a repeat of it."""
    entry = made_of(entry_id, request.path, [("sealed", sealed)], [])
    kept = [pair for pair in opened.fields if pair[0] not in (*OUTSIDE_CONTENT, SEALED_BY)]
    entry.fields, entry.files = [*kept, (SEALED_BY, opened.person[:40])], opened.files
    entry.problem = (409, lazy("It was sealed by somebody else."))
    return entry


def made_of(
    entry_id: uuid.UUID | None, path: str, fields: list[tuple[str, str]], files: list[tuple[str, str, str, bytes]]
) -> Entry:
    kept = [pair for pair in fields if pair[0] not in OUTSIDE_CONTENT]
    digest = content_digest(path, kept, [(name, content) for name, _filename, _type, content in files])
    return Entry(entry_id, digest, kept, files)


def sent_files() -> list[tuple[str, str, str, bytes]]:
    return [(name, file.filename or "", file.content_type or "", content) for name, file, content in uploads()]


def replace_form(entry: Entry) -> None:
    """From here on the request is what the phone would have sent without the seal."""
    outside = [(name, request.form[name]) for name in OUTSIDE_CONTENT if name in request.form]
    request.form = ImmutableMultiDict([*outside, *entry.fields])
    request.files = ImmutableMultiDict(
        [
            (name, pieces.upload(name, filename, content_type, content))
            for name, filename, content_type, content in entry.files
        ]
    )


def draw_photos(entry: Entry) -> None:
    """Decodes and shrinks the photos of a new entry before anything is claimed: on SQLite nobody else could write
    while that goes on, and a phone's photo takes longer than all the rest."""
    photos = [content for name, _filename, _type, content in entry.files if name == "photo"]
    if photos and db.session.scalar(select(Receipt.entry_id).where(Receipt.entry_id == entry.id)) is None:
        let_go()
        files.draw_ahead(photos)


def outbox_problem(entry: Entry) -> Response:
    status, words = entry.problem or (400, "")
    if status == 409 and entry.id:
        return hold(str(words))
    if status == 400:
        return outbox_answer(400, "token", why=str(words))
    return outbox_answer(422, "refused", errors={"entry_id": [str(words)]})


def parse_id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def claim(entry: Entry) -> Response | None:
    """Claims the id for this request; the second of two concurrent ones waits here for the first one's end."""
    entry.received_at = now()
    row = {
        "entry_id": entry.id,
        "person_id": current_user.id,
        "sha256": entry.sha256,
        "path": request.path[:300],
        "state": APPLIED,
        "status": 303,
        "recorded_at": entry.received_at,
    }
    if db.session.execute(claim_statement(db.session.get_bind().dialect.name), row).first():
        entry.claimed = True
        return None
    used = db.session.scalars(select(Receipt).where(Receipt.entry_id == entry.id)).one()
    if used.person_id == current_user.id and used.sha256 == entry.sha256:
        return repeated(used)
    words = lazy("This form was sent before with other content. Check it, then send it again.")
    if from_outbox():
        return hold(str(words))
    entry.problem = (409, words)
    return None


@cache
def claim_statement(database: str) -> Any:
    """Made once, like the others that every request needs: making them costs more than running them."""
    table: Any = Receipt.__table__
    insert = pg_insert if database == "postgresql" else sqlite_insert
    return insert(table).on_conflict_do_nothing(index_elements=["entry_id"]).returning(table.c.entry_id)


def repeated(used: Receipt) -> Response:
    """The answer that the entry got the first time."""
    pieces.drop(current_user.id, g.entry.brought)
    g.entry.received_at = used.recorded_at
    if from_outbox():
        return outbox_answer(202 if used.state == HELD else 200, used.state, used.location, used.why or "")
    if used.state == HELD:
        abort(409)
    return make_response(redirect(used.location or "/", used.status))


def finish(response: Response) -> Response:
    """After the view: writes the answer into the receipt, or turns it into the outbox's JSON."""
    entry: Entry | None = g.get("entry")
    if entry is None or not entry.claimed or response.status_code >= 400:
        return response
    location = response.headers.get("Location")
    answer = {"entry": entry.id, "location": (location or request.path)[:500], "status": 303}
    db.session.execute(answer_statement(), answer)
    pieces.drop(current_user.id, entry.brought)
    if from_outbox() and response.status_code != 202:
        return outbox_answer(201, APPLIED, location)
    return response


@cache
def answer_statement() -> Any:
    table: Any = Receipt.__table__
    return (
        update(table)
        .where(table.c.entry_id == bindparam("entry"))
        .values(location=bindparam("location"), status=bindparam("status"))
    )


def hold(why: str) -> Response:
    """Stores the whole entry for a supervisor and answers 202. What the view did before is taken back."""
    entry: Entry = g.entry
    if entry.decided:
        return outbox_answer(409, HELD, why=why)
    db.session.rollback()
    person_id = current_user.id
    held = db.session.scalar(select(HeldEntry).where(HeldEntry.entry_id == entry.id, HeldEntry.sha256 == entry.sha256))
    if held is None:
        held = held_entry(entry, person_id, why)
        db.session.add(held)
    entry.received_at = held.recorded_at
    if db.session.get(Receipt, entry.id) is None:
        db.session.add(
            Receipt(
                entry_id=entry.id,
                person_id=person_id,
                sha256=entry.sha256,
                path=request.path[:300],
                state=HELD,
                status=202,
                why=without_nul(why)[:500],
                recorded_at=held.recorded_at,
            )
        )
    pieces.drop(person_id, entry.brought)
    db.session.flush()
    entry.claimed = False
    return outbox_answer(202, HELD, why=why)


def held_entry(entry: Entry, person_id: uuid.UUID, why: str) -> HeldEntry:
    kept = [
        [without_nul(name), without_nul(filename)[:200], files.keep(content, kept_type(content_type))]
        for name, filename, content_type, content in entry.files
    ]
    record = next((value for value in (request.view_args or {}).values() if isinstance(value, uuid.UUID)), None)
    return HeldEntry(
        entry_id=entry.id,
        person_id=person_id,
        sha256=entry.sha256,
        path=request.path[:300],
        record_id=record,
        fields=[[without_nul(name), "" if name in SECRETS else without_nul(value)] for name, value in entry.fields],
        files=kept,
        why=without_nul(why)[:500],
        recorded_at=now(),
    )


def kept_type(content_type: str) -> str:
    return without_nul(content_type)[:80] or SEALED_TYPE


def without_nul(text: str) -> str:
    return text.replace("\x00", "\ufffd")  # PostgreSQL stores no NUL


def outbox_answer(
    status: int,
    state: str,
    location: str | None = None,
    why: str = "",
    errors: dict[str, list[str]] | None = None,
) -> Response:
    """JSON of contract 5, and when the server received it: until a backup covers that moment the phone keeps it."""
    entry: Entry | None = g.get("entry")
    body = {
        "entry_id": str(entry.id) if entry and entry.id else None,
        "sha256": entry.sha256 if entry else None,
        "state": state,
        "location": location,
        "why": why,
        "errors": errors or {},
        "received_at": entry.received_at.isoformat() if entry and entry.received_at else None,
    }
    response: Response = jsonify(body)
    response.status_code = status
    return response


def outbox_error(code: int) -> Response:
    """An error page's place in the outbox: what its author can mend is 422, a role that was withdrawn is held."""
    words = {
        404: lazy("This visit is not known here, or was never yours."),
        413: lazy("The file is larger than 15 MB."),
        503: lazy("It could not be stored at the moment. It stays on this phone and is sent again."),
    }
    if code == 403 and g.get("entry") and g.entry.id:
        return hold(str(lazy("Your role no longer allows this.")))
    if code == 409 and g.get("entry") and g.entry.id:
        return hold(str(lazy("It was changed meanwhile.")))
    if code == 413:
        return outbox_answer(422, "refused", errors={"photo": [str(words[413])]})
    state = {404: "unknown", 400: "token", 401: "signed_out"}.get(code, "error")
    return outbox_answer(code, state, why=str(words.get(code, "")))


__all__ = ["HeldEntry", "Receipt", "begin", "content_digest", "decided", "finish", "from_outbox", "hold"]
