"""Jobs: rows that wait for a worker (`portal/worker.py`), such as mail, imports and alerts.

A job is enqueued in the transaction of what causes it: a request that is rolled back enqueues nothing, one that is
committed loses nothing. Its key says what it is for, and the same key is enqueued once.

**Exactly once.** A worker claims a job in a committed transaction of its own, runs its handler, and records the end
in the transaction of the handler's effect. What happens in our own database happens once, whatever dies when. What
happens elsewhere cannot share that transaction, so a handler says by its exception how far it came:

| a handler ends by | its effect | the job |
|---|---|---|
| returning | took place | `done` |
| `NotYet` | did not; this installation cannot do the kind at present | `waiting`, the try is not counted |
| `Failed`, or any other exception | did not | `waiting`: again after 1, 5, 30 min, 2 h, 12 h; then `stuck` |
| `Refused` | did not, and never will | `stuck` |
| `Uncertain`, or any exception after `had_effect()` | perhaps did | `stuck` |
| the death of the worker | perhaps did | `running` until the lease of 15 minutes ends, then `stuck` |

**Repeatable kinds** are those that do no harm when they run twice, because all they do is in our database or is
the same the second time (an import, a count). They go back to waiting where others get stuck as uncertain. Mail is not
repeatable: a letter cannot be taken back, and a customer who gets a report twice asks which one holds. Between the
moment when a mail server takes a letter and the moment when we have written that down, nobody can tell afterwards
whether it went out; so it is never sent again without a person.

**How an operator decides** about a job that "was interrupted and may have had its effect": look whether the letter
arrived (ask the receiver, or search the mail server's log for the job's id, which stands in the Message-ID). If it
did not, send it again from the page of jobs; if it did, put the job aside. A job that is `aside` is run by nobody and
counts no more; its key stays taken, and whoever finds that it was wrong to put it aside can still start it again.

A handler must end within the lease. It must not hold a transaction open while it waits for another machine
(`db.let_go`), and does what happens elsewhere before it writes anything here.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from flask import g
from sqlalchemy import Index, Select, String, UniqueConstraint, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import now
from portal.db import Model, WithId, db, new_id
from portal.errors import Conflict
from portal.i18n import _, lazy, speaking

WAITING, RUNNING, DONE, STUCK, ASIDE = "waiting", "running", "done", "stuck", "aside"
STATES = (STUCK, WAITING, RUNNING, DONE, ASIDE)
DELAYS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
LEASE = timedelta(minutes=15)
INTERRUPTED = lazy("interrupted: may have had its effect")
UNEXPECTED = lazy("unexpected failure")
BEHIND = " · "  # stands between the reason, which pages translate, and the detail, which they do not


class Job(WithId, Model):
    """Something to do outside of a request. `about` names what it is for, e.g. "report:<uuid>"."""

    __tablename__ = "job"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_job_about", "about"),
        Index("ix_job_state_due_at", "state", "due_at"),
    )

    kind: Mapped[str] = mapped_column(String(40))
    key: Mapped[str] = mapped_column(String(160))
    about: Mapped[str] = mapped_column(String(80), default="")
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]


class JobError(Exception):
    """Why a job did not end well: `reason` is lazy words, `detail` a code or a name. No personal data in either."""

    def __init__(self, reason: Any, detail: str = "") -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


class NotYet(JobError):
    """This installation cannot do jobs of this kind at present (no mail server is set): they wait."""


class Failed(JobError):
    """It had no effect; another try may succeed."""


class Refused(JobError):
    """It had no effect, and another try will be refused as well."""


class Uncertain(JobError):
    """It may have had its effect: only a person can find out."""


Run = Callable[[Job], None]


@dataclass(frozen=True)
class Kind:
    """How jobs of a kind are run, and what pages call them."""

    run: Run
    words: Any
    again: Any
    repeatable: bool


@dataclass(frozen=True)
class Daily:
    kind: str
    hour_utc: int
    payload: dict[str, Any]


KINDS: dict[str, Kind] = {}
DAILY: dict[str, Daily] = {}


def handler(kind: str, *, words: Any = None, again: Any = None, repeatable: bool = False) -> Callable[[Run], Run]:
    """Registers the function that runs jobs of `kind`. `words` is what pages call it, `again` the button that
    tries a stuck one once more."""

    def register(run: Run) -> Run:
        KINDS[kind] = Kind(run, words or kind, again or lazy("Try again"), repeatable)
        return run

    return register


def daily(kind: str, *, hour_utc: int, **payload: Any) -> None:
    """From now on a job of `kind` is enqueued once a day, after `hour_utc`, by whichever worker comes first."""
    DAILY[kind] = Daily(kind, hour_utc, payload)


def enqueue(kind: str, *, key: str, about: str = "", due_at: datetime | None = None, **payload: Any) -> Job:
    """The job under `key`, made in the caller's transaction unless there is one already."""
    insert = pg_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    moment = now()
    row = {
        "id": new_id(),
        "kind": kind,
        "key": key,
        "about": about,
        "payload": payload,
        "state": WAITING,
        "attempts": 0,
        "due_at": due_at or moment,
        "error": "",
        "created_at": moment,
    }
    db.session.execute(insert(Job).values(row).on_conflict_do_nothing(index_elements=["key"]))
    return db.session.scalars(select(Job).where(Job.key == key)).one()


