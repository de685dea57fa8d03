"""Pages of imports: from the file to the refused rows, by those who may, with words for whatever is wrong."""

import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.clock import now
from portal.db import db
from portal.importing import operations
from portal.importing.kinds import KINDS
from portal.importing.models import Import
from portal.worker import Worker
from tests.importing.sheets import csv_bytes, customers, xlsx_bytes
from tests.page import Page, Person

only_sqlite = pytest.mark.engine("sqlite")


def send(person: Person, content: bytes, kind: str = "customers", name: str = "客户.csv") -> Page:
    fields = {"kind": kind, "file": (io.BytesIO(content), name)}
    return person.post("/imports/new", fields, content_type="multipart/form-data")


def work(app: Flask) -> None:
    db.session.commit()
    Worker(app).drain()
    db.session.expire_all()


def fields(page: Page) -> dict[str, str]:
    return {str(select["name"]): page.value(str(select["name"])) for select in page.all("main select")}


def test_a_file_is_checked_tried_brought_in_and_its_refused_rows_taken_away(app: Flask, sign_in: Any) -> None:
    zhao = sign_in("zhao", "laptop")
    assert "还没有导入过" in zhao.get("/imports").text
    address = send(zhao, xlsx_bytes(customers(30)), name="客户.xlsx").location
    reading = zhao.get(address)
    assert reading.one("#progress")["hx-trigger"] == "every 1s" and reading.one("#progress progress")
    work(app)
    page = zhao.follow(zhao.get(address))
    assert page.value("column-0") == "number" and page.value("column-4") == "phone"
    verdicts = [str(row["data-outcome"]) for row in page.all("tr[data-row]")]
    assert verdicts.count("new") == 18 and verdicts.count("refused") == 2
    assert "电话: 这不是电话号码" in page.one('tr[data-row="11"]').get_text().replace("：", ": ")
    tried = zhao.post(f"{address}/trial", fields(page))
    assert tried.status == 303
    work(app)
    done = zhao.follow(tried)
    assert "没有更改任何内容" in done.text and "27" in done.one("dl.summary").get_text()
    assert zhao.post(f"{address}/rows").status == 303
    running = zhao.get(address)
    assert "0 / 30 行" in running.text and running.one("#progress")["hx-get"] == address
    work(app)
    done = zhao.get(address)
    assert len(done.all("#refused tr[data-row]")) == 3 and not done.one("#progress").get("hx-trigger")
    refused = zhao.get(f"{address}/refused.csv")
    text = refused.response.get_data().decode("utf-8-sig")
    assert text.splitlines()[0].endswith("区域,文件中的行号,原因") and text.count("\r\n") == 4
    mended = send(zhao, text.replace(",无,", ",100 5555 0000,").encode("utf-8-sig")).location
    work(app)
    page = zhao.follow(zhao.get(mended))
    assert page.value("column-7") == "" and "附加的" in page.text
    zhao.post(f"{mended}/rows", fields(page))
    work(app)
    assert db.session.query(Import).filter_by(refused_rows=0, new_rows=3).count() == 1


@only_sqlite
@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "空的"), (b"%PDF-1.7", "不是表格"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), ".xls")],
)
def test_what_is_no_spreadsheet_comes_back_with_words(sign_in: Any, content: bytes, words: str) -> None:
    zhao = sign_in("zhao", "laptop")
    page = send(zhao, content)
    assert page.status == 422 and words in page.errors and page.value("kind") == "customers"
    assert zhao.post("/imports/new", {"kind": "customers"}).status == 422
    assert send(zhao, csv_bytes(customers(1)), kind="people").status == 422


@only_sqlite
def test_a_file_that_turns_out_unreadable_says_so_on_its_page(app: Flask, sign_in: Any) -> None:
    zhao = sign_in("zhao", "laptop")
    address = send(zhao, csv_bytes([["客户名称", "电话"]])).location
    work(app)
    assert "下面没有数据行" in zhao.get(address).text


