"""Acknowledgement, correction, void and erasure: who may, what is refused, and that every page of such a report still
opens."""

import threading
from typing import Any

import pytest
from flask import Flask

from portal import files
from portal.calls.models import Visit
from portal.db import db, transaction
from portal.errors import Conflict
from portal.reports import operations as reports
from portal.reports.models import Report, newest_report
from portal.reports.operations.signing import Mark
from portal.signing.checks import audit
from portal.signing.operations import content_of
from tests.reports.steps import SIGNED, answer, finished, hand_to_customer, handed_over, picture, sign, signed
from tests.reports.test_matrix import re_sign, unsigned

VOID = {"reason": "签错了人", "next": "again"}
CANARY = "CANARY 只可在此"


def approved(world: Any, **kwargs: Any) -> Report:
    report = signed(world, **kwargs)
    reports.approve(report, acknowledged=True, person=world.person("zhao"))
    db.session.commit()
    return report


def erased(world: Any) -> Report:
    """A report of two revisions, approved and emptied."""
    report = signed(world, remarks=CANARY)
    reports.return_report(report, items=["findings"], note="核对", person=world.person("zhao"))
    re_sign(world, report.visit)
    second = newest_report(report.visit)
    assert second is not None
    reports.approve(second, person=world.person("zhao"))
    reports.erase_report(second, reason="客户依法要求", person=world.person("he"))
    db.session.commit()
    return second


def test_an_unusual_end_is_acknowledged_with_a_tick(world: Any, sign_in: Any) -> None:
    report = unsigned(world, finished(world))
    db.session.commit()
    zhao, path = sign_in("zhao", device="laptop"), f"/reports/{report.number}/approval"
    desk = zhao.get("/review")
    assert not desk.all(f"form[action='{path}']")
    key = desk.one("[data-key=a]")
    assert (key.name, key["href"]) == ("a", path)
    page = zhao.get(path)
    assert page.all("#unusual li") and page.all("input[type=checkbox][name=acknowledged]")
    refused = zhao.post(path, {"note": "已致电"})
    assert refused.status == 422 and refused.all("[role=alert] a[href='#acknowledged']")
    assert refused.value("note") == "已致电" and report.visit.state == "unsigned"
    assert zhao.post(path, {"note": "已致电", "acknowledged": "on"}).status == 303
    assert report.visit.state == "approved" and report.reviews[-1].acknowledged


