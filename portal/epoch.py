"""Epochs: a restore begins a new one, and no process that ran before may go on as if nothing had happened.

`epoch()` is shown to phones. One that remembers another number is asked what is missing here, because what was
acknowledged after the backup is gone from the database and may still lie in a phone.

A file in the instance folder says whether a restore runs, was broken off, or when the last one ended. It is looked at
before every request: half restored is never served, and a process that was started before a restore holds the old keys.
"""

import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request
from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import now
from portal.db import Model, db
from portal.history import RowNumber
from portal.stores import sync_folder

FIRST = 1
OPEN = ("healthz", "readyz", "static")
WORDS = (
    "A restore runs here, was broken off, or has just ended. "
    "Nothing is served until it is complete and the portal was started again.\n"
    "此处正在恢复、恢复中断或刚刚恢复完成；待恢复完整并重新启动后才提供服务。\n"
)


class Epoch(Model):
    """One restore: of what, when, and where the chain of seals stood. Without a row it is still the first epoch."""

    __tablename__ = "epoch"

    number: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=False)
    restored_at: Mapped[datetime]
    backup_at: Mapped[datetime]
    backup_digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the backup's manifest
    chain_n: Mapped[int]  # the last sealed document of the backup
    known_n: Mapped[int]  # the last one that this instance folder knew of before, 0 when it knew none


class BackupTaken(Model):
    """One whole backup that ended well. Everything that was recorded before `covers_until` is in it."""

    __tablename__ = "backup_taken"

    n: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    covers_until: Mapped[datetime]
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the backup's manifest
    recorded_at: Mapped[datetime]


NEWEST, COVERED = select(func.max(Epoch.number)), select(func.max(BackupTaken.covers_until))  # each hello asks both


@dataclass(frozen=True)
class Seen:
    """What this process saw when it started."""

    stamp: int | None
    half_restored: bool


def init_app(app: Flask) -> None:
    folder: Path = app.config["INSTANCE"]
    app.extensions["epoch"] = Seen(stamp(folder), is_half_restored(folder))
    app.before_request(not_across_a_restore)


def not_across_a_restore() -> Response | None:
    if request.endpoint in OPEN or is_ready():
        return None
    return Response(WORDS, 503, {"Retry-After": "60"}, content_type="text/plain; charset=utf-8")


def epoch() -> int:
    """The number of this epoch: 1, or what the last restore has made it."""
    return db.session.scalar(NEWEST) or FIRST


def backed_up_until() -> datetime | None:
    """Up to which moment the newest backup covers the database; None before the first one. Phones keep what they have
    sent until then, because they may be asked for it after a restore."""
    return db.session.scalar(COVERED)


def next_epoch(last: int) -> int:
    """Above every number that any phone has seen: also above those of restores that a later restore took back,
    which only the clock can promise."""
    return max(last + 1, int(time.time()))


def restores() -> list[Epoch]:
    """All restores, the first one first."""
    return list(db.session.scalars(select(Epoch).order_by(Epoch.number)))


def is_ready() -> bool:
    """Whether nothing was restored under this process, and nothing is half restored. Asked at every request, so it
    costs one look at a file's date."""
    seen: Seen = current_app.extensions["epoch"]
    return not seen.half_restored and stamp(current_app.config["INSTANCE"]) == seen.stamp


def ensure_whole(folder: Path) -> None:
    """Ends the start of whatever would serve or write in a place that is half restored."""
    if is_half_restored(folder):
        raise SystemExit(
            "A restore runs here or was broken off: this place is half restored and is not served.\n"
            "Empty its database and its files and run `restore` again."
        )


def state_path(folder: Path) -> Path:
    return folder / "restore.json"


def stamp(folder: Path) -> int | None:
    """What tells one state of the file from another; None when nothing was ever restored here."""
    try:
        return state_path(folder).stat().st_mtime_ns
    except FileNotFoundError:
        return None


def is_half_restored(folder: Path) -> bool:
    """An unreadable file counts as unfinished: it was being written when the power went."""
    try:
        state = json.loads(state_path(folder).read_text("utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
    return not state.get("finished")


def begin_restore(folder: Path, backup: str) -> None:
    write_state(folder, {"backup": backup, "began": now().isoformat(), "finished": None})


def finish_restore(folder: Path) -> None:
    state = json.loads(state_path(folder).read_text("utf-8"))
    write_state(folder, state | {"finished": now().isoformat()})


def write_state(folder: Path, state: dict[str, Any]) -> None:
    path = state_path(folder)
    fresh = path.with_suffix(".tmp")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(folder)
