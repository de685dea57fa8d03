"""`/jobs`: what waits for a worker, and what waits for a person, who starts it again or puts it aside."""

import uuid
from typing import Any

from flask import Blueprint, Flask, abort, flash, redirect, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from portal import history, jobs, mail
from portal.forms import EntryForm, VerbForm
from portal.htmx import page
from portal.i18n import _, lazy
from portal.permissions import Permission, requires

bp = Blueprint("jobs", __name__, url_prefix="/jobs")
MOST_SHOWN = 100
STATE_WORDS = {
    jobs.STUCK: lazy("Stuck"),
    jobs.WAITING: lazy("Queued"),
    jobs.RUNNING: lazy("Running"),
    jobs.DONE: lazy("Done"),
    jobs.ASIDE: lazy("Put aside"),
}
ABOUT_WORDS = {
    "import": lazy("Import of a spreadsheet"),
    "report": lazy("Report"),
    "use_stop": lazy("Not to be used"),
}


def about_words(job: jobs.Job) -> str:
    """What the job is for: the kind of record with the head of its id, which tells two of them apart; else its own
    name."""
    kind, _colon, record_id = job.about.partition(":")
    return f"{ABOUT_WORDS[kind]} {record_id[:8]}" if kind in ABOUT_WORDS else job.about or job.key


def init_app(app: Flask) -> None:
    app.register_blueprint(bp)


@bp.get("")
@requires(Permission.JOBS_VIEW)
def index() -> BaseResponse:
    return jobs_page()


@bp.post("/<uuid:job_id>/retry")
@requires(Permission.JOBS_MEND)
def retry(job_id: uuid.UUID) -> BaseResponse:
    job, form = jobs.find(job_id) or abort(404), VerbForm()
    if form.accepted():
        with form.refusals():
            jobs.again(job)
            history.record("retry_job", job, kind=job.kind)
            flash(_("The job waits for its next try."))
            return redirect(url_for("jobs.index"), 303)
    return jobs_page(form)


@bp.route("/<uuid:job_id>/leave", methods=["GET", "POST"])
@requires(Permission.JOBS_MEND)
def leave(job_id: uuid.UUID) -> BaseResponse:
    job, form = jobs.find(job_id) or abort(404), VerbForm()
    if form.accepted():
        with form.refusals():
            jobs.leave(job)
            history.record("leave_job", job, kind=job.kind)
            flash(_("The job was put aside."))
            return redirect(url_for("jobs.index"), 303)
    return page("jobs/leave.html", form=form, job=job, **words())


def jobs_page(form: EntryForm | None = None) -> BaseResponse:
    counts = jobs.counts()
    return page(
        "jobs/index.html",
        form=form,
        counts=counts,
        state_words=STATE_WORDS,
        stuck=jobs.stuck(MOST_SHOWN),
        waiting=jobs.waiting(MOST_SHOWN),
        aside=jobs.put_aside(MOST_SHOWN) if counts[jobs.ASIDE] else [],
        again_words=lambda job: str(jobs.KINDS[job.kind].again if job.kind in jobs.KINDS else _("Try again")),
        mail_waits=not mail.is_configured(),
        **words(),
    )


def words() -> dict[str, Any]:
    """What the lines of a job need."""
    return {
        "kind_words": lambda job: str(jobs.KINDS[job.kind].words if job.kind in jobs.KINDS else job.kind),
        "about_words": about_words,
        "error_words": jobs.error_words,
        "zone": current_user.branch.time_zone,
    }
