"""The phone in the customer's hands: the four steps, what is refused, and that there is no other way out."""

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal import clock
from portal.db import db
from portal.receipts import HeldEntry
from portal.reports import operations as reports
from portal.reports.models import HandOver, Report, Survey, newest_report, survey_of
from portal.signing.operations import content_of, evidence_of
from portal.visits import operations as visits
from tests.reports.steps import (
    ANSWERS,
    INK,
    SIGNED,
    SIGNER,
    STROKES,
    answer,
    finished,
    hand_to_customer,
    handed_over,
    locked_door,
    release,
    sign,
    signed,
)
from tests.test_permissions import routes
from tests.visits.steps import DIAGNOSIS, picture

ASKED = (
    "/offline/hello",
    "/offline/have",
    "/offline/waiting",
    "/offline/pieces",
    "/sw.js",
    "/manifest.webmanifest",
    "/icon",
)
FREE = ("/static", "/h/", "/healthz", "/readyz", *ASKED)  # what machines and the phone itself ask shows nothing


def test_the_customer_reads_answers_signs_and_gives_back(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit, locale="en")
    read = phone.get(address)
    assert read.one("html")["lang"] == "en" and "Step 1 of 4" in read.text and "清灰上油" in read.text
    assert not read.all("nav.nav, nav.tabs") and "客户难缠" not in read.text
    survey = phone.get(f"{address}/survey")
    assert "Overall, how satisfied are you with this service?" in survey.text
    assert answer(phone, address).location == f"{address}/signature"
    paper = phone.get(f"{address}/signature")
    assert "this electronic signature may be used" in paper.text and "甲示例" in paper.text
    assert sign(phone, address, remarks="Belt still squeaks").location == address
    done = phone.get(address)
    report = newest_report(visit)
    assert report.number in done.text and done.all("[name=pin]")
    assert release(phone, address).location == f"/visits/{visit.id}"
    assert phone.get(f"/visits/{visit.id}").status == 200
    assert content_of(report.document)["customer_opinion"] == "Belt still squeaks"


