"""The storekeeper's pages: what they show, who may open them, and what they say to a wrong entry."""

import csv
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.db import db
from portal.i18n import speaking
from portal.stock import forms, operations
from portal.stock.models import Item, Location, Movement
from portal.stock.words import unit_word

SLIPS = [
    ("/stock/receipts", {"item": "TM-BELT-1300", "quantity": "2", "to": "S1", "unit_cost": "118.5"}, "RK-01-"),
    ("/stock/issues", {"item": "TM-BELT-1300", "quantity": "2", "from": "S1", "to": "VAN-zhang"}, "LL-01-"),
    ("/stock/returns", {"item": "TM-BELT-1300", "quantity": "1", "from": "VAN-zhang", "to": "S1"}, "TL-01-"),
]


def newest() -> Movement:
    return db.session.scalars(select(Movement).order_by(Movement.n.desc())).first()  # type: ignore[return-value]


@pytest.mark.parametrize(("address", "fields", "number"), SLIPS, ids=["receipt", "issue", "return"])
def test_a_slip_posts_one_movement_and_shows_its_number(
    world: Any, sign_in: Any, address: str, fields: dict[str, str], number: str
) -> None:
    keeper, before = sign_in("qian", "laptop"), newest().n
    form = keeper.get(address)
    assert form.status == 200 and form.value("quantity") == ""
    page = keeper.follow(keeper.post(address, fields))
    assert number in page.text and "TM-BELT-1300" in page.text
    assert newest().n == before + 1
    assert newest().document.startswith(number)


@pytest.mark.engine("sqlite")
def test_a_slip_is_recorded_once_however_often_it_is_sent(sign_in: Any, world: Any) -> None:
    keeper, (address, fields, _number) = sign_in("qian", "laptop"), SLIPS[1]
    entry = "00000000-0000-4000-8000-000000000077"
    first = keeper.post(address, fields, entry_id=entry)
    count = newest().n
    again = keeper.post(address, fields, entry_id=entry)
    assert (again.status, again.location, newest().n) == (303, first.location, count)


@pytest.mark.engine("sqlite")
def test_the_store_end_may_be_left_out(sign_in: Any, world: Any) -> None:
    keeper = sign_in("qian", "laptop")
    for address, fields, number in SLIPS:
        own = "from" if "issues" in address else "to"
        page = keeper.follow(keeper.post(address, {k: v for k, v in fields.items() if k != own}))
        assert number in page.text


@pytest.mark.engine("sqlite")
def test_a_technician_without_a_van_gets_one_with_the_first_issue(sign_in: Any, world: Any) -> None:
    keeper = sign_in("qian", "laptop")
    world.item().unit = "l"
    db.session.commit()
    fields = {"item": "TM-OIL-100", "quantity": "1,5", "to": "VAN-li"}
    assert "VAN-li" in keeper.follow(keeper.post("/stock/issues", fields)).text


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("address", "fields", "words"),
    [
        ("/stock/receipts", {"item": "NONE", "quantity": "1", "unit_cost": "1"}, "item"),
        ("/stock/receipts", {"item": "TM-KEY", "quantity": "0", "unit_cost": "1"}, "quantity"),
        ("/stock/receipts", {"item": "TM-KEY", "quantity": "1.5", "unit_cost": "1"}, "quantity"),
        ("/stock/receipts", {"item": "TM-KEY", "quantity": "1", "unit_cost": "-1"}, "unit_cost"),
        ("/stock/receipts", {"item": "TM-KEY", "quantity": "1"}, "unit_cost"),
        ("/stock/receipts", {"item": "TM-KEY", "quantity": "1", "unit_cost": "1", "to": "MACHINE"}, "to"),
        ("/stock/issues", {"item": "TM-KEY", "quantity": "2", "to": "VAN-zhang"}, "quantity"),
        ("/stock/issues", {"item": "TM-KEY", "quantity": "0.5", "to": "VAN-zhang"}, "quantity"),
        ("/stock/issues", {"item": "TM-KEY", "quantity": "1", "to": "S1"}, "to"),
        ("/stock/issues", {"item": "TM-KEY", "quantity": "1,000.5", "to": "VAN-zhang"}, "quantity"),
        ("/stock/returns", {"item": "TM-KEY", "quantity": "1", "to": "S1"}, "source"),
    ],
)
def test_a_wrong_entry_comes_back_with_words_beside_its_field(
    sign_in: Any, world: Any, address: str, fields: dict[str, str], words: str
) -> None:
    before, keeper = newest().n, sign_in("qian", "laptop")
    page = keeper.post(address, fields)
    assert page.status == 422 and page.errors
    assert page.one(f"[aria-invalid][aria-describedby*='{'from' if words == 'source' else words}']")
    assert page.value("item") == fields["item"]
    assert newest().n == before


