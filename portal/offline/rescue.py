"""A rescue file: what a phone could not send, saved by its owner and brought by hand. Each entry becomes a held entry
of its author under the same id, so that loading it twice, or sending it after all, changes nothing.

A file is material of unknown origin: whatever is wrong with an entry is said beside its number, and a file that is none
at all is refused.
"""

import base64
import binascii
import hashlib
import json
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal import files, sealing
from portal.accounts.models import Person
from portal.clock import at_site, now
from portal.db import db
from portal.errors import Rejected
from portal.forms import EARLIEST, LATEST, plain
from portal.held import Rescue, keep
from portal.i18n import _, lazy
from portal.offline.targets import target_of
from portal.receipts import SECRETS, HeldEntry, Receipt, content_digest, parse_id, without_nul

FORMAT = "portal-rescue-1"
FILE_LIMIT = 48 * 1024 * 1024
MOST_ENTRIES = 500
MOST_FIELDS, LONGEST_FIELD, LONGEST_NAME, LONGEST_PATH = 200, 100_000, 80, 300
MOST_FILES = 12
LOADED, KNOWN, DAMAGED = "loaded", "known", "damaged"


class Damaged(Exception):
    """An entry that cannot be read, and why."""


@dataclass(frozen=True)
class Read:
    """An entry of the file, whole and checked."""

    id: uuid.UUID
    person_id: uuid.UUID
    path: str
    fields: list[list[str]]
    files: list[tuple[str, str, str, bytes]]
    created_at: datetime | None

    @property
    def sha256(self) -> str:
        pairs = [(name, value) for name, value in self.fields]
        return content_digest(self.path, pairs, [(name, content) for name, _filename, _type, content in self.files])


def load(content: bytes, *, person: Person | None) -> Rescue:
    """Loads the file's entries and keeps what became of each. Raises Rejected for what is no rescue file."""
    told = parsed(content)
    rescue = Rescue(
        id=uuid.uuid4(),
        person_id=person.id if person else None,
        sha256=hashlib.sha256(content).hexdigest(),
        results=[],
        recorded_at=now(),
    )
    people = set(db.session.scalars(select(Person.id)))
    found = [read(one, told.get("person"), people) for one in told["entries"]]
    lock_authors({entry.person_id for entry in found if isinstance(entry, Read)})
    before: set[tuple[uuid.UUID, str]] = set()
    rescue.results = [
        [number, *outcome(entry, one, before)]
        for number, (entry, one) in enumerate(zip(found, told["entries"], strict=True), 1)
    ]
    db.session.add(rescue)
    db.session.flush()
    for entry, result in zip(found, rescue.results, strict=True):
        if isinstance(entry, Read) and result[3] == LOADED:
            hold(entry, rescue)
    return rescue


def lock_authors(ids: set[uuid.UUID]) -> None:
    """Two who load the same file at once, or a phone that sends just then: one after the other."""
    db.session.execute(select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update())


