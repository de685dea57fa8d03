"""The worker: claims jobs that are due, runs them, records their end. `flask work`, or a thread of `script/serve`.

Any number of workers may run, in any number of processes. A claim is one UPDATE in a committed transaction of its
own; a job's end is written only by the worker whose claim still holds, in the transaction of the job's effect.
"""

import logging
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from flask import Flask, current_app, g
from flask.cli import with_appcontext
from sqlalchemy import select, update

from portal import jobs, memory
from portal.clock import now
from portal.db import db, transaction
from portal.epoch import ensure_whole
from portal.jobs import DONE, RUNNING, STUCK, WAITING, Job, error_text
from portal.schema import ensure_current

SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 2.0  # seconds between two looks at an empty queue
TROUBLE_PAUSE = 10.0  # seconds after the database did not answer
REST = timedelta(minutes=1)  # how long a kind is left alone that this installation cannot do at present
ROUND = timedelta(minutes=1)  # how often a worker looks for jobs of dead workers, and for daily ones
PATIENCE = 10.0  # seconds that a stop waits for the job at hand
FAILED, PUT_OFF, LOST = "failed", "put off", "lost"

log = logging.getLogger("portal")


def init_app(app: Flask) -> None:
    app.cli.add_command(work_command)


@click.command("work")
@click.option("--once", is_flag=True, help="Runs what is due, prints how it went, and ends.")
@with_appcontext
def work_command(once: bool) -> None:
    """Runs the waiting jobs (mail, imports, alerts) until SIGTERM. Any number of workers may run at once."""
    memory.keep_small()
    ensure_whole(current_app.config["INSTANCE"])
    ensure_current()
    worker = Worker(current_app._get_current_object())  # type: ignore[attr-defined]
    if once:
        ends = worker.drain()
        click.echo(f"{ends[DONE]} done, {ends[FAILED]} failed (tried again later), {ends[STUCK]} stuck.")
        for kind in worker.resting:
            click.echo(f"Jobs of kind {kind} wait: this installation cannot do them at present (see the settings).")
        return
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=stop.set).start())  # a handler may not wait for locks
    worker.run(stop)


@contextmanager
def beside(app: Flask) -> Iterator[None]:
    """A worker in a thread of this process for as long as the block runs. Its last job may end first."""
    stop = threading.Event()
    thread = threading.Thread(target=Worker(app).run, args=(stop,), name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE)


@dataclass(frozen=True)
class Claim:
    """One try of one job; `started_at` tells it from every other try."""

    job_id: uuid.UUID
    kind: str
    attempts: int
    started_at: datetime


