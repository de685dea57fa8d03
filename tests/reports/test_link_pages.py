"""A signature on the customer's own phone: read, answer, sign, thank-you; once; and in words where it cannot be."""

import logging
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.customers import operations as customers
from portal.db import db
from portal.reports import operations as reports
from portal.reports.models import PublicLink, ReportSignature, Survey, newest_report, survey_of
from portal.signing.operations import content_of, evidence_of, verify_chain
from portal.visits import operations as visits
from tests.page import Page, Person
from tests.reports.steps import (
    ANSWERS,
    INK,
    SIGNED,
    entrance,
    finished,
    handed_over,
    issued,
    known_address,
    signed,
    unsigned,
)
from tests.reports.test_hostile_input import attack
from tests.test_bad_input import HOSTILE, acceptable, encodable
from tests.visits.steps import DIAGNOSIS

TYPED = {"typed_name": "甲示例", "agree": "on", "strokes": ""}
only_sqlite = pytest.mark.engine("sqlite")


def send(person: Person, path: str, fields: dict[str, Any] | None = None) -> Page:
    """As a browser without script, session or cookie would."""
    return person.open(path, method="POST", data=fields or {})


def count(table: Any) -> int:
    return int(db.session.scalar(select(func.count()).select_from(table)) or 0)


def test_the_customer_reads_answers_signs_and_sees_the_thank_you_page(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    link, phone = issued(world, report, locale="en"), sign_in()
    address = entrance(link)
    read = phone.get(address)
    assert read.one("html")["lang"] == "en" and "Step 1 of 4" in read.text and report.number in read.text
    assert "客户难缠" not in read.text and not read.all("nav.nav, input[name=pin]")
    assert fmt_day(link.expires_at) in read.text
    assert read.one(".action-bar a")["href"] == f"{address}/survey"
    assert phone.get(f"{address}/signature").location == f"{address}/survey"
    assert send(phone, f"{address}/survey", ANSWERS).location == f"{address}/signature"
    paper = phone.get(f"{address}/signature")
    assert "this electronic signature may be used" in paper.text and "甲示例" in paper.text
    assert send(phone, f"{address}/signature", {**SIGNED, "remarks": "Noisy still"}).location == address
    done = phone.get(address)
    assert report.number in done.text and report.document.content_digest[:12] in done.text
    assert f"/verify/{reports.verify_token(report.number, 1)}" in done.text
    [signature] = report.signatures
    evidence = evidence_of(signature.document)
    assert (evidence["method"], evidence["strokes"], evidence["link_id"]) == ("drawn", INK, str(link.id))
    assert content_of(signature.document)["customer_opinion"] == "Noisy still"
    assert (report.signed, report.visit.state) == (True, "signed")
    found = survey_of(report.visit)
    assert (found.state, found.assisted, found.link_id) == ("answered", False, link.id)
    assert verify_chain() == []


def fmt_day(moment: Any) -> str:
    return clock.local(moment, "Asia/Shanghai").strftime("%Y-%m-%d %H:%M")


@only_sqlite
def test_a_typed_name_with_a_witness_is_of_equal_standing(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    address, phone = entrance(issued(world, report)), sign_in()
    assert send(phone, f"{address}/survey", {"declined": "1"}).status == 303
    assert send(phone, f"{address}/signature", {**TYPED, "witness": "邻居占位"}).location == address
    evidence = evidence_of(report.signatures[0].document)
    assert (evidence["method"], evidence["typed_name"], evidence["witness"]) == ("witnessed", "甲示例", "邻居占位")
    assert survey_of(report.visit).state == "declined"


@only_sqlite
@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh_Hans", ["第 1 步", "服务内容", "您的评价", "同意并签字", "谢谢"]),
        ("zh_Hant", ["第 1 步", "服務內容", "您的評價", "同意並簽名", "謝謝"]),
        ("en", ["Step", "Work done", "Your opinion", "Agree and sign", "Thank you"]),
        ("es", ["Paso 1", "Trabajo", "Su opinión", "firm", "Gracias"]),
    ],
)
def test_the_pages_speak_the_links_language(world: Any, sign_in: Any, locale: str, words: list[str]) -> None:
    report = unsigned(world)
    address, phone = entrance(issued(world, report, locale=locale)), sign_in()
    tag, text = locale.replace("_", "-"), ""
    for end in ("", "/survey"):
        page = phone.get(address + end)
        assert page.one("html")["lang"] == tag
        text += page.text
    send(phone, f"{address}/survey", ANSWERS)
    text += phone.get(f"{address}/signature").text
    send(phone, f"{address}/signature", TYPED)
    done = phone.get(address)
    text += done.text
    assert done.one("html")["lang"] == tag
    assert not [word for word in words if word not in text], text
    assert evidence_of(report.signatures[0].document)["statement"]["language"] == locale


