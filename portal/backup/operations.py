"""The two verbs: `back_up` while the portal runs, `restore` into an empty place."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from flask import current_app
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import OperationalError

from portal import cli, epoch, files, jobs, sealing
from portal.accounts.models import SignIn
from portal.backup import archive, chain, rows
from portal.backup.archive import Manifest, Writer
from portal.clock import now
from portal.config import kept_secret
from portal.db import db, snapshot, transaction
from portal.epoch import BackupTaken, Epoch
from portal.errors import FileLost
from portal.jobs import RUNNING, STUCK, WAITING, Job
from portal.search.rebuilding import rebuild
from portal.signing import head

IN_FLIGHT = timedelta(minutes=5)  # longer than any request that has noted its time and is not committed yet
AT_ONCE = 8  # files that are read or written side by side: a bucket is far away
SECRETS = {"SIGNING_KEY": "signing.key", "SECRET_KEY": "secret.key"}


class NotHere(Exception):
    """This place cannot be backed up or restored into: why, and what to do."""


# Backup


def back_up(path: Path) -> Manifest:
    """The whole instance as one file, proved by reading it again. Writers go on meanwhile. FileExistsError when there
    is such a file; nothing stays behind when it fails."""
    if path.exists():
        raise FileExistsError(path)
    part, began = path.with_name(path.name + ".part"), now()
    kept_head = head.path().read_bytes() if head.path().exists() else None  # before the database's moment
    try:
        with ExitStack() as stack:
            with snapshot() as connection:
                writer = stack.enter_context(archive.written(part, described(connection)))
                add_rows(writer, connection, kept_head)
                wanted = wanted_files(connection)
            add_files(writer, wanted)  # after the snapshot: it holds up the database's own tidying
            writer.finish()
        manifest = archive.verified(part)
        if path.exists():  # somebody else's, made meanwhile
            raise NotHere(f"{path} was made by somebody else meanwhile. Name another file.")
        part.rename(path)
    except FileExistsError:  # the .part of another backup
        raise
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    remember(manifest, began)
    return manifest


def remember(manifest: Manifest, began: datetime) -> None:
    """From now on phones may let go of what this backup covers: what was recorded before it began, without the last
    minutes, in which somebody may have noted the time and not yet stored the row. When the database is busy nothing is
    remembered: the phones keep their bytes longer, and the backup is as good."""
    with snapshot() as connection:
        if BackupTaken.__tablename__ not in rows.tables(connection):  # it is taken before the migration that brings it
            return
    try:
        with transaction():
            taken = BackupTaken(covers_until=began - IN_FLIGHT, digest=manifest.digest(), recorded_at=now())
            db.session.add(taken)
    except OperationalError:
        return


def described(connection: Connection) -> Manifest:
    revision = cli.revision_of(connection)
    if revision is None:
        raise NotHere("There is no database here yet: nothing to back up.")
    last = chain.end(connection)
    return Manifest(now().isoformat(), revision, connection.dialect.name, epoch_in(connection), last.n, last.link)


def epoch_in(connection: Connection) -> int:
    if "epoch" not in rows.tables(connection):
        return epoch.FIRST
    return connection.exec_driver_sql("SELECT max(number) FROM epoch").scalar() or epoch.FIRST


def add_rows(writer: Writer, connection: Connection, kept_head: bytes | None) -> None:
    for name, file_name in SECRETS.items():
        writer.add(f"secrets/{file_name}", str(current_app.config[name]).encode())
    writer.add(f"secrets/{sealing.FILE}", sealing.text().encode())
    if kept_head is not None:
        writer.add("chain.head", kept_head)
    for table in rows.tables(connection):
        writer.add_rows(table, list(rows.columns(connection, table)), rows.read(connection, table))


def add_files(writer: Writer, digests: list[str]) -> None:
    for digest, content in stored(digests):
        if content is None:
            writer.manifest.missing.append(digest)
        else:
            writer.add_file(digest, content)


def wanted_files(connection: Connection) -> list[str]:
    kept = "WHERE forgotten_at IS NULL" if "forgotten_at" in rows.columns(connection, "stored_file") else ""
    found = connection.exec_driver_sql(f"SELECT digest FROM stored_file {kept} ORDER BY digest")
    return list(found.scalars())


def stored(digests: list[str]) -> Iterator[tuple[str, bytes | None]]:
    """Each file, a few at a time; None for one that the store has lost."""
    store = files.store()

    def content(digest: str) -> tuple[str, bytes | None]:
        try:
            return digest, store.content(digest)
        except FileLost:
            return digest, None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for part in files.batched(digests, AT_ONCE):
            yield from pool.map(content, part)


def lost(manifest: Manifest) -> list[str]:
    """What the store has lost, without what an erasure has taken away while the backup ran."""
    forgotten: set[str] = set()
    with snapshot() as connection:
        if manifest.missing and "forgotten_at" in rows.columns(connection, "stored_file"):
            gone = select(files.StoredFile.digest).where(files.StoredFile.forgotten_at.is_not(None))
            forgotten = set(connection.scalars(gone))
    return [digest for digest in manifest.missing if digest not in forgotten]


# Restore


def restore(path: Path, say: Callable[[str], None]) -> tuple[Manifest, Epoch]:
    """Everything of a backup, in an empty place. Nothing is written before all of the file has proved right.

    Until the end the place says that it is half restored. The rows are one transaction, committed after the files. What
    was written before a failure stays behind and has to be removed. The search's index is made last.
    """
    folder: Path = current_app.config["INSTANCE"]
    manifest = archive.verified(path)
    ensure_known(manifest)
    ensure_empty()
    epoch.begin_restore(folder, path.name)
    put_back_secrets(path, folder)
    known_n = chain.known_before(manifest.chain_n)
    with db.engine.begin() as connection:
        cli.upgrade(connection=connection, target=manifest.revision)
        kept_head = put_back(connection, path, manifest)
        cli.upgrade(connection=connection)
        begun = begin_epoch(connection, manifest, known_n)
        settle(connection)
        rows.continue_numbers(connection)
        chain.put_back(connection, kept_head)
    rebuild(say)
    epoch.finish_restore(folder)
    return manifest, begun


def ensure_known(manifest: Manifest) -> None:
    if manifest.revision not in cli.known_revisions():
        raise NotHere(
            f"This backup is of a newer portal: its database is at {manifest.revision}. Use that one or a later."
        )


def ensure_empty() -> None:
    """A restore never mixes two instances."""
    with snapshot() as connection:
        empty = rows.is_empty(connection)
    if not empty:
        raise NotHere(
            "The database here is not empty. A restore needs a new one: choose another, or remove its tables."
        )
    files.check()
    if next(iter(files.store().listed()), None) is not None:
        raise NotHere(f"The place for files is not empty. Empty it or choose another: {current_app.config['FILES']}")


def put_back_secrets(path: Path, folder: Path) -> None:
    """The keys of the backup, in the folder and in this process. One that stood there is kept beside it."""
    for name, content in archive.members(path):
        if not name.startswith("secrets/"):
            continue
        file_name = name.removeprefix("secrets/")
        if file_name == sealing.FILE:
            sealing.join(content.decode("ascii"))
            continue
        if file_name not in SECRETS.values():
            raise archive.Damaged(f"{name} is no key that belongs into a backup")
        put_secret(folder / file_name, content)
    current_app.config["SIGNING_KEY"] = kept_secret(folder / SECRETS["SIGNING_KEY"])


def put_secret(place: Path, content: bytes) -> None:
    if place.exists() and place.read_bytes().strip() != content:
        place.replace(place.with_name(f"{place.name}.before-restore"))
    fresh = place.with_name(f"{place.name}.tmp")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(place)


def put_back(connection: Connection, path: Path, manifest: Manifest) -> bytes | None:
    """Rows and files, in the order of the backup; returns the chain's head that it holds."""
    kept_head = None
    with rows.unguarded(connection):
        rows.clear(connection)
        for (kind, table), found in groupby(archive.members(path), place_of):
            if kind == "rows":
                ensure_fits(connection, table, manifest)
                parts = (archive.rows_in(content) for _name, content in found)
                count = rows.write(connection, table, manifest.tables[table], parts)
                if count != manifest.rows[table]:
                    raise archive.Damaged(f"{table} has {count} rows instead of {manifest.rows[table]}")
            elif kind == "files":
                store_all(found)
            elif kind == "chain.head":
                kept_head = next(found)[1]
    return kept_head


