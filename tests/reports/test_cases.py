"""The customer's own copy, 不是我签的, and the case that it opens."""

import io
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.calls.models import Assignment
from portal.db import db
from portal.reports import operations as reports
from portal.reports.models import Dispute
from tests.reports.steps import copy_of, entrance, finished, known_address, signed, unsigned
from tests.reports.test_link_pages import at_once, send
from tests.test_bad_input import HOSTILE, acceptable, encodable

WORDS = {"words": "那天我不在店里，不是我签的。", "phone": "100 0000 0001"}
only_sqlite = pytest.mark.engine("sqlite")


def copied(world: Any, report: Any = None) -> tuple[Any, str]:
    """A signed report whose copy went to the contact, and the copy's address."""
    known_address(world)
    report = report or signed(world)
    return report, entrance(copy_of(report))


def disputed(world: Any, report: Any = None) -> Dispute:
    report, _address = copied(world, report)
    dispute = reports.open_dispute(copy_of(report), **WORDS)
    db.session.commit()
    return dispute


def disputes() -> int:
    return int(db.session.scalar(select(func.count()).select_from(Dispute)) or 0)


@only_sqlite
@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("zh_Hans", ["客户联", "不是我签的", "下载"]),
        ("zh_Hant", ["客戶聯", "不是我簽的", "下載"]),
        ("en", ["Your copy", "I did not sign this", "Download"]),
        ("es", ["Su copia", "Yo no firmé esto", "Descargar"]),
    ],
)
def test_the_copy_is_read_without_signing_in(world: Any, sign_in: Any, lang: str, words: list[str]) -> None:
    report, address = copied(world)
    phone = sign_in()
    page = phone.get(f"{address}?lang={lang}")
    assert page.one("html")["lang"] == lang.replace("_", "-")
    assert report.number in page.text and "清灰上油" in page.text and "客户难缠" not in page.text
    assert not [word for word in words if word not in page.text]
    assert f"/verify/{reports.verify_token(report.number, 1)}" in page.text
    assert page.headers["Cache-Control"] == "no-store" and page.headers["X-Robots-Tag"] == "noindex, nofollow"
    [image] = page.all("ul.photos img")
    assert image["src"].startswith(address) and phone.get(image["src"]).status == 200
    assert phone.get(f"{address}/photos/{'0' * 64}.jpg").status == 404


@only_sqlite
def test_the_pdf_has_a_chinese_name_and_the_reports_number(world: Any, sign_in: Any) -> None:
    report, address = copied(world)
    pdf = sign_in().get(f"{address}/report.pdf")
    assert pdf.response.mimetype == "application/pdf" and pdf.headers["Referrer-Policy"] == "no-referrer"
    name = "%E5%94%AE%E5%90%8E%E6%9C%8D%E5%8A%A1%E6%8A%A5%E5%91%8A%E5%8D%95"
    assert f"filename*=UTF-8''{name}%20{report.number}.pdf" in pdf.headers["Content-Disposition"]
    document = pypdfium2.PdfDocument(io.BytesIO(pdf.response.get_data()))
    assert report.number in document[0].get_textpage().get_text_bounded()


@only_sqlite
def test_the_hint_for_wechat_is_for_wechat(world: Any, sign_in: Any) -> None:
    _report, address = copied(world)
    phone = sign_in()
    assert "⋯" not in phone.get(address).text
    phone.agent += " MicroMessenger/8.0.49"
    assert "⋯" in phone.get(address).text


@only_sqlite
def test_a_copy_says_what_became_of_its_report_and_ends_in_time(world: Any, sign_in: Any) -> None:
    world.set_clock(clock.now())
    report, address = copied(world)
    phone = sign_in()
    reports.void_report(report, reason="错单", again=False, person=world.person("zhao"))
    db.session.commit()
    assert "This report was declared void" in phone.get(f"{address}?lang=en").text
    world.set_clock(clock.now() + timedelta(days=91))
    for page in (phone.get(f"{address}?lang=en"), phone.get(f"{address}/report.pdf?lang=en")):
        assert page.status == 410 and "It worked until" in page.text and "虚构动力" not in page.text
    assert send(phone, f"{address}/dispute", WORDS).status == 410
    assert phone.get("/c/" + "a" * 26).status == 404 and not disputes()


