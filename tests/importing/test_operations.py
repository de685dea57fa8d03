"""What becomes of rows, on both databases: new, changed, the same, refused; once, whatever dies in between."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import files
from portal.clock import now
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.history import HistoryEntry
from portal.i18n import speaking
from portal.importing import operations, running
from portal.importing.kinds import KINDS
from portal.importing.models import Import, OutsideNumber, RefusedRow, refused_rows
from portal.importing.words import reasons
from portal.records.operations.merging import merge, undo
from portal.search.documents import exact
from portal.search.models import SearchEntry
from portal.stock.models import Item
from portal.worker import Worker
from tests.importing.sheets import csv_bytes, customers, xlsx_bytes


def sent(kind: str, content: bytes) -> Import:
    run = operations.send_file(kind, "file.csv", content, person=None)
    db.session.commit()
    running.look(run.id)
    return run


def brought_in(kind: str, rows: list[list[Any]], *, trial: bool = False) -> Import:
    run = sent(kind, csv_bytes(rows))
    operations.run_import(run, trial=trial)
    db.session.commit()
    running.go_on(run.id)
    db.session.refresh(run)
    assert run.state == "done" and run.done_rows == run.total == len(rows) - 1
    return run


def counts(run: Import) -> tuple[int, ...]:
    return tuple(run.counts.values())


def how_many(model: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(model)))


def everything() -> dict[str, Any]:
    """All that an import may touch."""
    tables = (Customer, Site, Contact, Product, Equipment, Item, OutsideNumber)
    return {t.__tablename__: sorted(map(str, db.session.execute(select(t.__table__)).all())) for t in tables}


def told(run: Import) -> list[tuple[int, str]]:
    return [(row.number, ",".join(f"{r[0]}:{r[1]}" for r in row.reasons)) for row in refused_rows(run)]


def test_good_rows_come_in_bad_ones_are_named_and_a_second_time_changes_nothing(app: Flask) -> None:
    rows = customers(500)
    first = brought_in("customers", rows)
    assert counts(first) == (450, 0, 0, 50)
    assert [row.number for row in refused_rows(first)] == list(range(11, 502, 10))
    assert refused_rows(first)[0].cells == rows[10]
    before, entries = everything(), how_many(HistoryEntry)
    assert counts(brought_in("customers", rows)) == (0, 0, 450, 50)
    assert everything() == before
    added = db.session.scalars(select(HistoryEntry).where(HistoryEntry.n > 0, HistoryEntry.verb == "add_customer"))
    assert len(list(added)) == 450 and how_many(HistoryEntry) == entries + 2  # the file, and what came of it


def test_what_came_in_is_found_at_once(app: Flask) -> None:
    brought_in("customers", customers(20))
    changed = [["客户编号", "客户名称"], ["C000001", "另名公司"]]
    brought_in("customers", changed)
    brought_in("parts", [["物料编码", "名称"], ["FOUND-1", "寻得件"]])
    titles = {(one.kind, str(one.shown["title"])) for one in db.session.scalars(select(SearchEntry))}
    assert {("customer", "虚构客户 0"), ("customer", "另名公司")} <= titles
    assert db.session.scalars(select(SearchEntry.kind).where(SearchEntry.code == exact("FOUND-1"))).all() == ["part"]
    checked = app.test_cli_runner().invoke(args=["search", "check"])
    assert checked.exit_code == 0, checked.output


def test_a_merged_customer_is_taken_for_the_one_that_stays(app: Flask, world: Any) -> None:
    headings = ["客户编号", "客户名称", "电话", "地址"]
    brought_in("customers", [headings, ["C1", "旧名公司", "10000001", "一路 1 号"]])
    brought_in("customers", [headings, ["", "新名公司", "10000002", "二路 2 号"]])
    found = {
        one.name: one for one in db.session.scalars(select(Customer).where(Customer.name.in_(["旧名公司", "新名公司"])))
    }
    done = merge(found["旧名公司"], found["新名公司"], "同一家", person=world.person("he"))
    db.session.commit()
    assert db.session.get_one(OutsideNumber, "C1").customer_id == found["新名公司"].id
    assert counts(brought_in("customers", [headings, ["C1", "旧名公司", "10000001", "一路 1 号"]])) == (0, 0, 1, 0)
    assert counts(brought_in("customers", [headings, ["", "旧名公司", "10000001", "一路 1 号"]])) == (0, 0, 1, 0)
    checked = app.test_cli_runner().invoke(args=["search", "check"])
    titles = {str(one.shown["title"]) for one in db.session.scalars(select(SearchEntry))}
    assert checked.exit_code == 0 and "旧名公司" not in titles
    undo(done, "两家", person=world.person("he"))
    db.session.commit()
    assert db.session.get_one(OutsideNumber, "C1").customer_id == found["旧名公司"].id


def test_through_a_chain_of_merges_a_row_means_the_customer_that_stands(app: Flask, world: Any) -> None:
    head = ["客户编号", "客户名称", "电话", "地址", "语言"]
    rows = [["C1", "甲公司", "10000001", "一路 1 号", ""], ["", "乙公司", "10000002", "二路 2 号", ""]]
    rows.append(["C3", "丙公司", "10000003", "三路 3 号", ""])
    brought_in("customers", [head, *rows])
    one, two, three = [db.session.scalars(select(Customer).where(Customer.name == row[1])).one() for row in rows]
    merge(one, two, "同一家", person=world.person("he"))
    merge(two, three, "同一家", person=world.person("he"))
    db.session.commit()
    before = everything()
    assert counts(brought_in("customers", [head, *rows])) == (0, 0, 3, 0) and everything() == before
    disagreeing = [
        head,
        ["C1", "甲公司", "", "", "es"],
        ["", "乙公司", "10000002", "", "en"],
        ["C3", "丙公司", "", "", "es"],
    ]
    run = brought_in("customers", disagreeing)
    assert (counts(run), told(run)) == ((0, 1, 1, 1), [(3, ":contradiction")])
    run = brought_in("customers", disagreeing)
    assert (counts(run), told(run)) == ((0, 0, 2, 1), [(3, ":contradiction")])
    db.session.refresh(three)
    assert (three.name, three.locale) == ("丙公司", "es")


def test_through_a_chain_of_merges_a_row_means_the_unit_that_stands(app: Flask, world: Any) -> None:
    head = ["产品型号", "序列号", "客户名称", "安装位置", "资产编号"]
    rows = [["IN-01", serial, "Hotel Ejemplo", "", ""] for serial in ("Q-1", "Q-2", "Q-3")]
    brought_in("equipment", [head, *rows])
    first, second, third = [world.equipment(row[1]) for row in rows]
    merge(first, second, "同一台", person=world.person("he"))
    merge(second, third, "同一台", person=world.person("he"))
    db.session.commit()
    disagreeing = [head, [*rows[0][:3], "3F", ""], [*rows[1][:3], "", "A-7"], [*rows[2][:3], "4F", ""]]
    run = brought_in("equipment", disagreeing)
    assert (counts(run), told(run)) == ((0, 2, 0, 1), [(4, ":contradiction")])
    run = brought_in("equipment", disagreeing)
    assert (counts(run), told(run)) == ((0, 0, 2, 1), [(4, ":contradiction")])
    units = [(unit.location, unit.asset_tag) for unit in (first, second, third) if db.session.refresh(unit) is None]
    assert units == [("", ""), ("", ""), ("3F", "A-7")]


def test_a_trial_says_what_would_be_and_changes_nothing(app: Flask) -> None:
    rows, before = [*customers(60), ["C000001", "虚构客户 1", "", "另一人", "", "另一地址 1", ""]], everything()
    run = brought_in("customers", rows, trial=True)
    assert counts(run) == (54, 1, 0, 6) and everything() == before
    operations.run_import(run, trial=False)
    db.session.commit()
    running.go_on(run.id)
    db.session.refresh(run)
    assert counts(run) == (54, 1, 0, 6) and how_many(RefusedRow) == 6


def test_stopped_between_chunks_it_goes_on_to_the_same_end(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 40)
    run = sent("customers", csv_bytes(customers(500)))
    operations.run_import(run, trial=False)
    db.session.commit()
    while True:
        stopped = running.go_on(run.id, seconds=1e-9)  # one chunk, then the worker ends
        db.session.refresh(run)
        if stopped is None:
            break
        assert run.place == stopped and run.done_rows == min(stopped - 1, 500)
    assert counts(run) == (450, 0, 0, 50) and how_many(OutsideNumber) == 450


def test_a_worker_that_was_taken_over_stores_nothing_more(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK", 40)
    run = sent("customers", csv_bytes(customers(100)))
    operations.run_import(run, trial=False)
    db.session.commit()

    def another_comes(done: int, _refused: int) -> None:
        if done == 40:
            running.take_over(run.id)

    with pytest.raises(running.Overtaken):
        running.go_on(run.id, told=another_comes)
    db.session.refresh(run)
    assert run.done_rows == 40
    running.go_on(run.id)
    db.session.refresh(run)
    assert counts(run) == (90, 0, 0, 10) and how_many(OutsideNumber) == 90


def test_the_worker_reads_and_runs_in_slices(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.importing.work.SECONDS", 1e-9)
    run = operations.send_file("customers", "a.xlsx", xlsx_bytes(customers(450)), person=None)
    operations.read_later(run)
    db.session.commit()
    Worker(app).drain()
    db.session.refresh(run)
    assert (run.state, run.total, len(run.sample)) == ("columns", 450, 20)
    operations.run_import(run, trial=False)
    operations.run_later(run)
    db.session.commit()
    assert Worker(app).drain()["done"] >= 3  # a slice for each chunk, and the daily jobs
    db.session.refresh(run)
    assert run.state == "done" and counts(run) == (405, 0, 0, 45)


def test_customers_are_known_by_number_else_by_name_and_phone(app: Flask) -> None:
    head = ["客户编号", "客户名称", "电话", "联系人", "地点", "地址"]
    gym = "虚构动力健身俱乐部"
    rows = [
        head,
        ["", gym, "100-0000-0001", "甲示例", "", ""],  # the one that is there
        ["", gym, "100 0000 0001", "乙示例", "分店", "示例大道 9 号"],  # a second site with its person
        ["G1", gym, "10000000001", "", "", "示例大道 9 号"],  # gets its outside number
        ["G1", "新名字健身", "", "", "", ""],  # renamed by its number: says otherwise than the row above
        ["", gym, "100 9999 9999", "", "", "示例大道 1 号"],  # the same name, another phone number: another customer
        ["", gym, "", "", "", "示例大道 1 号"],  # which of the two?
        ["", "无地址客户", "100 10", "", "", ""],
    ]
    run = brought_in("customers", rows)
    assert told(run) == [(5, ":contradiction"), (7, "phone:name_with_phone"), (8, "address:no_site_address")]
    assert counts(run) == (1, 2, 1, 3)
    before = everything()
    assert counts(brought_in("customers", rows)) == (0, 0, 4, 3) and everything() == before
    run = brought_in("customers", [head, ["G1", "新名字健身", "", "", "", ""]])
    assert counts(run) == (0, 1, 0, 0)
    entry = db.session.scalars(select(HistoryEntry).where(HistoryEntry.verb == "change_customer")).all()[-1]
    assert entry.details["name"] == f"{gym} → 新名字健身"


def test_units_stand_where_their_customer_is(app: Flask, world: Any) -> None:
    head = ["产品型号", "序列号", "客户名称", "地点", "安装位置", "安装日期"]
    rows = [
        head,
        ["in-01", "DF2401-0001", "", "", "3F", ""],  # changed, the empty cells change nothing
        ["IN-01", "NEW-1", "Hotel Ejemplo", "", "1F", "2026/1/5"],
        ["IN-01", "DF2401-0003", "虚构动力健身俱乐部", "总店", "", ""],  # moved
        ["IN-99", "X", "Hotel Ejemplo", "", "", ""],
        ["IN-01", "Y", "无此客户", "", "", ""],
        ["IN-01", "Z", "", "", "", ""],
        ["IN-01", "Q", "Hotel Ejemplo", "Bar", "", "2026-13-01"],
        ["IN-01", "", "Hotel Ejemplo", "", "", ""],
    ]
    run = brought_in("equipment", rows)
    assert counts(run) == (1, 2, 0, 5)
    assert [why for _n, why in told(run)] == [
        "product:no_product", "name:no_customer", "name:whose_unit", "installed_on:no_date", "serial_no:missing",
    ]  # fmt: skip
    unit = world.equipment("DF2401-0001")
    assert unit.location == "3F" and unit.installed_on is not None
    assert world.equipment("DF2401-0003").site.name == "总店" and world.equipment("NEW-1").site.name == "Gimnasio"
    before = everything()
    assert counts(brought_in("equipment", rows)) == (0, 0, 3, 5) and everything() == before


def test_catalogues_are_known_by_their_codes(app: Flask, world: Any) -> None:
    parts = [
        ["料号", "名称", "单位", "单价", "数量"],
        ["TM-OIL-100", "", "", "28.5", "99"],
        ["NEW-1", "螺栓", "套", "12", "5"],
        ["NEW-2", "", "套", "12", "5"],
        ["NEW-1", "螺母", "", "", ""],
    ]
    run = brought_in("parts", parts)
    assert counts(run) == (1, 1, 0, 2)
    assert told(run) == [(4, "name_zh_Hans:new_needs_name"), (5, ":contradiction")]
    assert str(world.item().list_price) == "28.50" and world.item().labels["zh_Hans"] == "硅油"
    products = [
        ["产品代码", "名称", "Name", "类别", "保修期"],
        ["IN-01", "", "Running machine", "", "24"],
        ["OUT-9", "漫步机", "Air walker", "outdoor", "36"],
        ["OUT-8", "漫步机", "Air walker", "", "36"],
    ]
    assert counts(brought_in("products", products)) == (1, 1, 0, 1)
    assert world.product().labels == {**world.product().labels, "en": "Running machine", "zh_Hans": "跑步机"}
    assert counts(brought_in("products", products)) == (0, 0, 2, 1)
    assert counts(brought_in("parts", parts)) == (0, 0, 2, 2)


def test_hostile_cells_come_in_as_text_or_are_refused(app: Flask, world: Any) -> None:
    rows = [
        ["料号", "名称"],
        ["F-1", '=HYPERLINK("http://example.com","x")'],
        ["F-2", "a\x00b\x1b[31mc"],
        ["F-3", "长" * 350_000],
        ["F-4", "'=1+1"],
        ["F-5", "<script>alert(1)</script> '; DROP TABLE item; --"],
    ]
    run = brought_in("parts", rows)
    assert counts(run) == (4, 0, 0, 1) and told(run) == [(4, "name_zh_Hans:too_long")]
    assert len(refused_rows(run)[0].cells[1]) == 32_767
    names = {code: world.item(code).labels["zh_Hans"] for code in ("F-1", "F-2", "F-4")}
    assert names == {"F-1": rows[1][1], "F-2": "ab[31mc", "F-4": "=1+1"}


def test_a_row_that_the_database_refuses_does_not_take_others_with_it(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two people bring in the same number in the same moment: the rows are looked up, then the other one is first."""
    from portal.importing.kinds.base import Batch

    def with_a_race(self: Batch, tables: Any, write: Callable[..., None] = Batch.write) -> None:
        for row in self.inserts.get(Item, []):
            if row["code"] == "R-5":
                self.inserts[Item].append({**row, "id": uuid.uuid4()})
                break
        write(self, tables)

    monkeypatch.setattr(Batch, "write", with_a_race)
    run = brought_in("parts", [["料号", "名称"], *([f"R-{n}", "件"] for n in range(10))])
    assert counts(run) == (9, 0, 0, 1) and told(run) == [(7, ":not_stored")]


