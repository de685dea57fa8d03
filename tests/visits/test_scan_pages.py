"""Scan: a code typed, photographed or unreadable; where it leads, for whom, and never out of the portal."""

import io
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from sqlalchemy import select

from portal.db import db
from portal.stock.models import Item, Location
from portal.stock.tools import hand_out, register_tool
from tests.page import Page, Person

pytestmark = pytest.mark.engine("sqlite")


def photo_of(text: str, kind: str = "Code128", angle: int = 7) -> bytes:
    """A photo of a sticker: the code on a grey wall, not quite level."""
    code = zxingcpp.create_barcode(text, getattr(zxingcpp.BarcodeFormat, kind))
    sticker = Image.fromarray(code.to_image(scale=4)).convert("RGB")
    wall = Image.new("RGB", (sticker.width + 300, sticker.width + 300), "#bbb")
    wall.paste(sticker, (150, 150))
    out = io.BytesIO()
    wall.rotate(angle, fillcolor="#bbb").save(out, "JPEG", quality=80)
    return out.getvalue()


def shoot(person: Person, address: str, content: bytes) -> Page:
    return person.post(address, {"photo": (io.BytesIO(content), "p.jpg")}, content_type="multipart/form-data")


def test_a_photo_of_a_part_number_opens_the_part_and_it_is_logged(world: Any, sign_in: Any) -> None:
    zhang, visit = sign_in("zhang"), world.visit()
    parts = zhang.get(f"/visits/{visit.id}/part-uses")
    scan = str(parts.all("main .heading a[data-scan]")[0]["href"])
    page = zhang.follow(shoot(zhang, scan, photo_of("TM-OIL-100")))
    assert page.value("item") == "TM-OIL-100"
    fields = {name: page.value(name) for name in ("item", "quantity", "old_part")}
    assert zhang.post(f"/visits/{visit.id}/part-uses", fields).status == 303


@pytest.mark.parametrize(("typed", "status"), [("tm-oil-100", 303), ("1300", 303), ("100", 422), ("TM-MTR", 422)])
def test_the_last_four_characters_are_enough(world: Any, sign_in: Any, typed: str, status: int) -> None:
    page = sign_in("zhang").post(f"/scan?field=item&visit={world.visit().id}", {"code": typed})
    assert page.status == status
    if status == 422:
        assert typed in page.errors and page.value("code") == typed


def test_an_ending_of_several_parts_gives_a_choice(world: Any, sign_in: Any) -> None:
    db.session.add(Item(code="XX-BELT-1300", labels={"en": "Other belt"}))
    db.session.commit()
    zhang, visit = sign_in("zhang"), world.visit()
    page = zhang.post(f"/scan?field=item&visit={visit.id}", {"code": "1300"})
    assert [link["href"] for link in page.all("main a.part-card")] == [
        f"/visits/{visit.id}/part-uses?item={code}" for code in ("TM-BELT-1300", "XX-BELT-1300")
    ]


def test_a_serial_number_goes_into_its_field_and_the_others_stay(world: Any, sign_in: Any) -> None:
    zhang, visit = sign_in("zhang"), world.visit()
    scan = f"/scan?field=new_serial&visit={visit.id}&item=TM-MTR-25&quantity=2&old_serial=OLD-7"
    page = zhang.follow(shoot(zhang, scan, photo_of("SN 4711/A", "QRCode")))
    kept = {name: page.value(name) for name in ("item", "quantity", "new_serial", "old_serial")}
    assert kept == {"item": "TM-MTR-25", "quantity": "2", "new_serial": "SN 4711/A", "old_serial": "OLD-7"}


def test_a_unit_leads_each_to_what_they_do_with_it(world: Any, sign_in: Any) -> None:
    visit = world.visit()
    unit = visit.call.equipment
    assert sign_in("zhang").post("/scan", {"code": "0001"}).location == f"/visits/{visit.id}"
    assert sign_in("sun").post("/scan", {"code": "df2401-0001"}).location.endswith(f"equipment={unit.id}")
    assert sign_in("sun").post("/scan?field=unit", {"code": "0001"}).location == f"/calls/new?q={unit.serial_no}"
    stranger = sign_in("li").post("/scan", {"code": "DF2401-0001"})
    assert stranger.status == 200 and unit.site.customer.name not in stranger.text
    assert not stranger.all("main a.part-card") and stranger.one("main div.part-card")


@pytest.mark.parametrize(
    ("code", "where"),
    [
        ("https://elsewhere.example/verify/abc234", "/verify/abc234"),
        ("//elsewhere.example/verify/abc234", "/verify/abc234"),
        ("https://elsewhere.example/login?next=/verify/abc", None),
        ("https://elsewhere.example/", None),
        ("javascript:/verify/abc234%0d%0aX", None),
        ("http://[", None),
    ],
)
def test_a_reports_code_is_followed_by_its_path_alone(sign_in: Any, code: str, where: str | None) -> None:
    page = sign_in("zhao", "laptop").post("/scan", {"code": code})
    assert (page.status, page.location) == ((303, where) if where else (422, None))


def test_a_tool_and_a_part_open_for_who_may_see_the_stock(world: Any, sign_in: Any) -> None:
    db.session.add(Item(code="GJ-0007", labels={"zh_Hans": "万用表"}, kind="tool"))
    db.session.commit()
    assert sign_in("qian").post("/scan", {"code": "0007"}).location == "/stock/items/GJ-0007"
    assert "万用表" in sign_in("zhang").post("/scan", {"code": "GJ-0007"}).text


def test_a_registered_tool_opens_where_one_may_see_it(world: Any, sign_in: Any) -> None:
    store, qian = db.session.scalars(select(Location).where(Location.kind == "store")).first(), world.person("qian")
    tool = register_tool("GJ-0008", {"zh_Hans": "卡尺"}, store, category="personal", person=qian)
    db.session.commit()
    assert sign_in("qian", "laptop").post("/scan", {"code": "0008"}).location == "/tools/GJ-0008"
    assert "GJ-0008" in sign_in("zhang").post("/scan", {"code": "0008"}).text
    hand_out(tool, world.person("zhang"), person=qian)
    db.session.commit()
    assert sign_in("zhang").post("/scan", {"code": "GJ-0008"}).location == "/van#tools"


def blank() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(out, "PNG")
    return out.getvalue()


def bomb() -> bytes:
    """A picture of few bytes and too many pixels."""
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


def cut() -> bytes:
    return b"\xff\xd8\xff\xe0cut"


@pytest.mark.parametrize(
    "made", [bytes, lambda: b"<svg onload=1>", cut, blank, bomb], ids=["nothing", "drawing", "cut", "blank", "bomb"]
)
def test_pictures_that_hold_no_code_are_refused_beside_the_field(world: Any, sign_in: Any, made: Any) -> None:
    content = made()  # here, and not while every worker collects the tests
    page = shoot(sign_in("zhang"), "/scan", content)
    assert page.status == 422 and page.errors and page.one("#scan-form")