@only_sqlite
def test_an_erased_report_leaves_nothing_to_read(world: Any, sign_in: Any) -> None:
    report, address = copied(world)
    reports.approve(report, person=world.person("zhao"))
    reports.erase_report(report, reason="依法删除", person=world.person("he"))
    db.session.commit()
    page = sign_in().get(f"{address}?lang=en")
    assert page.status == 410 and "The report was erased." in page.text


def test_not_my_signature_opens_one_case(app: Flask, world: Any, sign_in: Any) -> None:
    report, address = copied(world)
    phone, zhao = sign_in(), sign_in("zhao", "laptop")
    assert "没有待处理的异议" in zhao.get("/cases").text
    page = phone.get(f"{address}/dispute")
    assert "不是我签的" in page.one("h1").text
    db.session.commit()
    assert at_once(app, f"{address}/dispute", WORDS, 6) == {(303, f"{address}/dispute")}
    assert send(phone, f"{address}/dispute", {"words": "又一次"}).location == f"{address}/dispute"
    told = phone.get(f"{address}/dispute")
    assert "谢谢" in told.one("h1").text and not told.all("form")
    assert not phone.get(address).all(f"a[href='{address}/dispute']")
    assert disputes() == 1
    case = db.session.scalars(select(Dispute)).one()
    assert (case.words, case.phone, case.report_id) == (WORDS["words"], WORDS["phone"], report.id)
    row = zhao.get("/cases").one("#open a.card-link")
    shown = zhao.get(row["href"])
    for words in (WORDS["words"], WORDS["phone"], "甲示例", "张演示", "customer@example.com"):
        assert words in shown.text
    assert len(shown.all("#signatures img")) == 1 and shown.all("#signatures ul.lines li")
    banner = zhao.get(f"/reports/{report.number}").one("#case-1")
    assert banner.select(f"a[href='{row['href']}']")
    assert not sign_in("zhang").get(f"/reports/{report.number}").one("#case-1").select("a")


@only_sqlite
def test_bad_words_come_back_with_what_was_typed(world: Any, sign_in: Any) -> None:
    _report, address = copied(world)
    phone = sign_in()
    for bad in ({"words": ""}, {"words": "字" * 1001}, {"phone": "1" * 41}):
        fields = WORDS | bad
        page = send(phone, f"{address}/dispute", fields)
        assert page.status == 422 and page.errors
        assert (page.value("words"), page.value("phone")) == (fields["words"], fields["phone"])
    for value in HOSTILE:
        page = send(phone, f"{address}/dispute", encodable({"words": "", "phone": value}))
        acceptable(page, address, value[:20])
        assert page.status == 422
    assert not disputes()
    hostile = "<script>alert(1)</script> {{7*7}}"
    assert send(phone, f"{address}/dispute", {"words": hostile}).status == 303
    case = db.session.scalars(select(Dispute)).one()
    shown = sign_in("zhao", "laptop").get(f"/cases/{case.id}")
    assert hostile in shown.text and not shown.all("main script")


@only_sqlite
def test_an_unsigned_end_can_be_contradicted_too(world: Any, sign_in: Any) -> None:
    known_address(world)
    report = unsigned(world)
    address, phone = entrance(copy_of(report)), sign_in()
    page = phone.get(f"{address}?lang=en")
    assert "I did not sign this" not in page.text and "Something is not right" in page.text
    assert send(phone, f"{address}/dispute", {"words": "我在家，没有人来。"}).status == 303
    case = db.session.scalars(select(Dispute)).one()
    assert "此报告单没有人签字" in sign_in("zhao", "laptop").get(f"/cases/{case.id}").text


