"""Letters about reports: they go out once, in the customer's language, to the registered contact; the report's page
says what became of them."""

import io
import logging
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock, jobs, mail
from portal.config import from_environment
from portal.customers import operations as customers
from portal.customers.models import Contact
from portal.db import db
from portal.jobs import Job
from portal.reports import operations as reports
from portal.reports.models import PublicLink
from portal.signing import letters as chain
from portal.signing.operations import last_place
from portal.visits import operations as visits
from tests.jobs.conftest import work
from tests.jobs.mailserver import MailServer
from tests.reports.steps import INK, copy_of, entrance, finished, handed_over, issued, known_address, signed, unsigned
from tests.visits.steps import DIAGNOSIS, picture

only_sqlite = pytest.mark.engine("sqlite")
BASE = "https://service.example.com"


@pytest.fixture(autouse=True)
def public_address(request: pytest.FixtureRequest) -> None:
    if "app" in request.fixturenames:
        request.getfixturevalue("app").config["PUBLIC_URL"] = BASE


def words_of(letter: EmailMessage, kind: str = "plain") -> str:
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def jobs_left() -> int:
    return int(db.session.scalar(select(func.count()).select_from(Job)) or 0)


def test_the_signed_report_goes_to_the_registered_contact_once(
    app: Flask, world: Any, sign_in: Any, post_office: MailServer
) -> None:
    email, zhao = known_address(world), sign_in("zhao", "laptop")
    report = signed(world)
    page = zhao.get(f"/reports/{report.number}")
    assert email in page.one("#letters").text and "排队" in page.one("#letters").text
    assert work(app) == {"done": 1}
    assert work(app) == {}
    [letter] = post_office.letters
    assert (letter["To"], letter["Subject"]) == (email, f"售后服务报告单 {report.number}：客户联")
    link = copy_of(report)
    for kind in ("plain", "html"):
        words = words_of(letter, kind)
        assert f"{BASE}{entrance(link)}" in words
        assert f"{BASE}/verify/{reports.verify_token(report.number, 1)}" in words
        assert "虚构动力健身俱乐部" in words and "100 0000 0000" in words
    [paper] = letter.iter_attachments()
    assert paper.get_filename() == f"售后服务报告单 {report.number}.pdf"
    assert paper.get_content_type() == "application/pdf"
    document = pypdfium2.PdfDocument(io.BytesIO(paper.get_content()))
    assert report.number in document[0].get_textpage().get_text_bounded()
    letters = zhao.get(f"/reports/{report.number}").one("#letters").text
    assert "已发送" in letters and email in letters


@only_sqlite
@pytest.mark.parametrize(
    ("locale", "subject"),
    [
        ("zh_Hant", "售後服務報告單 %s：客戶聯"),
        ("en", "Service report %s: your copy"),
        ("es", "Parte de servicio %s: su copia"),
    ],
)
def test_the_letter_speaks_the_reports_language(
    app: Flask, world: Any, post_office: MailServer, locale: str, subject: str
) -> None:
    known_address(world)
    given = handed_over(world, finished(world), locale=locale)
    reports.answer_survey(given, None)
    report = reports.sign_report(given, reports.Mark(strokes=INK))
    db.session.commit()
    work(app)
    [letter] = post_office.letters
    assert letter["Subject"] == subject % report.number
    assert f'lang="{locale.replace("_", "-")}"' in words_of(letter, "html")


@only_sqlite
def test_every_end_sends_the_copy_and_a_signature_by_link_too(app: Flask, world: Any, post_office: MailServer) -> None:
    known_address(world)
    report = unsigned(world)
    assert work(app) == {"done": 1} and "未经签字" in words_of(post_office.letters[0])
    link = issued(world, report)
    reports.answer_by_link(link, None)
    reports.sign_by_link(link, reports.Mark(typed_name="甲示例"), reports.Signer("甲示例", "employee"))
    assert work(app) == {"done": 1} and "已签字" in words_of(post_office.letters[1])
    other = issued(world, report)
    reports.sign_by_link(other, reports.Mark(typed_name="乙样本"), reports.Signer("乙样本", "owner"))
    assert work(app) == {}, "a further signature is no new end"
    visit = finished(world, earlier=1)
    reports.sign_on_paper(
        visit,
        locale="zh_Hans",
        signer_name="甲示例",
        signer_role="owner",
        photo=picture(),
        person=world.person("zhang"),
    )
    assert work(app) == {"done": 1}


@only_sqlite
def test_without_an_address_nothing_waits_and_the_page_says_what_to_do(
    app: Flask, world: Any, sign_in: Any, post_office: MailServer
) -> None:
    report, sun = signed(world), sign_in("sun", "laptop")
    assert jobs_left() == 0
    block = sun.get(f"/reports/{report.number}").one("#letters")
    assert "没有电子邮箱" in block.text
    base = f"/reports/{report.number}/copies"
    assert block.select(f"a[href='{base}']")
    for bad in ("", "nobody", "a@example.com b@example.com", "x" * 300 + "@example.com"):
        page = sun.post(base, {"email": bad, "locale": "en"})
        assert page.status == 422 and page.errors and page.value("email") == bad
    assert sun.post(base, {"email": "new@example.com", "locale": "fr"}).status == 422
    assert sun.post(base, {"email": "new@example.com", "locale": "en"}).status == 303
    assert work(app) == {"done": 1} and post_office.letters[0]["To"] == "new@example.com"
    assert sign_in("zhou", "laptop").get(base).status == 403
    assert sign_in("li").post(base, {"email": "a@example.com", "locale": "en"}).status == 404