def test_a_piece_of_a_name_is_a_part_when_it_fits_one(sign_in: Any, world: Any) -> None:
    keeper = sign_in("qian", "laptop")
    page = keeper.follow(keeper.post("/stock/receipts", {"item": "硅油", "quantity": "1", "unit_cost": "1"}))
    assert (
        "TM-OIL-100" in page.text and "TM-OIL-100" in keeper.get("/stock/movements?item=硅油").one("tbody").get_text()
    )
    for fields in ({"item": "TM-"}, {"item": "没有"}):
        page = keeper.post("/stock/receipts", fields | {"quantity": "1", "unit_cost": "1"})
        words = page.one("#item-error").get_text()
        assert page.status == 422 and page.value("item") == fields["item"]
        assert ("TM-OIL-100" in words) == (fields["item"] == "TM-"), words


@pytest.mark.engine("sqlite")
def test_a_shortage_is_a_sentence_with_name_and_unit(sign_in: Any, world: Any) -> None:
    page = sign_in("qian", "laptop").post("/stock/issues", {"item": "TM-KEY", "quantity": "2", "to": "VAN-zhang"})
    words = page.one("#quantity-error").get_text()
    assert "安全锁" in words and "1 件" in words


def test_one_pair_and_two_pairs(app: Flask) -> None:
    with app.app_context(), speaking("en"):
        said = [unit_word("pair", n) for n in (1, Decimal("1.000"), 2, 0)]
        assert said == ["pair", "pair", "pairs", "pairs"] and unit_word("btl", 2) == unit_word("btl")


@pytest.mark.engine("sqlite")
def test_a_balance_in_a_row_does_not_read_as_a_way(sign_in: Any, world: Any) -> None:
    row = sign_in("qian", "laptop").get("/stock/movements").one("tbody").get_text()
    assert "→" not in row and "结存" in row


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("username", ["zhang", "sun", "zhao", "zhou"])
def test_only_the_storekeeper_posts(sign_in: Any, world: Any, username: str) -> None:
    person = sign_in(username)
    for address, fields, _number in SLIPS:
        assert person.get(address).status == 403
        assert person.post(address, fields).status == 403
    assert person.post("/stock/movements/1/reversal", {"reason": "x"}).status == 403
    reads = person.get("/stock").status
    assert reads == (200 if username in ("zhao", "zhou") else 403)


def test_stock_shows_what_lies_where_and_what_is_below_zero(world: Any, sign_in: Any) -> None:
    operations.use(world.item("TM-KEY"), Decimal(2), world.van(), person=world.person("zhang"))
    db.session.commit()
    page = sign_in("qian", "laptop").get("/stock")
    row = next(row for row in page.all("tbody tr") if "TM-BELT-1300" in row.get_text())
    assert [cell.get_text(strip=True) for cell in row.select("td.num")][:4] == ["20", "3", "0", "23"]
    assert "TM-KEY" in page.one("#differences").get_text() and "-2" in page.one("#differences").get_text()


def test_parts_are_found_by_number_name_and_place(world: Any, sign_in: Any) -> None:
    keeper = sign_in("qian", "laptop")
    for query, found in {
        "q=跑带": {"TM-BELT-1300"},
        "q=oil": {"TM-OIL-100"},
        "q=TM-&location=VAN-zhang": {"TM-BELT-1300", "TM-MTR-25", "TM-OIL-100"},
        "show=missing": set(),
        "show=below": set(),
        "q=1%250": set(),
        "q=５Ｗ": set(),
        "q=ｔｍ－ｏｉｌ": {"TM-OIL-100"},
        "q=跑帶": {"TM-BELT-1300"},
    }.items():
        page = keeper.get(f"/stock?{query}")
        assert {link.get_text(strip=True) for link in page.all("tbody a.code")} == found, query
        assert found or page.all(".empty a[href]")