def test_a_case_is_closed_once_with_its_outcome(world: Any, sign_in: Any) -> None:
    case, zhao = disputed(world), sign_in("zhao", "laptop")
    base = f"/cases/{case.id}"
    for fields in ({}, {"outcome": "confirmed"}, {"outcome": "guilty", "note": "电话核实"}, {"note": "x" * 2001}):
        page = zhao.post(f"{base}/closure", fields)
        assert page.status == 422 and page.errors and page.value("note") == fields.get("note", "")
    closed = zhao.post(f"{base}/closure", {"outcome": "confirmed", "note": "电话核实，不是本人。"})
    assert closed.location == "/cases"
    listed = zhao.get("/cases")
    assert listed.all("#closed li") and not listed.all("#open")
    page = zhao.get(base)
    assert "电话核实，不是本人。" in page.text and "确实不是客户签的" in page.text and not page.all("main form.form")
    assert zhao.post(f"{base}/closure", {"outcome": "unclear", "note": "再看"}).status == 409
    db.session.refresh(case)
    assert (case.outcome, case.closed_by.username) == ("confirmed", "zhao")
    assert not zhao.get(f"/reports/{case.report.number}").all("#case-1")


@only_sqlite
def test_who_sees_cases_and_who_closes_them(world: Any, sign_in: Any) -> None:
    case = disputed(world)
    base = f"/cases/{case.id}"
    for username in ("zhang", "sun", "qian", "zhou", "admin"):
        person = sign_in(username, "laptop")
        for page in (person.get("/cases"), person.get(base), person.post(f"{base}/closure", {})):
            assert page.status == 403, username
        assert not person.get("/me").all("a[href='/cases']")
    for username in ("zhao", "he"):
        person = sign_in(username, "laptop")
        assert person.get(base).all(f"form[action='{base}/closure']") and person.get("/me").all("a[href='/cases']")
    assert sign_in("zhao").get("/cases/00000000-0000-4000-8000-000000000009").status == 404


@only_sqlite
def test_nobody_closes_a_case_about_their_own_work(world: Any, sign_in: Any) -> None:
    case = disputed(world)
    visit = case.report.visit
    db.session.add(
        Assignment(
            visit_id=visit.id,
            person_id=world.person("wu").id,
            assigned_by_id=world.person("sun").id,
            assigned_at=clock.now(),
            reason="",
        )
    )
    db.session.commit()
    wu = sign_in("wu", "laptop")
    page = wu.get(f"/cases/{case.id}")
    assert page.status == 200 and not page.all("form.form") and "不能裁定自己的工作" in page.text
    assert wu.post(f"/cases/{case.id}/closure", {"outcome": "unclear", "note": "没有问题"}).status == 403
    assert case.closed_at is None


@only_sqlite
def test_an_older_revisions_case_shows_on_the_newest(world: Any, sign_in: Any) -> None:
    first, second = disputed(world), finished(world, earlier=1)
    assert second.id != first.report.visit_id
    other = signed(world, second)
    assert not sign_in("zhao", "laptop").get(f"/reports/{other.number}").all("#case-1")


def test_cases_are_narrowed_kept_as_a_view_and_taken_away_alike(world: Any, sign_in: Any) -> None:
    report, address = copied(world)
    send(sign_in(), f"{address}/dispute", WORDS)
    zhao = sign_in("zhao", "laptop")
    fits = ("state=open", f"q={report.number}", "q=虚构动力", f"q={WORDS['words'][:4]}&state=open")
    for query in fits:
        assert len(zhao.get(f"/cases?{query}").all("#open a.card-link")) == 1, query
        assert len(zhao.get(f"/lists/cases/file.csv?{query}").response.data.decode().strip().splitlines()) == 2
    for query in ("state=closed", "q=nobody", "q=%25", "state=closed&q=虚构动力"):
        assert not zhao.get(f"/cases?{query}").all("#open"), query
    assert zhao.get("/cases?state=odd&q=%00").status == 200

    kept = zhao.post("/lists/cases/views?state=open", {"name": "待办", "role": "supervisor", "shared": "y"})
    assert kept.status == 303
    opened = zhao.get("/cases")
    assert opened.status == 303 and opened.location == "/cases?state=open", "the list opens with its role's view"
    assert "待办" in zhao.get(opened.location).one(".tabs").get_text()
    assert zhao.get("/cases?view=all").value("state") == ""
