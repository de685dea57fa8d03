"""Letters: they arrive as they were written, nothing typed becomes a header, every answer of a server is understood."""

import logging
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from portal import files, jobs, mail
from portal.clock import now
from portal.config import from_environment
from portal.db import db
from portal.mail import Letter, is_address
from tests.jobs.conftest import found, post, work
from tests.jobs.mailserver import TAKEN, MailServer

ID = "<1@example.com>"
only_sqlite = pytest.mark.engine("sqlite")


def test_a_chinese_letter_with_a_chinese_attachment_arrives_as_it_was_written(
    app: Flask, post_office: MailServer
) -> None:
    content = b"%PDF-1.7\n.\n..\r\n" + bytes(range(256)) * 500
    name, subject = (
        "售后服务报告单 FW-01-2611-0001（修订 2）.pdf",
        "售后服务报告单 FW-01-2611-0001：" + "跑步机已修好，" * 12,
    )
    digest = files.keep(content, "application/pdf")
    text = "张先生，您好：\n\n.报告见附件。\n..\nGrüße, ¡adiós! 👍"
    attachment = {"name": name, "type": "application/pdf", "digest": digest}
    job_id = post(subject, text=text, html="<p>您好</p>", attachments=[attachment])
    assert work(app) == {"done": 1}
    letter = post_office.letters[0]
    assert letter["Subject"] == subject
    assert letter["To"] == "customer@example.com"
    assert letter["Message-ID"] == f"<{job_id}@localhost>"
    body = letter.get_body(("plain",))
    assert body and body.get_content().splitlines() == text.splitlines()
    [paper] = letter.iter_attachments()
    assert (paper.get_filename(), paper.get_content_type(), paper.get_content()) == (name, "application/pdf", content)
    job = found(job_id)
    assert (job.state, job.payload, job.error) == ("done", {}, "")
    assert job.finished_at


@only_sqlite
def test_a_dead_server_loses_nothing_and_mail_goes_out_once_it_is_back(app: Flask, world: Any) -> None:
    server = MailServer()
    app.config["SMTP_URL"] = server.url
    start = now()
    world.set_clock(start)
    ids = [post(f"第 {n} 封") for n in range(3)]
    assert work(app) == {"failed": 3}
    assert {(found(i).state, found(i).attempts, found(i).due_at - start) for i in ids} == {
        ("waiting", 1, timedelta(minutes=1))
    }
    assert "cannot be reached" in found(ids[0]).error
    with server.up():
        assert work(app) == {}, "not due yet"
        world.set_clock(start + timedelta(minutes=1))
        assert work(app) == {"done": 3}
    assert sorted(server.subjects()) == ["第 0 封", "第 1 封", "第 2 封"]


@only_sqlite
def test_without_a_server_mail_waits_and_goes_out_once_one_is_set(app: Flask) -> None:
    ids = [post(), post()]
    assert work(app) == {"put off": 1}
    assert {(found(i).state, found(i).attempts) for i in ids} == {("waiting", 0)}
    server = MailServer()
    app.config["SMTP_URL"] = server.url
    with server.up():
        assert work(app) == {"done": 2}


@only_sqlite
def test_a_temporary_refusal_is_tried_again_with_growing_delay_then_waits_for_a_person(
    app: Flask, post_office: MailServer, world: Any
) -> None:
    post_office.at_receiver = "450 4.2.1 <customer@example.com> is busy"
    job_id, moment = post(), now()
    waits = []
    for _try in range(5):
        world.set_clock(moment)
        assert work(app) == {"failed": 1}
        waits.append(found(job_id).due_at - moment)
        moment = found(job_id).due_at
    assert tuple(waits) == jobs.DELAYS
    world.set_clock(moment)
    assert work(app) == {"stuck": 1}
    job = found(job_id)
    assert (job.state, job.error) == ("stuck", "the mail server asks to try later · 450 4.2.1")
    assert job.payload["to"], "what is still to be sent is kept"
    assert not post_office.letters


@only_sqlite
@pytest.mark.parametrize("at", ["receiver", "letter"])
def test_a_final_refusal_gets_stuck_at_once_and_does_not_repeat_the_address(
    app: Flask, post_office: MailServer, at: str, caplog: pytest.LogCaptureFixture
) -> None:
    words = "550 5.1.1 <customer@example.com>: no such person"
    if at == "receiver":
        post_office.at_receiver = words
    else:
        post_office.at_letter = lambda _connection: words
    job_id = post()
    logging.getLogger("portal").addHandler(caplog.handler)
    try:
        assert work(app) == {"stuck": 1}
    finally:
        logging.getLogger("portal").removeHandler(caplog.handler)
    assert (found(job_id).state, found(job_id).error) == ("stuck", "the mail server refused the letter · 550 5.1.1")
    [line] = [record for record in caplog.records if record.getMessage() == "job"]
    assert line.fields == {"job": str(job_id), "kind": "mail", "end": "stuck"}  # type: ignore[attr-defined]
    assert work(app) == {}


