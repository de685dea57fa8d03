"""Every form is sent missing, malformed, oversized, hostile and foreign values: words come back, never a 500, and
what was typed is still there."""

import io
from typing import Any

import pytest
from bs4 import Tag

from portal.customers.stops import all_standing
from portal.db import db
from portal.reports.operations import approve, sign_on_paper
from portal.stock.tools import hand_out
from portal.visits.operations import save_findings
from tests.conftest import ENGINES, LONG
from tests.page import Page, Person
from tests.reports.steps import answer, finished, hand_to_customer, signed
from tests.stock.tools import new_tool
from tests.visits.steps import picture

HOSTILE = [
    "<script>alert(1)</script>",
    "'; DROP TABLE visit; --",
    "{{ 7 * 7 }} ${7*7} #panic()",
    "\x00\x01\x1b[31m",
    "\ud83d\udc4d 👨‍👩‍👧 \u202e\u2066 ﷽ 𠮷",
    "=1+1",
    "-1",
    "NaN",
    "1e999999",
    "９９９９９９９９９９９９９９９９",
    "../../etc/passwd",
    "00000000-0000-4000-8000-000000000009",
    "0000-00-00T99:99",
    "9999-12-31T23:59:59+14:00",
    "x" * 5_000,
    "字" * 10_000,
]


def forms(page: Page) -> list[Tag]:
    skip = ("/language", "/theme", "/logout", "/login", "/me/sessions")  # the last would end the session at hand
    return [f for f in page.all("form[method=post]") if not str(f["action"]).startswith(skip)]


def fields(form: Tag) -> dict[str, str]:
    """What a browser would send if nothing were touched."""
    found: dict[str, str] = {}
    for field in form.select("input[name], textarea[name], select[name]"):
        name, kind = str(field["name"]), field.get("type")
        if field.name == "select":
            option = field.select_one("option[selected]") or field.select_one("option")
            found[name] = str(option["value"]) if option else ""
        elif kind in ("radio", "checkbox"):
            if field.has_attr("checked") or name not in found:
                found[name] = str(field.get("value", "on"))
        elif kind != "file":
            found[name] = field.get_text() if field.name == "textarea" else str(field.get("value", ""))
    return found


def acceptable(page: Page, address: str, what: str) -> None:
    assert page.status in (303, 400, 403, 404, 409, 413, 422, 423), f"{address} with {what}: {page.status}"
    if page.status in (409, 413, 422):
        assert page.errors or page.tree.css_first("h1").text().strip(), f"{address} with {what}: no words"


def encodable(values: dict[str, str]) -> dict[str, Any]:
    return {name: value.encode("utf-8", "replace") if "\ud83d" in value else value for name, value in values.items()}


def pages_with_forms(world: Any) -> dict[str, list[str]]:
    """Addresses that show forms, by the person who would open them."""
    fresh, busy = world.visit(), world.visit(serial="DF2401-0002")
    phone = Person(world.app)
    phone.sign_in("zhang")
    for verb in ("departure", "arrival", "start"):
        assert phone.post(f"/visits/{busy.id}/{verb}").status == 303
    new_tool(world, "GJ-1", category="measuring", interval_months=12)
    lent = new_tool(world, "GJ-2", category="personal")
    hand_out(lent, world.person("zhang"), person=world.person("qian"))
    db.session.commit()
    base = f"/visits/{busy.id}"
    own = ["findings", "readings", "part-uses", "time-entries", "photos", "handover"]
    return {
        "zhang": [
            "/me/pin",
            "/me/password",
            "/me/signature",
            f"/visits/{fresh.id}",
            base,
            *[f"{base}/{name}" for name in own],
        ],
        "sun": [
            "/calls/new?new=1",
            f"/calls/new?site={busy.call.site_id}",
            f"/calls/{busy.call.number}/visits",
            f"/calls/visits/{fresh.id}/assignment",
            f"/calls/visits/{fresh.id}/cancellation",
            f"/calls/visits/{busy.id}/team",
            "/me/pin",
        ],
        "sun-files": [
            "/customers/new",
            f"/customers/{busy.call.customer_id}/edit",
            f"/customers/{busy.call.customer_id}/sites/{busy.call.site_id}",
            f"/customers/{busy.call.customer_id}/sites/{busy.call.site_id}/contacts",
            f"/equipment/{busy.call.equipment_id}/edit",
            f"/equipment/{busy.call.equipment_id}/move?site={busy.call.site_id}",
            f"/equipment/{busy.call.equipment_id}/papers",
            "/lists/calls/views?state=open",
            "/lists/visits/choice?all=1",
        ],
        "zhao-rescue": ["/held/rescue"],
        "zhao-files": [f"/equipment/{busy.call.equipment_id}/merge/{fresh.call.equipment_id}"],
        "qian": ["/stock/receipts", "/stock/issues", "/stock/returns", "/imports/new"],
        "qian-tools": [
            "/tools/registration",
            *(f"/tools/GJ-1/{name}" for name in ("corrections", "hand-outs", "moves", "calibrations", "reports")),
            "/tools/GJ-2/returns",
        ],
        "admin": [
            "/admin/branches/new",
            "/admin/people/new",
            "/admin/company",
            "/admin/codes/symptom",
            "/admin/codes/symptom/new",
            "/admin/codes/fault/new",
            "/admin/usual-parts",
            "/admin/settings/survey_thanks",
        ],
    }