@only_sqlite
def test_another_language_stays_chosen_on_the_way_and_is_the_one_that_was_signed(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    address, phone = entrance(issued(world, report, locale="zh_Hans")), sign_in()
    choices = phone.get(address).all("nav.languages a")
    assert [link["href"] for link in choices] == ["?lang=zh_Hans", "?lang=zh_Hant", "?lang=en", "?lang=es"]
    page = phone.get(f"{address}?lang=es")
    assert page.one("html")["lang"] == "es"
    survey = phone.get(page.one(".action-bar a")["href"])
    assert survey.one("html")["lang"] == "es"
    after = send(phone, survey.one("form#survey")["action"], ANSWERS)
    paper = phone.follow(after)
    assert "esta firma electrónica" in paper.text
    done = phone.follow(send(phone, paper.one("form#signature")["action"], SIGNED))
    assert done.one("html")["lang"] == "es" and not phone.client.get_cookie("session")
    assert evidence_of(report.signatures[0].document)["statement"]["language"] == "es"
    assert phone.get(f"{address}?lang=klingon").one("html")["lang"] == "zh-Hans"


def test_a_repeated_post_leads_to_the_thank_you_page_and_has_one_effect(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    address, phone = entrance(issued(world, report)), sign_in()
    for _ in range(3):
        assert send(phone, f"{address}/survey", ANSWERS).location == f"{address}/signature"
    for _ in range(3):
        assert send(phone, f"{address}/signature", SIGNED).location == address
    assert send(phone, f"{address}/signature", TYPED).location == address
    assert send(phone, f"{address}/survey", ANSWERS).location == address
    assert (count(ReportSignature), count(Survey)) == (1, 1)
    for end in ("/survey", "/signature"):
        assert phone.get(address + end).location == address


def test_ten_phones_at_once_leave_one_survey_and_one_signature(app: Flask, world: Any) -> None:
    report = unsigned(world)
    address = entrance(issued(world, report))
    db.session.commit()
    assert at_once(app, f"{address}/survey", ANSWERS) == {(303, f"{address}/signature")}
    assert at_once(app, f"{address}/signature", SIGNED) == {(303, address)}
    assert (count(ReportSignature), count(Survey)) == (1, 1)
    assert verify_chain() == []


def at_once(app: Flask, path: str, fields: dict[str, str], number: int = 10) -> set[tuple[int, str]]:
    answers: list[tuple[int, str]] = []

    def go() -> None:
        answer = app.test_client().post(path, data=fields)
        answers.append((answer.status_code, answer.headers.get("Location", "")))

    threads = [threading.Thread(target=go) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert len(answers) == number
    return set(answers)


@only_sqlite
def test_a_second_signer_joins_a_signed_report_without_a_second_survey(world: Any, sign_in: Any) -> None:
    report = signed(world)
    link, phone = issued(world, report, signer_name="乙样本", signer_role="owner"), sign_in()
    address = entrance(link)
    read = phone.get(address)
    assert "3" in read.one(".step").text and read.one(".action-bar a")["href"] == f"{address}/signature"
    assert phone.get(f"{address}/survey").location == f"{address}/signature"
    page = send(phone, f"{address}/survey", {**ANSWERS, "q_comment": "CANARY"})
    assert page.status == 409 and "CANARY" not in page.text
    assert send(phone, f"{address}/signature", SIGNED).location == address
    assert [content_of(one.document)["signer_name"] for one in report.signatures] == ["甲示例", "乙样本"]
    assert content_of(report.signatures[1].document)["content_digest"] == report.document.content_digest


@only_sqlite
def test_the_survey_comes_first(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    address, phone = entrance(issued(world, report)), sign_in()
    page = send(phone, f"{address}/signature", {**SIGNED, "remarks": "先看看"})
    assert page.status == 422 and page.errors and page.value("remarks") == "先看看"
    assert not report.signatures


@only_sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"agree": "on"},
        {"strokes": "[[[0,0,0],[9,9,9]]]", "agree": "on"},
        {"strokes": "[[[0,0,0]", "agree": "on"},
        {"typed_name": "x" * 101, "agree": "on"},
        {"witness": "邻居", "strokes": SIGNED["strokes"], "agree": "on"},
        {**SIGNED, "remarks": "字" * 501},
        {**TYPED, "agree": ""},
    ],
)
def test_bad_ink_and_bad_words_come_back_with_what_was_typed(world: Any, sign_in: Any, fields: dict[str, str]) -> None:
    report = unsigned(world)
    address, phone = entrance(issued(world, report)), sign_in()
    send(phone, f"{address}/survey", ANSWERS)
    page = send(phone, f"{address}/signature", fields)
    assert page.status == 422 and page.errors
    for name in ("typed_name", "remarks", "witness"):
        assert page.value(name) == fields.get(name, "")
    assert not report.signatures and phone.get(address).status == 200


@only_sqlite
def test_a_survey_with_a_gap_keeps_the_other_answers(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    address, phone = entrance(issued(world, report)), sign_in()
    for bad in ({"q_overall": ""}, {"q_overall": "9"}, {"q_overall": "1", "q_comment": ""}, {"q_comment": "x" * 501}):
        page = send(phone, f"{address}/survey", {**ANSWERS, **bad})
        assert page.status == 422 and page.errors and page.value("q_resolved") == "yes"
    assert survey_of(report.visit) is None


@only_sqlite
def test_no_form_under_a_link_breaks_whatever_is_typed(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    address, phone = entrance(issued(world, report)), sign_in()
    for value in HOSTILE:
        acceptable(send(phone, f"{address}/survey", encodable({**ANSWERS, "q_overall": value})), address, value[:20])
    send(phone, f"{address}/survey", ANSWERS)
    for value in HOSTILE:
        for name in ("strokes", "agree", "occurred_at"):
            page = send(phone, f"{address}/signature", encodable({"typed_name": "", name: value}))
            acceptable(page, address, f"{name}={value[:20]!r}")
            assert page.status == 422
    assert send(phone, f"{address}/signature", {"strokes": "9" * 1_100_000}).status == 422


def test_closed_links_say_why_and_what_to_do(world: Any, sign_in: Any) -> None:
    world.set_clock(clock.now())
    report, phone = unsigned(world), sign_in()
    revoked, open_link = issued(world, report), issued(world, report, locale="en")
    reports.revoke_link(revoked, person=world.person("sun"))
    db.session.commit()
    refused(phone, entrance(revoked), "公司已收回此链接")
    world.set_clock(clock.now() + timedelta(days=7, seconds=-1))
    assert phone.get(entrance(open_link)).status == 200
    world.set_clock(clock.now() + timedelta(seconds=1))
    refused(phone, entrance(open_link), "It worked until")
    assert count(ReportSignature) == count(Survey) == 0


def refused(phone: Person, address: str, words: str) -> None:
    for page in (
        phone.get(address),
        phone.get(f"{address}/survey"),
        send(phone, f"{address}/survey", ANSWERS),
        send(phone, f"{address}/signature", SIGNED),
    ):
        assert page.status == 410 and words in page.text and "100 0000 0000" in page.text
        assert "甲示例" not in page.text and "虚构动力" not in page.text
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow"


@only_sqlite
def test_a_replaced_report_cannot_be_signed_and_a_void_one_neither(world: Any, sign_in: Any) -> None:
    report, phone = signed(world), sign_in()
    link = issued(world, report, locale="en")
    reports.return_report(report, items=["findings"], note="写明", person=world.person("zhao"))
    visits.save_findings(report.visit, person=world.person("zhang"), note="改过", **DIAGNOSIS)
    newer = signed_again(world, report)
    refused(phone, entrance(link), "There is a newer revision of it.")
    other = issued(world, newer, locale="en")
    reports.void_report(newer, reason="错单", again=False, person=world.person("zhao"))
    db.session.commit()
    refused(phone, entrance(other), "The report was declared void.")


def signed_again(world: Any, report: Any) -> Any:
    given = handed_over(world, report.visit)
    reports.sign_report(given, reports.Mark(strokes=INK))
    db.session.commit()
    return newest_report(report.visit)


@only_sqlite
def test_a_link_that_was_used_keeps_its_thank_you_page(world: Any, sign_in: Any) -> None:
    world.set_clock(clock.now())
    report, phone = unsigned(world), sign_in()
    address = entrance(issued(world, report))
    send(phone, f"{address}/survey", ANSWERS)
    send(phone, f"{address}/signature", SIGNED)
    world.set_clock(clock.now() + timedelta(days=30))
    assert report.number in phone.get(address).text


@only_sqlite
def test_an_unknown_address_is_not_found_and_counted(world: Any, sign_in: Any) -> None:
    link, phone = issued(world, unsigned(world)), sign_in()
    world.set_clock(clock.now().replace(second=0))
    good = entrance(link)
    copy_purpose = f"/c/{reports.link_token(link.id)}"
    tries = [good[:-1], good + "a", "/s/" + "a" * 26, copy_purpose, f"/s/{'字' * 26}", f"/s/{'a' * 3000}"]
    for address in tries:
        page = phone.get(address)
        assert page.status == 404 and page.one("h1").text and page.headers["Referrer-Policy"] == "no-referrer"
    assert send(phone, "/s/" + "b" * 26 + "/signature", SIGNED).status == 404
    for _ in range(20 - len(tries) - 1):
        assert phone.get("/s/" + "a" * 26).status == 404
    page = phone.get(good)
    assert page.status == 429 and int(page.headers["Retry-After"]) > 0
    world.set_clock(clock.now() + timedelta(minutes=1))
    assert phone.get(good).status == 200


@only_sqlite
def test_photos_are_served_under_the_token_only(world: Any, sign_in: Any) -> None:
    report, phone = signed(world), sign_in()
    link = issued(world, report)
    [image] = phone.get(entrance(link)).all("ul.photos img")
    assert image["src"].startswith(entrance(link)) and phone.get(image["src"]).response.mimetype == "image/jpeg"
    digest = image["src"].split("/")[-1]
    assert phone.get(f"/reports/{report.number}/photos/{digest}").location.startswith("/login")
    assert phone.get(f"{entrance(link)}/photos/{'0' * 64}.jpg").status == 404
    reports.revoke_link(link, person=world.person("sun"))
    db.session.commit()
    assert phone.get(image["src"]).status == 410


@only_sqlite
def test_headers_keep_the_address_between_the_two_of_us(world: Any, sign_in: Any) -> None:
    address, phone = entrance(issued(world, unsigned(world))), sign_in()
    for end in ("", "/survey"):
        page = phone.get(address + end)
        assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["X-Robots-Tag"] == "noindex, nofollow" and "Set-Cookie" not in page.headers
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@only_sqlite
def test_a_colleagues_signed_in_phone_opens_it_too(world: Any, sign_in: Any) -> None:
    report, colleague = unsigned(world), sign_in("li")
    address = entrance(issued(world, report))
    assert colleague.get(address).one("html")["lang"] == "zh-Hans"
    assert send(colleague, f"{address}/survey", ANSWERS).status == 400, "a session needs its token"
    survey = colleague.get(f"{address}/survey")
    assert survey.one("form#survey [name=csrf_token]")["value"] == colleague.token()
    assert colleague.post(f"{address}/survey", ANSWERS).status == 303
    assert colleague.post(f"{address}/signature", SIGNED).location == address
    assert report.signed


@only_sqlite
def test_neither_names_nor_addresses_reach_the_log(world: Any, sign_in: Any, caplog: pytest.LogCaptureFixture) -> None:
    report, phone = unsigned(world), sign_in()
    link = issued(world, report, signer_name="金丝雀", email="canary@example.com")
    address, log = entrance(link), logging.getLogger("portal")
    log.addHandler(caplog.handler)
    try:
        phone.get(address)
        send(phone, f"{address}/survey", {**ANSWERS, "q_comment": "金丝雀的话"})
        send(phone, f"{address}/signature", {"typed_name": "金丝雀", "agree": "on", "remarks": "金丝雀"})
        phone.get(address)
    finally:
        log.removeHandler(caplog.handler)
    text = " ".join(f"{one.getMessage()} {one.__dict__}" for one in caplog.records)
    assert "/s/<token>" in text
    assert "金丝雀" not in text and "canary" not in text and address.split("/")[-1] not in text


# The company's side --------------------------------------------------------------------------------------------------


def test_a_link_is_made_shown_to_its_maker_and_revoked(world: Any, sign_in: Any) -> None:
    world.set_clock(clock.now())
    report, sun, zhao = unsigned(world), sign_in("sun", "laptop"), sign_in("zhao", "laptop")
    base = f"/reports/{report.number}/links"
    assert sun.get(f"/reports/{report.number}").all(f"a[href='{base}']")
    form = sun.get(base)
    contact = world.site().contacts[0]
    assert form.value("signer") == str(contact.id) and form.value("locale") == "zh_Hans"
    made = sun.post(base, {"signer": str(contact.id), "locale": "es", "email": ""})
    shown = sun.follow(made)
    link = db.session.scalars(select(PublicLink)).one()
    address = shown.one("#address").text
    assert address == f"http://localhost{entrance(link)}" and shown.one("img.qr")["src"].startswith("data:image/svg")
    assert (link.signer_name, link.signer_role, link.locale) == ("甲示例", "employee", "es")
    assert not zhao.get(made.location).all("#address"), "whoever did not make it does not see it"
    world.set_clock(clock.now() + timedelta(minutes=10))
    assert not sun.get(made.location).all("#address")
    row = sun.get(base).one(f"[data-link='{link.id}']")
    assert row["data-state"] == "open"
    assert sun.post(f"{base}/{link.id}/revocation").location == base
    assert sun.get(base).one(f"[data-link='{link.id}']")["data-state"] == "revoked"
    again = sun.post(f"{base}/{link.id}/revocation")
    assert again.status == 409 and again.errors
    assert sign_in().get(entrance(link)).status == 410


@only_sqlite
def test_states_of_links_stand_in_words(world: Any, sign_in: Any) -> None:
    world.set_clock(clock.now())
    report, sun, phone = unsigned(world), sign_in("sun", "laptop"), sign_in()
    sun.open("/language", method="POST", data={"locale": "en", "next": "/"})
    used, late = issued(world, report), issued(world, report)
    send(phone, f"{entrance(used)}/survey", ANSWERS)
    send(phone, f"{entrance(used)}/signature", SIGNED)
    base = f"/reports/{report.number}/links"
    states = {row["data-link"]: row["data-state"] for row in sun.get(base).all("[data-link]")}
    assert states == {str(used.id): "used", str(late.id): "open"}
    world.set_clock(clock.now() + timedelta(days=8))
    sun = sign_in("sun", "laptop")
    assert sun.get(base).one(f"[data-link='{late.id}']")["data-state"] == "expired"


@only_sqlite
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"signer_name": "x" * 101, "signer_role": "owner", "locale": "en"},
        {"signer_name": "丙", "signer_role": "", "locale": "en"},
        {"signer_name": "丙", "signer_role": "king", "locale": "en"},
        {"signer_name": "丙", "signer_role": "owner", "locale": "fr"},
        {"signer_name": "丙", "signer_role": "owner", "locale": "en", "email": "nobody"},
        {"signer_name": "丙", "signer_role": "owner", "locale": "en", "email": "a@example.com, b@example.com"},
        {"signer": "00000000-0000-4000-8000-000000000009", "locale": "en"},
    ],
)
def test_a_link_without_a_signer_is_refused(world: Any, sign_in: Any, fields: dict[str, str]) -> None:
    report, sun = unsigned(world), sign_in("sun", "laptop")
    page = sun.post(f"/reports/{report.number}/links", fields)
    assert page.status == 422 and page.errors and not count(PublicLink)
    for name in ("signer_name", "email"):
        if name in fields:
            assert page.value(name) == fields[name]


