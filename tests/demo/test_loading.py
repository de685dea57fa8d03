"""The whole company goes through the features' verbs into an empty database of either kind."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import cli, create_app, files, jobs
from portal.accounts.models import Person, SignIn
from portal.accounts.operations import specimen_of
from portal.admin.details import NAMES, is_told, value_word
from portal.admin.words import RECORDS, VERBS
from portal.calls.models import Repeat, Visit
from portal.clock import local, now
from portal.config import from_environment
from portal.customers.stops import all_standing
from portal.db import db
from portal.demo import load, move_to_today
from portal.demo.times import at
from portal.history import HistoryEntry
from portal.reports.models import Report, Survey, newest_report
from portal.reports.oversight import doubtful, marks
from portal.signing.operations import content_of, evidence_of, verify_chain
from portal.stock.checks import audit
from portal.stock.models import find_van
from portal.visits.habits import candidates
from portal.visits.models import Reading, live_time_entries, open_clock
from tests.databases import administer, postgres_url, settings
from tests.servers import copy_instance

CLOSED_LISTS = ("absence", "before", "condition", "decision", "device", "locale", "method", "outcome", "roles", "state")


@pytest.fixture
def empty(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A migrated database with nobody in it."""
    name, url = f"demo{uuid.uuid4().hex}", f"sqlite:///{tmp_path / 'portal.sqlite'}"
    if engine == "postgresql":
        host = request.getfixturevalue("postgres")
        administer(host, f"CREATE DATABASE {name}")
        url = postgres_url(host, name)
    app = create_app(settings(url, tmp_path))
    with app.app_context():
        cli.upgrade()
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def loaded(demo_instance: Path, tmp_path: Path) -> Iterator[Flask]:
    """The company as `flask demo load` left it: a copy of the one that is made once a run, with its own keys."""
    app = create_app(from_environment({"PORTAL_INSTANCE": str(copy_instance(demo_instance, tmp_path / "instance"))}))
    with app.app_context():
        yield app
        db.session.rollback()
        db.session.remove()
        db.engine.dispose()


def person(username: str) -> Person:
    return db.session.scalars(select(Person).where(Person.username == username)).unique().one()


def test_the_company_is_whole(empty: Flask) -> None:
    cast = load()
    zhang = cast.people["zhang"]
    assert audit().problems == []
    assert verify_chain() == []
    assert without_words() == set(), "add them to portal/admin/details.py or words.py"
    assert open_clock(zhang) is None
    assert db.session.scalar(select(func.count()).where(SignIn.ended_at.is_(None))) == 0

    todays = [visit for visit in visits_of(zhang) if is_today(visit)]
    states = [visit.state for visit in todays]
    assert len(todays) >= 4 and len(set(states)) >= 3 and "assigned" in states
    ready = next(visit for visit in todays if visit.call.description.startswith("家里的跑步机"))
    unit = ready.call.equipment
    held = {one.held.item.code: one.held.quantity for one in candidates(ready, unit.product_id, find_van(zhang))}
    assert held["TM-OIL-100"] >= 2 and held["TM-BELT-1300"] >= 1

    waiting = select(Report).join(Report.visit).where(Visit.state.in_(("signed", "unsigned")))
    assert len(db.session.scalars(waiting).all()) >= 3
    assert set(db.session.scalars(select(Survey.state))) == {"answered", "declined"}
    assert any(visit.window_end < now() and visit.state == "assigned" for visit in visits_of(zhang))


def test_the_manager_finds_one_example_of_each_and_nothing_ordinary(loaded: Flask) -> None:
    found = doubtful(90)
    assert [(doubt.kind, doubt.person) for doubt in found] == [("quick", "王样本"), ("same_ink", "李示例")]
    quick, same = found
    assert quick.seconds == 9
    assert [mark.signer for mark in same.marks] == ["前台假设小姐", "值班室假定师傅"]
    assert doubtful(30) == found

    signed = list(marks(now() - timedelta(days=90)))
    reading = [(mark.signed_at - mark.opened_at).total_seconds() for mark in signed if mark.opened_at]
    assert len(reading) >= 10 and len(set(reading)) > 8
    assert all(60 <= seconds <= 240 for seconds in reading if seconds != 9)