def test_a_usual_report_is_approved_with_one_key(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    assert zhao.get("/review").one("[data-key=a]").name == "button"
    assert not zhao.get(f"/reports/{report.number}/approval").all("[name=acknowledged]")
    assert zhao.post(f"/reports/{report.number}/approval").status == 303


@pytest.mark.parametrize("how", ["paper", "witness", "proxy"])
def test_each_unusual_signature_is_named(world: Any, sign_in: Any, how: str) -> None:
    visit, zhang = finished(world), world.person("zhang")
    if how == "paper":
        report = reports.sign_on_paper(
            visit, locale="en", signer_name="甲", signer_role="owner", photo=picture(), person=zhang
        )
    else:
        given = handed_over(world, visit, **({"signed_for": "王老板"} if how == "proxy" else {}))
        reports.answer_survey(given, None)
        report = reports.sign_report(given, Mark(typed_name="甲", witness="乙" if how == "witness" else ""))
    db.session.commit()
    zhao = sign_in("zhao", device="laptop")
    page = zhao.get(f"/reports/{report.number}/approval")
    assert len(page.all("#unusual li")) == 1
    assert zhao.post(f"/reports/{report.number}/approval").status == 422


def test_a_supervisor_declares_a_report_void_and_it_is_signed_again(world: Any, sign_in: Any) -> None:
    report, zhao, zhang = signed(world), sign_in("zhao", device="laptop"), sign_in("zhang")
    path = f"/reports/{report.number}/void"
    assert zhao.get(f"/reports/{report.number}").all(f"a[href='{path}']")
    page = zhao.post(path, VOID)
    assert (page.status, page.location) == (303, f"/reports/{report.number}")
    assert report.visit.state == "returned" and audit() == []
    shown = zhao.follow(page)
    assert "签错了人" in shown.one("#void").get_text() and "清灰上油" in shown.text
    assert zhao.post(path, VOID).status == 409
    assert report.number not in zhao.get("/review").text
    assert zhang.get(f"/visits/{report.visit_id}/handover").one("#void")
    assert zhang.get(f"/visits/{report.visit_id}").status == 200
    re_sign(world, report.visit)
    db.session.commit()
    newest, old = zhao.get(f"/reports/{report.number}"), zhao.get(f"/reports/{report.number}?revision=1")
    assert not newest.all("#void") and old.all("#void") and "清灰上油" in old.text
    assert zhao.get(f"/reports/{report.number}.pdf?revision=1").status == 200
    assert audit() == []


def test_a_report_that_is_void_for_good_ends_its_visit(world: Any, sign_in: Any) -> None:
    report, he = approved(world), sign_in("he", device="laptop")
    assert he.post(f"/reports/{report.number}/void", VOID | {"next": "closed"}).status == 303
    assert report.visit.state == "cancelled"
    row = he.get("/reports").one("tbody tr")
    assert report.number in row.get_text() and row.select(".tag-bad")
    for path in (f"/reports/{report.number}", f"/reports/{report.number}.pdf", f"/visits/{report.visit_id}"):
        assert he.get(path).status == 200
    zhang = sign_in("zhang")
    assert not zhang.get(f"/visits/{report.visit_id}/handover").all("[name=signer_name]")
    assert zhang.get("/reports").all(".card .tag-bad") and audit() == []


def test_an_older_revision_is_declared_void_by_itself(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    reports.return_report(report, items=["findings"], note="核对", person=world.person("zhao"))
    re_sign(world, report.visit)
    db.session.commit()
    path = f"/reports/{report.number}/void?revision=1"
    page = zhao.get(path)
    assert not page.all("main [name=next]") and page.all(f"form[action='{path}']")
    assert zhao.post(path, {"reason": "签错了人"}).location == f"/reports/{report.number}?revision=1"
    assert report.visit.state == "signed" and report.void is not None
    assert not zhao.get(f"/reports/{report.number}").all("#void") and audit() == []


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"next": "again"}, "reason"),
        ({"reason": "签错了人"}, "next"),
        ({"reason": "签错了人", "next": "nonsense"}, "next"),
        ({"reason": "x" * 501, "next": "again"}, "reason"),
    ],
)
def test_a_void_needs_a_reason_and_what_follows(world: Any, sign_in: Any, fields: dict[str, str], beside: str) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    page = zhao.post(f"/reports/{report.number}/void", fields)
    assert page.status == 422 and page.all(f"[role=alert] a[href='#{beside}']")
    assert report.void is None and report.visit.state == "signed"


def test_an_approved_report_is_taken_back_for_a_correction(world: Any, sign_in: Any) -> None:
    report, zhao = approved(world), sign_in("zhao", device="laptop")
    path = f"/reports/{report.number}/correction"
    assert zhao.get(f"/reports/{report.number}").all(f"a[href='{path}']")
    assert zhao.get(path).status == 200
    for fields in ({}, {"note": "价格写错"}, {"items": "time"}):
        page = zhao.post(path, fields)
        assert page.status == 422 and page.errors
    page = zhao.post(path, {"items": "findings", "note": "价格写错"})
    assert (page.status, page.location) == (303, f"/reports/{report.number}")
    assert (report.visit.state, report.visit.to_mend) == ("returned", ["findings"])
    assert zhao.post(path, {"items": "findings", "note": "价格写错"}).status == 409
    assert "价格写错" in sign_in("zhang").get(f"/visits/{report.visit_id}").text
    assert zhao.get(f"/reports/{report.number}").status == 200 and audit() == []


