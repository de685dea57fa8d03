"""The same questions, the same answers, on both databases; and the index follows its records."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from portal.calls import operations as calls
from portal.calls.models import Call, Visit
from portal.clock import now
from portal.customers import operations as customers
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.db import db, new_id
from portal.reports.operations import approve, erase_report
from portal.search import indexing, queries, rules
from portal.search.folding import folded
from portal.search.models import SearchEntry
from portal.search.operations import index_rows
from portal.search.scope import Reach, reach_of
from portal.stock.models import Item
from portal.worker import Worker
from tests.reports.steps import finished, signed


@pytest.fixture(params=[1, queries.NEWEST])
def newest(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PostgreSQL reads so many entries one by one before it asks its index: with 1 the index answers nearly all."""
    monkeypatch.setattr(queries, "NEWEST", request.param)
    queries.postgresql_query.cache_clear()
    yield
    queries.postgresql_query.cache_clear()


def found(question: str, person: Any) -> dict[str, list[str]]:
    """By kind, what a person finds: the title, or of a labelled one the number."""
    _exact, groups = queries.overview(question, rules.terms(folded(question)), reach_of(person), person.id)
    return {group.kind: [name_of(hit) for hit in group.hits] for group in groups}


def name_of(hit: Any) -> str:
    title, detail = hit.shown["title"], hit.shown["detail"]
    return str(detail[0]) if isinstance(title, dict) or hit.kind in ("visit", "call") else str(title)


GYM, HOTEL = "虚构动力健身俱乐部", "Hotel Ejemplo"


def test_questions_have_these_answers(world: Any, newest: None) -> None:
    first = world.visit(description="空调漏水，压缩机不启动")
    second = world.visit(description="空调有异响，Ñandú 要求尽快", serial="DF2401-0002")
    third = world.visit("li", description="The belt slips, part A-35", serial="DF2401-0003")
    office = world.person("zhao")
    answers: dict[str, dict[str, list[str]]] = {
        "空调": {"visit": [second.number, first.number]},
        "空調": {"visit": [second.number, first.number]},
        "漏水": {"visit": [first.number]},
        "壓縮機": {"visit": [first.number]},
        "空调 异响": {"visit": [second.number]},
        "漏水 异响": {},
        "水": {"visit": [first.number]},
        "nandu": {"visit": [second.number]},
        "A-35": {"visit": [third.number]},
        "a35": {"visit": [third.number]},
        "a-36": {},
        "BELT": {"visit": [third.number], "part": ["TM-BELT-1300"]},
        "ＴＭ－ＢＥＬＴ": {"part": ["TM-BELT-1300"]},
        "belt slips part a-35": {"visit": [third.number]},
        "0003": {"unit": ["DF2401-0003"], "visit": [third.number]},
        "DF2401-0003": {"unit": ["DF2401-0003"], "visit": [third.number]},
        "虚构": {
            "customer": [GYM],
            "unit": ["DF2401-0002", "DF2401-0001"],
            "visit": [second.number, first.number],
            "person": ["赵虚构"],
        },
        "动力健身": {
            "customer": [GYM],
            "unit": ["DF2401-0002", "DF2401-0001"],
            "visit": [second.number, first.number],
        },
        "力动": {},
        "100 0000 0001": {"customer": [GYM]},
        "10000000001": {"customer": [GYM]},
        "calle muestra": {"customer": [HOTEL]},
        "硅油": {"part": ["TM-OIL-100"]},
        "li": {"person": ["李示例"]},
        third.number: {"visit": [third.number]},
        third.number[3:].replace("/1", ""): {"visit": [third.number]},
    }
    assert {question: found(question, office) for question in answers} == answers


HOSTILE = ['"', '"a" OR "b', "*", "a*", "NEAR(a b)", "a AND", "NOT a", "-a", "a:b", "tokens:a", "{a}", "^a",
           "'a' & b", "a <-> b", "a:*",
           "\\", "%", "_", "ʘ", "ʘ a", "'); DROP TABLE search_entry; --", "a\x00b",
           "\ud83d\udc4d 👍", "𠮷野家", "﷽", "a" * 99, "空" * 100, "1 " * 50,
           "-".join("abcdefghij"), "a-b " * 20]  # fmt: skip


