"""The verbs of a visit, on both databases: what they write, and what they refuse."""

import io
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from portal.calls import operations as calls
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.stock.models import Balance, Movement
from portal.visits import readiness
from portal.visits.facts import facts_of
from portal.visits.models import (
    PartUse,
    TimeEntry,
    VisitEvent,
    latest_finding,
    live_part_uses,
    live_photos,
    live_time_entries,
    open_clock,
)
from portal.visits.operations import (
    Overlap,
    add_photo,
    arrive,
    depart,
    drop_time,
    finish,
    log_part_use,
    log_time,
    pause,
    remove_photo,
    reverse_part_use,
    save_findings,
    start,
    state_no_parts,
)

DIAGNOSIS = {
    "symptom": "TM-S03",
    "component": "TM-P01",
    "cause": "C01",
    "remedy": "A03",
    "outcome": "fixed",
    "test_result": "10 km/h，电流 3 A",
    "outstanding": "none",
}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG")
    return out.getvalue()


def working(world: Any, **plan: Any) -> Any:
    """A visit at which zhang works since nine, his travel from eight to half past behind him."""
    world.set_clock(world.at(9, 5))
    visit, zhang = world.visit(**plan), world.person("zhang")
    depart(visit, person=zhang, occurred_at=world.at(8))
    arrive(visit, person=zhang, occurred_at=world.at(8, 30))
    start(visit, person=zhang, occurred_at=world.at(9))
    return visit