class Worker:
    """Remembers which kinds rest and when it last looked around; everything else is in the database."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.resting: dict[str, datetime] = {}
        self.next_round = datetime.min.replace(tzinfo=UTC)

    def run(self, stop: threading.Event) -> None:
        pause = SHORTEST_PAUSE
        while not stop.is_set():
            try:
                pause = SHORTEST_PAUSE if self.step() else min(pause * 1.5, LONGEST_PAUSE)
            except Exception as error:  # the worker outlives a database that is away for a while
                log.error("worker in trouble", exc_info=error)
                pause = TROUBLE_PAUSE
            if pause > SHORTEST_PAUSE:
                stop.wait(pause)

    def drain(self) -> Counter[str]:
        """Runs jobs until none is due, and counts how they ended."""
        ends: Counter[str] = Counter()
        while end := self.step():
            ends[end] += 1
        return ends

    def step(self) -> str | None:
        """Runs the next job that is due and says how it ended; None when there is none."""
        with self.app.app_context():
            if now() >= self.next_round:
                self.make_round()
            with transaction():
                claim = claim_next(self.able())
            if claim is None:
                return None
            end = perform(claim)
            if end == PUT_OFF:
                self.resting[claim.kind] = now() + REST
            log.info("job", extra={"fields": {"job": str(claim.job_id), "kind": claim.kind, "end": end}})
            return end

    def able(self) -> list[str]:
        return [kind for kind in jobs.KINDS if kind not in self.resting or self.resting[kind] <= now()]

    def make_round(self) -> None:
        """Once a minute: what the death of a worker left behind, and what is to be done every day."""
        moment = now()
        with transaction():
            lapse()
            for daily in jobs.DAILY.values():
                if moment.hour >= daily.hour_utc:
                    jobs.enqueue(daily.kind, key=f"{daily.kind}:{moment.date()}", **daily.payload)
        self.next_round = moment + ROUND


def lapse() -> None:
    """Ends the lease of jobs whose worker died: repeatable ones wait again (unless they kill their worker each time),
    the others wait for a person."""
    repeatable = [name for name, kind in jobs.KINDS.items() if kind.repeatable]
    dead = (Job.state == RUNNING, Job.started_at < now() - jobs.LEASE)
    free = {"state": WAITING, "started_at": None}
    held = {"state": STUCK, "finished_at": now(), "error": error_text(jobs.INTERRUPTED)}
    harmless = (Job.kind.in_(repeatable), Job.attempts <= len(jobs.DELAYS))
    db.session.execute(update(Job).where(*dead, *harmless).values(free))
    db.session.execute(update(Job).where(*dead).values(held))


def claim_next(kinds: list[str]) -> Claim | None:
    """Takes the job that has been due longest. On PostgreSQL workers pass over what another one is just taking; on
    SQLite the transaction has begun as a writer, so there is no other one."""
    moment = now()
    due = (
        select(Job.id)
        .where(Job.state == WAITING, Job.due_at <= moment, Job.kind.in_(kinds))
        .order_by(Job.due_at, Job.created_at, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = {"state": RUNNING, "attempts": Job.attempts + 1, "started_at": moment}
    statement = update(Job).where(Job.id == due).values(taken).returning(Job.id, Job.kind, Job.attempts)
    found = db.session.execute(statement, execution_options={"synchronize_session": False}).first()
    return Claim(*found, moment) if found else None


class ClaimLost(Exception):
    """The lease ended while the job ran: what it did here is taken back."""


def perform(claim: Claim) -> str:
    """Runs the handler. Its effect and the end are one transaction; a failure is written down in the next one."""
    try:
        with transaction():
            jobs.KINDS[claim.kind].run(db.session.get_one(Job, claim.job_id))
            db.session.flush()
            record(claim, {"state": DONE, "finished_at": now(), "error": ""})
        return DONE
    except ClaimLost:
        return LOST
    except Exception as error:
        end, values = judged(error, claim)
        if not isinstance(error, jobs.JobError):
            log.error("job failed unexpectedly", exc_info=error)
    with transaction():
        try:
            record(claim, values)
        except ClaimLost:
            return LOST
    return end


def record(claim: Claim, values: dict[str, Any]) -> None:
    """Writes the end of this try, unless the job is no longer this worker's."""
    mine = (Job.id == claim.job_id, Job.state == RUNNING, Job.started_at == claim.started_at)
    statement = update(Job).where(*mine).values(values).returning(Job.id)
    if db.session.execute(statement, execution_options={"synchronize_session": False}).first() is None:
        raise ClaimLost


def judged(error: Exception, claim: Claim) -> tuple[str, dict[str, Any]]:
    """What a failure means for the job (the table in `portal/jobs.py`)."""
    words = error_words(error)
    if isinstance(error, jobs.NotYet):
        return PUT_OFF, {"state": WAITING, "attempts": claim.attempts - 1, "started_at": None, "error": words}
    late = bool(g.get("job_had_effect")) and not jobs.KINDS[claim.kind].repeatable
    final = late or isinstance(error, (jobs.Refused, jobs.Uncertain)) or claim.attempts > len(jobs.DELAYS)
    if final:
        return STUCK, {"state": STUCK, "finished_at": now(), "error": error_text(jobs.INTERRUPTED) if late else words}
    due_at = now() + jobs.DELAYS[claim.attempts - 1]
    return FAILED, {"state": WAITING, "due_at": due_at, "started_at": None, "error": words}


def error_words(error: Exception) -> str:
    if isinstance(error, jobs.JobError):
        return error_text(error.reason, error.detail)
    return error_text(jobs.UNEXPECTED, type(error).__name__)
