"""Findings, parts, photos, readiness on both databases: what the verbs write, and what they refuse."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.calls import operations as calls
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.stock import operations as stock
from portal.stock.models import Movement
from portal.visits import readiness
from portal.visits.checks import parts_and_movements
from portal.visits.facts import facts_of
from portal.visits.models import (
    PartUse,
    latest_finding,
    live_part_uses,
    live_photos,
)
from portal.visits.operations import (
    add_photo,
    drop_time,
    finish,
    log_part_use,
    log_time,
    remove_photo,
    reverse_part_use,
    save_findings,
    start,
    state_no_parts,
)
from tests.visits.steps import DIAGNOSIS, picture, van_holds, working


def test_findings_are_versions_and_a_stale_one_is_a_conflict(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    first = save_findings(visit, person=zhang, note="belt dry", version=0)
    save_findings(visit, person=zhang, note="belt dry, deck fine", version=first.version)
    with pytest.raises(Conflict):
        save_findings(visit, person=zhang, note="other", version=first.version)
    save_findings(visit, person=zhang, note="without a version the newest wins")
    last = latest_finding(visit)
    assert last is not None and last.version == 3


def test_notes_of_somebody_else_are_added_and_marked(world: Any) -> None:
    visit = working(world)
    save_findings(visit, person=world.person("zhang"), **DIAGNOSIS, note="mine")
    save_findings(visit, person=world.person("li"), note="seen before", outcome="not_repairable", version=0)
    last = latest_finding(visit)
    assert last is not None
    assert (last.outcome, last.note) == ("fixed", "mine\nseen before")
    assert last.person_id == world.person("li").id


def test_a_part_moves_from_the_van_to_the_machine_once(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    use = log_part_use(visit, item="tm-oil-100", quantity=Decimal(2), person=zhang)
    assert (use.old_part, van_holds(world)) == ("none", 8)
    movement = db.session.scalars(select(Movement).where(Movement.n == use.movement_n)).one()
    assert (movement.kind, movement.document, movement.source_url) == ("use", visit.call.number, f"/visits/{visit.id}")
    reverse_part_use(visit, use, "wrong tap", person=zhang)
    assert (live_part_uses(visit), van_holds(world)) == ([], 10)
    with pytest.raises(Conflict):
        reverse_part_use(visit, use, "again", person=zhang)


def test_a_fitted_part_is_a_fact_even_if_the_van_is_empty(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    use = log_part_use(visit, item="TM-OIL-100", quantity=Decimal(12), person=zhang)
    assert use.movement.source_balance == -2
    assert van_holds(world) == -2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"item": "NO-SUCH", "quantity": Decimal(1)}, "item"),
        ({"item": "TM-MTR-25", "quantity": Decimal(1)}, "new_serial"),
        ({"item": "TM-MTR-25", "quantity": Decimal(2), "new_serial": "M-1"}, "quantity"),
    ],
)
@pytest.mark.engine("sqlite")
def test_parts_that_cannot_be_logged(world: Any, values: dict[str, Any], field: str) -> None:
    visit = working(world)
    with pytest.raises(Rejected) as refused:
        log_part_use(visit, person=world.person("zhang"), **values)
    assert refused.value.field == field
    assert db.session.scalar(select(func.count()).select_from(PartUse)) == 0


def test_no_parts_is_an_answer_until_a_part_is_logged(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    state_no_parts(visit, person=zhang)
    assert facts_of(visit).no_parts
    with pytest.raises(Conflict):
        state_no_parts(visit, person=zhang)
    world.set_clock(world.at(9, 10))
    use = log_part_use(visit, item="TM-BELT-1300", quantity=Decimal(1), old_part="handed_over", person=zhang)
    assert not facts_of(visit).no_parts
    with pytest.raises(Rejected):
        state_no_parts(visit, person=zhang)
    reverse_part_use(visit, use, "not needed", person=zhang)
    assert not facts_of(visit).no_parts
    world.set_clock(world.at(9, 20))
    state_no_parts(visit, person=zhang)
    assert facts_of(visit).no_parts


def test_photos_are_kept_and_taken_off_again(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    photo = add_photo(visit, photo=picture(), label="before", person=zhang)
    assert [row.label for row in live_photos(visit)] == ["before"]
    remove_photo(visit, photo, person=zhang)
    assert live_photos(visit) == []
    with pytest.raises(Conflict):
        remove_photo(visit, photo, person=zhang)


def test_readiness_names_what_is_missing_until_nothing_is(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    with world.app.test_request_context():
        assert {gap.row for gap in readiness(visit)} == {"findings", "parts", "time"}
        save_findings(visit, person=zhang, **DIAGNOSIS)
        log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=zhang)
        assert [gap.gap for gap in readiness(visit)] == ["time.finish"]
        assert readiness(visit)[0].href == f"/visits/{visit.id}"
        finish(visit, person=zhang)
        assert readiness(visit) == []


def test_after_the_end_nothing_is_written(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    finish(visit, person=zhang)
    use = log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=zhang)
    calls.advance(visit, "signed")
    verbs = [
        lambda: save_findings(visit, person=zhang, note="x"),
        lambda: log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=zhang),
        lambda: reverse_part_use(visit, use, "x", person=zhang),
        lambda: state_no_parts(visit, person=zhang),
        lambda: add_photo(visit, photo=picture(), person=zhang),
        lambda: drop_time(visit, uuid.uuid4(), "x", person=zhang),
        lambda: log_time(
            visit, kind="work", started_at=now() - timedelta(hours=1), ended_at=now(), reason="x", person=zhang
        ),
        lambda: start(visit, person=zhang),
        lambda: finish(visit, person=zhang),
    ]
    for verb in verbs:
        with pytest.raises(Conflict):
            verb()
    calls.ask_to_mend(visit, ["findings"], "test result is missing")
    save_findings(visit, person=zhang, **DIAGNOSIS)
    with pytest.raises(Conflict):
        log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=zhang)


def test_the_ledger_check_finds_a_use_that_no_visit_knows(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    use = log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=zhang)
    assert list(parts_and_movements()) == []
    stray = stock.use(world.item(), Decimal(1), world.van(), person=zhang)
    mirror = stock.reverse(use.movement, "by another way", person=zhang)
    assert [words.split("movement ")[1].split()[0] for words in parts_and_movements()] == [
        str(stray.n),
        str(mirror.n),
    ]