def test_a_typed_name_stands_beside_a_drawn_one(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    device_time = "2026-11-23T14:05:06+08:00"
    page = phone.post(
        f"{address}/signature", {"typed_name": "甲示例", "agree": "on", "occurred_at": device_time, "strokes": ""}
    )
    assert page.status == 303
    evidence = evidence_of(newest_report(visit).document)
    assert (evidence["method"], evidence["typed_name"]) == ("typed", "甲示例")
    assert evidence["signed_at_device"].startswith("2026-11-23T06:05:06")


def test_every_step_leads_to_the_right_one(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    assert phone.get(f"{address}/signature").location == f"{address}/survey"
    answer(phone, address)
    assert phone.get(f"{address}/survey").location == address
    assert phone.get(address).location == f"{address}/signature"
    assert phone.get(f"{address}?step=report").status == 200
    sign(phone, address)
    for path in ("/survey", "/signature"):
        assert phone.get(address + path).location == address
    assert not phone.get(address).all("canvas")


def test_nothing_else_answers_while_the_customer_holds_the_phone(app: Flask, world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    tried = 0
    for method, path, _access in routes(app):
        if path.startswith(FREE):
            continue
        page = phone.open(path, method=method)
        if method == "GET":
            assert (page.status, page.location) == (303, address), f"GET {path}: {page.status} {page.location}"
        else:
            assert page.status == 423, f"{method} {path}: {page.status}"
        tried += 1
    assert tried > 60
    for path in (f"/visits/{visit.id}", f"/visits/{visit.id}/report"):
        assert phone.get(path).location == address
    assert phone.post(f"/visits/{visit.id}/findings", {"note": "x"}).status == 423
    assert phone.get("/static/logo.svg").status == 200


def test_another_session_and_a_late_opening_see_nothing(world: Any, sign_in: Any) -> None:
    visit, phone, laptop = finished(world), sign_in("zhang"), sign_in("zhang", device="laptop")
    address = hand_to_customer(phone, visit)
    for path in ("", "/survey", "/signature", "/release"):
        assert laptop.get(address + path).status == 404
        assert laptop.post(address + path if path else f"{address}/survey").status == 404
    assert sign_in().get(address).location.startswith("/login")
    answer(phone, address)
    sign(phone, address)
    release(phone, address)
    for path in ("", "?step=report", "/survey", "/signature", "/release"):
        late = phone.get(address + path)
        assert late.status == 404 and "FW-" not in late.text and "清灰" not in late.text


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {**SIGNED, "agree": ""},
        {"agree": "on"},
        {"agree": "on", "strokes": "[]"},
        {"agree": "on", "strokes": "[[[1,1,1]]]"},
        {"agree": "on", "strokes": "[[[0,0,0],[1e9,2,3]]]"},
        {"agree": "on", "strokes": "[" * 9_000},
        {"agree": "on", "strokes": "字" * 60_000},
        {**SIGNED, "remarks": "很" * 501},
        {"agree": "on", "typed_name": "x" * 101},
        {"agree": "on", "typed_name": " \u200b \x00 ".replace("\u200b", "")},
    ],
)
def test_what_is_no_signature_is_refused_with_words(world: Any, sign_in: Any, fields: dict[str, str]) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    page = phone.post(f"{address}/signature", fields)
    assert page.status == 422 and page.errors
    assert not [line for line in page.all(".error-summary li") if "。：" in line.get_text()]
    assert newest_report(visit) is None and phone.get(f"{address}/signature").status == 200


def test_a_refused_signature_keeps_what_was_written(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    page = phone.post(f"{address}/signature", {"strokes": STROKES, "remarks": "还有点响"})
    assert page.status == 422
    assert (page.value("remarks"), page.value("strokes")) == ("还有点响", STROKES)


def test_a_signature_before_the_survey_is_refused(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    page = sign(phone, address)
    assert page.status == 422 and page.errors and newest_report(visit) is None


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"q_overall": "5"},
        {**ANSWERS, "q_gift": ""},
        {**ANSWERS, "q_overall": "6"},
        {**ANSWERS, "q_overall": "1"},
        {**ANSWERS, "q_resolved": "no"},
        {**ANSWERS, "q_comment": "x" * 501},
        {**ANSWERS, "q_reasons": "bribery"},
        {**ANSWERS, "q_nps": "11"},
    ],
)
def test_a_survey_that_is_not_complete_is_refused(world: Any, sign_in: Any, answers: dict[str, str]) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    page = phone.post(f"{address}/survey", answers)
    assert page.status == 422 and page.errors and survey_of(visit) is None
    for name, value in answers.items():
        if name in ("q_overall", "q_resolved") and value in "12345yesno":
            assert page.value(name) == value


