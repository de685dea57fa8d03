"""The honest ends on the technician's page, several signers and a witness on the customer's, changes before they are
signed."""

import io
from typing import Any

import pytest

from portal.db import db
from portal.reports import operations as reports
from portal.reports.models import newest_report
from portal.signing.checks import audit
from portal.signing.operations import content_of, evidence_of
from portal.visits import operations as visits
from portal.visits.models import live_photos
from tests.reports.steps import (
    SIGNED,
    answer,
    finished,
    hand_to_customer,
    picture,
    release,
    sign,
    signed,
)
from tests.visits.steps import DIAGNOSIS

TYPED = {"typed_name": "甲示例", "agree": "on"}
ENDS = {"absent": "敲门无人应，电话未接", "refused": "说要先问老板"}


def photo() -> tuple[io.BytesIO, str]:
    return io.BytesIO(picture()), "p.jpg"


def end(phone: Any, visit: Any, **fields: Any) -> Any:
    return phone.post(f"/visits/{visit.id}/handover", fields, content_type="multipart/form-data")


def returned(world: Any, note: str = "写明噪音来源") -> Any:
    report = signed(world)
    reports.return_report(report, items=["findings"], note=note, person=world.person("zhao"))
    visits.save_findings(report.visit, person=world.person("zhang"), note="噪音来自滚筒", **DIAGNOSIS)
    db.session.commit()
    return report


def test_the_page_leads_to_every_honest_end(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    page = phone.get(f"/visits/{visit.id}/handover")
    ways = [str(link["href"]) for link in page.all("#honest-ends a")]
    assert [way.split("absence=")[1] for way in ways] == ["absent", "refused", "paper"]
    titles = {phone.get(way).one("h1").get_text() for way in ways}
    assert len(titles) == 3
    for way in ways:
        assert phone.get(way).value("absence") == way.split("absence=")[1]


@pytest.mark.parametrize("absence", list(ENDS))
def test_a_visit_ends_without_a_signature(world: Any, sign_in: Any, absence: str) -> None:
    visit, phone = finished(world), sign_in("zhang")
    page = end(phone, visit, absence=absence, reason=ENDS[absence], photo=photo())
    assert (page.status, page.location) == (303, f"/visits/{visit.id}")
    report = newest_report(visit)
    assert report is not None and (visit.state, report.signed) == ("unsigned", False)
    evidence = evidence_of(report.document)
    assert (evidence["absence"], evidence["reason"]) == (absence, ENDS[absence])
    assert evidence["declared_by"] == str(world.person("zhang").id) and evidence["photo"]
    assert end(phone, visit, absence=absence, reason="再来一次", photo=photo()).status == 409
    desk = sign_in("zhao", device="laptop").get(f"/review?report={report.number}")
    assert ENDS[absence] in desk.text and "张演示" in desk.one("#signature").get_text()
    assert audit() == []


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        ({"absence": "refused", "reason": ""}, "reason"),
        ({"absence": "absent"}, "reason"),
        ({"absence": "absent", "reason": "x" * 501}, "reason"),
        ({"absence": "nonsense", "reason": "x"}, "absence"),
        ({"absence": "paper", "signer": "", "locale": "en"}, "signer_name"),
        ({"absence": "paper", "signer_name": "甲", "signer_role": "owner"}, "locale"),
        ({"absence": "paper", "signer_name": "甲", "signer_role": "owner", "locale": "en"}, "photo"),
    ],
)
def test_an_end_that_is_not_complete_is_refused_beside_the_field(
    world: Any, sign_in: Any, fields: dict[str, str], beside: str
) -> None:
    visit, phone = finished(world), sign_in("zhang")
    page = end(phone, visit, **fields)
    assert page.status == 422 and page.all(f"[role=alert] a[href='#{beside}']")
    assert visit.state == "finished" and newest_report(visit) is None
    if fields.get("signer_name"):
        assert page.value("signer_name") == "甲"


