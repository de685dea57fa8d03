"""Workers: each job once however many there are, whatever dies; what failed is tried again or waits for a person."""

import contextvars
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import jobs, worker
from portal.clock import now
from portal.db import db, transaction
from portal.errors import Conflict, Rejected
from portal.history import HistoryEntry, record
from portal.jobs import Job
from portal.worker import Worker
from tests.jobs.conftest import crew, found, post, work
from tests.jobs.mailserver import MailServer
from tests.servers import ROOT, Server

LETTERS, WORKERS = 60, 4
only_sqlite = pytest.mark.engine("sqlite")


def enqueue(kind: str, key: str = "one", **more: Any) -> Any:
    job_id = jobs.enqueue(kind, key=key, **more).id
    db.session.commit()
    return job_id


def notes() -> int:
    """How often the handlers below had their effect in the database."""
    return db.session.query(HistoryEntry).filter_by(verb="noted").count()


def test_four_workers_send_each_of_sixty_letters_once(
    post_office: MailServer, database_url: str, tmp_path: Path
) -> None:
    for n in range(LETTERS):
        post(f"letter {n}")
    process = crew(WORKERS, database_url, tmp_path, post_office.url)
    process.wait(60)
    said = (tmp_path / "crew.log").read_text()
    shares = [int(line) for line in said.split()]
    assert Counter(post_office.subjects()) == Counter(f"letter {n}" for n in range(LETTERS)), said[-2000:]
    assert sum(shares) == LETTERS and sum(share > 0 for share in shares) > 1, "several took part"
    assert jobs.counts() == {"done": LETTERS, "waiting": 0, "running": 0, "stuck": 0, "aside": 0}


def test_a_worker_killed_while_it_sends_leaves_the_letter_to_a_person(
    app: Flask, post_office: MailServer, world: Any, sign_in: Any, database_url: str, tmp_path: Path
) -> None:
    released = post_office.hold_answers()
    job_id = post()
    process = crew(1, database_url, tmp_path, post_office.url)
    assert post_office.seen.wait(20)
    assert found(job_id).state == "running"
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    released.set()
    assert work(app) == {}, "its lease has not ended"
    world.set_clock(now() + jobs.LEASE + timedelta(seconds=1))
    assert work(app) == {}
    assert (found(job_id).state, found(job_id).error) == ("stuck", "interrupted: may have had its effect")
    assert len(post_office.letters) == 1
    admin = sign_in("admin", "laptop")
    page = admin.get("/jobs")
    assert page.one("#stuck [data-job]")["data-job"] == str(job_id)
    assert "可能已生效" in page.text
    assert admin.post(f"/jobs/{job_id}/retry").status == 303
    assert work(app) == {"done": 1}
    assert len({letter["Message-ID"] for letter in post_office.letters}) == 1, "the receiver can tell the repeat"


def test_a_rolled_back_transaction_enqueues_nothing(app: Flask) -> None:
    def refused() -> None:
        with transaction():
            jobs.enqueue("mail", key="lost")
            raise Rejected("no")

    with pytest.raises(Rejected):
        refused()
    assert db.session.query(Job).count() == 0


def test_a_key_is_enqueued_once(app: Flask) -> None:
    first = jobs.enqueue("mail", key="report:7:1", about="report:7", to="a@example.com")
    second = jobs.enqueue("mail", key="report:7:1", about="report:7", to="b@example.com")
    assert first.id == second.id and second.payload == {"to": "a@example.com"}
    assert jobs.about("report:7") == [first]
    db.session.commit()


def test_a_second_transaction_with_the_same_key_waits_for_the_first_and_gets_its_job(app: Flask) -> None:
    first, second = jobs.enqueue("mail", key="twice").id, []

    def other() -> None:
        with app.app_context(), transaction():
            second.append(jobs.enqueue("mail", key="twice").id)

    thread = threading.Thread(target=contextvars.Context().run, args=(other,))
    thread.start()
    time.sleep(0.1)
    assert not second
    db.session.commit()
    thread.join(10)
    assert second == [first]


def test_the_effect_and_the_end_are_one_transaction(app: Flask, kinds: Any, world: Any) -> None:
    @jobs.handler("note")
    def note(job: Job) -> None:
        record("noted", job)
        db.session.flush()
        if job.attempts == 1:
            raise ValueError("a text that may hold a name")

    job_id = enqueue("note")
    assert work(app) == {"failed": 1}
    assert (notes(), found(job_id).error) == (0, "unexpected failure · ValueError")
    world.set_clock(now() + jobs.DELAYS[0])
    assert work(app) == {"done": 1}
    assert (notes(), found(job_id).attempts, found(job_id).error) == (1, 2, "")


@only_sqlite
def test_a_failure_after_the_effect_is_not_tried_again(app: Flask, kinds: Any) -> None:
    @jobs.handler("call out")
    def call_out(job: Job) -> None:
        jobs.had_effect()
        raise OSError

    job_id = enqueue("call out")
    assert work(app) == {"stuck": 1}
    assert found(job_id).error == "interrupted: may have had its effect"


def test_a_repeatable_kind_goes_back_to_waiting_and_the_late_worker_changes_nothing(
    app: Flask, kinds: Any, world: Any
) -> None:
    @jobs.handler("count", repeatable=True)
    def count(job: Job) -> None:
        record("noted", job)
        if job.attempts == 1:
            db.session.rollback()  # an open transaction would keep the other worker out
            world.set_clock(now() + jobs.LEASE * 2)
            contextvars.Context().run(Worker(app).drain)
            record("noted", job)

    job_id = enqueue("count")
    assert work(app) == {"lost": 1}
    assert (notes(), found(job_id).state, found(job_id).attempts) == (1, "done", 2)


