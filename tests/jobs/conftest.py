"""A mail server and letters that wait for it."""

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import jobs
from portal.db import db
from portal.jobs import Job
from portal.worker import Worker
from tests import forks
from tests.jobs.mailserver import MailServer
from tests.servers import Server


@pytest.fixture
def post_office(app: Flask) -> Iterator[MailServer]:
    """A mail server that answers, and an app that knows it."""
    server = MailServer()
    app.config["SMTP_URL"] = server.url
    with server.up():
        yield server


@pytest.fixture
def kinds() -> Iterator[dict[str, Any]]:
    """The registered kinds, put back after a test that adds its own."""
    before, daily = dict(jobs.KINDS), dict(jobs.DAILY)
    yield jobs.KINDS
    for registry, kept in ((jobs.KINDS, before), (jobs.DAILY, daily)):
        registry.clear()
        registry.update(kept)


def post(subject: str = "服务报告", **payload: Any) -> uuid.UUID:
    """A letter that waits, committed."""
    letter = {"to": "customer@example.com", "subject": subject, "text": "您好，报告见附件。", **payload}
    job = jobs.enqueue("mail", key=f"test:{uuid.uuid4()}", about="report:1", **letter)
    job_id = job.id
    db.session.commit()
    return job_id


def work(app: Flask) -> dict[str, int]:
    """Runs what is due and says how it ended."""
    db.session.commit()
    ends = Worker(app).drain()
    db.session.expire_all()
    return dict(ends)


def found(job_id: uuid.UUID) -> Job:
    """The job as it stands now."""
    db.session.rollback()
    return db.session.get_one(Job, job_id)


def crew(number: int, database_url: str, instance: Path, smtp_url: str) -> forks.Fork:
    """Starts workers as processes; what they say stands in `crew.log`."""
    db.session.commit()
    environment = Server(instance, database_url).environment | {"PORTAL_SMTP_URL": smtp_url}
    return forks.start(environment, instance / "crew.log", "tests.jobs.crew", str(number))
