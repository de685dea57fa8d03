"""The pages of tools: the storekeeper's verbs, what is due, who may see and do what, and the technician's own tools."""

import csv
import io
from datetime import timedelta
from typing import Any

import openpyxl
import pytest

from portal.clock import today
from portal.db import db
from portal.stock import checks, tools
from portal.stock.tools.models import find_tool, newest_step
from tests.stock.tools import new_tool

REGISTER = {
    "number": "GJ-014",
    "name_zh_Hans": "数字万用表",
    "name_en": "Multimeter",
    "category": "measuring",
    "interval_months": "12",
    "calibration_class": "B",
    "original_value": "480",
}


def day(days: int = 0) -> Any:
    return today("Asia/Shanghai") + timedelta(days=days)


def ready(world: Any, number: str = "GJ-001", **register: Any) -> Any:
    tool = new_tool(world, number, **register)
    db.session.commit()
    return tool


def test_a_tool_is_registered_calibrated_handed_out_and_taken_back(world: Any, sign_in: Any) -> None:
    keeper, zhang = sign_in("qian", "laptop"), sign_in("zhang")
    page = keeper.follow(keeper.post("/tools/registration", REGISTER))
    assert "GJ-014" in page.text and "从未校准" in page.text
    refused = keeper.post("/tools/GJ-014/hand-outs", {"holder": "zhang"})
    assert refused.status == 422 and "从未校准" in refused.errors
    sent = {"calibrated_on": str(day(-355)), "certificate_no": "J-2025-118", "result": "passed"}
    assert "校准还剩 9 天" in keeper.follow(keeper.post("/tools/GJ-014/calibrations", sent)).text
    page = keeper.follow(keeper.post("/tools/GJ-014/hand-outs", {"holder": "zhang"}))
    assert "张演示" in page.text and "待确认" in page.text
    van = zhang.get("/van")
    assert "数字万用表" in van.text and "校准还剩 9 天" in van.text
    confirm = van.one("#tools form")["action"]
    assert "已确认" in zhang.follow(zhang.post(confirm, {})).text
    assert zhang.post(confirm, {}).status == 409
    assert zhang.post("/tools/GJ-014/return-requests", {}).status == 303
    assert "GJ-014" in keeper.get("/tools?show=open").text
    back = keeper.follow(keeper.post("/tools/GJ-014/returns", {"condition": "complete"}))
    assert "由张演示归还" in back.text and "待确认" not in back.text
    assert not checks.audit().problems


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("address", "fields", "field"),
    [
        ("/tools/registration", REGISTER | {"number": "GJ-001"}, "number"),
        ("/tools/registration", REGISTER | {"number": "../x"}, "number"),
        ("/tools/registration", REGISTER | {"interval_months": ""}, "interval_months"),
        ("/tools/registration", REGISTER | {"interval_months": "1.5"}, "interval_months"),
        ("/tools/registration", REGISTER | {"original_value": "12.345"}, "original_value"),
        ("/tools/registration", REGISTER | {"name_zh_Hans": ""}, "name_zh_Hans"),
        ("/tools/GJ-001/hand-outs", {"holder": "zhang"}, "due_back"),
        ("/tools/GJ-001/hand-outs", {"holder": "zhang", "due_back": "2020-01-01"}, "due_back"),
        ("/tools/GJ-001/hand-outs", {"holder": "sun", "due_back": "2099-01-01"}, "holder"),
        ("/tools/GJ-CL/calibrations", {"calibrated_on": "2099-01-01", "certificate_no": "1"}, "calibrated_on"),
        ("/tools/GJ-CL/calibrations", {"calibrated_on": "2026-01-01"}, "certificate_no"),
    ],
)
def test_a_wrong_entry_comes_back_with_words_beside_its_field(
    world: Any, sign_in: Any, address: str, fields: dict[str, str], field: str
) -> None:
    ready(world)
    ready(world, "GJ-CL", category="measuring", interval_months=12)
    page = sign_in("qian", "laptop").post(address, fields)
    assert page.status == 422 and page.errors, page.errors
    assert page.one(f"[aria-invalid][aria-describedby*='{field}']")