def test_what_is_no_photo_is_refused_and_a_good_one_is_asked_for_again(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    page = end(phone, visit, absence="refused", reason="说要先问老板", photo=(io.BytesIO(b"<svg/>"), "x.jpg"))
    assert page.status == 422 and page.all("[role=alert] a[href='#photo']")
    assert page.value("reason") == "说要先问老板"
    kept = end(phone, visit, absence="refused", reason="", photo=photo())
    assert kept.status == 422 and kept.all("#photo-hint")
    assert (
        kept.one("#photo-hint").get_text()
        != phone.get(f"/visits/{visit.id}/handover?absence=refused").one("#photo-hint").get_text()
    )


def test_an_end_without_any_photo_asks_for_one(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    visits.remove_photo(visit, live_photos(visit)[0], person=world.person("zhang"))
    db.session.commit()
    page = end(phone, visit, absence="absent", reason="敲门无人应")
    assert page.status == 422 and page.all("[role=alert] a[href='#photo']")


def test_a_signed_sheet_is_photographed(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    page = end(
        phone, visit, absence="paper", locale="zh_Hans", signer_name="乙示例", signer_role="owner", photo=photo()
    )
    assert (page.status, page.location) == (303, f"/visits/{visit.id}")
    report = newest_report(visit)
    assert report is not None and (visit.state, report.signed) == ("signed", True)
    assert [one.method for one in report.signatures] == ["paper"] and report.needs_acknowledgement
    evidence = evidence_of(report.document)
    office = sign_in("zhao", device="laptop")
    shown = office.get(f"/reports/{report.number}")
    assert "乙示例" in shown.one("#signature").get_text() and shown.all("#unusual li")
    picture_of_it = next(img for img in shown.all("#signature ul.photos img"))
    assert evidence["photo"] in str(picture_of_it["src"])
    assert office.get(str(picture_of_it["src"])).response.mimetype == "image/jpeg"
    assert office.get(f"/reports/{report.number}/photos/{'0' * 64}.jpg").status == 404


def test_the_ends_are_the_technicians_own_and_only_when_the_work_is_done(world: Any, sign_in: Any) -> None:
    visit, fresh = finished(world), world.visit(serial="DF2401-0002")
    li, zhang = sign_in("li"), sign_in("zhang")
    assert end(li, visit, absence="absent", reason="x", photo=photo()).status == 404
    for absence in ("absent", "refused", "paper"):
        page = zhang.get(f"/visits/{fresh.id}/handover?absence={absence}")
        assert page.status == 200 and page.all("#missing a") and not page.all("[name=reason]")
    assert end(zhang, fresh, absence="absent", reason="x", photo=photo()).status == 422
    signed_one = signed(world, finished(world, earlier=2)).visit
    assert end(zhang, signed_one, absence="refused", reason="x", photo=photo()).status == 409


def test_a_phone_that_still_shows_the_report_says_that_it_was_ended_elsewhere(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    reports.end_unsigned(visit, absence="refused", reason="不签", photo=None, person=world.person("zhang"))
    db.session.commit()
    for step in ("", "/survey", "/signature", "/co-signature"):
        page = phone.get(address + step)
        assert page.status == 200 and page.all("[name=pin]") and not page.all("[name=agree]"), step
    assert sign(phone, address).all("[name=pin]")
    assert release(phone, address).location == f"/visits/{visit.id}"
    assert newest_report(visit).signatures == []  # type: ignore[union-attr]


def test_whoever_signs_for_somebody_says_for_whom(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit, signed_for="王老板", signer_phone="100 0000 0009")
    answer(phone, address)
    sign(phone, address)
    report = newest_report(visit)
    assert report is not None
    content = content_of(report.document)
    assert (content["signed_for"], content["signer_phone"]) == ("王老板", "100 0000 0009")
    assert report.signatures[0].proxy and report.needs_acknowledgement
    desk = sign_in("zhao", device="laptop").get(f"/review?report={report.number}")
    assert "王老板" in desk.text and "100 0000 0009" in desk.text


def test_a_name_that_was_typed_by_somebody_else_has_a_witness(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    for fields, beside in (
        ({"witness": "丙示例", "agree": "on"}, "typed_name"),
        (TYPED | {"witness": "甲示例"}, "witness"),
        (TYPED | {"witness": "x" * 101}, "witness"),
    ):
        page = phone.post(f"{address}/signature", fields)
        assert page.status == 422 and page.all(f"[role=alert] a[href='#{beside}']"), fields
    assert phone.post(f"{address}/signature", TYPED | {"witness": "丙示例"}).status == 303
    report = newest_report(visit)
    assert report is not None and report.signatures[0].method == "witnessed"
    assert "丙示例" in sign_in("zhao", device="laptop").get(f"/reports/{report.number}").text


def test_several_people_sign_the_same_report(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    early = phone.post(f"{address}/co-signature", SIGNED | {"signer_name": "乙", "signer_role": "owner"})
    assert early.status == 409 and phone.get(f"{address}/co-signature").location == address
    answer(phone, address)
    sign(phone, address)
    done = phone.get(address)
    assert done.all(f"a[href='{address}/co-signature']")
    for name, remark in (("乙示例", "还有点响"), ("丙示例", "")):
        page = phone.post(
            f"{address}/co-signature",
            SIGNED | {"signer_name": name, "signer_role": "owner", "remarks": remark},
        )
        assert (page.status, page.location) == (303, address)
    assert [item.get_text().split()[0] for item in phone.get(address).all("#signers li")] == [
        "甲示例",
        "乙示例",
        "丙示例",
    ]
    report = newest_report(visit)
    assert report is not None and len(report.signatures) == 3
    digests = {content_of(one.document)["content_digest"] for one in report.signatures[1:]}
    assert digests == {report.document.content_digest}
    release(phone, address)
    assert phone.get(f"{address}/co-signature").status == 404
    shown = sign_in("zhao", device="laptop").get(f"/reports/{report.number}").one("#signature").get_text()
    assert all(words in shown for words in ("甲示例", "乙示例", "丙示例", "还有点响"))
    assert audit() == []


@pytest.mark.parametrize(
    ("fields", "beside"),
    [
        (SIGNED | {"signer_role": "owner"}, "signer_name"),
        (SIGNED | {"signer_name": "乙"}, "signer_role"),
        ({"signer_name": "乙", "signer_role": "owner", "typed_name": "乙"}, "agree"),
        ({"signer_name": "乙", "signer_role": "owner", "agree": "on"}, "typed_name"),
        (SIGNED | {"signer_name": "乙", "signer_role": "king"}, "signer_role"),
    ],
)
def test_a_further_signature_that_is_not_complete_is_refused(
    world: Any, sign_in: Any, fields: dict[str, str], beside: str
) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    sign(phone, address)
    page = phone.post(f"{address}/co-signature", fields)
    assert page.status == 422 and page.all(f"[role=alert] a[href='#{beside}']")
    assert len(newest_report(visit).signatures) == 1  # type: ignore[union-attr]


def test_a_repeated_further_signature_counts_once(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    sign(phone, address)
    fields = SIGNED | {"signer_name": "乙示例", "signer_role": "owner"}
    entry = "00000000-0000-4000-8000-0000000000aa"
    assert [phone.post(f"{address}/co-signature", fields, entry_id=entry).status for _ in range(2)] == [303, 303]
    assert len(newest_report(visit).signatures) == 2  # type: ignore[union-attr]


def test_who_signs_again_reads_first_what_changes_and_why(world: Any, sign_in: Any) -> None:
    report, phone = returned(world), sign_in("zhang")
    base = f"/visits/{report.visit_id}"
    form = phone.get(f"{base}/handover")
    assert form.value("revision_reason") == "写明噪音来源"
    for page in (form, phone.get(f"{base}/report")):
        changes = page.one("#changes").get_text()
        assert "清灰上油" in changes and "噪音来自滚筒" in changes
    address = hand_to_customer(phone, report.visit, revision_reason="补写噪音来源")
    page = phone.get(f"{address}?step=report")
    changes = page.one("#changes")
    assert "补写噪音来源" in changes.get_text()
    assert [tag.get_text() for tag in changes.select("del, ins")] == ["清灰上油", "噪音来自滚筒"]
    assert sign(phone, address).status == 303
    second = newest_report(report.visit)
    assert second is not None and (second.revision, second.reason) == (2, "补写噪音来源")
    assert phone.get(address).all("[name=pin]")
    office = sign_in("zhao", device="laptop")
    for path in (f"/reports/{second.number}", f"/review?report={second.number}"):
        assert "清灰上油" in office.get(path).one("#changes").get_text(), path
    assert not office.get(f"/reports/{second.number}?revision=1").all("#changes")


def test_a_first_report_has_nothing_to_compare(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    for path in (f"/visits/{visit.id}/handover", f"/visits/{visit.id}/report"):
        assert not phone.get(path).all("#changes")
    page = phone.get(f"/visits/{visit.id}/handover")
    assert not page.all("[name=revision_reason]")
    assert not phone.get(hand_to_customer(phone, visit)).all("#changes")


def test_a_revision_that_ends_unsigned_says_why_it_changed(world: Any, sign_in: Any) -> None:
    report, phone = returned(world), sign_in("zhang")
    opened = phone.get(f"/visits/{report.visit_id}/handover?absence=absent")
    assert opened.value("revision_reason") == "写明噪音来源" and opened.all("#changes")
    page = end(phone, report.visit, absence="absent", reason="已离开", revision_reason="补写", photo=photo())
    assert page.status == 303
    second = newest_report(report.visit)
    assert second is not None and (second.revision, second.reason, second.signed) == (2, "补写", False)
    shown = sign_in("zhao", device="laptop").get(f"/reports/{second.number}")
    src = str(shown.one("#signature ul.photos img")["src"])
    assert phone.get(src).response.mimetype == "image/jpeg"


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("locale", ["zh_Hant", "en", "es"])
def test_the_new_pages_speak_every_language(world: Any, sign_in: Any, locale: str) -> None:
    report, phone = returned(world), sign_in("zhang")
    phone.open("/language", method="POST", data={"locale": locale, "next": "/"})
    for absence in ("", "?absence=absent", "?absence=refused", "?absence=paper"):
        assert phone.get(f"/visits/{report.visit_id}/handover{absence}").status == 200
    address = hand_to_customer(phone, report.visit, locale=locale)
    assert phone.get(f"{address}?step=report").all("#changes")
    sign(phone, address)
    assert phone.get(f"{address}/co-signature").status == 200