def test_honest_ends_and_second_tries_are_told(loaded: Flask) -> None:
    for username in ("zhang", "li", "wang"):
        assert specimen_of(person(username)) is not None
    told = [(report, evidence_of(report.document)) for report in db.session.scalars(select(Report))]
    ends = {evidence["absence"]: (report, evidence) for report, evidence in told if "absence" in evidence}
    refused, evidence = ends["refused"]
    assert refused.visit.state == "unsigned" and "今天不签" in evidence["reason"]

    sheet, evidence = next((report, evidence) for report, evidence in told if evidence["method"] == "paper")
    assert sheet.visit.state == "signed" and sheet.needs_acknowledgement
    assert evidence["technicians"][0]["name"] == "王样本"
    assert files.read(evidence["photo"]).startswith(b"\xff\xd8")

    (voided,) = [report for report, _evidence in told if report.void]
    again = newest_report(voided.visit)
    assert again is not None and (voided.revision, again.revision) == (1, 2) and again.signed and not again.void

    absent, _evidence = ends["absent"]
    first, second = absent.visit.call.visits
    assert (first.state, second.state) == ("unsigned", "assigned")
    assert [(entry.kind, entry.cause) for entry in live_time_entries(first) if entry.kind == "wait"] == [
        ("wait", "customer")
    ]


def test_the_same_component_comes_back_after_twelve_days_and_a_cracked_weld_stops_a_unit(loaded: Flask) -> None:
    (repeat,) = db.session.scalars(select(Repeat))
    assert (repeat.days, repeat.serial_no, repeat.component) == (12, "DEMO-IN01-00103", "TM-P05")

    (stop,) = all_standing()
    assert stop.equipment.serial_no == "SAMPLE-OUT01-00521" and stop.equipment.stopped_at is not None
    letters = sorted(jobs.about(f"use_stop:{stop.id}"), key=lambda job: job.kind)
    assert [(job.kind, job.state) for job in letters] == [("use_stop", "waiting"), ("use_stop_office", "waiting")]
    assert letters[1].payload["person"] == str(person("zhao").id)

    report = newest_report(db.session.get_one(Visit, stop.source_id))
    assert report is not None
    content = content_of(report.document)
    assert content["do_not_use"] and content["technician_names"] == ["王样本", "张演示", "李示例"]
    assert {mark["name"] for mark in evidence_of(report.document)["technicians"]} == set(content["technician_names"])


def test_readings_name_their_instrument_and_two_visits_are_flagged(loaded: Flask) -> None:
    taken: dict[str, list[str]] = {}
    for reading in db.session.scalars(select(Reading).order_by(Reading.occurred_at)).unique():
        assert reading.tool is not None
        taken.setdefault(reading.tool.number, []).append(reading.calibration_state)
    assert taken["GJ-002"] == ["due_soon", "due_soon", "overdue", "overdue"] and set(taken["GJ-001"]) == {"valid"}

    contents = [content_of(report.document) for report in db.session.scalars(select(Report))]
    flagged = [c for c in contents if any(line["calibration"] == "overdue" for line in instruments(c))]
    assert len(flagged) == 2
    printed = next(c for c in contents if (c["work_done"] or "").startswith("电源开关内积尘"))
    assert {line["name"] for line in instruments(printed)} == {"数字万用表", "钳形电流表"}


def instruments(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [reading["instrument"] for reading in content.get("readings") or [] if reading["instrument"]]


def test_two_days_later_the_open_plans_are_moved_and_nothing_else(loaded: Flask) -> None:
    run = loaded.test_cli_runner()
    again = run.invoke(args=["demo", "load"])
    assert again.exit_code == 1 and "already" in again.output

    before = {visit.id: (visit.state, visit.window_start) for visit in db.session.scalars(select(Visit))}
    with at(now() + timedelta(days=2)):
        moved = move_to_today()
        assert run.invoke(args=["demo", "today"]).output == "Moved 0 open visits.\n"
    kept = {"signed", "unsigned", "approved"}
    for visit in db.session.scalars(select(Visit)):
        state, start = before[visit.id]
        assert visit.state == state
        assert visit.window_start == start + timedelta(days=0 if state in kept else 2)
    assert moved == sum(state not in kept for state, _start in before.values())


def without_words() -> set[str]:
    """What the history of the whole company says that has no words: records, verbs, fields, and codes of closed
    lists."""
    lacking: set[str] = set()
    for entry in db.session.scalars(select(HistoryEntry)):
        lacking |= {entry.subject_kind} - set(RECORDS) | {entry.verb} - set(VERBS)
        for key, value in entry.details.items():
            name = key.partition(".")[0]
            if not is_told(name, value):
                continue
            lacking |= {name.partition(" ")[0]} - set(NAMES)
            if name in CLOSED_LISTS and not any(value_word(name, one, {}) != one for one in str(value).split(",")):
                lacking.add(f"{name}={value}")
    return lacking


def visits_of(person: Person) -> list[Visit]:
    return list(db.session.scalars(select(Visit).where(Visit.person_id == person.id)))


def is_today(visit: Visit) -> bool:
    assert visit.window_start is not None
    return local(visit.window_start, visit.zone).date() == local(now(), visit.zone).date()
