"""Settings act, from their day on and not before; what was agreed keeps the rule of its day."""

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import settings
from portal.admin import operations
from portal.clock import now
from portal.db import db
from portal.history import HistoryEntry
from portal.reports.models import PublicLink, newest_report
from portal.reports.printing import PLAIN, of_house, printed
from portal.signing.operations import content_of
from tests.admin.test_setup import drawing
from tests.reports.steps import answer, finished, hand_to_customer, sign, signed


def decide(world: Any, key: str, value: Any, username: str = "he", **more: Any) -> None:
    operations.decide(key, value, person=world.person(username), reason="试行", **more)
    db.session.commit()


def test_a_change_holds_from_its_day_and_the_past_keeps_its_rule(world: Any, sign_in: Any) -> None:
    start = world.at(8)
    world.set_clock(start)
    he = sign_in("he", "laptop")
    page = he.post("/admin/settings/link_days", {"days": "3", "effective_from": "2026-11-30", "reason": "太长"})
    assert page.status == 303, page.errors
    assert settings.value("link_days") == 7
    world.set_clock(world.at(8, day=30))
    assert settings.value("link_days") == 3 and settings.value_at("link_days", start) == 7
    he.sign_in("he")
    past = he.post("/admin/settings/link_days", {"days": "5", "effective_from": "2026-11-01", "reason": "x"})
    assert past.status == 422 and past.value("days") == "5"
    entry = db.session.query(HistoryEntry).filter_by(verb="set_setting").one()
    assert (entry.details["link_days.before"], entry.details["link_days.after"]) == ("7", "3")


def test_rules_are_a_managers_and_texts_an_administrators_too(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    refused = admin.post("/admin/settings/guarantee_days", {"days": "120", "reason": "x"})
    assert refused.status == 409 and settings.value("guarantee_days") == 92
    assert not admin.get("/admin/settings/guarantee_days").all("main form[method=post]")
    assert admin.post("/admin/settings/sign_in_message", {"zh_Hans": "系统维护", "reason": "x"}).status == 303
    assert "系统维护" in sign_in().get("/login").text
    assert sign_in("zhao", "laptop").get("/admin/settings").status == 403


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("key", "days"), [("link_days", "31"), ("link_days", "0"), ("guarantee_days", "91"), ("copy_days", "x")]
)
def test_days_have_bounds(world: Any, sign_in: Any, key: str, days: str) -> None:
    page = sign_in("he", "laptop").post(f"/admin/settings/{key}", {"days": days, "reason": "x"})
    assert page.status == 422 and page.value("days") == days


def test_what_was_decided_cannot_be_undone_behind_the_back(world: Any) -> None:
    decide(world, "link_days", 3)
    for statement in ("UPDATE setting SET reason = 'x'", "DELETE FROM setting"):
        with pytest.raises(DBAPIError):
            db.session.execute(text(statement))
        db.session.rollback()
    assert settings.value("link_days") == 3


@pytest.mark.engine("sqlite")
def test_links_live_as_long_as_was_decided(world: Any, sign_in: Any) -> None:
    report = signed(world, finished(world))
    decide(world, "link_days", 2)
    zhao = sign_in("zhao", "laptop")
    assert "2" in zhao.get(f"/reports/{report.number}/links").one("main").get_text()
    fields = {"signer_name": "甲", "signer_role": "owner", "locale": "en"}
    assert zhao.post(f"/reports/{report.number}/links", fields).status == 303
    link = db.session.query(PublicLink).filter_by(purpose="sign").one()
    assert link.expires_at - link.created_at == timedelta(days=2)


@pytest.mark.engine("sqlite")
def test_copies_open_as_long_as_was_decided(world: Any) -> None:
    report = signed(world, finished(world))
    decide(world, "copy_days", 40)
    from portal.reports.operations import issue_copy

    link = issue_copy(report, locale="en", email="a@example.com", person=world.person("zhang"))
    assert link.expires_at - link.created_at == timedelta(days=40)


@pytest.mark.engine("sqlite")
def test_a_repair_keeps_the_guarantee_of_the_day_it_ended(world: Any) -> None:
    before = finished(world, earlier=1)
    decide(world, "guarantee_days", 180)
    from portal.reports.content import compose

    assert (guarantee(compose(before, "en")), settings.value("guarantee_days")) == (92, 180)
    world.set_clock(now() + timedelta(days=2))
    assert guarantee(compose(finished(world), "en")) == 180