def pages_of_a_supervisor(world: Any) -> dict[str, list[str]]:
    """A unit that must not be used."""
    visit, zhang = world.visit(), world.person("zhang")
    save_findings(visit, person=zhang, do_not_use=True, stop_reason="焊缝开裂")
    db.session.commit()
    (stop,) = all_standing()
    return {"zhao-stops": [f"/stops/{stop.id}/release"]}


def pages_of_reports(world: Any) -> dict[str, list[str]]:
    """The honest ends of a finished visit, and what supervisor and manager decide."""
    ready = finished(world, earlier=1)
    waiting, closed = signed(world, finished(world, earlier=2)), signed(world, finished(world, earlier=3))
    paper = sign_on_paper(
        finished(world, earlier=4),
        locale="en",
        signer_name="甲",
        signer_role="owner",
        photo=picture(),
        person=world.person("zhang"),
    )
    approve(closed, person=world.person("he"))
    db.session.commit()
    ends = [f"/visits/{ready.id}/handover{query}" for query in ("?absence=paper", "?absence=refused")]
    return {
        "zhang-ends": ends,
        "zhao": [f"/reports/{paper.number}/approval", f"/reports/{closed.number}/correction"],
        "he": [f"/reports/{closed.number}/erasure", f"/reports/{waiting.number}/void"],
    }


STRICT = ENGINES if LONG else ("postgresql",)  # it refuses more than the other, on which the office is tried
OFFICE = ["sun", "qian", "zhao", "he", "sun-files", "zhao-files", "qian-tools", "zhao-stops", "admin"]


@pytest.mark.engine(*STRICT)
@pytest.mark.parametrize("who", ["zhang", "zhang-ends"])
def test_no_form_of_the_phone_breaks_whatever_is_typed(world: Any, sign_in: Any, who: str) -> None:
    type_into_all(world, sign_in, who)


@pytest.mark.parametrize("who", OFFICE)
def test_no_form_of_the_office_breaks_whatever_is_typed(world: Any, sign_in: Any, who: str) -> None:
    type_into_all(world, sign_in, who)


def type_into_all(world: Any, sign_in: Any, who: str) -> None:
    others = {"zhao-stops": pages_of_a_supervisor}
    pages = pages_of_reports if who in ("zhang-ends", "zhao", "he") else others.get(who, pages_with_forms)
    addresses, username = pages(world)[who], who.split("-")[0]
    person = sign_in(username, "phone" if username == "zhang" else "laptop")
    few = {"zhao-stops": 2, "zhao": 10, "zhao-files": 10, "he": 10}
    assert try_all(person, addresses) > few.get(who, 20)


@pytest.mark.engine(*STRICT)
def test_no_form_breaks_in_the_customers_hands(world: Any, sign_in: Any) -> None:
    visit, phone = finished(world), sign_in("zhang")
    address = hand_to_customer(phone, visit)
    answer(phone, address)
    assert try_all(phone, [f"{address}/signature", f"{address}/co-signature"]) > 40