@only_sqlite
def test_the_calls_contact_goes_before_the_sites_others(world: Any) -> None:
    other = customers.add_contact(world.site(), "店长", "", "owner", "boss@example.com")
    visit = finished(world)
    visit.call.contact = next(contact for contact in world.site().contacts if contact.name == "甲示例")
    assert reports.registered_email(visit) == "boss@example.com"
    known_address_of = next(contact for contact in world.site().contacts if contact.id != other.id)
    known_address_of.email = "jia@example.com"
    assert reports.registered_email(visit) == "jia@example.com"
    visit.call.contact = None
    assert reports.registered_email(visit) in ("boss@example.com", "jia@example.com")


@only_sqlite
def test_a_report_that_is_not_stored_sends_nothing(world: Any) -> None:
    known_address(world)
    given = handed_over(world, finished(world))
    reports.answer_survey(given, None)
    reports.sign_report(given, reports.Mark(strokes=INK))
    assert jobs_left() == 1
    db.session.rollback()
    assert jobs_left() == 0


@only_sqlite
def test_a_dead_server_loses_nothing_and_the_page_says_how_it_stands(app: Flask, world: Any, sign_in: Any) -> None:
    start = clock.now()
    world.set_clock(start)
    known_address(world)
    report, he = signed(world), sign_in("he", "laptop")
    address = f"/reports/{report.number}"
    assert "邮件服务器" in he.get(address).one("#letters").text
    server = MailServer()
    app.config["SMTP_URL"] = server.url
    assert work(app) == {"failed": 1}
    assert "会再试" in he.get(address).one("#letters").text
    with server.up():
        world.set_clock(start + timedelta(minutes=1))
        assert work(app) == {"done": 1}
    assert len(server.letters) == 1 and "已发送" in he.get(address).one("#letters").text


@only_sqlite
def test_a_refused_letter_stands_on_the_page_with_the_way_to_it(
    app: Flask, world: Any, sign_in: Any, post_office: MailServer
) -> None:
    known_address(world)
    post_office.at_receiver = "550 5.1.1 <customer@example.com>: no such person"
    report = signed(world)
    assert work(app) == {"stuck": 1}
    block = sign_in("he", "laptop").get(f"/reports/{report.number}").one("#letters")
    assert "未发送" in block.text and "550 5.1.1" in block.text and block.select("a[href='/jobs']")
    assert not sign_in("sun", "laptop").get(f"/reports/{report.number}").one("#letters").select("a[href='/jobs']")


def test_the_letter_with_the_link_arrives_and_its_address_signs(
    app: Flask, world: Any, sign_in: Any, post_office: MailServer
) -> None:
    report, sun = unsigned(world), sign_in("sun", "laptop")
    fields = {"signer_name": "甲示例", "signer_role": "owner", "locale": "zh_Hant", "email": "jia@example.com"}
    assert sun.post(f"/reports/{report.number}/links", fields).status == 303
    assert work(app) == {"done": 1}
    [letter] = post_office.letters
    assert letter["Subject"] == f"請您簽名：售後服務報告單 {report.number}"
    link = db.session.scalars(select(PublicLink).where(PublicLink.purpose == "sign")).one()
    words = words_of(letter)
    assert "甲示例，您好" in words and "7 天" in words and f"{BASE}{entrance(link)}" in words
    assert f'<a href="{BASE}{entrance(link)}">' in words_of(letter, "html")
    assert sign_in().get(entrance(link)).status == 200
    row = sun.get(f"/reports/{report.number}/links").one(f"[data-link='{link.id}']")
    assert "已发送" in row.text and "jia@example.com" in row.text


@only_sqlite
def test_a_link_that_was_revoked_before_is_not_sent(
    app: Flask, world: Any, sign_in: Any, post_office: MailServer
) -> None:
    report, sun = unsigned(world), sign_in("sun", "laptop")
    link = issued(world, report, email="jia@example.com")
    reports.revoke_link(link, person=world.person("sun"))
    assert work(app) == {"done": 1} and not post_office.letters
    assert "邮件发出前链接已失效" in sun.get(f"/reports/{report.number}/links").text


@only_sqlite
def test_an_erased_report_is_sent_to_nobody(app: Flask, world: Any, post_office: MailServer) -> None:
    known_address(world)
    report = signed(world)
    reports.approve(report, person=world.person("zhao"))
    reports.erase_report(report, reason="依法删除", person=world.person("he"))
    assert work(app) == {"done": 1} and not post_office.letters