def test_a_report_that_waits_is_returned_and_not_corrected(world: Any, sign_in: Any) -> None:
    report, zhao = signed(world), sign_in("zhao", device="laptop")
    path = f"/reports/{report.number}/correction"
    assert not zhao.get(f"/reports/{report.number}").all(f"a[href='{path}']")
    assert zhao.post(path, {"items": "time", "note": "x"}).status == 409


def test_nobody_decides_about_their_own_work(world: Any, sign_in: Any) -> None:
    visit = finished(world, username="wu")
    report = reports.end_unsigned(visit, absence="absent", reason="x", photo=None, person=world.person("wu"))
    db.session.commit()
    wu = sign_in("wu", device="laptop")
    for path, fields in (("void", VOID), ("correction", {"items": "time", "note": "x"})):
        assert wu.get(f"/reports/{report.number}/{path}").status == 403
        assert wu.post(f"/reports/{report.number}/{path}", fields).status == 403
    assert not wu.get(f"/reports/{report.number}").all("#ends")


@pytest.mark.parametrize(
    ("username", "void", "erasure"),
    [("zhao", 200, 403), ("he", 200, 200), ("sun", 403, 403), ("zhang", 403, 403), ("zhou", 403, 403)],
)
def test_who_may_void_and_who_may_erase(world: Any, sign_in: Any, username: str, void: int, erasure: int) -> None:
    report, person = approved(world), sign_in(username, device="laptop")
    assert person.get(f"/reports/{report.number}/void").status == void
    assert person.get(f"/reports/{report.number}/erasure").status == erasure
    shown = person.get(f"/reports/{report.number}")
    assert bool(shown.all("#ends a[href$='/void']")) is (void == 200)
    assert bool(shown.all("#ends a[href$='/erasure']")) is (erasure == 200)


def test_an_erasure_is_confirmed_with_the_number(world: Any, sign_in: Any) -> None:
    report, he = approved(world, remarks=CANARY), sign_in("he", device="laptop")
    path = f"/reports/{report.number}/erasure"
    for fields, beside in (
        ({"number": report.number}, "reason"),
        ({"reason": "客户依法要求"}, "number"),
        ({"reason": "客户依法要求", "number": "FW-01-2611-9999"}, "number"),
    ):
        page = he.post(path, fields)
        assert page.status == 422 and page.all(f"[role=alert] a[href='#{beside}']"), fields
    assert not report.erased
    page = he.post(path, {"reason": "客户依法要求", "number": report.number.lower()})
    assert (page.status, page.location) == (303, f"/reports/{report.number}")
    assert he.follow(page).one("#erased") and audit() == []
    assert he.post(path, {"reason": "客户依法要求", "number": report.number}).status == 409
    assert he.get(path).all("#erased")


def test_only_a_closed_report_is_erased(world: Any, sign_in: Any) -> None:
    report, he = signed(world), sign_in("he", device="laptop")
    path = f"/reports/{report.number}/erasure"
    assert not he.get(f"/reports/{report.number}").all(f"a[href='{path}']")
    page = he.post(path, {"reason": "客户依法要求", "number": report.number})
    assert page.status == 422 and page.errors and not report.erased