@pytest.mark.engine("sqlite")
def test_the_list_can_be_taken_away_as_it_is_shown(world: Any, sign_in: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("portal.stock.queries.LINES_CHUNK", 2)
    keeper = sign_in("qian", "laptop")
    world.item("TM-KEY").labels = {"zh_Hans": "=1+1"}
    db.session.commit()
    lines = list(csv.DictReader(io.StringIO(keeper.get("/stock/file.csv").response.get_data().decode("utf-8-sig"))))
    page = keeper.get("/stock?show=all&q=")
    assert [keeper.get(str(link["href"])).status for link in page.all("main a[href*='/stock/file.']")] == [200, 200]
    shown = {link.get_text(strip=True) for link in page.all("tbody a.code")}
    assert [line["料号"] for line in lines] == sorted(shown)
    belt = next(line for line in lines if line["料号"] == "TM-BELT-1300")
    assert [belt[name] for name in ("仓库", "车载", "其他", "全部")] == ["20.000", "3.000", "0", "23.000"]
    assert next(line for line in lines if line["料号"] == "TM-KEY")["配件"] == "'=1+1"
    van = sheet_of(keeper.get("/stock/file.xlsx?q=TM-&location=VAN-zhang"))
    assert van[0] == ["料号", "配件", "此处", "单位", "定价"] and len(van) == 4
    assert ["TM-BELT-1300", 3] in [[row[0], row[2]] for row in van]


@pytest.mark.engine("sqlite")
def test_movements_are_a_sheet_for_people_too(world: Any, sign_in: Any) -> None:
    operations.receive(world.item(), Decimal(2), world.location(), Decimal(4), person=world.person("qian"))
    db.session.commit()
    keeper = sign_in("qian", "laptop")
    head, *rows = sheet_of(keeper.get("/stock/movements.xlsx?location=S1&kind=receipt"))
    last = dict(zip(head, rows[-1], strict=True))
    assert last["流水"] == "入库" and last["数量"] == 2 and last["经手人"] == world.person("qian").name
    assert last["发生时间"].utcoffset() is None and "S1" in last["去向"]
    assert len(rows) == len(keeper.get("/stock/movements?location=S1&kind=receipt").all("tbody tr"))
    assert keeper.get("/stock/movements.xlsx?from=soon").status == 422


@pytest.mark.engine("sqlite")
def test_many_places_and_people_are_written_instead_of_chosen(
    world: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations.receive(world.item(), Decimal(2), world.location(), Decimal(4), person=world.person("qian"))
    db.session.commit()
    keeper = sign_in("qian", "laptop")
    few = keeper.get("/stock/movements?location=S1")
    assert few.one("select[name=location] option[selected]")["value"] == "S1" and few.all("select[name=person]")
    monkeypatch.setattr(forms, "OFFERED", 1)
    name = world.person("qian").name
    for query in ("location=S1", "location=s1", "person=qian", f"person={name}", f"person={name[0]}"):
        many = keeper.get(f"/stock/movements?{query}")
        assert many.status == 200 and not many.all("select[name=location]")
        assert len(many.all("tbody tr")) == len(few.all("tbody tr")), query
    assert keeper.get("/stock/movements?person=zhang").all("tbody tr") == []
    db.session.add(Location(code="S2", labels={"zh_Hans": "总库二"}, kind="store"))
    db.session.commit()
    for typed, said in (("nowhere", "没有这个编码或名称"), ("總庫", "请写得更具体")):
        wrong = keeper.get("/stock/movements", query_string={"location": typed})
        assert said in wrong.one(".field.bad").get_text() and wrong.value("location") == typed


def sheet_of(page: Any) -> list[list[Any]]:
    sheet = openpyxl.load_workbook(io.BytesIO(page.response.get_data())).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


@pytest.mark.engine("sqlite")
def test_an_item_shows_its_movements_with_the_balance_of_a_place(world: Any, sign_in: Any) -> None:
    item, van, zhang = world.item(), world.van(), world.person("zhang")
    for _n in range(35):
        operations.use(item, Decimal(1), van, person=zhang, document="JX-9", source_url="/visits/9")
    db.session.commit()
    keeper = sign_in("qian", "laptop")
    page = keeper.get("/stock/items/TM-OIL-100?location=VAN-zhang")
    column = [cell.get_text(strip=True) for cell in page.all("tbody td.num.strong")]
    assert len(column) == 30 and column[:2] == ["-25", "-24"]
    paper = str(page.one("tbody tr:first-child td.nowrap a")["href"])
    assert len(keeper.get(paper).all("tbody tr")) == 30, "who may not open visits sees what was moved with it"
    reviewer = sign_in("zhao", "laptop")
    assert reviewer.get("/stock/items/TM-OIL-100").one("tbody tr:first-child a[href='/visits/9']")
    older = keeper.get(str(page.one("a[rel=next]")["href"]))
    assert [cell.get_text(strip=True) for cell in older.all("tbody td.num.strong")][-1] == "10"
    assert keeper.get("/stock/items/TM-OIL-100").all("tbody tr")
    assert keeper.get("/stock/items/NO-SUCH").status == 404


@pytest.mark.engine("sqlite")
def test_a_movement_is_reversed_with_a_reason_and_both_link_to_each_other(world: Any, sign_in: Any) -> None:
    keeper = sign_in("qian", "laptop")
    keeper.post(*SLIPS[0][:2])
    n = newest().n
    address = f"/stock/movements/{n}/reversal"
    assert keeper.get(address).status == 200
    assert keeper.post(address, {"reason": ""}).status == 422
    page = keeper.follow(keeper.post(address, {"reason": "写错数量"}))
    assert page.all(f"a[href='/stock/movements/{n}']") and "写错数量" in page.text
    assert keeper.get(f"/stock/movements/{n}").all(f"a[href='/stock/movements/{n + 1}']")
    again = keeper.post(address, {"reason": "again"})
    assert again.status == 409 and again.errors
    assert keeper.post(f"/stock/movements/{n + 1}/reversal", {"reason": "x"}).status == 409
    assert keeper.get("/stock/movements/99999999999999999999").status == 404


@pytest.mark.engine("sqlite")
def test_a_use_is_taken_back_at_the_visit_only(world: Any, sign_in: Any) -> None:
    used = operations.use(world.item(), Decimal(1), world.van(), person=world.person("zhang"))
    db.session.commit()
    page = sign_in("qian", "laptop").post(f"/stock/movements/{used.n}/reversal", {"reason": "x"})
    assert page.status == 409 and page.errors


def test_movements_are_filtered(sign_in: Any, world: Any) -> None:
    accountant = sign_in("zhou", "laptop")
    for query, count in {
        "": 7,
        "item=TM-KEY": 1,
        "item=tm-key": 1,
        "location=VAN-zhang": 3,
        "location=S1&kind=receipt": 4,
        "person=qian": 7,
        "person=zhang": 0,
        "from=2100-01-01": 0,
        "from=2001-01-01&to=2099-12-31": 7,
        "to=2001-01-01": 0,
        "item=NO-SUCH": 0,
        "kind=nonsense": 0,
    }.items():
        page = accountant.get(f"/stock/movements?{query}")
        assert (page.status, len(page.all("tbody tr"))) == (200, count), query
        assert count or page.all(".empty a[href]")


def test_the_file_has_the_columns_agreed_and_no_formulas(world: Any, sign_in: Any) -> None:
    db.session.add(Item(code="=1+1", labels={"zh_Hans": "公式"}, unit="kg"))
    db.session.flush()
    item, keeper = world.item("=1+1"), world.person("qian")
    receipt = operations.receive(item, Decimal("2.5"), world.location(), Decimal(4), person=keeper)
    mirror = operations.reverse(receipt, "wrong", person=keeper)
    db.session.commit()
    page = sign_in("qian", "laptop").get("/stock/movements.csv?location=S1")
    raw = page.response.get_data()
    assert page.headers["Content-Type"].startswith("text/csv") and raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
    assert list(rows[0]) == [
        "id", "occurred_at", "recorded_at", "kind", "item", "quantity", "source", "destination", "document",
        "reverses", "person", "unit_cost",
    ]  # fmt: skip
    first, last = rows[-2:]
    assert (first["id"], first["item"], first["quantity"], first["source"]) == (
        str(receipt.id),
        "'=1+1",
        "2.5",
        "SUPPLIER",
    )
    assert (last["id"], last["reverses"], last["kind"]) == (str(mirror.id), str(receipt.id), "reversal")
    assert (first["person"], first["unit_cost"], first["destination"]) == ("qian", "4.000000", "S1")
    assert first["occurred_at"].endswith("+00:00")


@pytest.mark.engine("sqlite")
def test_a_file_with_an_unreadable_filter_is_not_made(sign_in: Any, world: Any) -> None:
    assert sign_in("qian", "laptop").get("/stock/movements.csv?from=soon").status == 422


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    "address", ["/stock", "/stock/items/TM-OIL-100", "/stock/movements", "/stock/movements?item=TM-KEY&location=S1"]
)
def test_pages_need_few_statements(world: Any, sign_in: Any, address: str) -> None:
    keeper = sign_in("qian", "laptop")
    keeper.get(address)
    seen: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "WITH")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        keeper.get(address)
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    assert len(seen) <= 8, "\n".join(seen)
