"""The public page behind the paper's QR code: how a report stands, whether a file is ours, and nothing more."""

import gzip
import io
import json
import logging
import re
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from flask import Flask

from portal import files
from portal.accounts.secrets import token_hash
from portal.clock import now
from portal.db import db
from portal.logs import JsonLines
from portal.reports import operations as reports
from portal.reports import printing
from portal.reports.models import KeptPaper, Report
from portal.reports.operations import verify_token
from portal.reports.proof import record_bytes
from portal.signing.checks import audit
from portal.signing.operations import last_place
from tests.page import Page, Person
from tests.reports import evidence
from tests.reports.steps import handed_over
from tests.signing.test_tampering import by_force

LANGUAGES = {"zh-CN": "真实有效", "zh-TW": "售後服務報告單", "en": "authentic", "es": "auténtico"}
STATES = {
    "authentic": evidence.ordinary,
    "unsigned": evidence.refused,
    "void": evidence.voided,
    "erased": evidence.erased,
}


def address(report: Report) -> str:
    return f"/verify/{verify_token(report.number, report.revision)}"


def sealed(world: Any, end: Any = evidence.ordinary, **more: str) -> Report:
    report: Report = end(world, **more)
    db.session.commit()
    return report


def send(person: Person, path: str, content: bytes | None) -> Page:
    fields = {} if content is None else {"paper": (io.BytesIO(content), "r.pdf")}
    page = person.open(path, method="POST", data=fields, content_type="multipart/form-data")
    page.response.request.environ["wsgi.input"].close()  # a large body is a file of the test client's
    return page


def carrying(record: bytes | None) -> bytes:
    """A PDF of one empty page, with a record inside."""
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        if record is not None:
            pdf.attachments["record.json"] = pikepdf.AttachedFileSpec(pdf, record, mime_type="application/json")
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def keep(report: Report, paper: bytes) -> None:
    printing.keep(report.id, "an edition", paper)
    db.session.commit()


@pytest.mark.parametrize("state", STATES)
def test_the_page_says_how_the_report_stands(world: Any, sign_in: Any, state: str) -> None:
    report = sealed(world, STATES[state])
    page = sign_in().get(address(report))
    assert page.status == 200 and page.one("[data-state]")["data-state"] == state
    assert report.number in page.text and report.document.content_digest[:12] in page.text
    assert report.document.content_digest not in page.text
    assert "示例山健身设备服务有限公司" in page.one("header").get_text()
    if state == "authentic":
        assert " · 2026-" in " ".join(row.get_text(" ") for row in page.all("dd") if "签字" in row.get_text(" "))


def test_an_older_revision_names_the_one_that_counts(world: Any, sign_in: Any) -> None:
    report = sealed(world, evidence.revised)
    old = db.session.query(Report).filter_by(revision=1).one()
    page = sign_in().get(address(old), headers={"Accept-Language": "en"})
    assert page.one("[data-state]")["data-state"] == "superseded" and "Revision 2 of" in page.text
    assert sign_in().get(address(report)).one("[data-state]")["data-state"] == "authentic"


def test_every_signer_is_shown_with_one_letter_and_how_they_signed(world: Any, sign_in: Any) -> None:
    text = sign_in().get(address(sealed(world, evidence.two_signers)), headers={"Accept-Language": "en"}).text
    assert "甲** · by hand on the screen" in text and "乙** · with a typed name" in text
    assert "甲示例" not in text and "乙代签" not in text and "丙" not in text
    text = sign_in().get(address(sealed(world, evidence.by_link)), headers={"Accept-Language": "en"}).text
    assert "R** · on their own phone" in text


def test_a_record_that_was_changed_by_force_is_not_called_authentic(world: Any, sign_in: Any) -> None:
    path = address(sealed(world))
    by_force("UPDATE sealed_document SET content = replace(content, '清灰', '清扫') WHERE kind = 'service_report'")
    page = sign_in().get(path)
    assert page.status == 200 and page.one("[data-state]")["data-state"] == "broken"


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_the_browsers_language(world: Any, sign_in: Any, language: str) -> None:
    page = sign_in().get(address(sealed(world)), headers={"Accept-Language": language})
    assert LANGUAGES[language] in page.text


@pytest.mark.engine("sqlite")
def test_the_language_can_be_changed_signed_out_and_without_script(world: Any, sign_in: Any) -> None:
    reader, path = sign_in(), address(sealed(world))
    form = reader.get(path).one("form[action='/language']")
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input")}
    back = reader.open("/language", method="POST", data=fields | {"locale": "es"})
    assert back.status == 303 and back.location == path
    assert "Este parte es auténtico" in reader.get(path).text