def test_no_form_of_the_company_breaks_whatever_is_typed(world: Any, sign_in: Any) -> None:
    report, sun = unsigned(world), sign_in("sun", "laptop")
    good = {"signer_name": "甲示例", "signer_role": "owner", "locale": "en", "email": "jia@example.com"}
    assert attack(sun, f"/reports/{report.number}/links", good=good)
    assert attack(sun, f"/reports/{report.number}/copies", good={"email": "nobody"}) > 5


@only_sqlite
def test_the_preset_address_belongs_to_the_preset_contact(world: Any, sign_in: Any) -> None:
    known_address(world, "jia@example.com")
    report, sun = unsigned(world), sign_in("sun", "laptop")
    other = customers.add_contact(world.site(), "乙样本", "", "owner", "yi@example.com")
    base = f"/reports/{report.number}/links"
    assert sun.get(base).value("email") == "jia@example.com"
    assert sun.post(base, {"signer": str(other.id), "locale": "en", "email": "jia@example.com"}).status == 303
    query = select(PublicLink).where(PublicLink.purpose == "sign")
    assert [link.email for link in db.session.scalars(query)] == ["yi@example.com"]


@only_sqlite
def test_who_may_ask_for_a_signature_by_link(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    base = f"/reports/{report.number}/links"
    link = issued(world, report)
    for username, status in (("zhang", 200), ("sun", 200), ("zhao", 200), ("he", 200), ("li", 404), ("zhou", 403)):
        person = sign_in(username, "laptop")
        assert person.get(base).status == status, username
        if status != 200:
            assert person.post(f"{base}/{link.id}/revocation").status == status
            assert person.get(f"{base}/{link.id}").status == status
    assert not sign_in("zhou", "laptop").get(f"/reports/{report.number}").all(f"a[href='{base}']")
    other = signed(world, finished(world, username="zhang", earlier=2))
    assert sign_in("sun").get(f"/reports/{other.number}/links/{link.id}").status == 404
