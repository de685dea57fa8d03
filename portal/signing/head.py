"""The chain's head, kept apart from the database in the instance folder: the removal of the newest documents shows.

The file says which document was the last one known to be stored (`head`) and which one is about to be (`next`). It is
written before the commit and confirmed after it, so that a crash between the two leaves both answers possible and
nothing else. `next` may stand for several documents of one transaction; the newest is named.
"""

import fcntl
import hashlib
import hmac
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app

from portal.db import db, once_stored

RUNNING = "sealing"  # in the session's info: the running transaction and the newest document that it has sealed


@dataclass(frozen=True)
class Place:
    """A document's number in the chain and its link."""

    n: int
    link: str


@dataclass(frozen=True)
class Head:
    head: Place
    next: Place | None = None

    def allows(self, last: Place) -> bool:
        """Whether the database may end here."""
        return last in (self.head, self.next)


def expect(last: Place, new: Place) -> None:
    """Says before the commit that `new` follows `last`. A second document of one transaction moves only `next`."""
    with locked() as known:
        own = (db.session().get_transaction(), last)
        stored = known.head if known and db.session.info.get(RUNNING) == own else last
        write(Head(stored, new))
    db.session.info[RUNNING] = (own[0], new)
    once_stored(lambda: confirm(new))


def confirm(place: Place) -> None:
    """Says that everything up to `place` is stored."""
    with locked() as known:
        if known is None or known.head.n < place.n:
            write(Head(place, known.next if known and known.next and known.next.n > place.n else None))


def read() -> Head | None:
    """What the file says; None when there is none, or when somebody without the key wrote it."""
    try:
        kept = json.loads(path().read_text("ascii"))
        places = kept["places"]
        if not hmac.compare_digest(kept["mac"], mac(places)):
            return None
        found = [Place(int(n), str(link)) for n, link in places]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Head(*found) if found else None


def write(head: Head) -> None:
    places = [[place.n, place.link] for place in (head.head, head.next) if place]
    fresh = path().with_suffix(f".{os.getpid()}.tmp")
    with fresh.open("w") as file:
        json.dump({"places": places, "mac": mac(places)}, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path())


def mac(places: list[list[Any]]) -> str:
    key = str(current_app.config["SIGNING_KEY"]).encode()
    return hmac.new(key, json.dumps(["head", places]).encode(), hashlib.sha256).hexdigest()


def path() -> Path:
    folder: Path = current_app.config["INSTANCE"]
    return folder / "chain.head"


@contextmanager
def locked() -> Iterator[Head | None]:
    """One writer at a time, over all processes of this machine."""
    with path().with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield read()