def test_hostile_questions_have_plain_answers(world: Any, sign_in: Any) -> None:
    world.visit()
    sun, zhang = sign_in("sun", "laptop"), sign_in("zhang")
    for question in HOSTILE:
        for person in (sun, zhang):
            page = person.get("/search", query_string={"q": question.encode("utf-8", "replace")})
            assert page.status in (200, 303), question
    for question in ("x" * 10_000, "字" * 3_000):
        page = sun.get("/search", query_string={"q": question})
        assert page.status == 422 and page.errors and page.value("q") == question


def test_the_index_follows_changes_and_a_rollback_takes_the_entry_along(world: Any) -> None:
    zhao, visit = world.person("zhao"), world.visit(description="漏水")
    customer = world.site().customer
    customer.name = "改名健身中心"
    db.session.commit()
    assert found("虚构动力", zhao) == {}
    assert found("改名健身", zhao).keys() == {"customer", "unit", "visit"}
    customer.name = "没有发生的名称"
    db.session.flush()
    db.session.rollback()
    assert found("没有发生", zhao) == {} and found("改名健身", zhao)["visit"] == [visit.number]
    with db.session.begin_nested() as savepoint:
        customers.add_customer("退回的客户")
        savepoint.rollback()
    customers.add_customer("留下的客户")
    db.session.commit()
    assert found("退回的客户", zhao) == {} and found("留下的客户", zhao) == {"customer": ["留下的客户"]}
    site = customers.add_site(
        db.session.scalars(select(Customer).where(Customer.name == "留下的客户")).one(), "新馆", "新路 5 号"
    )
    db.session.commit()
    assert (
        found("留下的客户 新路", zhao) == {"customer": ["留下的客户"]}
        and len(found("留下的客户", zhao)["customer"]) == 1
    )
    db.session.delete(site)
    db.session.commit()
    assert found("新路", zhao) == {} and found("留下的客户", zhao) == {"customer": ["留下的客户"]}
    unit = world.equipment("DF2401-0002")
    unit.site_id = world.site("Gimnasio").id
    db.session.commit()
    assert found("0002 ejemplo", zhao) == {"unit": ["DF2401-0002"]}


def test_the_index_follows_what_is_written_in_bulk(world: Any, app: Any) -> None:
    zhao, visit = world.person("zhao"), world.visit()
    old, new = world.site().customer, world.site("Gimnasio").customer
    db.session.execute(update(Call).where(Call.customer_id == old.id).values(customer_id=new.id))  # as merging does
    db.session.execute(update(Site).where(Site.customer_id == old.id).values(customer_id=new.id))
    db.session.commit()
    assert found("ejemplo", zhao)["visit"] == [visit.number]
    assert found("虚构动力", zhao) == {"customer": [GYM]}  # without a site now, by its name alone
    db.session.execute(delete(Contact).where(Contact.name == "Sra. Prueba"))
    db.session.commit()
    assert found("prueba", zhao) == {}
    product = db.session.scalars(select(Product)).one()
    row = dict.fromkeys(("asset_tag", "location", "invoice_no"), "")
    row |= {"id": new_id(), "product_id": product.id, "site_id": world.site().id, "serial_no": "BULK-77"}
    db.session.execute(insert(Equipment.__table__), [row])
    db.session.commit()
    assert found("bulk77", zhao) == {"unit": ["BULK-77"]}
    row |= {"id": new_id(), "serial_no": "PAST-78"}
    db.session.connection().execute(insert(Equipment.__table__), [row])  # past the session
    db.session.commit()
    assert found("past78", zhao) == {}
    checked = app.test_cli_runner().invoke(args=["search", "check"])
    assert checked.exit_code == 1 and "missing 1" in checked.output
    assert index_rows("unit", [row["id"]]) == 1
    db.session.commit()
    assert found("past78", zhao) == {"unit": ["PAST-78"]}