@pytest.mark.engine("sqlite")
def test_the_lists_find_by_state_holder_and_what_is_due(world: Any, sign_in: Any) -> None:
    keeper = world.person("qian")
    late = ready(world, "GJ-LATE")
    tools.hand_out(late, world.person("li"), due_back=day(), person=keeper)
    ending = ready(world, "GJ-END", category="measuring", interval_months=12)
    tools.calibrate(ending, calibrated_on=day(-360), certificate_no="1", person=keeper)
    fine = ready(world, "GJ-FINE", category="measuring", interval_months=12)
    tools.calibrate(fine, calibrated_on=day(), certificate_no="2", person=keeper)
    db.session.commit()
    laptop = sign_in("qian", "laptop")

    def found(query: str) -> set[str]:
        return {cell.get_text() for cell in laptop.get(f"/tools?{query}").all("tbody a.code")}

    assert found("") == {"GJ-LATE", "GJ-END", "GJ-FINE"}
    assert found("show=overdue") == {"GJ-END"}  # today is not over
    assert found("holder=li") == {"GJ-LATE"} == found("state=hands")
    assert found("category=measuring&calibration=valid") == {"GJ-FINE"}
    assert found("q=%E6%8B%89%E9%A9%AC") == {"GJ-LATE", "GJ-END", "GJ-FINE"}
    assert found("show=idle") == set()
    world.set_clock(world.at(12, day=24).replace(year=2029))
    laptop = sign_in("qian", "laptop")
    assert found("show=overdue") == {"GJ-LATE", "GJ-END", "GJ-FINE"}
    assert found("show=idle") == {"GJ-END", "GJ-FINE"}
    raw = laptop.get("/tools.csv?show=idle").response.get_data().decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(raw)))
    assert [(line["工具编号"], line["校准"], line["状态"]) for line in lines] == [
        ("GJ-END", "已逾期", "在库"), ("GJ-FINE", "已逾期", "在库"),
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(io.BytesIO(laptop.get("/tools.xlsx?show=idle").response.get_data())).active
    (head, *rows) = sheet.iter_rows()
    cells = {name.value: cell for name, cell in zip(head, rows[1], strict=True)}
    assert cells["工具编号"].value == "GJ-FINE" and cells["起始"].is_date and cells["有效期至"].is_date
    english = laptop.get("/tools.csv", headers={"Accept-Language": "en"}).response.get_data().decode("utf-8-sig")
    assert english.startswith("Tool number,Tool,Category")


@pytest.mark.engine("sqlite")
def test_each_sees_and_does_only_what_is_theirs(world: Any, sign_in: Any) -> None:
    tool, keeper = ready(world), world.person("qian")
    tools.hand_out(tool, world.person("zhang"), due_back=day(1), person=keeper)
    db.session.commit()
    step = newest_step(tool)
    assert step is not None
    li, zhang, zhao = sign_in("li"), sign_in("zhang"), sign_in("zhao", "laptop")
    assert "GJ-001" not in li.get("/van").text
    for address in ("/tools", "/tools/GJ-001", "/tools.csv", "/tools/GJ-001/returns"):
        assert li.get(address).status == 403
    assert li.get("/tools/GJ-001/reports").status == 404
    assert li.post("/tools/GJ-001/return-requests", {}).status == 404
    assert li.post(f"/tools/GJ-001/confirmations/{step.movement_n}", {}).status == 409
    assert zhao.get("/tools/GJ-001").status == 200
    assert zhao.post("/tools/GJ-001/returns", {"condition": "complete"}).status == 403
    told = zhang.post("/tools/GJ-001/reports", {"kind": "lost", "note": "车里找不到"})
    assert told.status == 303 and told.location.endswith("/van")
    page = zhao.get("/tools/GJ-001")
    decide = page.one("#reports a.btn")["href"]
    assert sign_in("he", "laptop").get(decide).status == 403
    assert zhao.post(decide, {"decision": "repair"}).status == 422
    assert "遗失" in zhao.follow(zhao.post(decide, {"decision": "charge", "amount": "90"})).text


@pytest.mark.engine("sqlite")
def test_parts_and_tools_keep_to_their_pages(world: Any, sign_in: Any) -> None:
    ready(world)
    keeper = sign_in("qian", "laptop")
    assert "GJ-001" not in keeper.get("/stock").text
    assert keeper.get("/stock/items/GJ-001").location.endswith("/tools/GJ-001")
    page = keeper.post("/stock/issues", {"item": "GJ-001", "quantity": "1", "to": "VAN-zhang"})
    assert page.status == 422 and "工具" in page.errors
    n = newest_step(find_tool("GJ-001")).movement_n  # type: ignore[union-attr, arg-type]
    assert not keeper.get(f"/stock/movements/{n}").all("a[href$=reversal]")
    assert keeper.post(f"/stock/movements/{n}/reversal", {"reason": "falsch"}).status == 409