def about(text: str) -> list[Job]:
    """The jobs about something, oldest first."""
    return list(db.session.scalars(about_query(), {"about": text}))


@cache
def about_query() -> Select[Any]:
    """Made once: making it costs more than running it."""
    return select(Job).where(Job.about == bindparam("about")).order_by(Job.created_at, Job.id)


def stuck(limit: int | None = None) -> list[Job]:
    """The jobs that wait for a person, oldest first."""
    query = select(Job).where(Job.state == STUCK).order_by(Job.created_at, Job.id)
    return list(db.session.scalars(query.limit(limit)))


def put_aside(limit: int | None = None) -> list[Job]:
    """The jobs that a person has decided to leave, the newest first."""
    query = select(Job).where(Job.state == ASIDE).order_by(Job.created_at.desc(), Job.id)
    return list(db.session.scalars(query.limit(limit)))


def waiting(limit: int | None = None) -> list[Job]:
    """The jobs that wait for a worker, the next one first."""
    query = select(Job).where(Job.state == WAITING).order_by(Job.due_at, Job.created_at, Job.id)
    return list(db.session.scalars(query.limit(limit)))


def counts() -> dict[str, int]:
    """How many jobs are in each state."""
    found = db.session.execute(select(Job.state, func.count()).group_by(Job.state))
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in found}


def find(job_id: uuid.UUID) -> Job | None:
    return db.session.get(Job, job_id)


def again(job: Job) -> None:
    """Puts a job that is stuck or aside back to waiting, with all its tries before it. Raises Conflict when it is
    neither."""
    fresh = {"state": WAITING, "attempts": 0, "due_at": now(), "started_at": None, "error": ""}
    if not moved(job, (STUCK, ASIDE), fresh):
        raise Conflict(lazy("This job is not stuck any more: somebody has started it again."))


def leave(job: Job) -> None:
    """Puts a stuck job aside: nobody runs it, and nobody needs to look at it. Raises Conflict when it is not stuck."""
    if not moved(job, (STUCK,), {"state": ASIDE}):
        raise Conflict(lazy("This job is not stuck any more: somebody has decided about it."))


def moved(job: Job, states: tuple[str, ...], values: dict[str, Any]) -> bool:
    """Whether the job was in one of the states, and is as `values` say now. Of two who decide at once one is late."""
    statement = update(Job).where(Job.id == job.id, Job.state.in_(states)).values(values).returning(Job.id)
    return db.session.execute(statement).first() is not None


def had_effect() -> None:
    """Said by a handler once it has done something outside of this database that cannot be taken back: from here
    on a failure is no reason to try again."""
    g.job_had_effect = True


def error_text(reason: Any, detail: str = "") -> str:
    """What a job keeps of a failure: the msgid of the reason, so that each reader gets it in their language."""
    with speaking("en"):
        return f"{reason}{BEHIND}{detail}"[:300] if detail else str(reason)[:300]


def error_words(text: str) -> str:
    """The kept text of a failure in the reader's language."""
    reason, behind, detail = text.partition(BEHIND)
    return _(reason) + behind + detail if reason else ""
