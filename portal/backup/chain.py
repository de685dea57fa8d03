"""The chain's head over a backup and a restore: neither may be a way to hide that sealed documents were removed.

The head that is kept apart is read before the database's moment, so an honest database holds its document; a restore
moves the head forward to where the backup ends only then. Else the head goes back as it was, and `signing check`
says after the restore what it said before. A restore of an old backup drops what was sealed since: the row of its
epoch says where the chain ended and what this place knew of, and mailed heads and printed papers say the same outside.
"""

from pathlib import Path

from sqlalchemy import Connection

from portal.signing import head
from portal.signing.head import Head, Place
from portal.signing.rules import GENESIS

TABLE = "sealed_document"


def end(connection: Connection) -> Place:
    """Where the chain of this database ends."""
    last = connection.exec_driver_sql(f"SELECT n, link FROM {TABLE} ORDER BY n DESC LIMIT 1").first()
    return Place(last.n, last.link) if last else Place(0, GENESIS)


def holds(connection: Connection, place: Place) -> bool:
    """Whether the document that the head names is there with its link."""
    if place.n == 0:
        return True
    found = connection.exec_driver_sql(f"SELECT link FROM {TABLE} WHERE n = {int(place.n)}").scalar()
    return bool(found == place.link)


def known_before(manifest_n: int) -> int:
    """The last document that this folder knew before the restore, when it is beyond the backup's end. Asked under the
    backup's key."""
    known = head.read()
    return known.head.n if known and known.head.n > manifest_n else 0


def put_back(connection: Connection, kept: bytes | None) -> None:
    """The backup's head, moved forward to its end when its document stands there; none when the backup had none."""
    path: Path = head.path()
    if path.exists():
        path.replace(path.with_name("chain.head.before-restore"))
    if kept is None:
        return
    path.write_bytes(kept)
    known = head.read()
    if known and holds(connection, known.head):
        last = end(connection)
        head.write(Head(last if last.n >= known.head.n else known.head))
