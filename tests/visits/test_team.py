"""Several technicians at one visit (SR-12), and a visit that goes to somebody else after it has begun."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.operations import keep_specimen
from portal.calls import operations as calls
from portal.calls.models import Assignment, Visit
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.reports.content import compose
from portal.signing.operations import content_of, evidence_of
from portal.stock.models import find_van
from portal.visits import operations as visits
from portal.visits import rules
from portal.visits.models import live_time_entries, open_clock, part_uses
from portal.visits.readiness import readiness
from tests.reports.steps import INK, signed
from tests.visits.steps import DIAGNOSIS, OIL, photo_fields, picture, press, working


def with_li(world: Any, visit: Visit, username: str = "li") -> Any:
    person = world.person(username)
    calls.add_member(visit, person, reason="太重", person=world.person("sun"))
    return person


def give_to_li(world: Any, visit: Visit, reason: str = "张演示扭伤了手") -> None:
    calls.assign(
        visit,
        world.person("li"),
        window_start=visit.window_start,
        window_end=visit.window_end,
        reason=reason,
        person=world.person("sun"),
    )


def test_each_has_a_clock_and_a_state_of_their_own_and_the_visit_follows_its_lead(world: Any) -> None:
    visit = working(world)
    li = with_li(world, visit)
    visits.depart(visit, person=li, occurred_at=world.at(8, 20))
    visits.arrive(visit, person=li, occurred_at=world.at(8, 50))
    assert (visit.state, visit.state_for(li)) == ("working", "on_site")
    visits.start(visit, person=li, occurred_at=world.at(9, 10))
    world.set_clock(world.at(10))
    visits.finish(visit, person=world.person("zhang"))
    assert (visit.state, visit.state_for(li)) == ("finished", "working")
    assert open_clock(world.person("zhang")) is None and open_clock(li) is not None
    assert "time.running" in [gap.gap for gap in readiness(visit)]

    world.set_clock(world.at(10, 15))
    visits.leave_site(visit, person=li)
    assert "time.running" not in [gap.gap for gap in readiness(visit)]
    paper = compose(visit, "zh_Hans")
    assert paper["technician_names"] == ["张演示", "李示例"]
    assert paper["arrived_at"].endswith("T08:30:00+08:00") and paper["work_ended_at"].endswith("T10:15:00+08:00")
    assert paper["labour_minutes"] == 60 + 65


def test_the_lead_stops_a_forgotten_clock_and_the_entry_says_who_did(world: Any) -> None:
    visit, zhang = working(world), world.person("zhang")
    li = with_li(world, visit)
    visits.arrive(visit, person=li)
    visits.start(visit, person=li)
    with pytest.raises(Conflict):
        visits.stop_clock_of(visit, li.id, person=zhang)
    world.set_clock(world.at(10))
    visits.finish(visit, person=zhang)
    visits.stop_clock_of(visit, li.id, person=zhang)
    (stopped,) = [entry for entry in live_time_entries(visit) if entry.person_id == li.id]
    assert (stopped.ended_at, stopped.stopped_by_id) == (world.at(10), zhang.id)
    with pytest.raises(Conflict):
        visits.stop_clock_of(visit, li.id, person=zhang)


def test_only_the_lead_ends_the_visit_and_hands_over(world: Any, sign_in: Any) -> None:
    visit = working(world)
    with_li(world, visit)
    db.session.commit()
    li, base = sign_in("li"), f"/visits/{visit.id}"
    press(li, base, "arrival", "start")
    assert li.post(f"{base}/findings", DIAGNOSIS).status == 303
    assert li.post(f"{base}/part-uses", OIL).status == 303
    assert li.post(f"{base}/photos", photo_fields(), content_type="multipart/form-data").status == 303
    assert [use.movement.source_id for use in part_uses(visit)] == [find_van(world.person("li")).id]

    assert li.post(f"{base}/finish").status == 403
    assert li.get(f"{base}/handover").status == 403
    held = li.post(f"{base}/finish", outbox=True)
    assert (held.status, held.json["state"]) == (202, "held")
    press(li, base, "leaving")
    assert li.post(f"{base}/leaving").status == 409

    page = li.get(base)
    assert "张演示" in page.one("#team").get_text()
    assert not page.all(f"form[action='{base}/finish']") and page.all(f"form[action='{base}/start']")
    assert li.get("/").one("[data-state=finished]") and "张演示" in li.get("/").text
    assert sign_in("li").get(f"/visits/{world.visit().id}").status == 404


def test_the_dispatcher_sends_along_and_takes_off_and_each_stands_in_the_register(world: Any, sign_in: Any) -> None:
    visit, sun, li = working(world), sign_in("sun", "laptop"), world.person("li")
    db.session.commit()
    team = f"/calls/visits/{visit.id}/team"
    assert sun.post(team, {"technician": "nobody"}).status == 422
    assert sun.post(team, {"technician": str(li.id), "reason": "太重"}).status == 303
    assert sun.post(team, {"technician": str(li.id)}).status == 422
    visits.arrive(db.session.get_one(Visit, visit.id), person=world.person("li"))
    db.session.commit()
    away = f"{team}/{li.id}/removal"
    assert sun.post(away, {}).status == 422
    assert sun.post(away, {"reason": "另有急修"}).status == 303
    assert sun.post(away, {"reason": "另有急修"}).status == 409
    rows = db.session.scalars(select(Assignment).where(Assignment.person_id == world.person("li").id))
    assert [(row.part, row.reason) for row in rows] == [("member", "太重"), ("away", "另有急修")]
    shown = sun.get(f"/calls/{visit.call.number}").text
    assert "太重" in shown and "另有急修" in shown
    assert db.session.get_one(Visit, visit.id).was_worked_on_by(world.person("li"))
    assert sign_in("zhang").get(team).status == 403
    gone = sign_in("li").get("/")
    assert "张演示" in gone.text and "另有急修" in gone.text


def test_nobody_of_the_team_reviews(world: Any, sign_in: Any) -> None:
    visit = working(world)
    with_li(world, visit, "wu")
    assert visit.was_worked_on_by(world.person("wu"))
    with pytest.raises(Conflict):
        calls.cancel_visit(visit, "x", world.person("sun"))


def test_a_call_is_taken_with_others_who_go_along(world: Any) -> None:
    first = world.visit()
    visit = calls.plan_visit(
        first.call,
        technician=world.person("zhang"),
        window_start=first.window_start,
        window_end=first.window_end,
        others=[world.person("zhang"), world.person("li")],
        person=world.person("sun"),
    )
    assert [member.person.username for member in visit.members] == ["li"]


def test_somebody_is_sent_along_to_many_visits_and_one_refusal_stops_no_other(world: Any) -> None:
    led, over, free = world.visit("li"), world.visit(), world.visit()
    over.state = "signed"
    db.session.flush()
    li = world.person("li")
    refused = calls.add_members([led, over, free], li, reason="跟班", person=world.person("sun"))
    assert set(refused) == {led, over} and free.is_assigned(li)


def test_the_signed_paper_names_three_with_their_specimens(world: Any) -> None:
    for username in ("zhang", "li", "wu"):
        keep_specimen(world.person(username), INK)
    visit, zhang = working(world), world.person("zhang")
    for username in ("li", "wu"):
        person = with_li(world, visit, username)
        visits.arrive(visit, person=person)
        visits.start(visit, person=person)
    world.set_clock(world.at(10))
    visits.save_findings(visit, person=zhang, **DIAGNOSIS)
    visits.log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=zhang)
    for username in ("li", "wu"):
        visits.leave_site(visit, person=world.person(username))
    visits.finish(visit, person=zhang)
    document = signed(world, visit).document
    assert content_of(document)["technician_names"] == ["张演示", "李示例", "吴双职"]
    assert {mark["name"] for mark in evidence_of(document)["technicians"]} == {"张演示", "李示例", "吴双职"}


@pytest.mark.parametrize("begun", ["depart", "arrive", "start", "pause", "finish"])
def test_a_visit_that_has_begun_goes_to_another_and_what_was_done_stays(world: Any, begun: str) -> None:
    world.set_clock(world.at(9))
    visit, zhang = world.visit(), world.person("zhang")
    steps = ["depart", "arrive", "start", "pause", "finish"]
    for verb in steps[: steps.index(begun) + 1]:
        more = {"cause": "parts"} if verb == "pause" else {}
        getattr(visits, verb)(visit, person=zhang, **more)
    if begun == "start":
        visits.save_findings(visit, person=zhang, note="轴承响")
    world.set_clock(world.at(9, 40))
    with pytest.raises(Rejected, match=r"\w"):
        give_to_li(world, visit, reason="")
    give_to_li(world, visit)
    assert (visit.person.username, visit.state) == ("li", "assigned")
    assert open_clock(zhang) is None
    entries = live_time_entries(visit)
    assert {entry.person_id for entry in entries} == {zhang.id}
    still_ran = begun in ("depart", "start", "pause")
    assert [bool(entry.stopped_by_id) for entry in entries][-1] == still_ran
    with pytest.raises(Conflict):
        visits.start(visit, person=zhang)


def test_a_member_who_takes_over_goes_on_from_where_they_are(world: Any) -> None:
    visit = working(world)
    li = with_li(world, visit)
    visits.arrive(visit, person=li)
    visits.start(visit, person=li)
    give_to_li(world, visit)
    assert (visit.state, visit.members, open_clock(li) is not None) == ("working", [], True)
    visits.finish(visit, person=li)
    assert visit.state == "finished"


def test_the_old_phone_is_told_and_its_late_facts_are_kept_under_its_name(world: Any, sign_in: Any) -> None:
    visit = working(world)
    give_to_li(world, visit)
    db.session.commit()
    zhang, base = sign_in("zhang"), f"/visits/{visit.id}"
    today = zhang.get("/").text
    assert "李示例" in today and "张演示扭伤了手" in today
    late = [
        zhang.post(f"{base}/findings", {"note": "轴承响"}, outbox=True),
        zhang.post(f"{base}/photos", photo_fields(), content_type="multipart/form-data", outbox=True),
        zhang.post(f"{base}/part-uses", OIL, outbox=True),
        zhang.post(f"{base}/pause", {"cause": "parts"}, outbox=True),
    ]
    assert [(one.status, one.json["state"]) for one in late] == [(201, "applied")] * 2 + [(202, "held")] * 2
    shown = sign_in("li").get(base).text
    assert "张演示" in shown


def test_moving_and_recording_in_the_same_moment_lose_nothing(app: Flask, world: Any, sign_in: Any) -> None:
    """The part is logged before the move, or refused after it; never taken from the van without a row."""
    visit = working(world)
    db.session.commit()
    base, call = f"/visits/{visit.id}", f"/calls/visits/{visit.id}/assignment"
    zhang, sun, li = sign_in("zhang"), sign_in("sun", "laptop"), world.person("li").id
    plan = {
        "technician": str(li),
        "window_start": visit.window_start.isoformat(),
        "window_end": (visit.window_end + timedelta(hours=1)).isoformat(),
        "reason": "换人",
    }
    wanted = [(zhang, f"{base}/part-uses", OIL), (sun, call, plan)]
    forms = []
    for number, (person, address, values) in enumerate(wanted):
        entry = f"00000000-0000-4000-8000-00000000000{number}"
        fields = {**values, "csrf_token": person.token(), "entry_id": entry}
        forms.append((person.client.get_cookie("session").value, address, fields))
    db.session.commit()
    answers: dict[int, int] = {}

    def send(number: int) -> None:
        client, (cookie, address, fields) = app.test_client(), forms[number]
        client.set_cookie("session", cookie)
        answers[number] = client.post(address, data=fields).status_code

    threads = [threading.Thread(target=send, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    assert answers[1] == 303 and answers[0] in (303, 403, 404, 409)
    assert len(part_uses(visit)) == (answers[0] == 303)
    assert (visit.person.username, visit.state) == ("li", "assigned")


def test_a_team_begins_with_the_first_and_ends_with_the_last() -> None:
    def at(hour: int) -> datetime:
        return datetime(2026, 11, 23, hour, tzinfo=UTC)

    one = rules.Times(at(7), at(8), at(9), at(10), at(11))
    other = rules.Times(None, at(9), at(10), at(12), None)
    assert rules.team_times([one, other]) == rules.Times(at(7), at(8), at(9), at(12), at(11))
    assert rules.team_times([]) == rules.Times()
    wrong = rules.Record("finished", times=one, each=(one, rules.Times(None, at(9), at(8))))
    assert "time.order" in rules.gaps_in_time(wrong)


def test_who_goes_along_sees_the_photos_of_the_visit_in_the_units_file(world: Any, sign_in: Any) -> None:
    visit = working(world)
    with_li(world, visit)
    visits.add_photo(visit, photo=picture(), label="before", person=world.person("zhang"))
    db.session.commit()
    for username in ("li", "zhang"):
        assert len(sign_in(username).get(f"/equipment/{visit.call.equipment_id}").all("ul.photos img")) == 1