def test_only_a_stuck_job_is_put_aside_and_then_nothing_moves_it_but_a_person(
    app: Flask, kinds: Any, world: Any
) -> None:
    """Neither a worker, nor the end of a lease, nor the same cause once more; of two people the second one is late."""
    tried: list[str] = []

    @jobs.handler("refuse", repeatable=True)
    def refuse(job: Job) -> None:
        tried.append(job.key)
        raise jobs.Refused("no")

    job_id = enqueue("refuse")
    with pytest.raises(Conflict):
        jobs.leave(found(job_id))
    assert work(app) == {"stuck": 1}
    jobs.leave(found(job_id))
    with pytest.raises(Conflict):
        jobs.leave(db.session.get_one(Job, job_id))
    assert enqueue("refuse") == job_id
    world.set_clock(now() + jobs.LEASE * 2)
    assert work(app) == {} and tried == ["one"]
    assert jobs.counts() == {"stuck": 0, "waiting": 0, "running": 0, "done": 0, "aside": 1}
    jobs.again(found(job_id))
    assert work(app) == {"stuck": 1} and tried == ["one", "one"]


def test_two_people_who_decide_at_once_decide_once(app: Flask, kinds: Any) -> None:
    @jobs.handler("refuse")
    def refuse(job: Job) -> None:
        raise jobs.Refused("no")

    job_id = enqueue("refuse")
    work(app)
    ends, gate = [], threading.Barrier(2)

    def decide(verb: Any) -> None:
        with app.app_context():
            gate.wait()
            try:
                with transaction():
                    verb(db.session.get_one(Job, job_id))
                ends.append(verb.__name__)
            except Conflict:
                pass

    threads = [threading.Thread(target=decide, args=(jobs.leave,)) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == ["leave"] and found(job_id).state == "aside"


@only_sqlite
def test_a_late_worker_does_not_end_the_try_of_another(app: Flask, kinds: Any, world: Any) -> None:
    def claim_it() -> None:
        with app.app_context(), transaction():
            worker.lapse()
            assert worker.claim_next(["count"])

    @jobs.handler("count", repeatable=True)
    def count(job: Job) -> None:
        db.session.rollback()
        world.set_clock(now() + jobs.LEASE * 2)
        contextvars.Context().run(claim_it)
        record("noted", job)

    job_id = enqueue("count")
    assert work(app) == {"lost": 1}
    assert (notes(), found(job_id).state, found(job_id).attempts) == (0, "running", 2)


@only_sqlite
def test_a_kind_that_cannot_be_done_yet_holds_up_no_other(app: Flask, kinds: Any, world: Any) -> None:
    @jobs.handler("note")
    def note(job: Job) -> None:
        record("noted", job)

    letters = [post(), post()]
    enqueue("note")
    assert work(app) == {"put off": 1, "done": 1}
    assert {found(letter).state for letter in letters} == {"waiting"}


def test_a_daily_job_is_enqueued_once_a_day_by_whichever_worker_comes_first(app: Flask, kinds: Any, world: Any) -> None:
    @jobs.handler("night round", repeatable=True)
    def night_round(job: Job) -> None:
        record("noted", job)

    jobs.daily("night round", hour_utc=2)
    for hour, expected in ((1, 0), (2, 1), (3, 1), (23, 1)):
        world.set_clock(datetime(2026, 11, 24, hour, tzinfo=UTC))
        work(app), work(app)
        assert notes() == expected
    world.set_clock(datetime(2026, 11, 25, 2, tzinfo=UTC))
    assert work(app) == {"done": 1}
    assert notes() == 2


@only_sqlite
def test_a_letter_on_its_way_holds_no_lock(app: Flask, post_office: MailServer) -> None:
    """A mail server may think for a while; meanwhile everybody else writes."""
    released = post_office.hold_answers()
    post()
    thread = threading.Thread(target=contextvars.Context().run, args=(Worker(app).drain,))
    thread.start()
    try:
        assert post_office.seen.wait(10)
        begun = time.monotonic()
        jobs.enqueue("mail", key="meanwhile", due_at=now() + timedelta(days=1))
        db.session.commit()
        assert time.monotonic() - begun < 5
    finally:
        released.set()
        thread.join(10)
    assert jobs.counts()["done"] == 1


@only_sqlite
def test_work_once_says_how_it_went(app: Flask, post_office: MailServer) -> None:
    post(), post(to="nobody"), post()
    result = contextvars.Context().run(app.test_cli_runner().invoke, args=["work", "--once"])
    assert result.output == "2 done, 0 failed (tried again later), 1 stuck.\n"
    app.config["SMTP_URL"] = ""
    post()
    result = contextvars.Context().run(app.test_cli_runner().invoke, args=["work", "--once"])
    assert "0 done" in result.output and "mail wait" in result.output


@only_sqlite
def test_work_runs_until_it_is_told_to_stop(post_office: MailServer, database_url: str, tmp_path: Path) -> None:
    post()
    environment = Server(tmp_path, database_url).environment | {"PORTAL_SMTP_URL": post_office.url}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "work"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    assert post_office.seen.wait(20)
    process.terminate()
    _out, errors = process.communicate(timeout=10)
    assert process.returncode == 0, errors
    assert db.session.scalar(select(Job.state).where(Job.kind == "mail")) == "done"  # what is due each day too


@only_sqlite
def test_a_worker_beside_the_server_sends_and_stops_with_it(app: Flask, post_office: MailServer) -> None:
    post()
    with worker.beside(app):
        assert post_office.seen.wait(10)
    assert jobs.counts()["done"] == 1
    assert "worker" not in {thread.name for thread in threading.enumerate()}