def test_what_stands_in_the_way_is_said(app: Flask) -> None:
    run = sent("parts", csv_bytes([["名称", "规格"], ["螺栓", "M12"]]))
    with pytest.raises(Rejected, match="料号"):
        operations.run_import(run, trial=False)
    operations.choose_columns(run, ["name_zh_Hans", "code"])
    with pytest.raises(Rejected):
        operations.choose_columns(run, ["code", "code"])
    operations.run_import(run, trial=False)
    db.session.commit()
    with pytest.raises(Conflict):
        operations.run_import(run, trial=False)
    with pytest.raises(Conflict):
        operations.resume(run)  # it has just begun: somebody may be at it
    running.go_on(run.id)
    db.session.refresh(run)
    assert counts(run) == (1, 0, 0, 0)
    with pytest.raises(Conflict):
        operations.run_import(run, trial=True)


def test_after_thirty_days_file_and_refused_rows_are_gone(app: Flask, world: Any) -> None:
    old, young = brought_in("customers", customers(20)), brought_in("customers", customers(30))
    kept = {run.id: run.digest for run in (old, young)}
    old.created_at = now() - timedelta(days=31)
    db.session.commit()
    assert operations.forget_old() == 1
    db.session.commit()
    assert files.read(kept[young.id])
    with pytest.raises(OSError):
        files.read(kept[old.id])
    assert not refused_rows(old) and refused_rows(young) and old.sample == [] and old.refused_rows == 2
    assert operations.forget_old() == 0


