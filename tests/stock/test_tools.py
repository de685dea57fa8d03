"""Tools: the verbs of the register on a real ledger: where a tool is, who holds it, what is refused and why."""

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from portal.clock import today
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.stock import checks, operations, tools
from portal.stock.models import Movement, find_item
from portal.stock.tools import rules
from portal.stock.tools.models import Tool, ToolConfirmation, ToolReport, find_tool, newest_step
from tests.stock.tools import new_tool

DAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("interval", "until", "result", "state"),
    [
        (None, None, None, "none"),
        (12, None, None, "overdue"),
        (12, DAY - timedelta(1), "passed", "overdue"),
        (12, DAY, "passed", "due_soon"),
        (12, DAY + timedelta(30), "passed", "due_soon"),
        (12, DAY + timedelta(31), "passed", "valid"),
        (12, DAY + timedelta(300), "limited", "valid"),
        (12, DAY + timedelta(300), "failed", "overdue"),
    ],
)
def test_how_a_calibration_stands(interval: int | None, until: date | None, result: str | None, state: str) -> None:
    assert rules.calibration_state(rules.Calibration(interval, until, result), DAY) == state


def test_a_calibration_ends_the_day_before_the_same_day() -> None:
    assert rules.valid_until(date(2026, 3, 15), 12) == date(2027, 3, 14)
    assert rules.valid_until(date(2026, 8, 31), 6) == date(2027, 2, 27)


def test_a_tool_goes_out_and_comes_back_with_both_confirmations(world: Any) -> None:
    keeper, zhang = world.person("qian"), world.person("zhang")
    tool = new_tool(world)
    out = tools.hand_out(tool, zhang, due_back=today("Asia/Shanghai"), person=keeper)
    assert out.movement.document.startswith("GJ-01-") and out.movement.destination.kind == "hands"
    assert newest_step(tool).holder.username == "zhang"  # type: ignore[union-attr]
    tools.confirm(tool, out.movement_n, person=zhang)
    with pytest.raises(Conflict, match="之前"):
        tools.confirm(tool, out.movement_n, person=zhang)
    with pytest.raises(Conflict, match="不由您"):
        tools.confirm(tool, out.movement_n, person=world.person("li"))
    tools.report_tool(tool, "give_back", person=zhang)
    back = tools.take_back(tool, world.location(), person=keeper)
    assert back.movement.document == out.movement.document  # one loan, one number
    confirmed = {row.movement_n: row.person_id for row in db.session.scalars(select(ToolConfirmation))}
    assert confirmed == {out.movement_n: zhang.id, back.movement_n: zhang.id}
    assert not checks.audit().problems


def test_a_tool_that_somebody_holds_is_handed_to_nobody_else(world: Any) -> None:
    tool, keeper = new_tool(world), world.person("qian")
    tools.hand_out(tool, world.person("zhang"), due_back=today("Asia/Shanghai"), person=keeper)
    with pytest.raises(Rejected, match="张演示"):
        tools.hand_out(tool, world.person("li"), due_back=today("Asia/Shanghai"), person=keeper)


def test_an_overdue_instrument_is_handed_to_nobody(world: Any) -> None:
    keeper, zhang = world.person("qian"), world.person("zhang")
    clamp = new_tool(world, "GJ-CL", category="measuring", interval_months=12)
    with pytest.raises(Rejected, match="从未校准"):
        tools.hand_out(clamp, zhang, person=keeper)
    ended = today("Asia/Shanghai") - timedelta(days=366)
    tools.calibrate(clamp, calibrated_on=ended, certificate_no="J-1", person=keeper)
    with pytest.raises(Rejected, match="到期"):
        tools.hand_out(clamp, zhang, person=keeper)
    tools.move_tool(clamp, "laboratory", person=keeper)
    with pytest.raises(Rejected, match="送检"):
        tools.hand_out(clamp, zhang, person=keeper)
    tools.calibrate(clamp, calibrated_on=today("Asia/Shanghai"), certificate_no="J-2", person=keeper)
    tools.move_tool(clamp, "store", store=world.location(), person=keeper)
    assert tools.hand_out(clamp, zhang, person=keeper).holder_id == zhang.id
    assert not checks.audit().problems


def test_what_comes_back_damaged_is_decided_by_somebody_else(world: Any) -> None:
    keeper, zhao = world.person("qian"), world.person("zhao")
    tool = new_tool(world)
    tools.hand_out(tool, world.person("zhang"), due_back=today("Asia/Shanghai"), person=keeper)
    tools.take_back(tool, world.location(), condition="damaged", note="夹头断了", person=keeper)
    report = db.session.scalars(select(ToolReport)).unique().one()
    with pytest.raises(Conflict, match="另一个人"):
        tools.decide(tool, report, "repair", person=keeper)
    tools.decide(tool, report, "repair", person=zhao)
    step = newest_step(tool)
    assert step is not None and (step.state, step.movement.destination.code) == ("workshop", "WORKSHOP")
    with pytest.raises(Conflict, match="之前"):
        tools.decide(tool, report, "scrap", person=zhao)
    assert not checks.audit().problems


