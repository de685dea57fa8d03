"""The whole company goes through the features' verbs into an empty database of either kind."""

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import cli, create_app
from portal.accounts.models import Person, SignIn
from portal.calls.models import Visit
from portal.clock import local, now
from portal.db import db
from portal.demo import load, move_to_today
from portal.demo.times import at
from portal.reports.models import Report, Survey
from portal.signing.operations import verify_chain
from portal.stock.checks import audit
from portal.stock.models import find_van, usual_parts
from portal.visits.models import open_clock
from tests.conftest import administer, postgres_url, settings


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


def test_the_company_is_whole(empty: Flask) -> None:
    cast = load()
    zhang = cast.people["zhang"]
    assert audit().problems == []
    assert verify_chain() == []
    assert open_clock(zhang) is None
    assert db.session.scalar(select(func.count()).where(SignIn.ended_at.is_(None))) == 0

    todays = [visit for visit in visits_of(zhang) if is_today(visit)]
    states = [visit.state for visit in todays]
    assert len(todays) >= 4 and len(set(states)) >= 3 and "assigned" in states
    ready = next(visit for visit in todays if visit.call.description.startswith("家里的跑步机"))
    held = {line.item.code: line.quantity for line in usual_parts(ready.call.equipment.product_id, find_van(zhang))}
    assert held["TM-OIL-100"] >= 2 and held["TM-BELT-1300"] >= 1

    waiting = select(Report).join(Report.visit).where(Visit.state.in_(("signed", "unsigned")))
    assert len(db.session.scalars(waiting).all()) >= 3
    assert set(db.session.scalars(select(Survey.state))) == {"answered", "declined"}
    assert any(visit.window_end < now() and visit.state == "assigned" for visit in visits_of(zhang))


@pytest.mark.engine("sqlite")
def test_two_days_later_the_open_plans_are_moved_and_nothing_else(empty: Flask) -> None:
    run = empty.test_cli_runner()
    assert "zhang" in run.invoke(args=["demo", "load"]).output
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


def visits_of(person: Person) -> list[Visit]:
    return list(db.session.scalars(select(Visit).where(Visit.person_id == person.id)))


def is_today(visit: Visit) -> bool:
    assert visit.window_start is not None
    return local(visit.window_start, visit.zone).date() == local(now(), visit.zone).date()