def test_the_command_reports_every_bad_row_and_is_safe_to_repeat(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(csv_bytes(customers(50), "gb18030"))
    runner = app.test_cli_runner()
    before = everything()
    tried = runner.invoke(args=["import", "customers", str(file), "--dry-run"])
    assert tried.exit_code == 3 and "Would be: 45 new, 0 changed, 0 the same, 5 refused." in tried.output
    assert everything() == before
    done = runner.invoke(args=["import", "customers", str(file)])
    assert "row 11: Phone: This is no phone number." in done.output
    assert "45 new, 0 changed, 0 the same, 5 refused." in done.output
    again = runner.invoke(args=["import", "customers", str(file)])
    assert again.exit_code == 3 and "0 new, 0 changed, 45 the same, 5 refused." in again.output
    file.write_bytes(csv_bytes(customers(9)))
    assert runner.invoke(args=["import", "customers", str(file)]).exit_code == 0
    file.write_bytes(b"%PDF-1.7")
    assert runner.invoke(args=["import", "customers", str(file)]).exit_code == 1
    file.write_bytes(csv_bytes([["a", "b"], ["1", "2"]]))
    missing = runner.invoke(args=["import", "parts", str(file)])
    assert missing.exit_code == 1 and "Part number" in missing.output


def test_reasons_are_words_in_the_readers_language() -> None:
    found = [["phone", "no_phone", {}], ["", "contradiction", {"row": 7}]]
    assert reasons(KINDS["customers"], found).endswith("Row 7 of this file says otherwise about the same record.")


@pytest.mark.engine("sqlite")
def test_what_the_register_of_tools_refuses_stands_in_the_language_of_the_reader(world: Any) -> None:
    world.location()
    puller, clamp = ["GJ-77", "Puller", "shared", ""], ["GJ-78", "Clamp meter", "measuring", "A"]
    with speaking("zh_Hans"):
        run = brought_in("tools", [["code", "name", "category", "class"], puller, puller, clamp])
    kept = [row.reasons for row in refused_rows(run)]
    told = {
        "zh_Hans": ["工具编号：这个编号已被使用。", "校准周期（月）：填写校准周期（几个月一次）。"],
        "es": ["Número de herramienta: Este número ya está en uso.",
               "Se calibra cada (meses): Escriba cada cuántos meses se calibra."],
    }  # fmt: skip
    for locale, words in told.items():
        with speaking(locale):
            assert [reasons(KINDS["tools"], found) for found in kept] == words
