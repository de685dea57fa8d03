"""The page of background jobs: what waits and why, for those who look after it, and the button that tries again."""

from typing import Any

import pytest
from flask import Flask

from portal import jobs, letters
from portal.db import db
from portal.history import HistoryEntry
from tests.jobs.conftest import found, post, work
from tests.jobs.mailserver import MailServer

pytestmark = pytest.mark.engine("sqlite")


@pytest.fixture
def stuck(app: Flask, post_office: MailServer) -> Any:
    """A letter that the mail server refused for good."""
    post_office.at_receiver = "550 5.1.1 no such person"
    job_id = post()
    assert work(app) == {"stuck": 1}
    post_office.at_receiver = "250 fine"
    return job_id


@pytest.mark.parametrize("username", ["admin", "he"])
def test_a_stuck_letter_is_shown_with_its_reason_and_sent_again(
    app: Flask, sign_in: Any, post_office: MailServer, stuck: Any, username: str
) -> None:
    person = sign_in(username, "laptop")
    page = person.get("/jobs")
    row = page.one(f"#stuck [data-job='{stuck}']").get_text(" ")
    assert "邮件" in row and "报告单 1" in row and "邮件服务器拒收此邮件 · 550 5.1.1" in row
    assert "/jobs" in [link["href"] for link in page.all("nav.nav a[aria-current=page]")]
    again = person.follow(person.post(str(page.one("#stuck form")["action"])))
    assert again.one(f"#waiting [data-job='{stuck}']") and not again.all("#stuck")
    assert work(app) == {"done": 1}
    assert len(post_office.letters) == 1
    assert "没有等待的任务" in person.get("/jobs").text
    assert db.session.query(HistoryEntry).filter_by(verb="retry_job", subject_id=str(stuck)).count() == 1


def test_a_job_is_started_again_once(sign_in: Any, stuck: Any) -> None:
    admin = sign_in("admin", "laptop")
    assert admin.post(f"/jobs/{stuck}/retry").status == 303
    page = admin.post(f"/jobs/{stuck}/retry")
    assert page.status == 409 and "已重新启动" in page.errors
    assert found(stuck).state == "waiting"


@pytest.mark.parametrize("username", ["admin", "he"])
def test_a_stuck_job_is_put_aside_after_a_question_and_counts_no_more(
    app: Flask, sign_in: Any, post_office: MailServer, stuck: Any, username: str
) -> None:
    person = sign_in(username, "laptop")
    row = person.get("/jobs").one(f"#stuck [data-job='{stuck}']")
    question = person.get(str(row.select_one("a")["href"]))  # type: ignore[index]
    assert "550 5.1.1" in question.text and found(stuck).state == "stuck"
    page = person.follow(person.post(str(question.one("main form")["action"])))
    assert not page.all("#stuck") and page.one(f"#aside [data-job='{stuck}']")
    assert "需要处理 0" in page.one("#counts").get_text() and not page.all("#counts .tag-bad")
    assert db.session.query(HistoryEntry).filter_by(verb="leave_job", subject_id=str(stuck)).count() == 1
    assert letters.fate(found(stuck)).state == "aside"
    late = person.post(f"/jobs/{stuck}/leave")
    assert late.status == 409 and not late.all("main form")
    assert work(app) == {} and not post_office.letters
    person.post(str(page.one("#aside form")["action"]))  # it was wrong to leave it
    assert work(app) == {"done": 1} and len(post_office.letters) == 1


def test_a_form_without_token_or_of_an_unknown_job_has_no_effect(sign_in: Any, stuck: Any) -> None:
    admin = sign_in("admin", "laptop")
    assert admin.post(f"/jobs/{stuck}/retry", token="stale").status == 400
    assert admin.post("/jobs/00000000-0000-4000-8000-000000000001/retry").status == 404
    assert found(stuck).state == "stuck"


def test_others_do_not_see_the_page(sign_in: Any, stuck: Any) -> None:
    for username in ("zhang", "sun", "zhao", "qian", "zhou"):
        person = sign_in(username, "laptop")
        assert person.get("/jobs").status == 403
        assert person.post(f"/jobs/{stuck}/retry").status == 403
        assert person.get(f"/jobs/{stuck}/leave").status == person.post(f"/jobs/{stuck}/leave").status == 403
        assert not person.get("/me").all("nav a[href='/jobs']")


def test_mail_that_waits_for_a_server_says_so(app: Flask, sign_in: Any) -> None:
    job_id = post()
    work(app)
    page = sign_in("he").get("/jobs")
    assert "PORTAL_SMTP_URL" in page.text
    assert "未设置邮件服务器" in page.one(f"#waiting [data-job='{job_id}']").get_text()
    assert jobs.counts()["waiting"] == 1


def test_a_job_of_a_kind_that_is_gone_is_still_shown(app: Flask, sign_in: Any) -> None:
    jobs.enqueue("old kind", key="x")
    db.session.commit()
    assert work(app) == {}
    assert "old kind" in sign_in("admin").get("/jobs").text
