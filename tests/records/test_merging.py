"""Entries that are the same become one: nothing is lost, the old address leads on, and it can be undone."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.customers import operations as customers
from portal.customers.models import Customer, Equipment
from portal.customers.stops import release, standing, stop_use
from portal.db import Model, db
from portal.history import HistoryEntry
from portal.records.models import Merge
from portal.records.operations.merging import MOVES, merge, undo
from tests.reports.steps import finished, signed


def twin(world: Any) -> Any:
    """The gym entered a second time, with a phone number of the first and a site of its own."""
    other = customers.add_customer("虚构动力健身")
    site = customers.add_site(other, "分店", "云上市乙区 2 号")
    customers.add_contact(site, "甲示例", "+86 100-0000-0001")
    db.session.commit()
    return other


def test_two_customers_become_one_and_apart_again(world: Any, sign_in: Any) -> None:
    report = signed(world, finished(world, earlier=1))
    sealed = report.document.content
    gone, kept, he = world.site().customer, twin(world), sign_in("he", "laptop")
    assert kept.name in he.get(f"/customers/{gone.id}").text, "proposed on the file"
    assert "100 0000 0001" in he.get("/duplicates").text
    path = f"/customers/{gone.id}/merge/{kept.id}"
    page = he.get(path)
    assert "云上市乙区 2 号" in page.text and "differs" in he.get(path, headers={"Accept-Language": "en"}).text
    assert he.post(path, {"kept": str(kept.id)}).status == 422
    assert he.post(path, {"kept": str(kept.id), "reason": "同一电话"}).status == 303
    moved = he.get(f"/customers/{gone.id}")
    assert (moved.status, moved.location) == (303, f"/customers/{kept.id}")
    shown = he.get(f"/customers/{kept.id}")
    for words in ("总店", "分店", report.number, "同一电话", "虚构动力健身俱乐部"):
        assert words in shown.text, words
    assert str(gone.id) not in {str(tick["value"]) for tick in he.get("/customers").all("input[name=id]")}
    assert report.visit.call.customer_id == kept.id and report.document.content == sealed
    assert he.post(path, {"kept": str(kept.id), "reason": "again"}).status == 303, "its address leads on"
    verbs = db.session.scalars(select(HistoryEntry.verb).where(HistoryEntry.subject_id == str(gone.id))).all()
    assert "merge" in verbs
    done = db.session.scalars(select(Merge)).one()
    assert {name: len(ids) for name, ids in done.moved.items()} == {
        "site": 1,
        "call": 1,
        "paper": 0,
        "outside_number": 0,
    }
    later = world.visit()
    undoing = f"/merges/{done.id}/undoing"
    assert he.post(undoing, {"reason": "弄错了"}).status == 303
    db.session.expire_all()
    assert gone.merged_into_id is None and report.visit.call.customer_id == gone.id
    assert later.call.customer_id == gone.id and world.site().customer_id == gone.id
    assert he.get(f"/customers/{gone.id}").status == 200
    assert he.post(undoing, {"reason": "再来"}).status == 409


def test_two_units_become_one(world: Any, sign_in: Any) -> None:
    report = signed(world, finished(world, earlier=1))
    gone = world.equipment()
    kept = customers.add_equipment(gone.site, gone.product, "df2401 0001")
    db.session.commit()
    zhao = sign_in("zhao", "laptop")
    assert "df2401 0001" in zhao.get(f"/equipment/{gone.id}").text
    path = f"/equipment/{gone.id}/merge/{kept.id}"
    assert zhao.post(path, {"kept": str(kept.id), "reason": "同一铭牌"}).status == 303
    assert zhao.get(f"/equipment/{gone.id}").location == f"/equipment/{kept.id}"
    assert report.number in zhao.get(f"/equipment/{kept.id}").text
    units = sign_in("sun", "laptop").get(f"/calls/new?site={gone.site_id}").all("[name=equipment]")
    assert str(gone.id) not in {str(field.get("value")) for field in units}
    assert zhao.get(f"/reports/{report.number}").status == 200


def test_a_stop_of_use_holds_for_the_unit_that_stays(world: Any) -> None:
    gone, visit, zhao = world.equipment(), world.visit(), world.person("zhao")
    kept = customers.add_equipment(gone.site, gone.product, "df2401 0001")
    stop = stop_use(gone, "裂纹", source=visit.number, source_id=visit.id, person=zhao)
    undo(merge(gone, kept, "同一铭牌", person=zhao), "弄错了", person=zhao)
    assert kept.stopped_at is None and gone.stopped_at
    merge(gone, kept, "同一铭牌", person=zhao)
    assert standing(kept) == [stop]
    release(stop, "已修好", person=zhao)
    assert kept.stopped_at is None and not standing(kept)


@pytest.mark.engine("sqlite")
def test_merging_is_for_supervisors(world: Any, sign_in: Any) -> None:
    gone, kept = world.site().customer, twin(world)
    sun = sign_in("sun", "laptop")
    assert sun.get(f"/customers/{gone.id}/merge/{kept.id}").status == 403
    assert sun.get("/duplicates").status == 403
    assert sign_in("he", "laptop").get(f"/customers/{gone.id}/merge/{gone.id}").status == 404
    assert kept.name in sign_in("he", "laptop").get(f"/customers/{gone.id}/merge?q=健身").text


def test_every_row_that_hangs_on_an_entry_moves_with_it() -> None:
    """Whoever adds a table that points to a customer or a unit says here what merging does with it."""
    stays = {"customer.merged_into_id", "equipment.merged_into_id", "use_stop.equipment_id"}
    for model in (Customer, Equipment):
        pointing = {
            f"{table.name}.{column.name}"
            for table in Model.metadata.tables.values()
            for column in table.columns
            for key in column.foreign_keys
            if key.column.table.name == model.__tablename__
        }
        moves = {f"{column.class_.__tablename__}.{column.key}" for column in MOVES[model]}
        assert pointing - stays == moves