@only_sqlite
def test_missing_and_doubled_columns_come_back_with_words_and_choices(app: Flask, sign_in: Any) -> None:
    zhao = sign_in("zhao", "laptop")
    address = send(zhao, csv_bytes([["名称", "Maße", "规格"], ["螺栓", "N-1", "M12"]]), "parts").location
    work(app)
    page = zhao.get(f"{address}/columns")
    assert "缺少一列" in page.text
    for verb in ("columns", "rows", "trial"):
        refused = zhao.post(f"{address}/{verb}", {"column-0": "name_zh_Hans", "column-1": "", "column-2": "unit"})
        assert refused.status == 422 and "料号" in refused.errors + refused.text and refused.value("column-2") == "unit"
    twice = zhao.post(f"{address}/columns", {"column-0": "code", "column-1": "code", "column-2": ""})
    assert twice.status == 422 and "两列" in twice.errors
    good = zhao.post(f"{address}/columns", {"column-0": "name_zh_Hans", "column-1": "code", "column-2": "none-such"})
    assert good.status == 303 and "缺少一列" not in zhao.get(f"{address}/columns").text


@only_sqlite
def test_a_dead_import_can_go_on_and_a_living_one_cannot_be_disturbed(app: Flask, sign_in: Any) -> None:
    zhao = sign_in("zhao", "laptop")
    address = send(zhao, csv_bytes(customers(10))).location
    work(app)
    assert zhao.post(f"{address}/rows").status == 303
    assert zhao.post(f"{address}/resumption").status == 409 and zhao.post(f"{address}/rows").status == 409
    run = db.session.query(Import).one()
    run.worker, run.beat_at, run.place = "dead", now() - timedelta(minutes=5), 4
    db.session.commit()
    page = zhao.get(address)
    assert "处理已中断" in page.text and zhao.post(page.one("form.verb")["action"]).status == 303


@only_sqlite
def test_storekeepers_see_parts_only_and_others_nothing(app: Flask, sign_in: Any) -> None:
    zhao, qian = sign_in("zhao", "laptop"), sign_in("qian", "laptop")
    of_customers = send(zhao, csv_bytes(customers(3))).location
    of_parts = send(qian, csv_bytes([["料号", "名称"], ["N-1", "螺栓"]]), "parts").location
    assert qian.get(of_customers).status == 404 and zhao.get(of_parts).status == 200
    assert len(qian.get("/imports").all("main .line")) == 1 and len(zhao.get("/imports").all("main .line")) == 2
    assert send(qian, csv_bytes(customers(3))).status == 422
    for username in ("zhang", "sun", "zhou"):
        assert sign_in(username).get(of_customers).status == 403


@only_sqlite
def test_what_was_forgotten_keeps_its_counts(app: Flask, sign_in: Any) -> None:
    zhao = sign_in("zhao", "laptop")
    address = send(zhao, csv_bytes(customers(10))).location
    work(app)
    zhao.post(f"{address}/rows")
    work(app)
    db.session.query(Import).one().created_at = now() - timedelta(days=40)
    operations.forget_old()
    page = zhao.get(address)
    assert "30 天后清除" in page.text and zhao.get(f"{address}/refused.csv").status == 404


@only_sqlite
def test_the_history_tells_in_words_what_an_import_added_and_changed(app: Flask, sign_in: Any) -> None:
    qian = sign_in("qian", "laptop")
    sheets = (
        ("products", [["code", "name", "family", "brand"], ["ZZ-1", "Demo bike", "BK", "DEMO"]]),
        ("products", [["code", "brand"], ["ZZ-1", "SAMPLE"]]),
        ("parts", [["code", "name", "unit", "old_part"], ["ZZ-9", "Pedal", "pc", "none"]]),
        ("parts", [["code", "old_part"], ["ZZ-9", "returned"]]),
    )
    zhao = sign_in("zhao", "laptop")
    for kind, rows in sheets:
        sender = qian if kind == "parts" else zhao
        address = send(sender, csv_bytes(rows), kind, f"{kind}.csv").location
        work(app)
        assert sender.post(f"{address}/rows", fields(sender.follow(sender.get(address)))).status == 303
        work(app)
    told = sign_in("he", "laptop").get("/admin/history").one("tbody").get_text(" ", strip=True)
    for words in ("品牌 DEMO → SAMPLE", "旧件去向 无旧件 → 收回公司", "文件中的行号 2"):
        assert words in told, words
    for raw in ("add item", "change product", " row ", "old_part", "returned"):
        assert raw not in told, raw


@only_sqlite
def test_the_page_names_all_that_can_be_brought_in(sign_in: Any) -> None:
    zhao = sign_in("zhao", "laptop")
    zhao.open("/language", method="POST", data={"locale": "en"})
    told = zhao.get("/imports").one("main").get_text().lower()
    assert all(kind in told for kind in KINDS)