@pytest.mark.parametrize("username", ["zhang", "zhao", "he", "sun", "zhou"])
def test_every_page_of_an_erased_report_still_answers(world: Any, sign_in: Any, username: str) -> None:
    report = erased(world)
    person = sign_in(username, device="laptop" if username != "zhang" else "phone")
    base, visit = f"/reports/{report.number}", f"/visits/{report.visit_id}"
    digest = "0" * 64
    expected = {
        base: 200,
        f"{base}?revision=1": 200,
        f"{base}.pdf": 410,
        f"{base}.pdf?revision=1&copy=customer": 410,
        f"{base}/photos/{digest}.jpg": 404,
        "/reports": 200,
    }
    for path, status in expected.items():
        page = person.get(path)
        assert page.status == status, path
        assert CANARY not in page.text
    assert person.get(base).one("#erased") and person.get("/reports").all(".tag-bad")
    for path in (
        f"{base}/void", f"{base}/approval", f"{base}/return", f"{base}/correction", f"{base}/erasure", "/review",
        visit, f"{visit}/report", f"{visit}/handover", f"{visit}/handover?absence=paper", f"{visit}/resubmission",
        f"{visit}/report/photos/{digest}.jpg",
    ):  # fmt: skip
        assert person.get(path).status in (200, 303, 403, 404), path


def test_what_is_erased_does_not_change_any_more(world: Any, sign_in: Any) -> None:
    report, he = erased(world), sign_in("he", device="laptop")
    base = f"/reports/{report.number}"
    for path, fields in (
        ("void", VOID),
        ("void?revision=1", VOID),
        ("correction", {"items": "time", "note": "x"}),
        ("approval", {}),
        ("return", {"items": "time", "note": "x"}),
    ):
        assert he.post(f"{base}/{path}", fields).status == 409, path
    assert db.session.get_one(Visit, report.visit_id).state == "approved" and audit() == []


def test_a_phone_that_was_not_given_back_before_the_erasure_is_taken_back(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    report = unsigned(world, visit)
    reports.approve(report, acknowledged=True, person=world.person("zhao"))
    reports.erase_report(report, reason="客户依法要求", person=world.person("he"))
    db.session.commit()
    for step in ("", "/survey", "/signature", "/co-signature", "/release"):
        page = phone.get(address + step)
        assert page.status == 200 and page.all("[name=pin]"), step
    assert phone.get(f"{address}/photos/{'0' * 64}.jpg").status in (200, 404)
    assert phone.post(f"{address}/release", {"pin": "2468"}).location == f"/visits/{visit.id}"


def test_photos_that_another_report_shows_too_are_kept(world: Any) -> None:
    """The store holds the same bytes once, whoever shows them."""
    first, second = approved(world, visit=finished(world, earlier=1)), signed(world)
    shared = {shot["digest"] for shot in content_of(second.document)["photos"]}
    assert shared == {shot["digest"] for shot in content_of(first.document)["photos"]}
    reports.erase_report(first, reason="客户依法要求", person=world.person("he"))
    db.session.commit()
    assert all(files.read(digest) for digest in shared)


def test_photos_of_an_erased_report_are_gone(world: Any) -> None:
    report = approved(world)
    digests = [shot["digest"] for shot in content_of(report.document)["photos"]]
    reports.erase_report(report, reason="客户依法要求", person=world.person("he"))
    db.session.commit()
    for digest in digests:
        with pytest.raises(OSError):
            files.read(digest)


def test_nobody_signs_a_report_that_was_declared_void_meanwhile(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    sign(phone, address)
    report = newest_report(visit)
    assert report is not None
    reports.void_report(report, reason="签错了人", again=True, person=world.person("zhao"))
    db.session.commit()
    page = phone.post(f"{address}/co-signature", SIGNED | {"signer_name": "乙示例", "signer_role": "owner"})
    assert page.status == 409 and page.errors
    assert len(report.signatures) == 1 and audit() == []


def test_two_erasures_at_the_same_moment_are_one(app: Flask, world: Any) -> None:
    report_id = approved(world).id
    db.session.commit()
    results: list[str] = []

    def erase() -> None:
        with app.app_context():
            try:
                with transaction():
                    found = db.session.get_one(Report, report_id)
                    reports.erase_report(found, reason="客户依法要求", person=world.person("he"))
                results.append("erased")
            except Conflict:
                results.append("refused")
            finally:
                db.session.remove()

    threads = [threading.Thread(target=erase) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    assert sorted(results) == ["erased", "refused", "refused"] and audit() == []