def test_what_shows_a_name_that_stands_very_often_follows_by_a_job(
    world: Any, app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "AT_ONCE", 2)
    zhao, li = world.person("zhao"), world.person("li")
    visits = [world.visit(description="漏水") for _n in range(3)]
    world.site().customer.name = "改名健身中心"
    calls.assign(visits[0], li, window_start=now(), window_end=now() + timedelta(hours=1), person=world.person("sun"))
    db.session.commit()
    assert found("改名健身", zhao)["customer"] == ["改名健身中心"]
    assert found("改名健身", li)["visit"] == [visits[0].number]  # whose it is never waits
    assert len(found("虚构动力", zhao)["visit"]) == 2
    db.session.rollback()  # what only read here would hold up the worker
    Worker(app).drain()
    assert len(found("改名健身", zhao)["visit"]) == 3 and found("虚构动力", zhao) == {}
    assert "Everything agrees" in app.test_cli_runner().invoke(args=["search", "check"]).output


def test_a_refusal_after_a_change_does_not_make_the_search_forget_it(world: Any) -> None:
    customers.add_customer("先写公司")
    db.session.flush()
    savepoint = db.session.begin_nested()
    customers.add_customer("被拒公司")
    db.session.flush()
    savepoint.rollback()
    db.session.commit()
    assert found("先写公司", world.person("zhao")) == {"customer": ["先写公司"]}
    assert found("被拒公司", world.person("zhao")) == {}


def test_check_finds_every_difference_and_rebuild_mends_it(world: Any, app: Any) -> None:
    world.visit()
    runner = app.test_cli_runner()
    assert "Everything agrees" in runner.invoke(args=["search", "check"]).output
    entries = db.session.scalars(select(SearchEntry).where(SearchEntry.kind == "part").order_by(SearchEntry.n)).all()
    db.session.delete(entries[0])
    entries[1].tokens = " other "
    db.session.add(
        SearchEntry(n=rules.band("part")[1], kind="part", record_id=new_id(), code="", shown={}, tokens="  ")
    )
    db.session.commit()
    checked = runner.invoke(args=["search", "check"])
    assert checked.exit_code == 1 and "missing 1, changed 1, left over 1" in checked.output
    assert runner.invoke(args=["search", "rebuild"]).exit_code == 0
    assert runner.invoke(args=["search", "check"]).exit_code == 0
    kept = {
        (row.kind, row.record_id): (row.code, row.tokens, row.shown) for row in db.session.scalars(select(SearchEntry))
    }
    db.session.execute(text("DELETE FROM search_entry"))
    db.session.commit()
    assert "index is there" not in runner.invoke(args=["search", "rebuild", "--if-empty"]).output
    made = {
        (row.kind, row.record_id): (row.code, row.tokens, row.shown) for row in db.session.scalars(select(SearchEntry))
    }
    assert made == kept
    assert "index is there" in runner.invoke(args=["search", "rebuild", "--if-empty"]).output
    assert found("硅油", world.person("qian")) == {"part": ["TM-OIL-100"]}


def test_a_moved_visit_goes_from_one_technicians_results_to_the_others(world: Any) -> None:
    visit = world.visit("zhang", description="漏水")
    zhang, li = world.person("zhang"), world.person("li")
    assert found("漏水", zhang) and found("虚构", zhang).keys() == {"customer", "unit", "visit"}
    assert found("漏水", li) == found("虚构", li) == found("0001", li) == {}
    calls.assign(visit, li, window_start=visit.window_start, window_end=visit.window_end, person=world.person("sun"))
    db.session.commit()
    assert found("漏水", zhang) == found("虚构", zhang) == found("0001", zhang) == {}
    assert found("漏水", li) == {"visit": [visit.number]} and found("虚构", li).keys() == {"customer", "unit", "visit"}


def test_who_goes_along_finds_the_visit_and_its_places_until_they_are_taken_off(world: Any, app: Any) -> None:
    report = signed(world, finished(world))
    visit, sun, li = world.visit("zhang", description="漏水"), world.person("sun"), world.person("li")
    for question in ("漏水", "虚构", visit.number, "DF2401-0001"):
        assert found(question, li) == {}, question
    calls.add_member(visit, li, person=sun)
    db.session.commit()
    assert found("漏水", li) == {"visit": [visit.number]} and found(visit.number, li) == {"visit": [visit.number]}
    assert found("虚构", li) == {"customer": [GYM], "unit": ["DF2401-0001"], "visit": [visit.number]}
    assert "report" not in found(report.number, li)
    calls.remove_member(visit, li, reason="另有急修", person=sun)
    db.session.commit()
    assert found("漏水", li) == found("虚构", li) == found("0001", li) == {}
    assert found("漏水", world.person("zhang")) == {"visit": [visit.number]}
    assert "Everything agrees" in app.test_cli_runner().invoke(args=["search", "check"]).output