def test_a_lost_tool_leaves_the_books_and_may_turn_up_again(world: Any) -> None:
    keeper, zhang, zhao = world.person("qian"), world.person("zhang"), world.person("zhao")
    tool = new_tool(world, value=D("260.50"))
    tools.hand_out(tool, zhang, due_back=today("Asia/Shanghai"), person=keeper)
    report = tools.report_tool(tool, "lost", note="找不到了", person=zhang)
    with pytest.raises(Rejected, match="金额"):
        tools.decide(tool, report, "charge", person=zhao)
    tools.decide(tool, report, "charge", amount=D(100), person=zhao)
    assert newest_step(tool).state == "lost"  # type: ignore[union-attr]
    worth = checks.audit().worth[find_item(tool.number).id.hex] if db.engine.dialect.name == "sqlite" else None  # type: ignore[union-attr]
    assert worth is None or worth[:2] == [0, 0]
    tools.move_tool(tool, "store", store=world.location(), person=keeper)
    found = db.session.scalars(select(Movement).order_by(Movement.n.desc())).first()
    assert found is not None and found.amount == D("260.50")
    assert not checks.audit().problems


def test_tools_do_not_travel_on_slips_and_their_steps_are_not_reversed(world: Any) -> None:
    tool, keeper = new_tool(world), world.person("qian")
    store, van = world.location(), world.van()
    for slip in (
        lambda: operations.issue(tool.item, D(1), store, van, person=keeper),
        lambda: operations.receive(tool.item, D(1), store, D(5), person=keeper),
        lambda: operations.give_back(tool.item, D(1), van, store, person=keeper),
    ):
        with pytest.raises(Rejected, match="工具"):
            slip()
    with pytest.raises(Conflict, match="冲销"):
        operations.correct(newest_step(tool).movement, "wrong", person=keeper)  # type: ignore[union-attr]


def test_the_database_refuses_a_tool_in_two_places(world: Any) -> None:
    tool, keeper = new_tool(world), world.person("qian")
    db.session.commit()
    step = newest_step(tool)
    assert step is not None
    other = world.van()
    db.session.commit()
    columns = (
        "id, kind, item_id, quantity, source_id, destination_id, unit_cost, amount, serial_no, document, source_url,"
        " reason, person_id, occurred_at, recorded_at, reverses_n, source_balance, destination_balance"
    )
    again = columns.replace("id, kind", ":id, kind", 1)
    for changes in ({"quantity": "2000"}, {}, {"source_id": ":van"}):
        values = again.replace("destination_id", ":van" if "source_id" not in changes else "destination_id", 1)
        for name, value in changes.items():
            values = values.replace(f" {name},", f" {value},", 1)
        sql = f"INSERT INTO movement ({columns}) SELECT {values} FROM movement WHERE n = :n"
        with pytest.raises(IntegrityError, match="one place"):
            db.session.execute(text(sql), {"id": "f" * 32, "n": step.movement_n, "van": bound(other.id)})
        db.session.rollback()
    assert not checks.audit().problems
    db.session.refresh(keeper)
    with pytest.raises(Rejected, match="已被使用"):
        tools.register_tool("gj-001", {"zh_Hans": "又一把"}, world.location(), category="shared", person=keeper)


def bound(value: Any) -> Any:
    return value.hex if db.engine.dialect.name == "sqlite" else value


def test_the_audit_finds_a_tool_whose_rows_disagree(world: Any) -> None:
    tool, keeper = new_tool(world), world.person("qian")
    tools.hand_out(tool, world.person("zhang"), due_back=today("Asia/Shanghai"), person=keeper)
    li = bound(world.person("li").id)
    db.session.commit()
    switched_off = (
        "DROP TRIGGER tool_step_no_update" if db.engine.dialect.name == "sqlite"
        else "SET LOCAL session_replication_role = replica"
    )  # fmt: skip
    for attack in (
        "UPDATE tool_step SET holder_id = :li WHERE state = 'hands'",
        "UPDATE tool_step SET state = 'store' WHERE state = 'hands'",
        "DELETE FROM tool_step" if db.engine.dialect.name != "sqlite" else "UPDATE tool_step SET tool_id = :li",
    ):
        if db.engine.dialect.name == "sqlite":
            db.session.execute(text("PRAGMA defer_foreign_keys=ON"))
        db.session.execute(text(switched_off))
        db.session.execute(text(attack), {"li": li} if ":li" in attack else {})
        assert any("GJ-001" in problem for problem in checks.audit().problems), attack
        db.session.rollback()


def test_the_register_is_corrected_and_keeps_its_number(world: Any) -> None:
    tool = new_tool(world)
    tools.change_tool(tool, {"zh_Hans": "大滚筒拉马"}, brand="示范牌", person=world.person("qian"))
    again = find_tool("gj-001")
    assert isinstance(again, Tool) and (again.brand, again.item.labels["zh_Hans"]) == ("示范牌", "大滚筒拉马")