@pytest.mark.engine("sqlite")
def test_the_page_is_light_private_and_part_of_no_index(app: Flask, world: Any, sign_in: Any) -> None:
    page = sign_in().get(address(sealed(world)))
    assert page.headers["Referrer-Policy"] == "no-referrer" and "noindex" in page.headers["X-Robots-Tag"]
    assert page.headers["Cache-Control"] == "no-store" and not page.headers.getlist("Set-Cookie")
    linked = {tag.get("src") or tag.get("href") for tag in page.all("script[src], link[href], use[href]")}
    paths = {str(link).split("?")[0].split("#")[0] for link in linked}
    weight = len(gzip.compress(page.response.data))
    for path in paths:
        file = re.sub(r"^/static/(v/\w+/)?", "", path)
        weight += len(gzip.compress((Path(app.static_folder or "") / file).read_bytes()))
    assert weight <= 40 * 1024, f"{weight} bytes: {sorted(paths)}"
    assert not page.all("nav") and not page.all("main a")


@pytest.mark.engine("sqlite")
def test_unknown_tokens_get_one_and_the_same_page(world: Any, sign_in: Any) -> None:
    known = address(sealed(world))
    wrong = ["/verify/" + "a" * 26, "/verify/x", known[:-1], known + "a", known.upper(), "/verify/" + "z" * 300]
    pages = [sign_in().get(path) for path in wrong] + [send(sign_in(), path, b"%PDF-") for path in wrong]
    reference = re.compile(rb"[0-9a-f]{16}")

    def plain(page: Page, path: str) -> bytes:
        return reference.sub(b"", page.response.data.replace(path.encode(), b""))

    assert {page.status for page in pages} == {404}
    assert len({plain(page, path) for page, path in zip(pages, wrong * 2, strict=True) if "POST" not in path}) <= 2


