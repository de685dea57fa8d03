"""A long past beside the company: visits and movements as asked for, sealed and balanced, and the same again."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import cli, create_app
from portal.calls.models import Call, Visit
from portal.customers.models import Customer
from portal.db import db
from portal.demo import load
from portal.demo.cast import Cast, load_cast
from portal.demo.catalogue import load_catalogue
from portal.demo.company import FOUNDED
from portal.demo.past import Past, write_past
from portal.reports.models import Report
from portal.signing.checks import audit as audit_seals
from portal.signing.operations import content_of
from portal.stock.checks import audit
from portal.stock.models import Movement
from tests.conftest import ENGINES, LONG, long_form
from tests.databases import settings
from tests.demo.test_loading import empty

__all__ = ["empty"]
VISITS, MOVEMENTS = 60, 400


def past(seed: int) -> Callable[[Cast, date], None]:
    return partial(write_past, Past(VISITS, MOVEMENTS, seed), say=lambda words: None)


def told() -> list[str]:
    """What a seed decides: the customers, and which report is whose."""
    papers = db.session.scalars(select(Report).order_by(Report.document_n).limit(VISITS))
    names = db.session.scalars(select(Customer.name).order_by(Customer.name)).all()
    return [*names, *(f"{paper.number} {content_of(paper.document)['serial_no']}" for paper in papers)]


@pytest.mark.engine(*(ENGINES if LONG else ENGINES[:1]))
def test_a_past_is_sealed_balanced_and_before_the_companys_own_story(empty: Flask) -> None:
    with empty.app_context():
        load(before=past(1))
        db.session.commit()
        assert audit().problems == [] and audit_seals() == []
        checked = empty.test_cli_runner().invoke(args=["search", "check"])
        assert checked.exit_code == 0, checked.output
        first = db.session.scalars(select(Visit).order_by(Visit.window_start).limit(VISITS)).all()
        assert {visit.state for visit in first} == {"approved"}
        founded = max(visit.window_start for visit in first if visit.window_start)
        assert db.session.scalar(select(func.count()).where(Call.reported_at <= founded)) >= VISITS
        newest = db.session.scalars(select(Movement).where(Movement.n == MOVEMENTS)).one()
        later = db.session.scalars(select(Movement).where(Movement.n == MOVEMENTS + 1)).one()
        assert newest.recorded_at + timedelta(days=1) < later.recorded_at - timedelta(days=1) + FOUNDED
        paper = db.session.scalars(select(Report).order_by(Report.document_n)).first()
        assert paper is not None
        content, call = content_of(paper.document), paper.visit.call
        assert content["customer_name"] == call.customer.name and content["serial_no"] == call.equipment.serial_no
        assert content["work_order_no"] == call.number and content["technician_names"] == [paper.visit.person.name]


@long_form
def test_the_past_is_found_at_once(empty: Flask) -> None:
    said = empty.test_cli_runner().invoke(args=["demo", "load", "--visits", "30"])
    assert said.exit_code == 0, said.output
    checked = empty.test_cli_runner().invoke(args=["search", "check"])
    assert checked.exit_code == 0, checked.output


def test_the_same_seed_tells_the_same_past(tmp_path: Path) -> None:
    stories = []
    for number, seed in enumerate((5, 5, 6)):
        app = create_app(settings(f"sqlite:///{tmp_path / f'{number}.sqlite'}", tmp_path))
        with app.app_context():
            cli.upgrade()
            load_catalogue()
            past(seed)(load_cast(date(2026, 11, 1)), date(2026, 9, 1))
            stories.append(told())
            db.session.rollback()
            db.session.remove()
            db.engine.dispose()
    assert stories[0] == stories[1] != stories[2]
