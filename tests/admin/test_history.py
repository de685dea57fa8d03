"""The history browser: every filter narrows, pages follow each other without gaps, and what differs is shown."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select, text

from portal import history
from portal.admin import queries
from portal.db import db
from portal.history import HistoryEntry


def verbs(page: Any) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.all("tbody .strong")]


def test_each_filter_narrows(world: Any, sign_in: Any) -> None:
    visit, he = world.visit(), sign_in("he", "laptop")
    other = world.visit(serial="DF2401-0002")
    everything = he.get("/admin/history")
    assert "registered a call" in he.get("/admin/history").text or everything.status == 200
    number = he.get(f"/admin/history?record={visit.call.number}")
    assert len(number.all("tbody tr")) == 2, "the call and its visit"
    assert other.call.number not in number.one("tbody").get_text()
    assert number.one(f"tbody a[href='/visits/{visit.id}']")
    assert len(he.get("/admin/history?verb=plan_visit").all("tbody tr")) == 2
    assert len(he.get("/admin/history?verb=plan_visit&person=sun").all("tbody tr")) == 2
    assert not he.get("/admin/history?verb=plan_visit&person=zhao").all("tbody tr")
    assert not he.get("/admin/history?from=2090-01-01").all("tbody tr")
    assert he.get("/admin/history?to=2090-01-01&from=2020-01-01").all("tbody tr")
    assert not he.get("/admin/history?record=no-such-number").all("tbody tr")


def test_pages_follow_each_other_without_gaps(world: Any, sign_in: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE_SIZE", 5)
    for _n in range(12):
        history.record("set_pin", world.person("sun"), person_id=world.person("sun").id)
    db.session.commit()
    he = sign_in("he", "laptop")
    address, seen = "/admin/history?verb=set_pin&person=sun", []
    while address:
        page = he.get(address)
        seen += [str(row["id"]) for row in page.all("tbody tr")]
        older = page.all("a[rel=next]")
        address = str(older[0]["href"]) if older else ""
    assert len(seen) == len(set(seen)) == 12


@pytest.mark.engine("sqlite")
def test_before_and_after_are_shown_and_text_stays_text(world: Any, sign_in: Any) -> None:
    before, after = {"name": "<b>old</b>"}, {"name": "new"}
    history.record_change("change_person", world.person("sun"), before, after, person_id=world.person("admin").id)
    assert not history.record_change("change_person", world.person("sun"), after, after)
    db.session.commit()
    row = sign_in("he", "laptop").get("/admin/history?verb=change_person").one("tbody tr")
    assert "<b>old</b> → new" in row.get_text() and not row.select("b")
    assert row.select_one(f"a[href='/admin/people/{world.person('sun').id}']")


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (queries.HistoryWanted(), "ix_history_recorded_at_n"),
        (queries.HistoryWanted(verb="sign_in"), "ix_history_verb_recorded_at_n"),
        (
            queries.HistoryWanted(person_id=uuid.UUID(int=1)),
            "ix_history_person_id_",
        ),
        (queries.HistoryWanted(subjects=[("person", "x")]), "ix_history_subject"),
    ],
)
def test_each_filter_has_an_index(app: Any, wanted: Any, index: str) -> None:
    newest = select(HistoryEntry.n).order_by(HistoryEntry.recorded_at.desc(), HistoryEntry.n.desc()).limit(51)
    query = queries.narrowed(newest, wanted)
    compiled = str(query.compile(db.engine, compile_kwargs={"literal_binds": True}))
    plan = " ".join(str(row) for row in db.session.execute(text(f"EXPLAIN QUERY PLAN {compiled}".replace(":", "\\:"))))
    assert index in plan and "SCAN history USING" not in plan.replace(f"SCAN history USING COVERING INDEX {index}", "")
    assert ("TEMP B-TREE" in plan) == (wanted.subjects is not None), plan


@pytest.mark.engine("sqlite")
def test_codes_of_the_house_are_told_in_words(world: Any, sign_in: Any) -> None:
    visit = world.visit()
    for verb, details in (
        ("advance", {"before": "assigned", "state": "en_route"}),
        ("return_report", {"items": "findings,photos", "version": 2}),
    ):
        history.record(verb, visit, person_id=world.person("zhang").id, **details)
    db.session.commit()
    he = sign_in("he", "laptop")
    step = he.get("/admin/history?verb=advance").one("tbody tr").get_text()
    assert "状态 已派工 → 途中" in step and "en_route" not in step
    returned = he.get("/admin/history?verb=return_report").one("tbody tr").get_text()
    assert "诊断 · 照片" in returned and "version" not in returned
