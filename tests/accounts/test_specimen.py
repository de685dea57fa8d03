"""A technician's own signature: drawn once, kept with each finish, never in the way of the work."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from portal.accounts.models import Specimen
from portal.accounts.operations import keep_specimen
from portal.db import db
from portal.visits.models import VisitEvent
from tests.reports.steps import INK, STROKES
from tests.visits.steps import on_site, press, visit_at

OTHER = [[[1000 + 200 * n, 4000 - (700 if n % 3 else 0), 25 * n] for n in range(30)]]
NO_INK = ["", "[]", "[[[1,1,1]]]", "nonsense", json.dumps([[[500 + 300 * n, 3000, 20 * n] for n in range(25)]])]


def test_a_technician_draws_the_signature_once_and_sees_it(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    assert zhang.get("/me").one("a[href='/me/signature']")
    first = zhang.get("/me/signature")
    assert not first.all("img.ink") and first.one("form [data-strokes]")
    me = zhang.follow(zhang.post("/me/signature", {"strokes": STROKES}))
    assert "签字已保存" in me.text and me.one("img.ink")["src"].startswith("data:image/svg+xml;base64,")
    assert zhang.get("/me/signature").one("#present img.ink")["src"] == me.one("img.ink")["src"]
    kept = db.session.scalars(select(Specimen)).one()
    assert (kept.strokes, kept.person_id) == (INK, world.person("zhang").id)


def test_the_newest_signature_holds_and_the_older_one_is_not_lost(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    zhang.post("/me/signature", {"strokes": STROKES})
    before = zhang.get("/me").one("img.ink")["src"]
    assert zhang.post("/me/signature", {"strokes": json.dumps(OTHER)}).status == 303
    assert zhang.get("/me").one("img.ink")["src"] != before
    assert len(db.session.scalars(select(Specimen)).all()) == 2


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("strokes", NO_INK)
def test_what_is_no_signature_is_refused_beside_the_box(sign_in: Any, strokes: str) -> None:
    page = sign_in("zhang").post("/me/signature", {"strokes": strokes})
    assert page.status == 422 and page.one(".field.bad #strokes") and page.errors
    assert db.session.scalars(select(Specimen)).all() == []


@pytest.mark.engine("sqlite")
def test_a_refused_drawing_is_still_there(sign_in: Any) -> None:
    flat = NO_INK[-1]
    assert sign_in("zhang").post("/me/signature", {"strokes": flat}).value("strokes") == flat


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("username", ["sun", "zhao", "qian", "admin"])
def test_only_technicians_sign_reports(sign_in: Any, username: str) -> None:
    person = sign_in(username, "laptop")
    assert person.get("/me/signature").status == 403
    assert person.post("/me/signature", {"strokes": STROKES}).status == 403
    assert not person.get("/me").all("a[href='/me/signature']")


@pytest.mark.engine("sqlite")
def test_without_script_the_page_says_what_is_needed(sign_in: Any) -> None:
    page = sign_in("zhang").get("/me/signature")
    assert "JavaScript" in page.one(".only-plain").get_text()
    assert "only-script" in page.one("form[action='/me/signature']")["class"]


def test_a_finish_takes_the_signature_that_holds_and_says_so_before(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    keep_specimen(world.person("zhang"), INK)
    base = on_site(world, zhang)
    assert zhang.get(base).one(".stands-under img.ink")
    press(zhang, base, "finish")
    finish = select(VisitEvent).where(VisitEvent.kind == "finish", VisitEvent.visit_id == visit_at(base).id)
    assert db.session.scalars(finish).one().specimen.strokes == INK
    assert not zhang.get(base).all(".stands-under")


def test_nobody_is_kept_from_finishing_for_want_of_a_signature(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = on_site(world, zhang)
    assert zhang.get(base).one(".stands-under a")["href"] == "/me/signature"
    press(zhang, base, "finish")
    finish = select(VisitEvent).where(VisitEvent.kind == "finish", VisitEvent.visit_id == visit_at(base).id)
    assert db.session.scalars(finish).one().specimen_id is None


@pytest.mark.engine("sqlite")
def test_others_who_look_at_the_visit_see_no_signature_line(world: Any, sign_in: Any) -> None:
    base = on_site(world, sign_in("zhang"))
    assert not sign_in("zhao", "laptop").get(base).all(".stands-under")