def spans(visit: Any, world: Any) -> list[tuple[str, int, int | None]]:
    """(kind, start, end) in minutes after midnight in Shanghai."""
    zero = world.at(0)

    def minute(moment: Any) -> int:
        return int((moment - zero).total_seconds() // 60)

    return [
        (e.kind, minute(e.started_at), minute(e.ended_at) if e.ended_at else None) for e in live_time_entries(visit)
    ]


def van_holds(world: Any, code: str = "TM-OIL-100") -> Decimal:
    query = select(Balance.quantity).where(
        Balance.item_id == world.item(code).id, Balance.location_id == world.van().id
    )
    return db.session.scalar(query) or Decimal(0)


def test_the_buttons_of_a_day_keep_the_clock(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    world.set_clock(world.at(11))
    pause(visit, "parts", person=zhang, occurred_at=world.at(9, 40))
    start(visit, person=zhang, occurred_at=world.at(10))
    pause(visit, "break", person=zhang, occurred_at=world.at(10, 20))
    finish(visit, person=zhang, occurred_at=world.at(10, 30))
    assert visit.state == "finished"
    assert spans(visit, world) == [
        ("travel", 480, 510),
        ("work", 540, 580),
        ("wait", 580, 600),
        ("work", 600, 620),
        ("break", 620, 630),
    ]
    assert open_clock(zhang) is None
    facts = facts_of(visit)
    assert (facts.minutes("work"), facts.minutes("wait")) == (60, 20)
    assert (facts.times.arrived_at, facts.times.left_at) == (world.at(8, 30), world.at(10, 30))


def test_the_same_button_twice_is_a_conflict(world: Any) -> None:
    visit = working(world)
    with pytest.raises(Conflict):
        start(visit, person=world.person("zhang"))
    with pytest.raises(Conflict):
        depart(visit, person=world.person("zhang"))


def test_one_clock_of_travel_or_work_a_person_over_all_visits(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    other = world.visit(serial="DF2401-0002")
    with pytest.raises(Overlap) as refused, db.session.begin_nested():
        depart(other, person=zhang)
    assert visit.number in str(refused.value) and other.number in str(refused.value)
    assert set(refused.value.visits) == {visit, other}
    pause(visit, "parts", person=zhang)
    depart(other, person=zhang, occurred_at=world.at(9, 10))
    assert spans(visit, world)[-1] == ("wait", 545, 550)


def test_a_clock_left_at_a_visit_that_was_moved_away_does_not_block(world: Any) -> None:
    world.set_clock(world.at(8))
    visit, zhang, sun = world.visit(), world.person("zhang"), world.person("sun")
    depart(visit, person=zhang)
    world.set_clock(world.at(8, 20))
    calls.assign(
        visit,
        world.person("li"),
        window_start=visit.window_start,
        window_end=visit.window_end,
        person=sun,
    )
    world.set_clock(world.at(8, 40))
    other = world.visit(serial="DF2401-0002")
    depart(other, person=zhang)
    assert spans(visit, world) == [("travel", 480, 500)]
    running = open_clock(zhang)
    assert running is not None and running.visit_id == other.id


def test_an_impossible_phone_time_is_kept_and_marked(world: Any) -> None:
    world.set_clock(world.at(9))
    visit, zhang = world.visit(), world.person("zhang")
    depart(visit, person=zhang, occurred_at=world.at(9, day=25))
    arrive(visit, person=zhang, occurred_at=world.at(9, 10), waited=False)
    events = list(db.session.scalars(select(VisitEvent).order_by(VisitEvent.occurred_at)))
    assert [(e.kind, e.clock_suspect) for e in events] == [("arrival", True), ("departure", True)]
    assert events[1].occurred_at == world.at(9, day=25)
    assert all(e.ended_at >= e.started_at for e in live_time_entries(visit) if e.ended_at)


def test_time_is_added_corrected_and_dropped_with_reasons(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    world.set_clock(world.at(10))
    finish(visit, person=zhang)
    late = {"kind": "wait", "started_at": world.at(8, 30), "ended_at": world.at(8, 50)}
    with pytest.raises(Rejected) as refused:
        log_time(visit, **late, person=zhang)
    assert refused.value.field == "cause"
    with pytest.raises(Rejected) as refused:
        log_time(visit, **late, cause="customer", person=zhang)
    assert refused.value.field == "reason"
    added = log_time(visit, **late, cause="customer", reason="reception was closed", person=zhang)
    better = log_time(
        visit,
        kind="wait",
        started_at=world.at(8, 30),
        ended_at=world.at(8, 45),
        cause="customer",
        reason="looked at the clock",
        replaces=added.id,
        person=zhang,
    )
    assert ("wait", 510, 525) in spans(visit, world) and ("wait", 510, 530) not in spans(visit, world)
    with pytest.raises(Conflict):
        log_time(visit, **late, cause="customer", reason="again", replaces=added.id, person=zhang)
    drop_time(visit, better.id, "never waited", person=zhang)
    assert [kind for kind, *_ in spans(visit, world)] == ["travel", "work"]
    assert db.session.scalar(select(func.count()).select_from(TimeEntry)) == 5


@pytest.mark.parametrize(
    ("start_at", "end_at", "field"),
    [((7, 0), (7, 0), "ended_at"), ((7, 30), (7, 0), "ended_at"), ((9, 30), (23, 0), "ended_at")],
)
@pytest.mark.engine("sqlite")
def test_impossible_spans_are_refused(world: Any, start_at: Any, end_at: Any, field: str) -> None:
    visit, zhang = working(world), world.person("zhang")
    span = {"kind": "break", "started_at": world.at(*start_at), "ended_at": world.at(*end_at)}
    with pytest.raises(Rejected) as refused:
        log_time(visit, **span, reason="x", person=zhang)
    assert refused.value.field == field


def test_overlapping_time_names_both_visits(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    world.set_clock(world.at(10))
    finish(visit, person=zhang)
    other = world.visit(serial="DF2401-0002")
    with pytest.raises(Overlap) as refused:
        log_time(
            other,
            kind="work",
            started_at=world.at(8),
            ended_at=world.at(9, 30),
            reason="late",
            person=zhang,
        )
    assert visit.number in str(refused.value) and other.number in str(refused.value)
    log_time(
        other, kind="work", started_at=world.at(22, day=22), ended_at=world.at(8), reason="night shift", person=zhang
    )
    assert facts_of(other).minutes("work") == 600


def test_a_forgotten_clock_is_stopped_by_its_correction(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    world.set_clock(world.at(8, day=24))
    running = open_clock(zhang)
    assert running is not None
    log_time(
        visit,
        kind="work",
        started_at=running.started_at,
        ended_at=world.at(18),
        reason="clock was forgotten",
        replaces=running.id,
        person=zhang,
    )
    assert open_clock(zhang) is None
    assert visit.state == "paused"
    start(visit, person=zhang)
    assert spans(visit, world)[1] == ("work", 540, 1080)


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