def test_wrong_tokens_are_stopped_after_twenty_in_a_minute(world: Any, sign_in: Any) -> None:
    right = address(sealed(world))
    world.set_clock(world.at(9))
    guesser, other = sign_in(), sign_in()
    for n in range(20):
        assert guesser.get(f"/verify/{n:026d}").status == 404
    stopped = guesser.get(right)
    assert stopped.status == 429 and 1 <= int(stopped.headers["Retry-After"]) <= 60
    assert send(guesser, right, b"%PDF-").status == 429
    assert other.get(right, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status == 200
    world.set_clock(world.at(9) + timedelta(seconds=60))
    assert guesser.get(right).status == 200


@pytest.mark.engine("sqlite")
def test_tokens_cannot_be_guessed_from_what_is_printed(world: Any) -> None:
    """130 bits of a keyed hash: the number, the revision and a neighbour's token tell nothing."""
    first, second = sealed(world, evidence.ordinary), sealed(world, evidence.on_paper)
    tokens = [verify_token(one.number, one.revision) for one in (first, second)]
    assert all(re.fullmatch("[a-z2-7]{26}", token) for token in tokens)
    assert sum(a == b for a, b in zip(*tokens, strict=True)) < 10
    assert first.verify_hash == token_hash(tokens[0]) and tokens[0] not in str(vars(first))


def test_our_own_file_is_known_byte_for_byte(world: Any, sign_in: Any) -> None:
    report = sealed(world)
    paper = carrying(record_bytes(report, last_place(), "https://portal.example.com/verify/x"))
    keep(report, paper)
    page = send(sign_in(), address(report), paper)
    assert page.status == 200 and page.one("[data-verdict]")["data-verdict"] == "same"
    assert page.one("[data-state]")["data-state"] == "authentic"


def test_a_file_saved_anew_still_carries_our_record(world: Any, sign_in: Any) -> None:
    report = sealed(world, evidence.two_signers)
    paper = carrying(record_bytes(report, last_place(), "https://portal.example.com/verify/x"))
    keep(report, paper)
    unpacked = io.BytesIO()
    with pikepdf.open(io.BytesIO(paper)) as pdf:
        pdf.save(unpacked, compress_streams=False, stream_decode_level=pikepdf.StreamDecodeLevel.generalized)
    for file in (paper + b"\n", unpacked.getvalue()):
        page = send(sign_in(), address(report), file)
        assert page.one("[data-verdict]")["data-verdict"] == "record"


def test_the_record_of_another_report_or_a_changed_one_is_not_ours(world: Any, sign_in: Any) -> None:
    report, other = sealed(world), sealed(world, evidence.on_paper)
    record = record_bytes(report, last_place(), "x")
    known = json.loads(record)
    one = known["documents"][0]
    changed = [
        one | {"content": one["content"].replace("清灰", "清扫")},
        one | {"evidence": "{}"},
        one | {"salt": "zz"},
        one | {"salt": None},
        one | {"n": "1"},
        one | {"link": "0" * 64},
        {},
    ]
    files_ = [carrying(json.dumps(known | {"documents": [fresh]}).encode()) for fresh in changed]
    files_ += [carrying(json.dumps(known | {"documents": []}).encode()), carrying(None)]
    files_.append(carrying(record_bytes(other, last_place(), "x")))
    for file in files_:
        page = send(sign_in(), address(report), file)
        assert page.status == 200 and page.one("[data-verdict]")["data-verdict"] == "other"


@pytest.mark.engine("sqlite")
def test_whatever_is_sent_gets_words_and_never_an_error_of_ours(world: Any, sign_in: Any) -> None:
    report, reader = sealed(world), sign_in()
    bomb = b"stream\n" + zlib.compress(b'{"format":"FSR-PROOF-1","documents":[' + b" " * 60_000_000)
    deep = b"stream\n" + zlib.compress(b'{"documents":' + b"[" * 200_000)
    hostile = [
        b"%PDF-1.7\n" + bomb, b"%PDF-1.7\n" + bomb * 30, b"%PDF-1.7\n" + deep, b"stream\n" * 500_000, b"\x00" * 1000,
        b"%PDF-1.7\n%%EOF", carrying(None)[:300], b"stream\r\nx\x9c", b"PK\x03\x04", "字".encode() * 1000,
        b"stream\n" + zlib.compress(b'{"format":"FSR-PROOF-1","documents":[1]}'),
        b"stream\n" + zlib.compress(b'{"format":"FSR-PROOF-1","documents":[{"n":[]},{"n":1e999}]}'),
        b"stream\n" + zlib.compress(b'{"format":"FSR-PROOF-1","documents":{"n":1}}'),
        b"stream\n{" * 500_000, b"stream\n{" + b"[" * 3_000_000 + b"endstream",
    ]  # fmt: skip
    for content in hostile:
        page = send(reader, address(report), content)
        assert page.status == 200 and page.one("[data-verdict]")["data-verdict"] == "other"


@pytest.mark.engine("sqlite")
def test_a_missing_or_too_large_file_is_asked_for_again(world: Any, sign_in: Any) -> None:
    path = address(sealed(world))
    for content in (None, b""):
        page = send(sign_in(), path, content)
        assert page.status == 422 and page.errors
    page = send(sign_in(), path, b"x" * (15 * 1024 * 1024 + 1))
    assert page.status == 422 and "15 MB" in page.errors
    assert send(sign_in(), path, b"x" * (17 * 1024 * 1024)).status == 413


@pytest.mark.engine("sqlite")
def test_a_colleague_who_is_signed_in_can_check_a_file_as_well(world: Any, sign_in: Any) -> None:
    report = sealed(world)
    assert send(sign_in("zhao"), address(report), b"%PDF-").one("[data-verdict]")["data-verdict"] == "other"


def test_no_public_answer_and_no_log_line_names_a_person(world: Any, sign_in: Any) -> None:
    visit = evidence.worked(world, 0)
    site = visit.call.site
    site.customer.name, site.address = "欧阳金丝雀", "金丝雀路 77 号 4-502"
    site.contacts[0].name, site.contacts[0].phone = "欧阳联系", "139 7777 1234"
    site.customer.kind = "person"
    given = handed_over(world, visit, signer_name="欧阳签名", signed_for="欧阳委托", signer_phone="138 6666 4321")
    reports.answer_survey(given, None)
    report = reports.sign_report(given, reports.Mark(typed_name="欧阳签名"), remarks="备注金丝雀")
    evidence.take_back(given)
    db.session.commit()
    lines: list[str] = []
    watcher = logging.Handler()
    watcher.setFormatter(JsonLines())
    watcher.emit = lambda record: lines.append(watcher.format(record))  # type: ignore[method-assign]
    logging.getLogger("portal").addHandler(watcher)
    try:
        path = address(report)
        paper = carrying(record_bytes(report, last_place(), "x"))
        answers = [
            sign_in().get(path),
            send(sign_in(), path, paper),
            send(sign_in(), path, b"x"),
            sign_in().get(path[:-1]),
        ]
    finally:
        logging.getLogger("portal").removeHandler(watcher)
    assert lines and path.split("/")[-1] not in "".join(lines)
    for text in [page.response.get_data(as_text=True) for page in answers] + lines:
        for canary in ("欧阳", "金丝雀", "7777", "1234", "6666", "77 号", "张演示", "清灰", "备注", "DF2401"):
            assert canary not in text, canary


@pytest.mark.engine("sqlite")
def test_the_code_on_the_paper_is_the_whole_address(app: Flask, world: Any, sign_in: Any) -> None:
    from portal.reports.proof import verify_address

    report = sealed(world)
    app.config["PUBLIC_URL"] = "https://portal.example.com"
    with app.test_request_context():
        assert verify_address(report) == f"https://portal.example.com{address(report)}"
    assert (
        sign_in("zhao").get(f"/reports/{report.number}").one(f"a[href='https://portal.example.com{address(report)}']")
    )


def test_a_paper_that_somebody_put_into_the_database_is_not_ours(world: Any, sign_in: Any) -> None:
    report = sealed(world)
    forged = carrying(None)
    digest = files.keep(forged, "application/pdf")
    db.session.add(KeptPaper(report_id=report.id, edition="forged", digest=digest, recorded_at=now()))
    db.session.commit()
    page = send(sign_in(), address(report), forged)
    assert page.one("[data-verdict]")["data-verdict"] == "other"
    assert [found.number for found in audit()] == [report.number]
