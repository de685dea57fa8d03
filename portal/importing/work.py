"""Jobs: reading a file, running an import for a while at a time, and forgetting what is old.

A job runs two minutes at most and then hands over to the next one, so that mail does not wait behind a long file and
the lease of a job never ends under it. All are repeatable: what they did is in the database, and they go on from there.
"""

import uuid

from portal import jobs
from portal.db import db, transaction
from portal.i18n import lazy
from portal.importing import operations, running
from portal.importing.models import READING, Import

SECONDS = 120.0


@jobs.handler(operations.JOB, words=lazy("Bring in a spreadsheet"), repeatable=True)
def carry_on(job: jobs.Job) -> None:
    import_id = uuid.UUID(job.payload["import_id"])
    run = db.session.get_one(Import, import_id)
    state, alive = run.state, running.is_alive(run)
    db.session.rollback()  # each chunk is a transaction of its own
    if state == READING:
        running.look(import_id)
    elif not alive:
        run_for_a_while(import_id)


def run_for_a_while(import_id: uuid.UUID) -> None:
    try:
        stopped = running.go_on(import_id, seconds=SECONDS)
    except running.Overtaken:
        return
    if stopped is not None:
        with transaction():
            operations.run_later(db.session.get_one(Import, import_id))


@jobs.handler("forget_imports", words=lazy("Remove old spreadsheets"), repeatable=True)
def forget(_job: jobs.Job) -> None:
    operations.forget_old()


jobs.daily("forget_imports", hour_utc=1)
