"""The pages of a visit: they work, are not shown to strangers, say no in words, and read little from the database."""

import io
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import Engine, event, func, select

from portal.calls import operations as calls
from portal.db import db
from portal.receipts import HeldEntry
from portal.visits.models import Finding, PartUse, Photo, TimeEntry, latest_finding
from tests.page import Person
from tests.visits.test_operations import DIAGNOSIS, picture, van_holds

OIL = {"item": "TM-OIL-100", "quantity": "2", "old_part": "none"}


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that reach any database meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        if not sql.startswith(("BEGIN", "SAVEPOINT", "RELEASE", "PRAGMA")):
            seen.append(sql)

    event.listen(Engine, "before_cursor_execute", note)
    yield seen
    event.remove(Engine, "before_cursor_execute", note)


def press(person: Person, base: str, *verbs: str) -> None:
    for verb in verbs:
        assert person.post(f"{base}/{verb}").status == 303, verb


def on_site(world: Any, person: Person, **plan: Any) -> str:
    base = f"/visits/{world.visit(**plan).id}"
    press(person, base, "departure", "arrival", "start")
    return base


def photo_fields(label: str = "before") -> dict[str, Any]:
    return {"photo": (io.BytesIO(picture()), "p.jpg"), "label": label}


def send_photo(person: Person, base: str, **kwargs: Any) -> Any:
    return person.post(f"{base}/photos", photo_fields(), content_type="multipart/form-data", **kwargs)


@pytest.mark.engine("sqlite")
def test_the_day_from_departure_to_ready(world: Any, sign_in: Any) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    base = f"/visits/{visit.id}"
    assert zhang.get("/").one("[data-state=assigned]").select_one(f"a[href='{base}']")
    for verb, state in (("departure", "en_route"), ("arrival", "on_site"), ("start", "working")):
        page = zhang.get(base)
        assert page.one(f"form[action='{base}/{verb}'] button.btn-primary")
        assert zhang.follow(zhang.post(f"{base}/{verb}")).one("[data-state]")["data-state"] == state
    assert zhang.follow(zhang.post(f"{base}/pause", {"cause": "break"})).one("[data-state]")["data-state"] == "paused"
    press(zhang, base, "start")
    assert zhang.post(f"{base}/findings", DIAGNOSIS).status == 303
    page = zhang.get(base)
    assert [gap["href"] for gap in page.all(".task-more a")] == [f"{base}/part-uses", base]
    page = zhang.follow(zhang.post(f"{base}/part-uses", OIL))
    assert "TM-OIL-100" in page.one("ul.lines").get_text()
    press(zhang, base, "finish")
    page = zhang.get(base)
    assert not page.all(".task-more a")
    assert page.one(f"a.task[href='{base}/handover']")
    assert len(page.all(".action-bar .btn-primary")) == 1


