"""Files that are not what they say, at every address that takes a file: refused with words, or stored clean."""

import io
import struct
import zipfile
import zlib
from functools import cache
from typing import Any

import pikepdf
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select

from portal import files
from portal.db import db
from portal.files import StoredFile
from tests.conftest import ENGINES, LONG
from tests.page import Page, Person
from tests.reports.steps import finished
from tests.stock.tools import new_tool

pytestmark = pytest.mark.engine(*(ENGINES if LONG else ("sqlite",)))
ACTIVE = (b"<script", b"PK\x03\x04", b"GPS-CANARY", b"/JavaScript", b"/EmbeddedFile", b"ICC-CANARY")


def jpeg(**extra: Any) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "JPEG", **extra)
    return out.getvalue()


def claimed_png(width: int, height: int) -> bytes:
    """A PNG that says it is so large; its pixels are a few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        whole = kind + content
        return struct.pack(">I", len(content)) + whole + struct.pack(">I", zlib.crc32(whole))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def archive(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def located() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "GPS-CANARY"
    exif.get_ifd(0x8825)[1] = "N"
    return jpeg(exif=exif.tobytes())


def pdf(change: Any, **options: Any) -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    change(document)
    document.save(out, **options)
    return out.getvalue()


def with_script(document: Any) -> None:
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def with_attachment(document: Any) -> None:
    document.attachments["a.exe"] = b"MZ"


@cache
def corpus() -> dict[str, bytes]:
    """Small files, each with what a careless program would fall for."""
    html = b"<html><script>alert(1)</script></html>"
    gif = io.BytesIO()
    Image.new("P", (4, 4)).save(gif, "GIF")
    sheet = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'
    lock = pikepdf.Encryption(owner="o", user="u")
    return {
        "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "page.jpg": html,
        "gifar.gif": gif.getvalue() + archive({"A.class": b"\xca\xfe"}),
        "both.jpg": jpeg() + archive({"a.html": html}),
        "script.jpg": jpeg() + html,
        "huge.png": claimed_png(50_000, 50_000),
        "large.png": claimed_png(9_000, 9_000),
        "cut.jpg": jpeg()[:200],
        "empty.jpg": b"",
        "place.jpg": located(),
        "profile.jpg": jpeg(icc_profile=b"ICC-CANARY" * 20_000),
        "../../x.jpg": jpeg(),
        "n" * 300 + ".jpg": jpeg(),
        "script.pdf": pdf(with_script),
        "attached.pdf": pdf(with_attachment),
        "locked.pdf": pdf(lambda document: None, encryption=lock),
        "broken.pdf": b"%PDF-1.7\nnothing",
        "bomb.xlsx": archive({"[Content_Types].xml": b"", "xl/worksheets/sheet1.xml": b"0" * 60_000_000}),
        "links.xlsx": archive({"xl/workbook.xml": sheet, "xl/externalLinks/externalLink1.xml": sheet}),
        "binary.csv": b"\x00\x01\x02" * 100,
    }


@pytest.fixture
def doors(world: Any, sign_in: Any) -> list[tuple[Person, str, str, dict[str, str]]]:
    """Who sends what where: every address of the portal that takes a file."""
    visit, done = world.visit(), finished(world, earlier=1)
    new_tool(world, "GJ-1", category="measuring", interval_months=12)
    db.session.commit()
    zhang, sun, qian = sign_in("zhang"), sign_in("sun", "laptop"), sign_in("qian", "laptop")
    he, anybody = sign_in("he", "laptop"), sign_in()
    unit, customer = visit.call.equipment_id, visit.call.customer_id
    paper = {"signer_name": "甲", "signer_role": "employee", "locale": "en", "reason": "没电", "absence": "paper"}
    certificate = {"calibrated_on": "2026-01-01", "certificate_no": "J-1", "result": "passed"}
    return [
        (zhang, f"/visits/{visit.id}/photos", "photo", {"label": "before"}),
        (zhang, f"/visits/{done.id}/handover", "photo", paper),
        (zhang, f"/visits/{done.id}/handover", "photo", {"absence": "refused", "reason": "不肯"}),
        (zhang, "/scan", "photo", {}),
        (sun, f"/equipment/{unit}/papers", "file", {"kind": "invoice", "title": "发票"}),
        (sun, f"/customers/{customer}/papers", "file", {"kind": "invoice", "title": "发票"}),
        (qian, "/tools/GJ-1/calibrations", "scan", certificate),
        (qian, "/imports/new", "file", {"kind": "parts"}),
        (he, "/admin/company", "logo", {"name_zh_Hans": "公司"}),
        (anybody, "/verify/none-such", "paper", {}),
    ]


def test_no_file_gets_in_as_more_than_it_is(app: Flask, doors: Any) -> None:
    for person, address, field, values in doors:
        for name, content in corpus().items():
            fields = {**values, field: (io.BytesIO(content), name)}
            page: Page = person.post(address, fields, content_type="multipart/form-data")
            what = f"{address} {name[:20]}: {page.status}"
            assert page.status in (200, 303, 404, 409, 422, 429), what
            if page.status == 422:
                assert page.errors or page.one("h1").get_text(strip=True), what
    kept = list(db.session.scalars(select(StoredFile)))
    assert kept
    for row in kept:
        if row.content_type.startswith("image/") or row.content_type == "application/pdf":
            content = files.read(row.digest)
            assert not [mark for mark in ACTIVE if mark in content], row.content_type
    named = [str(path.name) for path in app.config["FILES"].rglob("*") if path.is_file()]
    assert all(len(name) == 64 for name in named), "a name of the sender's is nowhere on the disk"
