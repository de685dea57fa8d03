"""Who sees a visit, what is held, lists, and closed visits."""

import io
import uuid
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select

from portal.calls import operations as calls
from portal.db import db
from portal.receipts import HeldEntry
from portal.visits.models import (
    Finding,
    PartUse,
    Photo,
)
from tests.reports.steps import signed
from tests.visits.steps import (
    DIAGNOSIS,
    OIL,
    on_site,
    press,
    send_photo,
    visit_at,
)


@pytest.mark.engine("sqlite")
def test_photos_are_for_those_who_see_the_visit(world: Any, sign_in: Any) -> None:
    zhang, li, zhao = sign_in("zhang"), sign_in("li"), sign_in("zhao", "laptop")
    base = f"/visits/{world.visit().id}"
    out = io.BytesIO()
    Image.new("RGB", (4000, 3000), "navy").save(out, "PNG")
    fields = {"photo": (io.BytesIO(out.getvalue()), "IMG.png"), "label": "nameplate"}
    page = zhang.follow(zhang.post(f"{base}/photos", fields, content_type="multipart/form-data"))
    assert page.one("[name=label][checked]")["value"] == "nameplate", "the next photo mostly shows the same"
    photo = db.session.scalars(select(Photo)).one()
    address = f"{base}/photos/{photo.id}"
    assert (photo.width, photo.height) == (1600, 1200)
    for person in (zhang, zhao):
        for picture_of in (f"{address}.jpg", f"{address}/thumbnail.jpg"):
            answer = person.get(picture_of)
            assert (answer.status, answer.response.mimetype) == (200, "image/jpeg")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "private" in answer.headers["Cache-Control"]
    etag = zhang.get(f"{address}.jpg").headers["ETag"]
    assert zhang.get(f"{address}.jpg", headers={"If-None-Match": etag}).status == 304
    assert li.get(f"{address}.jpg").status == 404
    assert sign_in("qian", "laptop").get(f"{address}.jpg").status == 403
    other = f"/visits/{world.visit(serial='DF2401-0002').id}"
    assert zhang.get(f"{other}/photos/{photo.id}.jpg").status == 404
    assert zhang.post(f"{address}/removal").status == 303
    assert zhang.get(f"{address}.jpg").status == 404
    assert zhao.get(f"{address}.jpg").status == 200


def test_facts_of_a_visit_that_was_moved_away_are_taken_and_the_rest_is_held(world: Any, sign_in: Any) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    base = f"/visits/{visit.id}"
    calls.assign(
        visit,
        world.person("li"),
        window_start=visit.window_start,
        window_end=visit.window_end,
        person=world.person("sun"),
    )
    db.session.commit()
    assert zhang.get(base).status == 404
    assert zhang.post(f"{base}/findings", {"note": "plain"}).status == 404
    sent = [
        zhang.post(f"{base}/findings", {"note": "听到异响"}, outbox=True),
        send_photo(zhang, base, outbox=True),
        zhang.post(
            f"{base}/time-entries",
            {"kind": "travel", "started_at": "2026-11-20T08:00", "ended_at": "2026-11-20T09:00", "reason": "late"},
            outbox=True,
        ),
    ]
    assert [(page.status, page.json["state"]) for page in sent] == [(201, "applied")] * 3
    held = [
        zhang.post(f"{base}/departure", outbox=True),
        zhang.post(f"{base}/part-uses", OIL, outbox=True),
    ]
    assert [(page.status, page.json["state"]) for page in held] == [(202, "held")] * 2
    assert db.session.scalar(select(func.count()).select_from(HeldEntry)) == 2
    assert db.session.scalar(select(func.count()).select_from(PartUse)) == 0
    name = world.person("zhang").name
    seen = sign_in("zhao", "laptop").get(base)
    assert seen.text.count(name) >= 4 and "TM-OIL-100" in seen.text
    assert db.session.scalars(select(Finding)).one().person_id == world.person("zhang").id
    assert sign_in("wu").post(f"{base}/part-uses", OIL, outbox=True).status == 404


@pytest.mark.engine("sqlite")
def test_what_is_held_is_told_to_its_author_without_a_decision(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    assert zhang.post(f"{base}/departure", outbox=True).status == 202
    own, office = zhang.get(base), sign_in("sun", "laptop").get(base)
    assert own.one("#held") and "/departure" not in own.one("#held").get_text()
    assert not office.all("#held")


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    "path",
    ["", "/findings", "/part-uses", "/no-parts", "/time-entries", "/photos", "/departure", "/pause", "/directions"],
)
def test_a_stranger_s_visit_is_not_found(world: Any, sign_in: Any, path: str) -> None:
    visit, li = world.visit(), sign_in("li")
    assert li.get(f"/visits/{visit.id}{path}").status == 404
    assert li.get(f"/visits/{uuid.uuid4()}{path}").status == 404


@pytest.mark.engine("sqlite")
def test_the_office_reads_and_does_not_record(world: Any, sign_in: Any) -> None:
    zhang, zhao, wu = sign_in("zhang"), sign_in("zhao", "laptop"), sign_in("wu")
    base = on_site(world, zhang)
    zhang.post(f"{base}/findings", {**DIAGNOSIS, "internal_note": "门卫要登记"})
    page = zhao.get(base)
    assert page.status == 200 and "门卫要登记" in page.text
    assert not page.all(".action-bar") and not page.all(".tasks")
    assert zhao.post(f"{base}/finish").status == 403
    assert wu.get(base).status == 200
    assert wu.post(f"{base}/finish").status == 403