def guarantee(content: dict[str, Any]) -> int:
    from datetime import date, datetime

    ended = datetime.fromisoformat(content["work_ended_at"]).date()
    return (date.fromisoformat(content["repair_guarantee_until"]) - ended).days


@pytest.mark.engine("sqlite")
def test_a_repeat_is_what_was_decided(world: Any) -> None:
    from portal.calls.queries import repeats

    world.visit(reported_at=now() - timedelta(days=40))
    newer = world.visit().call
    assert repeats([newer]) == {}
    decide(world, "repeat_days", 60)
    assert list(repeats([newer])) == [newer.id]


@pytest.mark.engine("sqlite")
def test_the_customer_reads_the_thanks(world: Any, sign_in: Any) -> None:
    decide(world, "survey_thanks", {"zh_Hans": "感谢信任", "en": "Thank you for your trust"})
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    page = phone.follow(sign(phone, address))
    assert "感谢信任" in page.text or "Thank you for your trust" in page.text


def words_of(pdf: bytes) -> str:
    import pikepdf
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    assert pikepdf.open(io.BytesIO(pdf))
    return str(document[0].get_textpage().get_text_range())


@pytest.mark.engine("sqlite")
def test_a_sealed_report_keeps_name_hotline_notice_and_logo_of_its_day(world: Any, sign_in: Any) -> None:
    old = signed(world, finished(world, earlier=2))
    admin = sign_in("admin", "laptop")
    branch = {"zh_Hans": "改名公司", "en": "Renamed", "hotline": "400 111", "time_zone": "Asia/Shanghai"}
    assert admin.post("/admin/branches/01", branch).status == 303
    looks = {"zh_Hans": "改名公司", "languages": ["zh_Hans", "en"], "first_language": "zh_Hans"}
    sent = {**looks, "logo": (io.BytesIO(drawing()), "l.png")}
    assert admin.post("/admin/company", sent, content_type="multipart/form-data").status == 303
    decide(world, "privacy_notice", {"zh_Hans": "本公司隐私声明", "en": "Our own privacy line"})
    new = signed(world, finished(world, earlier=1))
    then, today = content_of(old.document), content_of(new.document)
    assert (then["provider_hotline"], today["provider_hotline"]) == ("100 0000 0000", "400 111")
    assert "改名" not in then["provider_name"] and today["provider_name"] in ("改名公司", "Renamed")
    assert of_house(old.document.sealed_at) == {"notice": {}, "logo": None}
    house = of_house(new.document.sealed_at)
    assert house["logo"].startswith(b"\x89PNG") and "本公司隐私声明" in house["notice"].values()
    assert len(printed(new, PLAIN)) > len(printed(old, PLAIN))
    assert newest_report(new.visit).id == new.id


@pytest.mark.engine("sqlite")
def test_only_languages_that_are_offered_are_spoken(world: Any, sign_in: Any) -> None:
    decide(world, "languages", ["es", "en"])
    stranger = sign_in()
    assert stranger.get("/login", headers={"Accept-Language": "zh-CN"}).one("html")["lang"] == "es"
    assert stranger.get("/login", headers={"Accept-Language": "fr, en"}).one("html")["lang"] == "en"
    assert [b["value"] for b in stranger.get("/login").all(".languages button")] == ["es", "en"]
    assert stranger.open("/language", method="POST", data={"locale": "zh_Hans"}).status == 422


@pytest.mark.engine("sqlite")
def test_what_is_no_picture_is_no_logo(world: Any, sign_in: Any) -> None:
    admin = sign_in("admin", "laptop")
    for content in (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", b"\x89PNG\r\n\x1a\n", b"x"):
        sent = {"zh_Hans": "甲", "languages": ["en"], "first_language": "en", "logo": (io.BytesIO(content), "l.png")}
        page = admin.post("/admin/company", sent, content_type="multipart/form-data")
        assert page.status == 422 and page.one("#logo-error")
    assert settings.value("logo") == "" and settings.value("company_name") == {}
    assert sign_in().get("/logo/" + "0" * 64).status == 404


@pytest.mark.engine("sqlite")
def test_settings_cost_a_signed_in_page_no_statement(world: Any, sign_in: Any) -> None:
    from tests.test_statements import statements

    decide(world, "company_name", {"en": "x"})
    admin = sign_in("admin", "laptop")
    admin.get("/admin")
    with statements() as found:
        assert admin.get("/admin").status == 200
    assert len(found) == 1, found
