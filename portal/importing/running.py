"""Running an import: the same code for the worker and for the command in the foreground.

A chunk of rows, what history says of them, the refused ones and the place that is reached are one short transaction. It
holds only if the import still stands where this worker left it, so two workers never settle a row twice, and whoever
comes after a dead one goes on behind the last chunk that was stored. Between chunks everybody else may write.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError

from portal import files, history
from portal.clock import now
from portal.db import db, transaction
from portal.errors import Rejected
from portal.i18n import DEFAULT, lazy, speaking
from portal.importing import columns, reading, rules
from portal.importing.kinds import KINDS
from portal.importing.kinds.base import OUTCOMES, REFUSED, Batch, Kind, Line, Plan, Planner
from portal.importing.models import COLUMNS, DONE, READING, RUNNING, UNREADABLE, Import, RefusedRow

CHUNK, FEWEST = 200, 50  # rows in one transaction, at most and at least
HELD = 0.2  # seconds that a transaction should hold the database; a slow machine takes fewer rows at a time
REST = 0.6  # of the time that a chunk held the database, left free before the next one
SHORTEST_REST = 0.003  # seconds
SAMPLE_ROWS = 20
ALIVE = timedelta(minutes=1)  # a worker that has not got further for so long is taken to be dead
ONE_AT_A_TIME = 7_204_118  # PostgreSQL's lock between importers: what one looks up, no other one adds meanwhile


class Overtaken(Exception):
    """Another worker has taken this import over: what this one was about to store is not stored."""


class Course(NamedTuple):
    """What a worker needs to know of an import, read once."""

    id: uuid.UUID
    worker: str
    kind: Kind
    digest: str
    heading_row: int
    mapping: list[str]
    place: int
    trial: bool
    person_id: uuid.UUID | None


def look(import_id: uuid.UUID) -> None:
    """Reads the whole file once: where its headings are, what its columns mean, how many rows it has."""
    run = db.session.get_one(Import, import_id)
    if run.state != READING or run.digest is None:
        return
    kind, digest, locale = KINDS[run.kind], run.digest, (run.person.locale or DEFAULT) if run.person else "en"
    db.session.rollback()  # reading takes seconds, and nobody is to wait for them
    try:
        found = looked_at(kind, files.read(digest))
    except Rejected as refusal:
        with speaking(locale):
            found = {"state": UNREADABLE, "why": str(refusal)[:300], "finished_at": now()}
    with transaction():
        db.session.execute(update(Import).where(Import.id == import_id, Import.state == READING).values(found))


def looked_at(kind: Kind, content: bytes) -> dict[str, Any]:
    source = reading.rows(content)
    top = list(islice(source, rules.HEADING_ROWS + SAMPLE_ROWS))
    meanings = columns.meanings(kind.columns)
    heading = rules.find_heading([row.cells for row in top], meanings.keys())
    if heading is None:
        raise Rejected(lazy("The file has no rows."), "file")
    headings, below = top[heading.position].cells, top[heading.position + 1 :]
    total = len(below) + sum(1 for _row in source)
    if not total:
        raise Rejected(lazy("The file has headings and no rows below them."), "file")
    return {
        "state": COLUMNS,
        "heading_row": top[heading.position].number,
        "headings": [cell[:100] for cell in headings],
        "sample": [[row.number, [cell[:500] for cell in row.cells]] for row in below[:SAMPLE_ROWS]],
        "mapping": rules.match_columns(headings, meanings),
        "total": total,
    }


def go_on(
    import_id: uuid.UUID, *, seconds: float | None = None, told: Callable[[int, int], None] | None = None
) -> int | None:
    """Takes the import over and carries it on, to its end or for about `seconds`. `told` hears rows and refused ones
    after each chunk. The place where it stopped before the end, else None."""
    end = time.monotonic() + seconds if seconds else None
    course = take_over(import_id)
    if course is None:
        return None
    planner, place = course.kind.planner(trial=course.trial), course.place
    lines, rows = behind(place, read_lines(course)), CHUNK
    while chunk := list(islice(lines, rows)):
        began = time.monotonic()
        done, refused = settle(course, planner, chunk, place)
        place, held = chunk[-1].number, time.monotonic() - began
        rows = fitting(len(chunk), held)
        if told:
            told(done, refused)
        if end and time.monotonic() > end:
            let_go(course)
            return place
        time.sleep(max(SHORTEST_REST, REST * held))
    finish(course)
    return None


def fitting(rows: int, held: float) -> int:
    """How many rows the next chunk takes, when so many held the database for `held` seconds."""
    return min(CHUNK, max(FEWEST, int(rows * HELD / max(held, 0.001))))


def take_over(import_id: uuid.UUID) -> Course | None:
    """Makes this worker the one whose chunks hold. None when there is nothing to run."""
    worker = uuid.uuid4().hex
    with transaction():
        mine = {"worker": worker, "beat_at": now()}
        statement = update(Import).where(Import.id == import_id, Import.state == RUNNING).values(mine)
        row = db.session.execute(statement.returning(*Import.__table__.c)).first()
    if row is None or row.digest is None:
        return None
    return Course(
        row.id, worker, KINDS[row.kind], row.digest, row.heading_row, row.mapping, row.place, row.trial, row.person_id
    )


def is_alive(run: Import) -> bool:
    """Whether a worker is at it, as far as one can see from outside."""
    return bool(run.worker) and not is_silent(run)


def is_silent(run: Import) -> bool:
    """Whether nobody has got further for so long that somebody should look."""
    return run.beat_at is None or run.beat_at <= now() - ALIVE


def read_lines(course: Course) -> Iterator[Line]:
    """Every row of the file, read and compared with those before it. Rows that were settled earlier are read again,
    because a later row may contradict them."""
    memory = rules.Memory()
    for number, cells in reading.rows(files.read(course.digest)):
        if number > course.heading_row:
            yield compared(memory, course.kind, course.kind.read(number, cells, course.mapping))


def compared(memory: rules.Memory, kind: Kind, line: Line) -> Line:
    if line.reasons:
        return line
    claims = kind.claims(line.said)
    earlier = memory.contradiction(claims)
    if earlier is not None:
        line.reasons.append(["", "contradiction", {"row": earlier}])
    else:
        memory.keep(line.number, claims)
    return line


def behind(place: int, lines: Iterator[Line]) -> Iterator[Line]:
    return (line for line in lines if line.number > place)


def settle(course: Course, planner: Planner, lines: list[Line], place: int) -> tuple[int, int]:
    """One chunk, in one transaction: rows, history, refused rows, place. How many rows are done and refused by now.

    Raises Overtaken when the import does not stand at `place` in this worker's hands any more.
    """
    with transaction():
        take_turn()
        plans = [Plan(line, REFUSED, line.reasons) for line in lines if line.reasons]
        plans += stored(course, planner, [line for line in lines if not line.reasons])
        refused = [plan for plan in plans if plan.outcome == REFUSED]
        if refused:
            db.session.execute(insert(RefusedRow), [refused_row(course, plan) for plan in refused])
        return advance(course, plans, place, lines[-1].number)


def take_turn() -> None:
    """On SQLite whoever writes is alone already."""
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))


def stored(course: Course, planner: Planner, lines: list[Line]) -> list[Plan]:
    """Plans the rows and writes them at once. When the database refuses something in them they are tried one by one,
    so that a single odd row does not take the others with it."""
    if not lines:
        return []
    try:
        return attempted(course, planner, lines)
    except (IntegrityError, DataError):
        return [plan for line in lines for plan in alone(course, planner, line)]


def alone(course: Course, planner: Planner, line: Line) -> list[Plan]:
    try:
        return attempted(course, planner, [line])
    except (IntegrityError, DataError):
        return [Plan(line, REFUSED, [["", "not_stored", {}]])]


def attempted(course: Course, planner: Planner, lines: list[Line]) -> list[Plan]:
    with db.session.begin_nested():
        batch = Batch(course.person_id, str(course.id))
        plans = planner.plan(lines, batch)
        if not course.trial:
            batch.write(planner.tables)
        return plans


def refused_row(course: Course, plan: Plan) -> dict[str, Any]:
    line = plan.line
    return {"import_id": course.id, "number": line.number, "cells": line.cells, "reasons": plan.reasons}


def advance(course: Course, plans: list[Plan], place: int, reached: int) -> tuple[int, int]:
    counts = {outcome: sum(1 for plan in plans if plan.outcome == outcome) for outcome in OUTCOMES}
    more = {f"{outcome}_rows": getattr(Import, f"{outcome}_rows") + count for outcome, count in counts.items()}
    mine = (Import.id == course.id, Import.worker == course.worker, Import.state == RUNNING, Import.place == place)
    statement = update(Import).where(*mine).values(place=reached, beat_at=now(), **more)
    returned = statement.returning(Import.new_rows, Import.changed_rows, Import.same_rows, Import.refused_rows)
    found = db.session.execute(returned, execution_options={"synchronize_session": False}).first()
    if found is None:
        raise Overtaken
    return sum(found), found[-1]


def let_go(course: Course) -> None:
    """The next one need not wait until this worker is taken to be dead."""
    with transaction():
        mine = (Import.id == course.id, Import.worker == course.worker)
        db.session.execute(update(Import).where(*mine).values(worker=""))


def finish(course: Course) -> None:
    with transaction():
        mine = (Import.id == course.id, Import.worker == course.worker, Import.state == RUNNING)
        ended = {"state": DONE, "worker": "", "finished_at": now()}
        if db.session.execute(update(Import).where(*mine).values(ended).returning(Import.id)).first() is None:
            raise Overtaken
        run = db.session.get_one(Import, course.id, populate_existing=True)
        run.total = run.done_rows
        verb = "try_import" if run.trial else "import_rows"
        history.record(verb, run, person_id=run.person_id, kind=run.kind, **run.counts)


def preview(run: Import) -> list[Plan]:
    """What would become of the first rows. Nothing is written."""
    kind = KINDS[run.kind]
    memory, planner = rules.Memory(), kind.planner(trial=True)
    lines = [compared(memory, kind, kind.read(number, cells, run.mapping)) for number, cells in run.sample]
    good = [line for line in lines if not line.reasons]
    plans = {plan.line.number: plan for plan in planner.plan(good, Batch(None, ""))} if good else {}
    return [plans.get(line.number) or Plan(line, REFUSED, line.reasons) for line in lines]