def test_who_went_along_finds_the_report(world: Any) -> None:
    visit, li = finished(world), world.person("li")
    calls.add_member(visit, li, person=world.person("sun"))
    report = signed(world, visit)
    db.session.commit()
    assert found(report.number, li)["report"] == [report.number]


def test_a_report_is_found_with_its_diagnosis_and_emptied_by_its_number_alone(world: Any) -> None:
    report = signed(world, finished(world))
    db.session.commit()
    zhao, zhang, li = world.person("zhao"), world.person("zhang"), world.person("li")
    assert found("虚构动力", zhao)["report"] == [report.number]
    assert found(report.number, zhang)["report"] == [report.number] and "report" not in found(report.number, li)
    approve(report, person=world.person("he"))
    erase_report(report, reason="依法删除", person=world.person("he"))
    db.session.commit()
    assert "report" not in found("虚构动力", zhao)
    assert found(report.number, zhao)["report"] == [report.number]
    entry = db.session.scalars(select(SearchEntry).where(SearchEntry.kind == "report")).one()
    assert entry.shown["title"] == report.number and GYM not in str(entry.shown)


def test_who_finds_what_is_read_from_the_permissions(world: Any) -> None:
    reaches = {
        name: reach_of(world.person(name)) for name in ("zhang", "sun", "zhao", "he", "qian", "zhou", "admin", "wu")
    }
    everything = set(rules.KINDS)
    assert {kind for kind, reach in reaches["zhang"].items() if reach is Reach.OWN} == {
        "customer",
        "unit",
        "visit",
        "report",
    }
    assert Reach.ALL not in reaches["zhang"].values()
    assert reaches["sun"].keys() == everything - {"part"}
    assert reaches["zhao"].keys() == reaches["he"].keys() == reaches["wu"].keys() == everything
    assert set(reaches["wu"].values()) == {Reach.ALL}
    assert reaches["qian"].keys() == {"part"} and reaches["zhou"].keys() == {"customer", "unit", "report", "part"}
    assert reaches["admin"].keys() == {"person"}


def test_pages_of_one_kind_go_on_where_they_ended(world: Any, newest: None) -> None:
    rows = [Item(code=f"LOT-{n:03}", labels={"zh_Hans": "批量件"}) for n in range(queries.MOST + 10)]
    db.session.add_all(rows)
    db.session.commit()
    qian, terms = world.person("qian"), rules.terms(folded("批量"))
    (group,) = queries.overview("批量", terms, reach_of(qian), qian.id)[1]
    assert group.counted == "100+" and len(group.hits) == queries.IN_SHORT
    codes, before = [], None
    while True:
        hits, before = queries.page_of("part", terms, reach_of(qian), qian.id, before)
        codes += [hit.shown["detail"][0] for hit in hits]
        if before is None:
            break
    assert codes == [f"LOT-{n:03}" for n in reversed(range(queries.MOST + 10))]


def test_what_nobody_watches_is_not_indexed_again(world: Any) -> None:
    visit = world.visit()
    before = db.session.scalars(select(SearchEntry.tokens).where(SearchEntry.kind == "visit")).all()
    db.session.execute(update(SearchEntry).where(SearchEntry.kind == "visit").values(tokens=" untouched "))
    db.session.commit()
    db.session.get_one(Visit, visit.id).state = "travelling"
    db.session.commit()
    assert db.session.scalars(select(SearchEntry.tokens).where(SearchEntry.kind == "visit")).all() == [" untouched "]
    db.session.get_one(Visit, visit.id).instructions = "带梯子"
    db.session.commit()
    after = db.session.scalars(select(SearchEntry.tokens).where(SearchEntry.kind == "visit")).all()
    assert len(after) == len(before) == 1 and "梯子" in after[0]