def try_all(person: Person, addresses: list[str]) -> int:
    """Sends every field of every form on these pages each kind of odd value; how many were sent."""
    tried = 0
    for address in addresses:
        for form in forms(person.get(address)):
            action, plain = str(form["action"]), fields(form)
            names = [name for name in plain if name not in ("csrf_token", "entry_id")]
            acceptable(person.post(action, {}), action, "nothing")
            for position, name in enumerate(names):
                for value in HOSTILE[position % 3 :: 3]:
                    values = {**{n: plain[n] for n in names}, name: value}
                    acceptable(person.post(action, encodable(values)), action, f"{name}={value[:30]!r}")
                    tried += 1
    return tried


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("verb", "values", "kept"),
    [
        ("findings", {"note": "听到异响", "outcome": "exploded"}, ("note", "听到异响")),
        ("part-uses", {"item": "NO-SUCH-PART", "quantity": "1"}, ("item", "NO-SUCH-PART")),
        ("part-uses", {"item": "TM-OIL-100", "quantity": "1,000.5"}, ("quantity", "1,000.5")),
        ("time-entries", {"kind": "work", "started_at": "yesterday", "ended_at": ""}, ("started_at", "yesterday")),
    ],
)
def test_what_was_typed_is_still_there(world: Any, sign_in: Any, verb: str, values: Any, kept: Any) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    page = zhang.post(f"/visits/{visit.id}/{verb}", values)
    assert page.status == 422 and page.errors
    assert page.value(kept[0]) == kept[1]


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jpg", b""),
        ("page.jpg", b"<html><script>alert(1)</script>"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
        ("cut.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01"),
        ("../../etc/passwd", b"root"),
        ("n" * 300 + ".png", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_what_is_no_photo_is_refused_beside_the_field(world: Any, sign_in: Any, name: str, content: bytes) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    fields = {"photo": (io.BytesIO(content), name), "label": "before"}
    page = zhang.post(f"/visits/{visit.id}/photos", fields, content_type="multipart/form-data")
    assert page.status == 422 and page.errors
    fields = {"photo": (io.BytesIO(content), name), "label": "before"}
    told = zhang.post(f"/visits/{visit.id}/photos", fields, content_type="multipart/form-data", outbox=True)
    assert (told.status, told.json["state"]) == (422, "refused")


@pytest.mark.engine("sqlite", "postgresql")
@pytest.mark.parametrize(
    "address",
    [
        "/stock/movements?from=x&to=y&item=%00&location=zz&person=1&kind=q&before=-1&page=99999999999999999999",
        "/stock/movements.csv?from=9999-99-99&item='",
        "/stock?q=%f0%9f%91%8d'\"%00",
        "/stock/items/%00",
        "/visits?date=x&technician=y&state=z&before=q",
        "/calls?q=%00&before=x&state=y&from=2026-13-01",
        "/reports?before=x&q=%00",
        "/reports/%00",
        "/review?report=%00",
        "/calls/%00",
        "/tools?category=%00&holder=x&state=y&calibration=z&show=q&after=%00&q=%f0%9f%91%8d'",
        "/tools.csv?show=overdue&calibration=overdue&q=%00",
        "/tools.xlsx?holder=x&category=%00",
        "/stock/file.csv?q=%f0%9f%91%8d'%00&location=zz&show=x",
        "/stock/file.xlsx?q=%00&location=%00",
        "/stock/movements.xlsx?from=9999-99-99&item='",
        "/tools/%00",
        "/customers?q=%00&after=x&open=y&kind='",
        "/customers/00000000-0000-4000-8000-000000000001?photos=x_y",
        "/equipment?product=x&from=9999-99-99&customer=%00&after=-1",
        "/lists/visits/choice?id=x&id=%00",
        "/lists/calls/file.csv?q=%00&from=x",
        "/search?q=%00%f0%9f%91%8d&kind=x&before=99999999999999999999",
        "/search?q=a&kind=part&before=-1",
        "/admin/history?person=%00&verb=x&record=%f0%9f%91%8d&from=9999-99-99&to=x&before=2026-01-01T00:00:00%2B00:00_9",
        "/admin/people?q=%00&role=x&after=%00&branch=zz",
        "/admin/sessions?person=x&device=y&before=2026-01-01T00:00:00%2B00:00_x",
        "/admin/codes/%00?family=%00",
    ],
)
def test_odd_query_parameters_never_break_a_page(sign_in: Any, world: Any, address: str) -> None:
    for username in ("zhao", "qian", "zhang", "admin"):
        db.session.rollback()
        assert sign_in(username, "laptop").get(address).status in (200, 303, 403, 404, 422)