@only_sqlite
def test_what_waits_and_what_is_logged_names_nobody(
    app: Flask, world: Any, post_office: MailServer, caplog: pytest.LogCaptureFixture
) -> None:
    known_address(world, "canary@example.com")
    log = logging.getLogger("portal")
    log.addHandler(caplog.handler)
    try:
        report = signed(world)
        issued(world, report, signer_name="金丝雀", email="canary@example.com")
        for job in db.session.scalars(select(Job)):
            assert set(job.payload) == {"link"} and "canary" not in job.key
        assert work(app) == {"done": 2}
    finally:
        log.removeHandler(caplog.handler)
    text = " ".join(f"{one.getMessage()} {one.__dict__}" for one in caplog.records)
    assert "customer_copy" in text and "canary" not in text and "金丝雀" not in text


@only_sqlite
def test_hostile_names_stay_words_in_the_letter(app: Flask, world: Any, post_office: MailServer) -> None:
    name = '<script>alert(1)</script>"\r\nBcc: x@example.com'
    issued(world, unsigned(world), signer_name=name[:100], email="jia@example.com")
    assert work(app) == {"done": 1}
    [letter] = post_office.letters
    assert letter["Bcc"] is None and "<script>" not in words_of(letter, "html")


# The chain's head ----------------------------------------------------------------------------------------------------


@only_sqlite
def test_the_chains_head_is_mailed_once_a_day(
    app: Flask, world: Any, post_office: MailServer, kinds: dict[str, Any]
) -> None:
    app.config["CHAIN_MAIL"] = "archive@example.com"
    chain.init_app(app)
    signed(world)
    place = last_place()
    world.set_clock(clock.now().replace(hour=chain.HOUR_UTC - 1))
    assert work(app) == {}
    world.set_clock(clock.now().replace(hour=chain.HOUR_UTC))
    assert work(app) == {"done": 1}
    assert work(app) == {}
    [letter] = post_office.letters
    assert letter["To"] == "archive@example.com"
    words = words_of(letter)
    assert place.link in words and f"第 {place.n} 号" in words and clock.now().date().isoformat() in words
    world.set_clock(clock.now() + timedelta(days=1))
    assert work(app) == {"done": 1} and len(post_office.letters) == 2


@only_sqlite
def test_nothing_is_mailed_when_no_address_is_set(
    app: Flask, world: Any, post_office: MailServer, kinds: dict[str, Any]
) -> None:
    chain.init_app(app)
    assert "chain_head" not in jobs.DAILY
    world.set_clock(clock.now().replace(hour=23))
    assert work(app) == {} and not post_office.letters


def test_a_malformed_archive_address_ends_the_start(tmp_path: Any) -> None:
    for bad in ("nobody", "Archive <archive@example.com>", "@", "a@b@c"):
        with pytest.raises(SystemExit, match="PORTAL_CHAIN_MAIL"):
            from_environment({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_CHAIN_MAIL": bad})
    good = {"PORTAL_INSTANCE": str(tmp_path), "PORTAL_CHAIN_MAIL": "archive@example.com"}
    assert from_environment(good)["CHAIN_MAIL"] == "archive@example.com"


# A contact's address -------------------------------------------------------------------------------------------------


@only_sqlite
def test_a_new_contacts_address_is_taken_with_the_call_and_shown(world: Any, sign_in: Any) -> None:
    sun, site = sign_in("sun", "laptop"), world.site()
    form = sun.get(f"/calls/new?site={site.id}")
    fields = {name: form.value(name) for name in ("site", "window_start", "window_end", "channel", "work_type")}
    fields |= {"service_class": "B", "priority": "routine", "description": "异响", "equipment": "none"}
    fields |= {"technician": str(world.person("zhang").id), "contact": "other"}
    page = sun.post("/calls/new", {**fields, "contact_name": "店长", "contact_email": "nobody"})
    assert page.status == 422 and page.errors and page.value("contact_email") == "nobody"
    assert sun.post("/calls/new", {**fields, "contact_email": "boss@example.com"}).status == 422
    made = sun.post("/calls/new", {**fields, "contact_name": "店长", "contact_email": "boss@example.com"})
    assert made.status == 303, made.errors
    contact = db.session.scalars(select(Contact).where(Contact.name == "店长")).one()
    assert contact.email == "boss@example.com" and mail.is_address(contact.email)
    assert "boss@example.com" in sun.follow(made).text
    assert "boss@example.com" in sun.get(f"/calls/new?site={site.id}").text


@only_sqlite
def test_a_later_revision_goes_out_as_well(app: Flask, world: Any, post_office: MailServer) -> None:
    known_address(world)
    report = signed(world)
    reports.return_report(report, items=["findings"], note="写明", person=world.person("zhao"))
    visits.save_findings(report.visit, person=world.person("zhang"), note="改过", **DIAGNOSIS)
    given = handed_over(world, report.visit)
    reports.sign_report(given, reports.Mark(strokes=INK))
    assert work(app) == {"done": 2}
    assert len(set(post_office.subjects())) == 1 and len(post_office.letters) == 2