def ensure_fits(connection: Connection, table: str, manifest: Manifest) -> None:
    """Names in a backup become part of statements: only those that this database has."""
    if table not in rows.tables(connection) or not set(manifest.tables[table]) <= set(rows.columns(connection, table)):
        raise archive.Damaged(f"it has rows of {table!r} that this schema does not know")


def place_of(member: tuple[str, bytes]) -> tuple[str, str]:
    """("rows", table), ("files", "") or the member's own name."""
    parts = member[0].split("/")
    return (parts[0], parts[1]) if parts[0] == "rows" else (parts[0], "")


def store_all(found: Iterable[tuple[str, bytes]]) -> None:
    store = files.store()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        waiting: list[Any] = []
        for name, content in found:
            waiting.append(pool.submit(store.write, name.rpartition("/")[2], content))
            if len(waiting) >= AT_ONCE:
                waiting.pop(0).result()
        for write in waiting:
            write.result()


def begin_epoch(connection: Connection, manifest: Manifest, known_n: int) -> Epoch:
    values: dict[str, Any] = {
        "number": epoch.next_epoch(manifest.epoch),
        "restored_at": now(),
        "backup_at": datetime.fromisoformat(manifest.made_at),
        "backup_digest": manifest.digest(),
        "chain_n": manifest.chain_n,
        "known_n": known_n,
    }
    connection.execute(insert(Epoch).values(values))
    return Epoch(**values)


def settle(connection: Connection) -> None:
    """What must not go on as it stood.

    Sessions end: which of them were ended after the backup (a phone lost, a person dismissed) is not known any more.
    Jobs that may have had their effect since wait for a person: a letter is not sent twice.
    """
    connection.execute(update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=now(), handover_token=None))
    repeatable = [name for name, kind in jobs.KINDS.items() if kind.repeatable]
    open_ones = Job.state.in_((WAITING, RUNNING))
    again = {"state": WAITING, "started_at": None}
    held = {"state": STUCK, "finished_at": now(), "error": jobs.error_text(jobs.INTERRUPTED)}
    connection.execute(update(Job).where(open_ones, Job.kind.in_(repeatable)).values(again))
    connection.execute(update(Job).where(open_ones, Job.kind.not_in(repeatable)).values(held))
