"""Lists: saved views as tabs, many rows at once with a result for each, and files that hold what is on the screen."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal import sheets
from portal.calls.models import Visit
from portal.customers import operations as customers
from portal.db import db
from portal.records import looks
from portal.records.listings import LISTINGS, Table
from tests.reports.steps import DIAGNOSIS, finished, signed
from tests.stock.tools import new_tool

TEXTS = st.lists(st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(["=1+1", "＠x", "\t=1", "-"]))


def rows_of_csv(page: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(page.response.data.decode("utf-8-sig"))))


@given(TEXTS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_becomes_a_formula(texts: list[str]) -> None:
    lines = "".join(sheets.csv_rows(["a"], [[text] for text in texts]))
    found = [row[0] for row in csv.reader(io.StringIO(lines.removeprefix("\ufeff"), newline="")) if row][1:]
    assert all(not cell.startswith(sheets.FORMULA_STARTS) for cell in found)
    with sheets.xlsx(["a"], [[text] for text in texts]) as file:
        sheet = openpyxl.load_workbook(file).active
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert all(cell.data_type == "s" for cell in cells)


@pytest.mark.engine("sqlite")
def test_a_file_holds_what_the_filter_shows(world: Any, sign_in: Any) -> None:
    customers.add_customer("=HYPERLINK(1)", "consumer")
    db.session.commit()
    sun = sign_in("sun", "laptop")
    page = sun.get("/lists/customers/file.csv?kind=consumer")
    assert page.response.data.startswith(b"\xef\xbb\xbf")
    assert [row[0] for row in rows_of_csv(page)][1:] == ["'=HYPERLINK(1)"]
    book = openpyxl.load_workbook(io.BytesIO(sun.get("/lists/customers/file.xlsx").response.data))
    names = {row[0].value for row in book.active.iter_rows(min_row=2)}
    assert names == {"=HYPERLINK(1)", "虚构动力健身俱乐部", "Hotel Ejemplo"}
    assert all(row[0].data_type == "s" for row in book.active.iter_rows())


@pytest.mark.engine("sqlite")
def test_a_file_says_what_the_page_says_and_in_its_hours(world: Any, sign_in: Any) -> None:
    """Each row has the time of its place: in Shanghai it is 09:11 when it is 02:11 in Madrid."""
    moment = datetime(2026, 12, 1, 1, 11, 5, 142286, tzinfo=UTC)
    world.visit(reported_at=moment, description="=1+1")
    world.visit("li", "DF2401-0003", reported_at=moment - timedelta(minutes=1))
    db.session.commit()
    zhao = sign_in("zhao", "laptop")
    local = ["2026-12-01 09:11", "2026-12-01 02:10"]
    assert [row[1] for row in rows_of_csv(zhao.get("/lists/calls/file.csv"))][1:] == local
    cells = [row[1] for row in sheet_of(zhao, "calls").iter_rows(min_row=2)]
    assert [str(cell.value) for cell in cells] == [f"{one}:00" for one in local]
    assert all(cell.is_date and cell.number_format == "yyyy-mm-dd hh:mm" for cell in cells)
    head, *rows = rows_of_csv(zhao.get("/lists/customers/file.csv?q=虚构"))
    assert head[2:5] == ["地点", "设备", "未结报修"]
    (row,) = rows
    assert "总店" in row[2] and row[3:5] == ["2", "1"] and row[5] == "简体中文"
    assert sheet_of(zhao, "customers")["D2"].data_type == "n"


def sheet_of(person: Any, listing: str) -> Any:
    return openpyxl.load_workbook(io.BytesIO(person.get(f"/lists/{listing}/file.xlsx").response.data)).active


def test_every_list_can_be_taken_away(world: Any, sign_in: Any) -> None:
    signed(world, finished(world, earlier=1))
    zhao, qian = sign_in("zhao", "laptop"), sign_in("qian", "laptop")
    for listing in [one.name for one in LISTINGS.values() if isinstance(one, Table)]:
        files = [zhao.get(f"/lists/{listing}/file.{ending}") for ending in ("csv", "xlsx")]
        assert all(page.headers["Content-Disposition"].startswith("attachment") for page in files), listing
        assert len(rows_of_csv(files[0])) > 1 or listing == "cases"
        ticks = [str(field["value"]) for field in zhao.get(f"/lists/{listing}/choice?all=1").all("input[name=id]")]
        if ticks:
            assert len(rows_of_csv(zhao.get(f"/lists/{listing}/file.csv?id={ticks[0]}"))) == 2
        assert qian.get(f"/lists/{listing}/file.csv").status == 403


@pytest.mark.engine("sqlite")
def test_a_file_is_only_for_who_may_open_the_list(sign_in: Any, world: Any) -> None:
    assert sign_in("zhou", "laptop").get("/lists/cases/file.csv").status == 403
    assert sign_in("zhou", "laptop").get("/lists/calls/choice?all=1").status == 403
    assert sign_in("zhou", "laptop").get("/lists/reports/file.csv").status == 200
    assert sign_in("zhao", "laptop").get("/lists/none/file.csv").status == 404


def test_chosen_visits_are_assigned_and_the_others_are_skipped_with_a_reason(world: Any, sign_in: Any) -> None:
    one, two, begun = world.visit(), world.visit(serial="DF2401-0002"), world.visit(serial="DF2401-0003")
    mine = world.visit("li")
    assert sign_in("zhang").post(f"/visits/{begun.id}/departure").status == 303
    sun, ids = sign_in("sun", "laptop"), [str(visit.id) for visit in (one, two, begun, mine)]
    page = sun.get("/lists/visits/choice?" + "&".join(f"id={one}" for one in ids))
    assert "Assign 4 visits" in sun.get(page.response.request.full_path, headers={"Accept-Language": "en"}).text
    assert [str(field["value"]) for field in page.all("input[name=id]")] == ids
    refused = sun.post("/lists/visits/assignment", {"id": ids})
    assert refused.status == 422 and len(refused.all("input[name=id]")) == 4
    done = sun.follow(sun.post("/lists/visits/assignment", {"id": ids, "technician": str(world.person("li").id)}))
    assert len(done.all("#done li")) == 2 and len(done.all("#skipped li")) == 2
    assert begun.number in done.one("#skipped").get_text() and mine.number in done.one("#skipped").get_text()
    db.session.expire_all()
    assert {db.session.get_one(Visit, row.id).person.username for row in (one, two)} == {"li"}
    assert db.session.get_one(Visit, begun.id).person.username == "zhang"
    assert sign_in("zhao", "laptop").post("/lists/visits/assignment", {"id": ids}).status == 422
    assert sign_in("he", "laptop").post("/lists/visits/assignment", {"id": ids}).status == 403


def test_plain_reports_are_approved_and_doubtful_ones_are_left(world: Any, sign_in: Any) -> None:
    good = signed(world, finished(world, earlier=1))
    bad = signed(world, finished(world, earlier=2, findings={**DIAGNOSIS, "outcome": "not_repairable"}))
    zhao, ids = sign_in("zhao", "laptop"), [str(good.id), str(bad.id)]
    done = zhao.follow(zhao.post("/lists/reports/approval", {"id": ids}))
    assert good.number in done.one("#done").get_text() and bad.number in done.one("#skipped").get_text()
    db.session.expire_all()
    assert (good.visit.state, bad.visit.state) == ("approved", "signed")
    again = zhao.follow(zhao.post("/lists/reports/approval", {"id": [str(good.id)]}))
    assert not again.all("#done") and good.number in again.one("#skipped").get_text()
    own = signed(world, finished(world, earlier=3))
    wu = sign_in("zhang")
    assert wu.post("/lists/reports/approval", {"id": [str(own.id)]}).status == 403
    assert sign_in("li").get(zhao.post("/lists/reports/approval", {"id": ids}).location or "").status == 403


@pytest.mark.engine("sqlite")
def test_all_that_match_are_a_second_step(world: Any, sign_in: Any) -> None:
    site, product = world.site(), world.product()
    for n in range(60):
        customers.add_equipment(site, product, f"SN-{n:03}")
    db.session.commit()
    sun = sign_in("sun", "laptop")
    tick = str(sun.get("/equipment?q=SN-").all("input[name=id]")[0]["value"])
    page = sun.get(f"/lists/equipment/choice?q=SN-&id={tick}")
    second = next(str(a["href"]) for a in page.all("main a") if "all=1" in str(a["href"]))
    page = sun.get(second)
    assert "60" in page.one("h1").get_text()
    file = next(str(a["href"]) for a in page.all("#files a"))
    assert len(rows_of_csv(sun.get(file))) == 61


def test_a_saved_view_is_a_tab_and_a_roles_list_opens_with_it(world: Any, sign_in: Any) -> None:
    sun, zhao = sign_in("sun", "laptop"), sign_in("zhao", "laptop")
    own = sun.post("/lists/calls/views?state=open&evil=1", {"name": "我的未结"})
    assert own.status == 303 and own.location == "/calls?state=open"
    assert "我的未结" in sun.get("/calls?state=open").one("nav.tabs [aria-current]").get_text()
    assert "我的未结" not in zhao.get("/calls?state=open").text
    assert sun.post("/lists/calls/views?state=open", {"name": "我的未结"}).status == 422
    assert sun.post("/lists/calls/views?state=done", {"name": "x", "shared": "y", "role": "dispatcher"}).status == 303
    assert sun.get("/calls").status == 200, "a dispatcher does not set what others see"
    shared = zhao.post("/lists/calls/views?state=done", {"name": "已完成", "role": "dispatcher"})
    assert shared.status == 303
    assert (sun.get("/calls").status, sun.get("/calls").location) == (303, "/calls?state=done")
    assert sun.get("/calls?view=all").status == 200 and zhao.get("/calls").status == 200
    view = next(str(a["href"]) for a in zhao.get("/lists/calls/views").all("a[href$=removal]"))
    assert sun.post(view).status == 404
    assert zhao.post(view).status == 303 and sun.get("/calls").status == 200


def test_the_stores_lists_have_saved_views_beside_their_own_tabs(world: Any, sign_in: Any) -> None:
    new_tool(world)
    db.session.commit()
    qian, zhao = sign_in("qian", "laptop"), sign_in("zhao", "laptop")
    saved = qian.post("/lists/stock/views?q=TM&show=missing&evil=1", {"name": "缺油"})
    assert saved.location == "/stock?q=TM&show=missing"
    assert current_tabs(qian.get(saved.location or "")) == ["缺油"]
    assert current_tabs(qian.get("/stock?show=missing")) == ["仓库没有"]
    assert "缺油" not in zhao.get("/stock").one("nav.tabs").get_text()
    assert qian.post("/lists/tools/views?show=overdue&category=measuring", {"name": "量具"}).status == 303
    tabs = qian.get("/tools?category=measuring").all("nav.tabs a")
    assert [(str(tab["href"]), tab.get_text(strip=True)) for tab in tabs][1] == (
        "/tools?category=measuring&show=overdue", "逾期或即将到期",
    ), "a tab keeps the rest of the filter"  # fmt: skip
    assert qian.post("/lists/movements/views?kind=issue", {"name": "x", "role": "storekeeper"}).status == 303
    assert qian.get("/stock/movements").status == 200, "a storekeeper does not set what others see"
    page = zhao.get("/lists/movements/views?kind=issue&location=S1&person=qian")
    facts = page.one("#save dl").get_text(" ", strip=True)
    assert "发料" in facts and world.person("qian").name in facts and "S1 · " in facts
    assert zhao.post("/lists/movements/views?kind=issue", {"name": "发料", "role": "storekeeper"}).status == 303
    assert qian.get("/stock/movements").location == "/stock/movements?kind=issue"
    every = qian.get("/stock/movements?view=all")
    assert every.all("tbody tr") and current_tabs(every) == ["全部"]
    for address in ("/lists/stock/file.csv", "/lists/tools/choice?all=1"):
        assert qian.get(address).status == 404, "these lists have files of their own"
    assert sign_in("sun", "laptop").get("/lists/stock/views").status == 403


def current_tabs(page: Any) -> list[str]:
    return [tab.get_text(strip=True) for tab in page.all("nav.tabs [aria-current]")]


@pytest.mark.engine("sqlite")
def test_lists_work_for_hands_that_type_addresses(world: Any, sign_in: Any) -> None:
    zhao = sign_in("zhao", "laptop")
    for address in (
        "/lists/reports/choice", "/lists/visits/choice?id=x&id=%00", "/lists/visits/file.csv?date=x&technician=y",
        "/customers?after=x&q=%00&open=maybe", "/equipment?product=x&from=9999-99-99&customer=%00&after=-1",
        "/equipment?after=00000000-0000-4000-8000-000000000001", "/lists/calls/views?q=%00",
        f"/equipment/{world.equipment().id}?show=nothing&before=99999999999999999999999",
        f"/customers/{world.site().customer_id}?before=-1&show=parts",
    ):  # fmt: skip
        assert zhao.get(address).status == 200, address
    assert zhao.get("/lists/visits/file.exe").status == 404


def columns(page: Any) -> list[str]:
    """The columns that can be seen: one that is left out is named by a class of the table."""
    left_out = {int(name[3:]) for name in page.one("table.table")["class"] if name.startswith("no-")}
    return [cell.get_text(strip=True) for n, cell in enumerate(page.all("thead th"), 1) if n not in left_out]


LISTS = {
    "calls": "/calls",
    "visits": "/visits",
    "customers": "/customers",
    "equipment": "/equipment",
    "reports": "/reports",
    "stock": "/stock?show=all",
    "movements": "/stock/movements",
    "tools": "/tools",
}


def test_a_person_leaves_out_columns_of_a_list_and_has_rows_close_together(world: Any, sign_in: Any) -> None:
    signed(world, finished(world, earlier=1))
    new_tool(world)
    db.session.commit()
    assert set(LISTS) == set(looks.TABLES)
    zhao, he = sign_in("zhao", "laptop"), sign_in("he", "laptop")
    for listing, address in LISTS.items():
        before = zhao.get(address)
        form = before.one(f"form[action^='/lists/{listing}/look']")
        ticks = [str(field["value"]) for field in form.select("[name=column]")]
        words = [label.get_text(strip=True) for label in form.select("fieldset label")]
        assert columns(before)[-len(words) :] == words, "in the order of the table"
        answer = zhao.post(str(form["action"]), {"column": ticks[1:], "dense": "1"})
        assert answer.location == address, "back to the list with its filter"
        after = zhao.follow(answer)
        assert columns(after) == [name for name in columns(before) if name != words[0]], listing
        assert "dense" in after.one("table.table")["class"]
        assert columns(he.get(address)) == columns(before), "it is one person's choice"
        zhao.post(str(form["action"]), {"column": ticks})
        assert columns(zhao.get(address)) == columns(before)
    assert zhao.post("/lists/nothing/look").status == 404
