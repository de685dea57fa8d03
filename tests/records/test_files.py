"""Files of customers and units: one page with everything, changed with before and after, moved without losing it."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from portal.calls import repeats
from portal.calls.models import Assignment
from portal.clock import now, today
from portal.customers import operations as customers
from portal.customers.models import Contact, Customer, Equipment, Site
from portal.db import db
from portal.history import HistoryEntry
from portal.stock import tools
from portal.visits import operations as visits
from tests.reports.steps import finished, signed
from tests.reports.test_cases import disputed
from tests.stock.tools import new_tool
from tests.visits.steps import picture, working


def file_of(world: Any, serial: str = "DF2401-0001") -> str:
    return f"/equipment/{world.equipment(serial).id}"


def worked(world: Any) -> Any:
    """A signed visit with a part; its report."""
    return signed(world, finished(world, earlier=1))


def test_a_units_file_tells_everything_that_happened_to_it(world: Any, sign_in: Any) -> None:
    report = worked(world)
    page = sign_in("zhao", "laptop").get(file_of(world))
    assert page.status == 200
    for words in (report.number, report.visit.number, "硅油", "DF2401-0001", "虚构动力健身俱乐部", "2025-01-20"):
        assert words in page.text, words
    hrefs = {str(a["href"]) for a in page.all("main a")}
    assert f"/reports/{report.number}" in hrefs and f"/visits/{report.visit_id}" in hrefs
    only_parts = sign_in("zhao", "laptop").get(f"{file_of(world)}?show=parts")
    assert "硅油" in only_parts.one("#history").get_text() and report.number in only_parts.one("#history").get_text()
    assert "跑带打滑" not in only_parts.one("#history").get_text()


def test_a_customers_file_holds_sites_contacts_units_and_history(world: Any, sign_in: Any) -> None:
    report = worked(world)
    customer = world.site().customer
    page = sign_in("sun", "laptop").get(f"/customers/{customer.id}")
    for words in ("总店", "甲示例", "100 0000 0001", "DF2401-0002", report.number, "门禁码问前台"):
        assert words in page.text, words


@pytest.mark.engine("sqlite", "postgresql")
@pytest.mark.parametrize("of", ["unit", "customer"])
def test_a_file_shows_the_photos_and_leads_to_older_ones(world: Any, sign_in: Any, monkeypatch: Any, of: str) -> None:
    monkeypatch.setattr("portal.records.timeline.MOST_PHOTOS", 2)
    for username, many in (("zhang", 3), ("li", 1)):
        visit, person, moment = world.visit(username), world.person(username), now()
        visits.arrive(visit, person=person)
        for _n in range(many):  # all at one moment: a page ends between two of them
            visits.add_photo(visit, photo=picture(), person=person, occurred_at=moment)
    db.session.commit()
    path = file_of(world) if of == "unit" else f"/customers/{world.site().customer_id}"
    assert all_photos(sign_in("zhao", "laptop"), path) == [2, 2]
    assert all_photos(sign_in("zhang"), path) == [2, 1]  # a technician's own
    assert all_photos(sign_in("li"), path) == [1]
    assert not sign_in("zhou", "laptop").get(path).all("#photos")


def all_photos(person: Any, path: str) -> list[int]:
    """How many photos each page has; none comes twice, each can be opened."""
    page, sizes, seen = person.get(path), [], set()
    while True:
        shown = {str(link["href"]) for link in page.all("#photos .photos a")}
        assert not shown & seen and all(person.get(link).status == 200 for link in shown)
        seen |= shown
        sizes.append(len(shown))
        older = page.all("#photos a[rel=next]")
        if not older:
            return sizes
        page = person.get(str(older[0]["href"]))
        assert page.all("#photos a[rel=prev]")


@pytest.mark.engine("sqlite")
def test_a_long_history_is_paged_and_nothing_is_left_out(world: Any, sign_in: Any) -> None:
    numbers = {world.visit(window_start=world.at(8, day=1 + n % 20), window_end=world.at(9, day=1 + n % 20)).number
               for n in range(50)}  # fmt: skip
    zhao, path, seen = sign_in("zhao", "laptop"), f"{file_of(world)}?show=visits", set()
    while path:
        page = zhao.get(path)
        seen |= {a.get_text() for a in page.all("#history a[href^='/visits/']")}
        older = page.all("#history a[rel=next]")
        path = str(older[0]["href"]) if older else ""
    assert seen == numbers


@pytest.mark.parametrize("username", ["qian", "admin"])
@pytest.mark.engine("sqlite")
def test_files_are_not_for_everybody(world: Any, sign_in: Any, username: str) -> None:
    person = sign_in(username, "laptop")
    for path in (file_of(world), f"/customers/{world.site().customer_id}", "/customers", "/equipment"):
        assert person.get(path).status == 403


@pytest.mark.engine("sqlite")
def test_a_technician_sees_files_of_places_they_were_sent_to_and_not_what_is_the_offices(
    world: Any, sign_in: Any
) -> None:
    zhang, gym = sign_in("zhang"), world.site().customer_id
    assert zhang.get(file_of(world)).status == 404 and zhang.get(f"/customers/{gym}").status == 404
    world.equipment().invoice_no = "FP-778899"
    db.session.commit()
    world.visit("zhang")
    assert sign_in("li").get(file_of(world)).status == 404
    page = zhang.get(file_of(world))
    assert page.status == 200 and "DF2401-0001" in page.text and "FP-778899" not in page.text
    assert "FP-778899" in sign_in("sun", "laptop").get(file_of(world)).text
    assert not [a for a in page.all("main a") if "edit" in str(a["href"])]
    assert zhang.get(f"/customers/{gym}").status == 200
    assert zhang.get(f"/customers/{world.site('Gimnasio').customer_id}").status == 404


def test_a_change_is_written_down_with_before_and_after(world: Any, sign_in: Any) -> None:
    customer, sun = world.site().customer, sign_in("sun", "laptop")
    path = f"/customers/{customer.id}/edit"
    page = sun.get(path)
    fields = {"version": page.value("version"), "name": "真实动力", "kind": "public_body", "locale": "zh_Hans"}
    assert sun.post(path, fields).status == 303
    entry = db.session.scalars(select(HistoryEntry).where(HistoryEntry.verb == "change_customer")).one()
    assert entry.details["name.before"] == "虚构动力健身俱乐部" and entry.details["name.after"] == "真实动力"
    shown = sun.get(f"/customers/{customer.id}")
    assert "虚构动力健身俱乐部 → 真实动力" in shown.text and "孙测试" in shown.one("#history").get_text()
    again = sun.post(path, fields | {"name": "第三个名字"})
    assert again.status == 409 and again.errors and again.value("name") == "第三个名字"


@pytest.mark.engine("sqlite")
def test_a_site_a_contact_and_a_plate_are_changed_and_entered(world: Any, sign_in: Any) -> None:
    site, sun = world.site(), sign_in("sun", "laptop")
    base = f"/customers/{site.customer_id}"
    page = sun.get(f"{base}/sites/{site.id}")
    fields = {name: page.value(name) for name in ("version", "name", "address", "district", "access_note", "hazards")}
    fields |= {"time_zone": "Asia/Tokio", "latitude": "31.2", "longitude": "", "datum": "gcj02"}
    refused = sun.post(f"{base}/sites/{site.id}", fields)
    assert refused.status == 422 and "Asia/Shanghai" in refused.text and refused.value("time_zone") == "Asia/Tokio"
    fields |= {"time_zone": "Asia/Tokyo", "longitude": "121.5"}
    assert sun.post(f"{base}/sites/{site.id}", fields).status == 303
    db.session.expire_all()
    assert (site.time_zone, str(site.latitude), site.datum) == ("Asia/Tokyo", "31.200000", "gcj02")
    contact = {"name": "乙示例", "phone": "+86 138-0013-8000", "email": "", "role": "owner"}
    assert sun.post(f"{base}/sites/{site.id}/contacts", contact).status == 303
    assert db.session.scalars(select(Contact.phone_key).where(Contact.name == "乙示例")).one() == "13800138000"
    unit, product = world.equipment(), world.product()
    plate = {"version": sun.get(f"{file_of(world)}/edit").value("version"), "product": str(product.id),
             "serial_no": "DF2401-0001", "installed_on": "2025-02-30"}  # fmt: skip
    assert sun.post(f"{file_of(world)}/edit", plate).status == 422
    assert sun.post(f"{file_of(world)}/edit", plate | {"installed_on": "2025-02-28"}).status == 303
    db.session.expire_all()
    assert str(unit.installed_on) == "2025-02-28"
    fresh = {"product": str(product.id), "serial_no": "DF2401-0099"}
    assert sun.post(f"{base}/sites/{site.id}/equipment", fresh).status == 303
    assert world.equipment("DF2401-0099").site_id == site.id
    newcomer = {
        "name": "新客户",
        "kind": "consumer",
        "locale": "en",
        "address": "云上市",
        "time_zone": "Asia/Shanghai",
    }
    newcomer["contact_phone"] = "100 0009"
    assert sun.post("/customers/new", newcomer | {"contact_phone": "12ab"}).value("contact_phone") == "12ab"
    made = sun.post("/customers/new", newcomer)
    assert made.status == 303 and "新客户" in sun.follow(made).text
    assert db.session.scalars(select(Contact.name).where(Contact.phone == "100 0009")).one() == "新客户"


@pytest.mark.engine("sqlite")
def test_a_new_unit_begins_without_a_product_and_asks_for_one(world: Any, sign_in: Any) -> None:
    site, sun = world.site(), sign_in("sun", "laptop")
    path = f"/customers/{site.customer_id}/sites/{site.id}/equipment"
    assert sun.get(path).value("product") == ""
    refused = sun.post(path, {"product": "", "serial_no": ""})
    assert refused.status == 422 and refused.one(".field.bad select")["name"] == "product"
    assert sun.get(f"{file_of(world)}/edit").value("product") == str(world.equipment().product_id)


def test_a_unit_that_moves_to_another_customer_takes_its_history_along(world: Any, sign_in: Any) -> None:
    report = worked(world)
    unit, goal, sun = world.equipment(), world.site("Gimnasio"), sign_in("sun", "laptop")
    path = f"{file_of(world)}/move"
    assert "Hotel Ejemplo" in sun.get(f"{path}?q=Hotel").text
    page = sun.get(f"{path}?site={goal.id}")
    fields = {"version": page.value("version"), "site": str(goal.id), "location": "Sótano"}
    assert sun.post(path, fields).status == 422
    assert sun.post(path, fields | {"reason": "转卖"}).status == 303
    db.session.expire_all()
    assert unit.site_id == goal.id and report.visit.call.site.name == "总店"
    shown = sun.get(file_of(world))
    for words in (report.number, "虚构动力健身俱乐部 → Hotel Ejemplo", "转卖", "Sótano"):
        assert words in shown.text, words
    assert report.number in sun.get(f"/customers/{report.visit.call.customer_id}").text
    assert sun.post(path, fields | {"reason": "x"}).status == 409


def test_lists_are_filtered_by_the_address(world: Any, sign_in: Any) -> None:
    world.visit()
    sun, gym, hotel = sign_in("sun", "laptop"), "虚构动力健身俱乐部", "Hotel Ejemplo"
    one, two, three = (f"DF2401-000{n}" for n in (1, 2, 3))
    for address, names in {
        "/customers?q=甲示例": {gym},
        "/customers?q=01632 960001": {hotel},
        "/customers?place=Calle": {hotel},
        "/customers?place=ＣＡＬＬＥ muestra": {hotel},
        "/customers?place=雲上市甲區": {gym},
        "/customers?place=动力": set(),
        "/customers?place=Prueba": set(),
        "/customers?kind=consumer": set(),
        "/customers?open=yes": {gym},
        "/customers?open=no": {hotel},
        "/customers?kind=x&open=y&after=z": {gym, hotel},
        "/equipment?q=df2401 0003": {three},
        "/equipment?customer=Hotel": {three},
        "/equipment?customer=ｈｏｔｅｌ": {three},
        "/equipment?customer=虛構動力": {one, two},
        f"/equipment?customer={world.site().customer_id}": {one, two},
        "/equipment?family=BK": set(),
        "/equipment?family=TM&from=2025-01-20&to=2025-01-20": {one, two, three},
        "/equipment?from=2025-01-21": set(),
    }.items():
        links = "table a.code" if address.startswith("/equipment") else "table a"
        assert {a.get_text() for a in sun.get(address).all(links)} == names, address


def test_long_lists_are_paged_by_key(world: Any, sign_in: Any) -> None:
    site, product = world.site(), world.product()
    for n in range(60):
        customers.add_equipment(site, product, f"SN-{n // 2:03}")
        customers.add_customer(f"客户 {n // 2:03}")
    db.session.commit()
    sun = sign_in("sun", "laptop")
    for path, model in (("/customers", Customer), ("/equipment", Equipment)):
        seen, address = [], path
        while address:
            page = sun.get(address)
            seen += [uuid.UUID(str(tick["value"])) for tick in page.all("input[name=id]")]
            following = page.all("a[rel=next]")
            address = str(following[0]["href"]) if following else ""
        assert len(seen) == len(set(seen)) and set(seen) == set(db.session.scalars(select(model.id)))


@pytest.mark.engine("sqlite")
def test_pages_lead_to_the_files(world: Any, sign_in: Any) -> None:
    report = worked(world)
    sun, customer = sign_in("sun", "laptop"), world.site().customer_id
    for path in (
        f"/calls/{report.visit.call.number}", f"/visits/{report.visit_id}", f"/reports/{report.number}",
        "/calls?view=all", "/calls/new?q=DF2401",
    ):  # fmt: skip
        assert f"/customers/{customer}" in {str(a["href"]) for a in sun.get(path).all("main a")}, path
    assert db.session.get(Site, world.site().id)


def test_a_units_file_tells_repeats_and_readings_with_their_instrument(world: Any, sign_in: Any) -> None:
    first, second = world.visit("zhang"), world.visit("li")
    ground = {"serial_no": "DF2401-0001", "component": "TM-P01", "days": 12, "ground": "finding"}
    link = repeats.link_repeat(second, first.id, **ground, person=world.person("zhang"))
    tool = new_tool(world, "GJ-7", category="measuring", interval_months=12)
    world_day = today("Asia/Shanghai") - timedelta(days=400)
    until = world_day + timedelta(days=365)
    tools.calibrate(tool, calibrated_on=world_day, valid_until=until, certificate_no="J", person=world.person("qian"))
    measured = working(world)
    for value in ("4.8", "9.9"):
        reading = visits.log_reading(
            measured,
            quantity="current",
            value=Decimal(value),
            instrument="GJ-7",
            point="电机",
            person=world.person("zhang"),
        )
    visits.remove_reading(measured, reading, person=world.person("zhang"))
    db.session.commit()
    zhao = sign_in("zhao", "laptop")
    told = zhao.get(f"{file_of(world)}?show=readings").one("#history").get_text(" ")
    assert "4.8" in told and "GJ-7" in told and "电机" in told and "9.9" not in told and "仪器校准过期" in told
    again = zhao.get(f"{file_of(world)}?show=repeats").one("#history")
    hrefs = {str(a["href"]) for a in again.select("a")}
    assert {f"/visits/{first.id}", f"/visits/{second.id}"} <= hrefs and "跑带和跑板" in again.get_text()
    everything = sign_in("zhang").get(file_of(world)).one("#history")
    assert "GJ-7" in everything.get_text() and not everything.select(f"a[href='/visits/{second.id}']")
    repeats.unlink_repeat(link, "另一根轴", person=world.person("zhao"))
    db.session.commit()
    assert "另一根轴" in zhao.get(f"{file_of(world)}?show=repeats").text


def test_a_customers_file_tells_surveys_to_those_who_may_read_answers(world: Any, sign_in: Any) -> None:
    report = worked(world)
    address = f"/customers/{world.site().customer_id}"
    zhao = sign_in("zhao", "laptop")
    told = zhao.get(f"{address}?show=surveys").one("#history")
    assert "5/5" in told.get_text() and told.select(f"a[href='/reports/{report.number}']")
    assert "5/5" in zhao.get(address).text
    for username in ("zhang", "sun", "zhou"):
        page = sign_in(username, "laptop").get(f"{address}?show=surveys")
        assert page.status == 200 and "5/5" not in page.text and "show=surveys" not in str(page.one("#history")), (
            username
        )
    db.session.add(note_of(report.visit, world.person("wu"), world.person("sun")))
    db.session.commit()
    assert "5/5" not in sign_in("wu", "laptop").get(address).text, "nobody reads what was said about their own work"


def note_of(visit: Any, person: Any, by: Any) -> Assignment:
    return Assignment(visit_id=visit.id, person_id=person.id, assigned_by_id=by.id, assigned_at=now(), part="member")


def test_a_customers_file_tells_cases_to_those_who_may_see_them(world: Any, sign_in: Any) -> None:
    case = disputed(world)
    customer = case.report.visit.call.customer_id
    shown = sign_in("zhao", "laptop").get(f"/customers/{customer}?show=cases").one("#history")
    assert shown.select(f"a[href='/cases/{case.id}']")
    assert "show=cases" not in str(sign_in("sun", "laptop").get(f"/customers/{customer}").one("#history"))
