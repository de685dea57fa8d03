"""Papers of a file: only paper is taken, it leaves as an attachment, and removing one loses nothing."""

import io
from typing import Any

import pikepdf
import pytest
from sqlalchemy import select

from portal.db import db
from portal.records.models import Paper
from tests.page import Page, Person
from tests.visits.steps import picture


def pdf(change: Any = None) -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    if change:
        change(document)
    document.save(out)
    return out.getvalue()


def send(person: Person, path: str, content: bytes, name: str = "scan.pdf", **fields: str) -> Page:
    values = {"kind": "invoice", "title": "发票 2025", "file": (io.BytesIO(content), name), **fields}
    return person.post(path, values, content_type="multipart/form-data")


def test_a_paper_is_sent_read_and_taken_out_without_being_lost(world: Any, sign_in: Any) -> None:
    sun, file = sign_in("sun", "laptop"), f"/equipment/{world.equipment().id}"
    content = pdf()
    assert send(sun, f"{file}/papers", content).status == 303
    paper = db.session.scalars(select(Paper)).one()
    page = sun.get(f"/papers/{paper.id}")
    assert page.response.data == content
    assert (
        page.headers["Content-Disposition"].startswith("attachment")
        and "sandbox" in page.headers["Content-Security-Policy"]
    )
    assert (page.headers["X-Content-Type-Options"], page.headers["Content-Type"]) == ("nosniff", "application/pdf")
    assert "发票 2025" in sun.get(file).text
    removal = f"/papers/{paper.id}/removal"
    assert sun.post(removal, {}).status == 422
    assert sun.post(removal, {"reason": "错放"}).status == 303
    shown = sun.get(file)
    assert "错放" in shown.text and "孙测试" in shown.text
    assert sun.get(f"/papers/{paper.id}").response.data == content
    assert sun.post(removal, {"reason": "再次"}).status == 409


@pytest.mark.engine("sqlite")
def test_a_photo_is_encoded_again(world: Any, sign_in: Any) -> None:
    sun, customer = sign_in("sun", "laptop"), world.site().customer_id
    content = picture() + b"<script>alert(1)</script>"
    assert send(sun, f"/customers/{customer}/papers", content, "a.jpg", kind="warranty_card").status == 303
    paper = db.session.scalars(select(Paper)).one()
    assert paper.content_type == "image/jpeg" and b"script" not in sun.get(f"/papers/{paper.id}").response.data


@pytest.mark.engine("sqlite")
def test_a_technician_reads_the_warranty_card_and_not_the_invoice(world: Any, sign_in: Any) -> None:
    sun, file = sign_in("sun", "laptop"), f"/equipment/{world.equipment().id}"
    send(sun, f"{file}/papers", pdf(), kind="invoice")
    send(sun, f"{file}/papers", pdf(), kind="warranty_card")
    world.visit("zhang")
    zhang, li = sign_in("zhang"), sign_in("li")
    for paper in db.session.scalars(select(Paper)).all():
        mine = zhang.get(f"/papers/{paper.id}").status
        assert mine == (200 if paper.kind == "warranty_card" else 404)
        assert li.get(f"/papers/{paper.id}").status == 404
    assert zhang.get(f"{file}/papers").status == 403


def with_script(document: pikepdf.Pdf) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def with_launch(document: pikepdf.Pdf) -> None:
    action = pikepdf.Dictionary(S=pikepdf.Name.Launch, F="calc.exe")
    link = pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9], A=action)
    document.pages[0].Annots = document.make_indirect(pikepdf.Array([link]))


def with_file(document: pikepdf.Pdf) -> None:
    document.attachments["a.exe"] = b"MZ"


def with_form(document: pikepdf.Pdf) -> None:
    document.Root.AcroForm = pikepdf.Dictionary(Fields=[], XFA=document.make_stream(b"<xdp/>"))


def deep(document: pikepdf.Pdf) -> None:
    value = pikepdf.Array([])
    for _ in range(60):
        value = pikepdf.Array([value])
    document.Root.Deep = value


LOCKED = io.BytesIO()
with pikepdf.new() as locked:
    locked.add_blank_page()
    locked.save(LOCKED, encryption=pikepdf.Encryption(owner="a", user="b"))
HOSTILE = {
    "script": pdf(with_script),
    "launch": pdf(with_launch),
    "file": pdf(with_file),
    "form": pdf(with_form),
    "deep": pdf(deep),
    "locked": LOCKED.getvalue(),
    "tail": pdf() + b"PK\x03\x04 another file",
    "cut": pdf()[:300],
    "empty": b"",
    "nothing": b"%PDF-1.7\n%%EOF",
    "html": b"<html><script>alert(1)</script>",
}


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_not_only_paper_is_refused_with_words(world: Any, sign_in: Any, name: str) -> None:
    sun = sign_in("sun", "laptop")
    page = send(sun, f"/equipment/{world.equipment().id}/papers", HOSTILE[name])
    assert page.status == 422 and page.errors and page.value("title") == "发票 2025"
    assert not db.session.scalars(select(Paper)).all()