def test_who_is_not_satisfied_gives_a_reason(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    low = {"q_overall": "1", "q_resolved": "no", "q_reasons": "late"}
    assert answer(phone, address, **low).status == 303
    assert survey_of(visit).answers["q_reasons"] == ["late"]


def test_who_prefers_not_to_answer_may_sign(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    assert phone.post(f"{address}/survey", {"declined": "1", "q_overall": "2"}).status == 303
    found = survey_of(visit)
    assert (found.state, found.answers) == ("declined", {})
    assert sign(phone, address).status == 303


def test_a_second_survey_changes_nothing_and_shows_nothing(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    page = answer(phone, address, q_overall="4", q_comment="CANARY")
    assert page.status == 409 and "CANARY" not in page.text
    assert survey_of(visit).answers["q_overall"] == "5"


def test_a_repeated_post_has_one_effect(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    entries = [str(uuid.uuid4()), str(uuid.uuid4())]
    for _ in range(3):
        page = phone.post(f"{address}/survey", ANSWERS, entry_id=entries[0])
        assert page.status == 303
    for _ in range(3):
        page = phone.post(f"{address}/signature", SIGNED, entry_id=entries[1])
        assert (page.status, page.location) == (303, address)
    for table in (Survey, Report):
        assert db.session.scalar(select(func.count()).select_from(table)) == 1
    assert sign(phone, address).status == 409


def test_a_stale_token_keeps_the_answers(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    page = phone.post(f"{address}/survey", {**ANSWERS, "q_comment": "好"}, token="stale")
    assert page.status == 400 and page.value("q_comment") == "好" and survey_of(visit) is None


def test_facts_changed_elsewhere_stop_the_signature_in_the_customers_language(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit, locale="en")
    answer(phone, address)
    visits.save_findings(visit, person=world.person("zhang"), note="别的", **DIAGNOSIS)
    db.session.commit()
    page = sign(phone, address)
    assert page.status == 409 and page.one("html")["lang"] == "en" and "Give the phone back" in page.text
    assert newest_report(visit) is None
    assert release(phone, address).status == 303
    again = hand_to_customer(phone, visit)
    assert sign(phone, again).status == 303


def test_the_pin_takes_the_phone_back_before_the_signature_too(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    assert phone.get(f"{address}/release").all("[name=pin]")
    for wrong in ("", "0000", "x" * 5_000):
        page = release(phone, address, wrong)
        assert page.status == 422 and page.errors
        assert phone.get("/").location == address
    assert release(phone, address).status == 303
    assert newest_report(visit) is None and visit.state == "finished"


def test_five_wrong_pins_need_the_password(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    for _ in range(4):
        assert release(phone, address, "0000").status == 422
    page = release(phone, address, "0000")
    assert page.status == 303 and page.location.startswith("/login")
    for path in ("/", address, f"/visits/{visit.id}"):
        assert phone.get(path).location.startswith("/login")
    assert release(phone, address).location.startswith("/login")
    phone.sign_in("zhang")
    assert phone.get(f"/visits/{visit.id}").status == 200


def test_the_form_knows_the_contacts_and_the_customers_language(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world, serial="DF2401-0003"), sign_in("zhang")
    page = phone.get(f"/visits/{visit.id}/handover")
    assert page.value("locale") == "es" and "Sra. Prueba" in page.text
    contact = page.value("signer")
    posted = phone.post(f"/visits/{visit.id}/handover", {"locale": "es", "signer": contact})
    given = db.session.scalars(select(HandOver)).one()
    assert posted.location == f"/h/{given.token}"
    assert (given.signer_name, given.signer_role, given.locale) == ("Sra. Prueba", "owner", "es")
    assert phone.get(posted.location).one("html")["lang"] == "es"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {**SIGNER, "locale": "fr"},
        {**SIGNER, "signer_name": ""},
        {**SIGNER, "signer_role": "king"},
        {**SIGNER, "signer_role": ""},
        {**SIGNER, "signer_name": "x" * 101},
        {"locale": "en", "signer": "00000000-0000-4000-8000-000000000009"},
    ],
)
def test_a_hand_over_without_a_signer_is_refused(world: Any, sign_in: Any, fields: dict[str, str]) -> None:
    visit, phone = finished(world), sign_in("zhang")
    page = phone.post(f"/visits/{visit.id}/handover", fields)
    assert page.status == 422 and page.errors
    assert db.session.scalar(select(func.count()).select_from(HandOver)) == 0


def test_what_is_missing_stands_there_as_links(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world, findings=DIAGNOSIS | {"outcome": ""}), sign_in("zhang")
    for page in (phone.get(f"/visits/{visit.id}/handover"), phone.post(f"/visits/{visit.id}/handover", SIGNER)):
        assert page.status in (200, 422)
        assert [link["href"] for link in page.all("#missing a")] == [f"/visits/{visit.id}/findings"]
        assert not page.all("form[action$='/handover']")


def test_a_strangers_visit_is_not_found(world: Any, sign_in: Any) -> None:
    visit = finished(world)
    for username, status in (("li", 404), ("zhao", 403), ("wu", 404)):
        person = sign_in(username)
        assert person.get(f"/visits/{visit.id}/handover").status == status
        assert person.post(f"/visits/{visit.id}/handover", SIGNER).status == status
        assert person.get(f"/visits/{visit.id}/resubmission").status == status
    assert sign_in("li").get(f"/visits/{visit.id}/report").status == 404


def test_a_hand_over_of_a_moved_visit_is_held(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    visit.person = world.person("li")
    db.session.commit()
    told = phone.post(f"/visits/{visit.id}/handover", SIGNER, outbox=True)
    assert (told.status, told.json["state"]) == (202, "held")
    assert db.session.scalar(select(func.count()).select_from(HeldEntry)) == 1


def test_a_closed_door_is_ended_on_the_same_page(world: Any, sign_in: Any) -> None:
    visit, phone = locked_door(world), sign_in("zhang")
    page = phone.get(f"/visits/{visit.id}/handover")
    assert page.all("[name=absence]") and not page.all("[name=signer_name]")
    for fields in ({}, {"absence": "absent", "reason": ""}, {"absence": "absent", "reason": "敲门无人应"}):
        page = phone.post(f"/visits/{visit.id}/handover", fields)
        assert page.status == 422 and page.errors
    fields = {"absence": "absent", "reason": "敲门无人应", "photo": (io.BytesIO(picture()), "door.jpg")}
    page = phone.post(f"/visits/{visit.id}/handover", fields, content_type="multipart/form-data")
    assert (page.status, page.location) == (303, f"/visits/{visit.id}")
    report = newest_report(visit)
    assert (visit.state, report.signed) == ("unsigned", False)
    shown = phone.get(f"/reports/{report.number}")
    assert "敲门无人应" in shown.text


def test_photos_of_the_report_are_shown_to_the_customer_and_no_others(world: Any, sign_in: Any) -> None:
    visit, other, phone = finished(world), finished(world, earlier=1, username="li"), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    shown = [img["src"] for img in phone.get(address).all("ul.photos img")]
    assert len(shown) == 1 and phone.get(shown[0]).response.mimetype == "image/jpeg"
    assert phone.get(f"{address}/photos/{'0' * 64}.jpg").status == 404
    assert phone.get(f"/visits/{other.id}/photos/{uuid.uuid4()}.jpg").location == address


def test_a_mended_report_is_signed_without_a_second_survey(world: Any, sign_in: Any) -> None:
    report, phone = signed(world), sign_in("zhang")
    reports.return_report(report, items=["findings"], note="写明噪音来源", person=world.person("zhao"))
    visits.save_findings(report.visit, person=world.person("zhang"), note="噪音来自滚筒", **DIAGNOSIS)
    db.session.commit()
    address = hand_to_customer(phone, report.visit, locale="en")
    assert "Step 1 of 3" in phone.get(address).text
    assert sign(phone, address).status == 303
    done = phone.get(address)
    assert report.number in done.text and "Step 3 of 3" in done.text
    assert newest_report(report.visit).revision == 2


@pytest.mark.parametrize("username", ["zhang", "zhao"])
def test_the_page_of_a_signed_visit_names_its_report(world: Any, sign_in: Any, username: str) -> None:
    report = signed(world)
    shown = sign_in(username).get(f"/visits/{report.visit_id}")
    link = shown.one(f"#main a[href='/reports/{report.number}']")
    assert report.number in link.text


def test_an_idle_phone_in_the_customers_hands_does_not_ask_for_the_pin(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    later = clock.now() + timedelta(minutes=40)
    world.set_clock(later)
    assert phone.get(address).status == 200
    assert answer(phone, address).status == 303


def test_the_ink_that_was_drawn_is_the_ink_that_is_kept(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    sign(phone, address)
    assert evidence_of(newest_report(visit).document)["strokes"] == INK


@pytest.mark.engine("sqlite")
def test_what_was_handed_over_is_what_is_compared(world: Any) -> None:
    given = handed_over(world, finished(world))
    assert given.payload["parts"] and given.payload["statement"] and given.payload["report_no"] is None