@pytest.mark.engine("sqlite")
def test_a_usual_part_is_logged_by_its_card(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    cards = zhang.get(f"{base}/part-uses").all("form:has(button.part-card)")
    fields = {str(field["name"]): str(field["value"]) for field in cards[1].select("input[name]")}
    wanted = {name: fields[name] for name in ("item", "quantity", "old_part")}
    assert wanted == {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}
    assert zhang.post(f"{base}/part-uses", wanted).status == 303
    assert van_holds(world) == 9


@pytest.mark.engine("sqlite")
def test_a_part_below_zero_is_logged_with_a_word_about_it(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    page = zhang.follow(zhang.post(f"{base}/part-uses", {"item": "TM-KEY", "quantity": "1"}))
    assert len(page.all("#status p")) == 2
    assert van_holds(world, "TM-KEY") == -1


@pytest.mark.engine("sqlite")
def test_other_parts_are_found_by_number_and_by_name(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    for words in ("tm-key", "安全锁"):
        assert zhang.get(f"{base}/part-uses?q={words}").one(f"a.part-card[href='{base}/part-uses?item=TM-KEY']")
    page = zhang.get(f"{base}/part-uses?item=TM-MTR-25")
    assert page.value("item") == "TM-MTR-25" and page.value("old_part") == "returned"
    assert page.one("[name=new_serial]")
    refused = zhang.post(f"{base}/part-uses", {"item": "TM-MTR-25", "quantity": "1"})
    assert refused.status == 422 and refused.one("[name=new_serial]")["aria-invalid"] == "true"
    assert "%" not in zhang.get(f"{base}/part-uses?q=%00nothing").errors


@pytest.mark.engine("sqlite")
def test_a_line_is_removed_by_one_button_and_a_stranger_s_line_is_not_found(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, other = on_site(world, zhang), f"/visits/{world.visit(serial='DF2401-0002').id}"
    zhang.post(f"{base}/part-uses", OIL)
    form = zhang.get(f"{base}/part-uses").one("li.line form")
    assert form.select_one("[name=reason]")["value"]
    use = db.session.scalars(select(PartUse)).one()
    assert zhang.post(f"{other}/part-uses/{use.id}/reversal", {"reason": "x"}).status == 404
    assert zhang.post(str(form["action"]), {}).status == 422
    assert zhang.post(str(form["action"]), {"reason": "wrong"}).status == 303
    assert van_holds(world) == 10
    assert zhang.post(str(form["action"]), {"reason": "wrong"}).status == 409


@pytest.mark.engine("sqlite")
def test_another_visit_s_clock_is_named_and_linked(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base, other = on_site(world, zhang), f"/visits/{world.visit(serial='DF2401-0002').id}"
    page = zhang.post(f"{other}/departure")
    assert page.status == 422 and page.errors
    links = {link["href"] for link in page.all(".banner a")}
    assert {base, other} <= links
    clash = {"kind": "work", "started_at": "2026-11-23T00:00+00:00", "ended_at": "2026-11-23T00:10+00:00"}
    zhang.post(f"{other}/time-entries", {**clash, "reason": "late"})
    page = zhang.post(f"{base}/time-entries", {**clash, "reason": "late"})
    assert page.status == 422 and {link["href"] for link in page.all(".banner a")} == {base, other}
    assert page.value("started_at")


@pytest.mark.engine("sqlite")
def test_yesterday_s_clock_is_mended_from_today_in_one_post(world: Any, sign_in: Any) -> None:
    world.set_clock(world.at(9))
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    world.set_clock(world.at(8, day=24))
    zhang = sign_in("zhang")
    form = zhang.get("/").one("#forgotten form")
    fields = {str(field["name"]): str(field["value"]) for field in form.select("input[name]")}
    fields = {name: value for name, value in fields.items() if name not in ("csrf_token", "entry_id")}
    assert zhang.post(str(form["action"]), fields).status == 303
    assert not zhang.get("/").all("#forgotten")
    entry = db.session.scalars(select(TimeEntry).where(TimeEntry.replaces_id.is_not(None))).one()
    assert entry.ended_at == world.at(18)
    assert zhang.get(base).one("[data-state]")["data-state"] == "paused"


@pytest.mark.engine("sqlite")
def test_a_stale_diagnosis_shows_what_was_saved_meanwhile(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    version = zhang.get(f"{base}/findings").value("version")
    zhang.post(f"{base}/findings", {"note": "first", "version": version})
    page = zhang.post(f"{base}/findings", {"note": "second", "version": version})
    assert page.status == 409 and page.value("note") == "second" and "first" in page.text
    assert zhang.post(f"{base}/findings", {"note": "second", "version": page.value("version")}).status == 303


@pytest.mark.engine("sqlite")
def test_a_known_fault_fills_in_the_codes(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    card = zhang.get(f"{base}/findings").one("a.part-card")
    page = zhang.get(str(card["href"]).split("#")[0])
    assert [page.value(name) for name in ("symptom", "component", "cause", "remedy")] == [
        "TM-S03",
        "TM-P01",
        "C01",
        "A03",
    ]
    assert zhang.get(f"{base}/findings?fault=nonsense").value("symptom") == ""


@pytest.mark.engine("sqlite")
def test_nothing_left_is_an_answer(world: Any, sign_in: Any) -> None:
    visit, zhang = world.visit(), sign_in("zhang")
    for fields, stored in (
        ({"nothing_left": "y"}, "none"),
        ({"outstanding": "None"}, "none"),
        ({"outstanding": "换皮带"}, "换皮带"),
        ({}, ""),
    ):
        assert zhang.post(f"/visits/{visit.id}/findings", {"note": "x", **fields}).status == 303
        assert latest_finding(visit).outstanding == stored
    zhang.post(f"/visits/{visit.id}/findings", {"outstanding": "none"})
    page = zhang.get(f"/visits/{visit.id}/findings")
    assert page.value("outstanding") == "" and page.one("[name=nothing_left]").has_attr("checked")


@pytest.mark.engine("sqlite")
def test_photos_are_for_those_who_see_the_visit(world: Any, sign_in: Any) -> None:
    zhang, li, zhao = sign_in("zhang"), sign_in("li"), sign_in("zhao", "laptop")
    base = f"/visits/{world.visit().id}"
    out = io.BytesIO()
    Image.new("RGB", (4000, 3000), "navy").save(out, "PNG")
    fields = {"photo": (io.BytesIO(out.getvalue()), "IMG.png"), "label": "nameplate"}
    assert zhang.post(f"{base}/photos", fields, content_type="multipart/form-data").status == 303
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
    visit = db.session.get_one(type(world.visit()), uuid.UUID(base.split("/")[2]))
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
def test_directions_give_each_service_its_own_order(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    links = [str(a["href"]) for a in zhang.get(f"/visits/{world.visit().id}/directions").all("a.btn[target]")]
    assert "to=121.000000,31.000000," in links[0] and "coordinate=wgs84" in links[0]
    assert "location=31.000000,121.000000" in links[1]
    bare = zhang.get(f"/visits/{world.visit(serial='DF2401-0003').id}/directions").all("a.btn[target]")
    assert all("Calle" in str(a["href"]) for a in bare)


@pytest.mark.engine("sqlite")
def test_the_van_shows_what_is_in_it(world: Any, sign_in: Any) -> None:
    page = sign_in("zhang").get("/van")
    assert "TM-MTR-25" in page.text and "TM-KEY" not in page.text
    assert sign_in("li").get("/van").one(".empty")


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("path", "most"), [("/", 8), ("{base}", 10), ("{base}/part-uses", 10), ("{base}/findings", 10), ("/visits", 8)]
)
def test_pages_read_little_however_much_there_is(world: Any, sign_in: Any, path: str, most: int) -> None:
    zhang = sign_in("zhang")
    for _ in range(5):
        world.visit(serial="DF2401-0002")
    base = on_site(world, zhang)
    zhang.post(f"{base}/findings", DIAGNOSIS)
    for _ in range(3):
        zhang.post(f"{base}/part-uses", OIL)
        send_photo(zhang, base)
    db.session.commit()
    address = path.format(base=base)
    with statements() as seen:
        assert zhang.get(address).status == 200
    assert len(seen) <= most, "\n".join(seen)


@pytest.mark.engine("sqlite")
def test_logging_a_part_takes_few_statements(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    zhang.post(f"{base}/part-uses", OIL)
    token = zhang.token()
    db.session.commit()
    with statements() as seen:
        assert zhang.post(f"{base}/part-uses", OIL, token=token).status == 303
    assert len(seen) <= 20, "\n".join(seen)