@only_sqlite
def test_a_connection_that_breaks_after_the_letter_is_left_to_a_person(app: Flask, post_office: MailServer) -> None:
    def cut(connection: Any) -> str:
        connection.abort()
        return TAKEN

    post_office.at_letter = cut
    job_id = post()
    assert work(app) == {"stuck": 1}
    assert "may have been sent" in found(job_id).error
    assert work(app) == {} and len(post_office.letters) == 1


@only_sqlite
def test_the_user_and_password_of_the_address_are_used(app: Flask) -> None:
    server = MailServer()
    server.needs_password = True
    app.config["SMTP_URL"] = f"smtp://portal%40example.com:p%40ss@127.0.0.1:{server.port}"
    app.config["MAIL_FROM"] = "示例山 <service@example.com>"
    with server.up():
        post()
        assert work(app) == {"done": 1}
        app.config["SMTP_URL"] = f"smtp://portal:wrong@127.0.0.1:{server.port}"
        later = post()
        assert work(app) == {"failed": 1}, "a wrong setting is no fault of the letter's"
    assert server.sign_ins[0] == (b"portal@example.com", b"p@ss")
    assert server.letters[0]["From"] == "示例山 <service@example.com>"
    assert "user or password" in found(later).error


@only_sqlite
def test_what_people_type_cannot_become_a_header(app: Flask, post_office: MailServer) -> None:
    evil = "报告\r\nBcc: victim@example.com\r\n\r\nbody\x00\u2028X-Evil: 1"
    text = ".\n..two dots\nplain"
    letter = Letter("customer@example.com", evil, text, attachments=[(evil, "application/pdf", b"1")])
    mail.send(letter, ID)
    arrived = post_office.letters[0]
    assert arrived["Bcc"] is None and arrived["X-Evil"] is None
    assert str(arrived["Subject"]).startswith("报告 Bcc: victim@example.com body")
    [paper] = arrived.iter_attachments()
    assert "\n" not in str(paper.get_filename())
    body = arrived.get_body(("plain",))
    assert body and body.get_content().splitlines() == text.splitlines(), "a dot at a line's start ends no letter"
    with pytest.raises(mail.MailRefused):
        mail.send(Letter("a@example.com\r\nBcc: victim@example.com", "x", "y"), ID)
    assert len(post_office.letters) == 1


@only_sqlite
def test_a_letter_is_sent_before_anything_is_written(app: Flask, post_office: MailServer) -> None:
    jobs.enqueue("mail", key="unfinished")
    db.session.add(files.StoredFile(digest="0" * 64, content_type="x", size=1, stored_at=now()))
    db.session.flush()
    with pytest.raises(RuntimeError):
        mail.send(Letter("customer@example.com", "x", "y"), ID)
    assert not post_office.letters


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("a@example.com", True),
        ("first.last+tag@sub.example.cn", True),
        ("service@例子.中国", True),
        ("a" * 60 + "@" + "b" * 60 + "." + "c" * 60 + ".example.com", True),
        ("", False),
        ("a", False),
        ("a@localhost", False),
        ("a@1.2.3.4", False),
        ("a..b@example.com", False),
        ("张@example.com", False),
        ("A <a@example.com>", False),
        ("a@example.com,b@example.com", False),
        ("a@example.com\nBcc: b@example.com", False),
        ("a@example.com\n", False),
        ("a b@example.com", False),
        ("a@-example.com", False),
        ("a@exa\ud800mple.com", False),
        ("a" * 65 + "@example.com", False),
        ("a@" + "b.example." * 20 + "com", False),
    ],
)
def test_an_address_is_one_that_can_be_written_to(text: str, good: bool) -> None:
    assert is_address(text) == good


@pytest.mark.parametrize(
    "value",
    [
        "mail.example.com",
        "http://example.com",
        "smtp://",
        "smtp://h:port",
        "smtp://user@h",
        "smtp://h/x",
        "smtp://h:99999",
    ],
)
def test_a_malformed_server_address_ends_the_start_and_shows_no_password(tmp_path: Any, value: str) -> None:
    with pytest.raises(SystemExit, match=r"PORTAL_SMTP_URL.*smtp://user:password@host:port"):
        from_environment({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_SMTP_URL": value})


@pytest.mark.parametrize("value", ["nobody", "@example.com", "张@example.com", "a@", "<>", "a@b@c"])
def test_a_malformed_sender_ends_the_start(tmp_path: Any, value: str) -> None:
    with pytest.raises(SystemExit, match="PORTAL_MAIL_FROM"):
        from_environment({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_MAIL_FROM": value})


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("PORTAL_MAIL_FROM", "示例山 <service@例子.中国>", "MAIL_FROM"),
        ("PORTAL_SMTP_URL", "smtps://user%40example.com:p%3Aw@mail.example.com:465", "SMTP_URL"),
        ("PORTAL_SMTP_URL", "smtp://localhost", "SMTP_URL"),
    ],
)
def test_good_settings_are_kept(tmp_path: Any, name: str, value: str, kept: str) -> None:
    assert from_environment({"PORTAL_INSTANCE": str(tmp_path), name: value})[kept] == value
