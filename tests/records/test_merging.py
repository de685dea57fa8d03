"""Entries that are the same become one: nothing is lost, the old address leads on, and it can be undone."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from portal.customers import operations as customers
from portal.customers.models import Customer, Equipment
from portal.customers.stops import release, standing, stop_use
from portal.db import Model, db
from portal.history import HistoryEntry
from portal.records.models import Merge
from portal.records.operations.editing import change, version_of
from portal.records.operations.merging import MOVES, merge, undo
from tests.reports.steps import finished, signed

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def units_found(world: Any, sign_in: Any, plate: str) -> list[set[str]]:
    """The ids of the units that the search, the new call, the list and the scan find under a plate."""
    sun = sign_in("sun", "laptop")
    places = ("main a.task", "main li a[href*='equipment=']", "main a[href^='/equipment/']")
    pages = (f"/search?q={plate}&kind=unit", f"/calls/new?q={plate}", f"/equipment?q={plate}")
    found = [
        {UUID.findall(str(link["href"]))[-1] for link in sun.get(page).all(links)}
        for page, links in zip(pages, places, strict=True)
    ]
    scanned = sun.post("/scan", {"code": plate})
    return [*found, set(UUID.findall(scanned.location or "")[-1:])]


@pytest.mark.parametrize("plate", ["MRG-0001", "TAG-77"])
def test_the_plates_of_a_merged_unit_find_the_one_that_stays(world: Any, sign_in: Any, plate: str) -> None:
    """Whoever types what stands on the machine must not enter it anew, also after the one that stayed was merged."""
    zhao, site, hotel = world.person("zhao"), world.site(), world.site("Gimnasio")
    gone = customers.add_equipment(site, world.equipment().product, "MRG-0001", asset_tag="TAG-77")
    between = customers.add_equipment(site, world.equipment().product, "MRG-0002")
    kept = customers.add_equipment(hotel, world.equipment().product, "KEPT-0003")
    db.session.commit()
    assert units_found(world, sign_in, plate)[0] == {str(gone.id)}
    merge(gone, between, "同一铭牌", person=zhao)
    last = merge(between, kept, "同一铭牌", person=zhao)
    db.session.commit()
    found = units_found(world, sign_in, plate)
    assert found[0] == found[2] == found[3] == {str(kept.id)} and str(kept.id) in found[1]
    undo(last, "弄错了", person=zhao)
    db.session.commit()
    found = units_found(world, sign_in, plate)
    assert found[0] == found[2] == found[3] == {str(between.id)} and str(between.id) in found[1]
    assert units_found(world, sign_in, "KEPT-0003")[0] == {str(kept.id)}


def customers_found(sign_in: Any, name: str) -> list[set[str]]:
    sun = sign_in("sun", "laptop")
    places = ("#found-customer a.task", "main a[href^='/customers/']", "main a[href^='/customers/']")
    pages = (f"/search?q={name}", f"/calls/new?q={name}", f"/customers?q={name}")
    return [
        {one for link in sun.get(page).all(links) for one in UUID.findall(str(link["href"]))}
        for page, links in zip(pages, places, strict=True)
    ]


def test_the_name_of_a_merged_customer_finds_the_one_that_stays(world: Any, sign_in: Any, app: Any) -> None:
    zhao, kept = world.person("zhao"), world.site().customer
    gone, between = customers.add_customer("从前健身"), customers.add_customer("后来健身")
    customers.add_site(gone, "旧馆", "旧路 1 号")
    db.session.commit()
    merge(gone, between, "同一家", person=zhao)
    done = merge(between, kept, "同一家", person=zhao)
    db.session.commit()
    assert customers_found(sign_in, "从前健身") == [{str(kept.id)}] * 3
    assert customers_found(sign_in, "后来健身") == [{str(kept.id)}] * 3
    assert "Everything agrees" in app.test_cli_runner().invoke(args=["search", "check"]).output
    db.session.rollback()
    undo(done, "弄错了", person=zhao)
    db.session.commit()
    assert customers_found(sign_in, "从前健身") == [{str(between.id)}] * 3
    assert customers_found(sign_in, "虚构动力") == [{str(kept.id)}] * 3
    assert "Everything agrees" in app.test_cli_runner().invoke(args=["search", "check"]).output


def test_what_was_changed_in_a_merged_entry_stands_in_the_file_of_the_one_that_stays(world: Any, sign_in: Any) -> None:
    he, zhao = sign_in("he", "laptop"), world.person("zhao")
    kept, customer = world.equipment(), world.site().customer
    gone, between = (customers.add_equipment(kept.site, kept.product, name) for name in ("MRG-0001", "MRG-0002"))
    former = customers.add_customer("从前健身")
    db.session.commit()
    change(gone, version_of(gone), {"location": "三楼"}, person=zhao)
    change(former, version_of(former), {"name": "改过的名"}, person=zhao)
    merge(gone, between, "同一铭牌", person=zhao)
    merge(between, kept, "再次同一", person=zhao)
    merge(former, customer, "同一家", person=zhao)
    db.session.commit()
    history = he.get(f"/equipment/{kept.id}?show=changes").one("#history").get_text()
    assert "三楼" in history
    assert history.count("同一铭牌") == 1 and history.count("再次同一") == 1, "said of both entries, shown once"
    history = he.get(f"/customers/{customer.id}?show=changes").one("#history").get_text()
    assert "从前健身" in history and history.count("同一家") == 1


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


def test_a_stop_of_use_holds_also_where_the_unit_that_stayed_was_merged_itself(world: Any) -> None:
    gone, visit, zhao = world.equipment(), world.visit(), world.person("zhao")
    between, kept = (customers.add_equipment(gone.site, gone.product, f"df2401 000{n}") for n in (1, 9))
    stop = stop_use(gone, "裂纹", source=visit.number, source_id=visit.id, person=zhao)
    merge(gone, between, "同一铭牌", person=zhao)
    merge(between, kept, "同一铭牌", person=zhao)
    assert kept.stopped_at and standing(kept) == [stop]
    release(stop, "已修好", person=zhao)
    assert [unit.stopped_at for unit in (gone, between, kept)] == [None, None, None]


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