def parsed(content: bytes) -> dict[str, Any]:
    if len(content) > FILE_LIMIT:
        raise Rejected(lazy("The file is larger than %(n)s MB.", n=FILE_LIMIT // 1024 // 1024), "file")
    try:
        told = json.loads(content)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("entries"), list):
        raise Rejected(lazy("This is not a rescue file. Choose the file that the phone saved."), "file")
    if not told["entries"]:
        raise Rejected(lazy("There is nothing in this file."), "file")
    if len(told["entries"]) > MOST_ENTRIES:
        words = lazy("There are more than %(n)s entries in this file. Save it in parts.", n=MOST_ENTRIES)
        raise Rejected(words, "file")
    return told


def read(one: Any, owner: Any, people: set[uuid.UUID]) -> Read | Damaged:
    try:
        return checked(one, owner, people)
    except Damaged as damage:
        return damage


def checked(one: Any, owner: Any, people: set[uuid.UUID]) -> Read:
    if not isinstance(one, dict):
        raise Damaged(_("It is not an entry."))
    number = parse_id(text_of(one.get("id"), 40))
    if number is None:
        raise Damaged(_("Its number cannot be read."))
    if "sealed" in one:
        one, owner = unsealed(one["sealed"], number)
    person_id = parse_id(text_of(owner, 40))
    if person_id not in people or person_id is None:
        raise Damaged(_("Nobody here is its author."))
    path = text_of(one.get("path"), LONGEST_PATH)
    if not path.startswith("/") or "?" in path:
        raise Damaged(_("Its address cannot be read."))
    entry = Read(number, person_id, path, fields_of(one), files_of(one), moment_of(one.get("created_at")))
    if one.get("sha256") is not None and one["sha256"] != entry.sha256:
        raise Damaged(_("Its content does not agree with its check sum."))
    return entry


def unsealed(sealed: Any, number: uuid.UUID) -> tuple[dict[str, Any], Any]:
    """The entry that the phone had sealed to our key, and its author."""
    if not isinstance(sealed, str):
        raise Damaged(_("Its seal cannot be read."))
    try:
        opened = sealing.open_envelope(sealed, str(number))
    except sealing.Unopened as why:
        raise Damaged(str(why)) from None
    if not isinstance(opened, dict):
        raise Damaged(_("Its seal cannot be read."))
    return {name: opened.get(name) for name in ("path", "fields", "files", "created_at")}, opened.get("person")


def text_of(value: Any, limit: int) -> str:
    return value if isinstance(value, str) and len(value) <= limit else ""


def fields_of(one: dict[str, Any]) -> list[list[str]]:
    found = one.get("fields")
    if not isinstance(found, list | tuple) or len(found) > MOST_FIELDS:
        raise Damaged(_("Its fields cannot be read."))
    for pair in found:
        is_pair = isinstance(pair, list | tuple) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
        if not is_pair or len(pair[0]) > LONGEST_NAME or len(pair[1]) > LONGEST_FIELD:
            raise Damaged(_("Its fields cannot be read."))
    return [[name, whole_text(value)] for name, value in found if name not in ("csrf_token", "entry_id")]


def whole_text(value: str) -> str:
    """Half characters cannot be stored; a phone sends none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Damaged(_("Its fields cannot be read.")) from None
    return value


def files_of(one: dict[str, Any]) -> list[tuple[str, str, str, bytes]]:
    found = one.get("files") or []
    if not isinstance(found, list | tuple) or len(found) > MOST_FILES:
        raise Damaged(_("Its files cannot be read."))
    return [file_of(row) for row in found]


def file_of(row: Any) -> tuple[str, str, str, bytes]:
    if not isinstance(row, list | tuple) or len(row) != 4 or not all(isinstance(part, str) for part in row[:3]):
        raise Damaged(_("Its files cannot be read."))
    name, filename, kind, content = row
    try:
        whole = base64.b64decode(str(content), validate=True)
    except (binascii.Error, ValueError):
        raise Damaged(_("Its files cannot be read.")) from None
    if not whole or len(whole) > files.PHOTO_LIMIT:
        raise Damaged(_("One of its files is empty or larger than 15 MB."))
    return name[:LONGEST_NAME], plain(filename)[:200], plain(kind)[:80] or "application/octet-stream", whole


def moment_of(value: Any) -> datetime | None:
    """The phone's time; one that cannot be is no reason to lose an entry."""
    try:
        moment = at_site(datetime.fromisoformat(str(value)), "UTC")
    except (ValueError, OverflowError):
        return None
    return moment if EARLIEST <= moment < LATEST else None


def outcome(entry: Read | Damaged, one: Any, before: set[tuple[uuid.UUID, str]]) -> list[Any]:
    """[entry id, what the phone called it, what became of it, why]. `before`: what stood further up in the file."""
    label = plain(text_of(one.get("label"), 2000))[:200] if isinstance(one, dict) else ""
    if isinstance(entry, Damaged):
        number = parse_id(text_of(one.get("id"), 40)) if isinstance(one, dict) else None
        return [str(number or ""), label, DAMAGED, str(entry)]
    receipt = db.session.get(Receipt, entry.id)
    is_same = receipt is not None and (receipt.sha256, receipt.person_id) == (entry.sha256, entry.person_id)
    held = select(HeldEntry.id).where(HeldEntry.entry_id == entry.id, HeldEntry.sha256 == entry.sha256)
    content = (entry.id, entry.sha256)
    if is_same or content in before or db.session.scalar(held) is not None:
        return [str(entry.id), label, KNOWN, ""]
    before.add(content)
    return [str(entry.id), label, LOADED, _("Other content came under its number before.") if receipt else ""]


def hold(entry: Read, rescue: Rescue) -> None:
    """Under its own id: when the phone sends it after all, it is told that it is here."""
    target = target_of(entry.path)
    keep(
        entry_id=entry.id,
        person_id=entry.person_id,
        sha256=entry.sha256,
        path=entry.path,
        record_id=target.record_id if target else None,
        fields=[[name, "" if name in SECRETS else without_nul(value)] for name, value in entry.fields],
        files=[[name, filename, files.keep(content, kind)] for name, filename, kind, content in entry.files],
        why=_("Loaded from a rescue file."),
        created_at=entry.created_at,
        rescue_id=rescue.id,
    )