@pytest.mark.engine("sqlite")
def test_a_closed_visit_says_why_and_takes_nothing(world: Any, sign_in: Any) -> None:
    zhang, visit = sign_in("zhang"), world.visit()
    calls.cancel_visit(visit, "客户改期", world.person("sun"))
    db.session.commit()
    base = f"/visits/{visit.id}"
    page = zhang.get(base)
    assert page.one("[data-state]")["data-state"] == "cancelled" and "客户改期" in page.text
    assert not page.all(".action-bar")
    refused = zhang.post(f"{base}/findings", {"note": "trotzdem"})
    assert refused.status == 409 and refused.value("note") == "trotzdem"
    assert send_photo(zhang, base, outbox=True).status == 202


@pytest.mark.engine("sqlite")
def test_a_returned_report_opens_only_the_rows_that_were_asked_for(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    press(zhang, base, "finish")
    visit = visit_at(base)
    calls.advance(visit, "signed")
    calls.ask_to_mend(visit, ["photos"], "铭牌看不清")
    db.session.commit()
    page = zhang.get(base)
    assert "铭牌看不清" in page.one("#returned").get_text()
    assert [link["href"] for link in page.all("#returned a")] == [f"{base}/photos"]
    assert "returned" in {card["data-state"] for card in zhang.get("/").all("[data-state]")}
    assert zhang.post(f"{base}/findings", {"note": "x"}).status == 409
    assert send_photo(zhang, base).status == 303


@pytest.mark.engine("sqlite")
def test_what_is_left_to_do_makes_a_follow_up_until_a_visit_is_planned(world: Any, sign_in: Any) -> None:
    zhang, sun = sign_in("zhang"), sign_in("sun", "laptop")
    visit = world.visit()
    base = f"/visits/{visit.id}"
    press(zhang, base, "departure", "arrival", "start")
    zhang.post(f"{base}/findings", {**DIAGNOSIS, "outcome": "awaiting_parts", "outstanding": "等跑带到货"})
    assert "等跑带到货" not in sun.get("/follow-ups").text
    press(zhang, base, "finish")
    page = sun.get("/follow-ups")
    assert "等跑带到货" in page.text and page.one(f"main a[href='/calls/{visit.call.number}']")
    calls.plan_visit(
        visit.call,
        technician=world.person("zhang"),
        window_start=visit.window_start,
        window_end=visit.window_end,
        person=world.person("sun"),
    )
    db.session.commit()
    assert "等跑带到货" not in sun.get("/follow-ups").text
    assert zhang.get("/follow-ups").status == 403


@pytest.mark.engine("sqlite")
def test_lists_are_filtered_and_paged(world: Any, sign_in: Any) -> None:
    visits = [world.visit(serial=f"DF2401-000{n % 2 + 1}") for n in range(33)]
    sun = sign_in("sun", "laptop")
    first = sun.get("/visits")
    assert len(first.all("tr[data-state]")) == 30
    second = sun.get(str(first.one("a[rel=next]")["href"]))
    assert len(second.all("tr[data-state]")) == 3
    links = {a["href"] for page in (first, second) for a in page.all("td a[href^='/visits/']")}
    assert links == {f"/visits/{visit.id}" for visit in visits}
    assert len(sun.get("/visits?state=working").all("tr[data-state]")) == 0
    assert sun.get("/visits?state=no%00such&date=x&technician=y&before=z").status == 200
    assert len(sign_in("zhang").get("/visits").all("[data-state]")) == 30
    assert sign_in("li").get("/visits").all("[data-state]") == []


@pytest.mark.engine("sqlite")
@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("zone", "mark"), [("America/Bogota", "UTC-05"), ("Asia/Kolkata", "UTC+05:30"), ("Asia/Taipei", "")]
)
def test_a_list_says_whose_clock_it_shows_where_it_is_another_one(
    world: Any, sign_in: Any, zone: str, mark: str
) -> None:
    report = signed(world)
    report.visit.call.site.time_zone = zone
    db.session.commit()
    zhao = sign_in("zhao", "laptop")
    for address, part in (("/calls", "main"), ("/visits", "main"), ("/reports", "main"), ("/review", ".queue")):
        shown = zhao.get(address).one(part).get_text()
        assert (mark in shown) if mark else ("UTC" not in shown), address


def test_directions_give_each_service_its_own_order(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    address = f"/visits/{world.visit().id}/directions"
    links = [str(a["href"]) for a in zhang.get(address).all("a.btn[target]")]
    assert "to=121.004364,30.997849," in links[0] and "coordinate=gaode" in links[0]
    assert "location=31.003606,121.010946" in links[1] and "coord_type=bd09ll" in links[1]
    assert links[2].endswith("daddr=30.997849,121.004364") and links[3].endswith("destination=30.997849,121.004364")
    assert links[4].startswith("geo:31.000000,121.000000?q=")
    zhang.client.set_cookie("map", "google")
    assert [a["data-map"] for a in zhang.get(address).all("a.btn[target]")][:2] == ["google", "amap"]
    assert not sign_in("zhao", "laptop").get(address).all("[data-map=geo]")
    bare = zhang.get(f"/visits/{world.visit(serial='DF2401-0003').id}/directions").all("a.btn[target]")
    assert all("Calle" in str(a["href"]) for a in bare)


@pytest.mark.engine("sqlite")
def test_the_van_shows_what_is_in_it(world: Any, sign_in: Any) -> None:
    page = sign_in("zhang").get("/van")
    assert "TM-MTR-25" in page.text and "TM-KEY" not in page.text
    assert sign_in("li").get("/van").one(".empty")
