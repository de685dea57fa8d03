"""The verbs of an import: send a file, choose columns, run it, let a dead one go on, forget what is old."""

import uuid
from datetime import timedelta

from sqlalchemy import delete, select, update

from portal import files, history, jobs
from portal.accounts.models import Person
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import _, lazy
from portal.importing import reading
from portal.importing.kinds import KINDS
from portal.importing.models import COLUMNS, DONE, RUNNING, Import, RefusedRow
from portal.importing.running import is_silent

KEPT = timedelta(days=30)
JOB = "import"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def send_file(kind: str, file_name: str, content: bytes, *, person: Person | None) -> Import:
    """Keeps the file; whoever calls this has it read next. Raises Rejected when it is no spreadsheet that we read."""
    reading.check(content)
    digest = files.keep(content, XLSX if content.startswith(b"PK") else "text/csv")
    run = Import(
        kind=kind,
        file_name=file_name[-200:] or "–",
        digest=digest,
        person_id=person.id if person else None,
        created_at=now(),
    )
    db.session.add(run)
    db.session.flush()
    history.record("send_import", run, person_id=run.person_id, kind=kind)
    return run


def read_later(run: Import) -> None:
    jobs.enqueue(JOB, key=f"import:{run.id}:read", about=f"import:{run.id}", import_id=str(run.id))


def choose_columns(run: Import, mapping: list[str]) -> None:
    """The person's word on what each column means. Raises Rejected when a needed one is missing or one comes twice."""
    refuse_unsettled(run)
    check_columns(run, mapping)
    if mapping != run.mapping:
        run.mapping, run.state = mapping, COLUMNS


def check_columns(run: Import, mapping: list[str]) -> None:
    kind = KINDS[run.kind]
    twice = next((name for name in mapping if name and mapping.count(name) > 1), None)
    if twice:
        column = kind.column(twice)
        raise Rejected(_("Two columns mean the same: %(column)s.", column=column.words if column else twice))
    for group in kind.needed:
        if not set(group) & set(mapping):
            names = _(" or ").join(str(column.words) for column in kind.columns if column.field in group)
            raise Rejected(_("No column holds this: %(column)s. Choose one, or add it to the file.", column=names))


def run_import(run: Import, *, trial: bool) -> None:
    """Starts at the top. A trial runs over all rows and changes nothing; it can be followed by the import itself."""
    refuse_unsettled(run)
    check_columns(run, run.mapping)
    db.session.execute(delete(RefusedRow).where(RefusedRow.import_id == run.id))
    fresh = {
        "state": RUNNING,
        "trial": trial,
        "place": 0,
        "attempt": Import.attempt + 1,
        "worker": "",
        "beat_at": now(),
    }
    fresh |= {"new_rows": 0, "changed_rows": 0, "same_rows": 0, "refused_rows": 0, "finished_at": None}
    started = update(Import).where(Import.id == run.id, Import.state != RUNNING).values(fresh).returning(Import.id)
    if db.session.execute(started, execution_options={"synchronize_session": False}).first() is None:
        raise running_already()
    db.session.refresh(run)


def refuse_unsettled(run: Import) -> None:
    if run.state == RUNNING:
        raise running_already()
    if run.digest is None or run.state not in (COLUMNS, DONE) or (run.state == DONE and not run.trial):
        raise Conflict(_("This import has ended. Send the file again."))


def running_already() -> Conflict:
    return Conflict(lazy("This import is running already."))


def run_later(run: Import) -> None:
    """A job for the way from here; its key tells it from those before."""
    key = f"import:{run.id}:{run.attempt}:{run.place}:{uuid.uuid4().hex[:8]}"
    jobs.enqueue(JOB, key=key, about=f"import:{run.id}", import_id=str(run.id))


def resume(run: Import) -> None:
    """Goes on behind the last stored row after a worker has died. Raises Conflict while one is alive."""
    if run.state != RUNNING or run.digest is None or not is_silent(run):
        raise Conflict(_("This import is running, or it has ended."))
    run.beat_at, run.worker = now(), ""
    history.record("resume_import", run)
    run_later(run)


def unfinished(kind: str, digest: str, *, trial: bool) -> Import | None:
    """An import of the same file that was broken off: it is carried on rather than begun again."""
    same = (Import.kind == kind, Import.digest == digest, Import.trial == trial, Import.state == RUNNING)
    return db.session.scalars(select(Import).where(*same).order_by(Import.created_at.desc()).limit(1)).first()


def forget_old() -> int:
    """Removes files, samples and refused rows of imports that are older than 30 days. How many."""
    old = select(Import).where(Import.created_at < now() - KEPT, Import.forgotten_at.is_(None))
    runs = list(db.session.scalars(old))
    digests = {run.digest for run in runs if run.digest}
    for run in runs:
        db.session.execute(delete(RefusedRow).where(RefusedRow.import_id == run.id))
        run.digest, run.sample, run.forgotten_at = None, [], now()
    db.session.flush()
    still = set(db.session.scalars(select(Import.digest).where(Import.digest.in_(digests))))
    files.forget(digests - still)
    return len(runs)


__all__ = [
    "check_columns", "choose_columns", "forget_old", "read_later", "resume", "run_import", "run_later", "send_file",
    "unfinished",
]  # fmt: skip
