"""The manager's list of doubtful signatures: what stands on it and why, for whom, and that it stays cheap."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal.accounts.models import SignIn
from portal.accounts.operations import keep_specimen
from portal.clock import now
from portal.db import db
from portal.i18n import LOCALES
from portal.reports import operations as reports
from portal.reports.models import Report
from portal.reports.operations.signing import Mark
from tests.reports.steps import ANSWERS, INK, finished, handed_over, locked_door
from tests.reports.test_suspicion import moved, scribble
from tests.test_statements import statements
from tests.visits.steps import picture


def sign(
    world: Any,
    ink: int = 1,
    *,
    read: float = 120,
    breath: float = 30,
    strokes: Any = None,
    earlier: int = 0,
    **who: str,
) -> Report:
    """A report whose customer read it for `read` seconds and signed `breath` seconds after the survey; the clock stands
    at the signature afterwards."""
    given = handed_over(world, finished(world, earlier=earlier), **who)
    opened = now()
    world.set_clock(opened + timedelta(seconds=read - breath))
    reports.answer_survey(given, ANSWERS)
    world.set_clock(opened + timedelta(seconds=read))
    report = reports.sign_report(given, Mark(strokes=strokes or scribble(ink)))
    reports.take_back(given, db.session.get_one(SignIn, given.sign_in_id))
    db.session.commit()
    return report


def listed(page: Any, kind: str) -> list[str]:
    """The words of the lines of one kind."""
    return [" ".join(line.get_text(" ").split()) for line in page.all(f"#{kind} li.line")]


@pytest.fixture
def he(sign_in: Any) -> Any:
    return sign_in("he", "laptop")


def test_honest_signatures_leave_the_list_empty(world: Any, he: Any) -> None:
    sign(world, 1)
    sign(world, 2, earlier=1)
    page = he.get("/oversight")
    assert "近 30 天没有可疑签字" in page.text and not page.all("li.line")
    assert "不是结论" in page.text
    assert "/oversight" in [link["href"] for link in page.all("nav.nav a[aria-current=page]")]


def test_a_signature_within_seconds_is_listed_with_its_report(world: Any, he: Any) -> None:
    report = sign(world, read=12, breath=6)
    page = he.get("/oversight")
    (words,) = listed(page, "quick")
    assert "12 秒" in words and "张演示" in words and report.number in words and "甲示例" in words
    assert he.get(page.one("#quick li a")["href"]).status == 200
    assert not page.all("#survey") and not page.all("#same_ink")


def test_one_drawing_under_two_reports_is_listed_once_with_both(world: Any, he: Any) -> None:
    first = sign(world, 5)
    other = sign(world, strokes=moved(scribble(5), by=200), earlier=1, signer_name="乙样本")
    page = he.get("/oversight")
    (words,) = listed(page, "same_ink")
    assert first.number in words and other.number in words and "乙样本 · 甲示例" in words
    assert len(page.all("#same_ink img.ink")) == 2


def test_a_customer_who_signs_like_the_technician(world: Any, he: Any) -> None:
    keep_specimen(world.person("li"), scribble(3))
    sign(world, 3)
    (words,) = listed(he.get("/oversight"), "own_ink")
    assert "李示例" in words and "张演示" in words


def test_survey_and_signature_in_one_breath(world: Any, he: Any) -> None:
    sign(world, breath=1)
    (words,) = listed(he.get("/oversight"), "survey")
    assert "相隔 1 秒" in words


def test_the_technicians_own_name(world: Any, he: Any) -> None:
    sign(world, signer_name="张 演示")
    (words,) = listed(he.get("/oversight"), "own_name")
    assert "张 演示" in words


def test_a_co_signer_with_the_first_signers_hand(world: Any, he: Any) -> None:
    """The second name stands in a document of its own."""
    given = handed_over(world, finished(world))
    world.set_clock(now() + timedelta(minutes=2))
    reports.answer_survey(given, ANSWERS)
    world.set_clock(now() + timedelta(minutes=1))
    reports.sign_report(given, Mark(strokes=INK))
    reports.co_sign(given, Mark(strokes=INK), reports.Signer("丁虚构", "owner"))
    db.session.commit()
    (words,) = listed(he.get("/oversight"), "same_ink")
    assert "丁虚构" in words and "甲示例" in words


def test_nobody_there_three_times_and_colleagues_who_find_somebody(world: Any, he: Any) -> None:
    for _visit in range(3):
        reports.end_unsigned(
            locked_door(world), absence="absent", reason="没人", photo=picture(), person=world.person("zhang")
        )
    db.session.commit()
    assert not listed(he.get("/oversight"), "unsigned")
    visit = finished(world, username="li")
    reports.sign_on_paper(
        visit, locale="zh_Hans", signer_name="甲示例", signer_role="owner", photo=picture(), person=world.person("li")
    )
    db.session.commit()
    (words,) = listed(he.get("/oversight"), "unsigned")
    assert "3 次上门中有 3 次" in words and "张演示" in words and words.count("FW-") == 3


def test_the_period_is_30_days_or_90(world: Any, he: Any) -> None:
    sign(world, read=5)
    world.set_clock(now() + timedelta(days=40))
    he.sign_in("he")
    assert not listed(he.get("/oversight"), "quick")
    assert len(listed(he.get("/oversight?days=90"), "quick")) == 1
    for odd in ("31", "-1", "x", "9" * 50, ""):
        assert not listed(he.get(f"/oversight?days={odd}"), "quick")


def test_an_old_signature_that_is_used_again_is_found_in_the_short_period(world: Any, he: Any) -> None:
    old = sign(world, 8)
    world.set_clock(now() + timedelta(days=40))
    he.sign_in("he")
    sign(world, 8, earlier=1)
    (words,) = listed(he.get("/oversight"), "same_ink")
    assert old.number in words


def test_an_erased_report_is_not_listed(world: Any, he: Any) -> None:
    report = sign(world, read=5)
    reports.approve(report, note="", person=world.person("zhao"))
    reports.erase_report(report, reason="本人要求", person=world.person("he"))
    db.session.commit()
    page = he.get("/oversight")
    assert not page.all("li.line") and report.number not in page.text


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("locale", LOCALES)
def test_every_kind_reads_well_in_each_language(world: Any, he: Any, locale: str) -> None:
    keep_specimen(world.person("zhang"), scribble(1))
    sign(world, 1, read=2, breath=1, signer_name="张演示")
    sign(world, 1, earlier=1)
    he.open("/language", method="POST", data={"locale": locale, "csrf_token": he.token()})
    page = he.get("/oversight")
    assert [section["id"] for section in page.all("main section")] == [
        "quick", "same_ink", "own_ink", "survey", "own_name",
    ]  # fmt: skip
    assert "%" not in page.one("main").get_text()


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("username", ["zhang", "sun", "zhao", "qian", "zhou", "admin"])
def test_it_is_the_managers_list(sign_in: Any, username: str) -> None:
    person = sign_in(username, "laptop")
    assert person.get("/oversight").status == 403
    assert not person.get("/me").all("nav a[href='/oversight']")


@pytest.mark.engine("sqlite")
def test_the_list_needs_few_statements_however_long_it_is(app: Flask, world: Any, he: Any) -> None:
    for n in range(4):
        sign(world, n, read=5, earlier=n)
    with statements() as found:
        page = he.get("/oversight")
    assert len(page.all("#quick li.line")) == 4
    assert len(found) <= 8, "\n".join(found)
