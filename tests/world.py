"""One small believable company, known to all tests: five people at work, two customers, three machines, some parts.

`build` puts it into an empty database once; `World` finds it again and makes visits as a test needs them.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import Branch, Person, PersonRole
from portal.accounts.secrets import hashed
from portal.calls import operations as calls
from portal.calls.models import Visit
from portal.clock import now
from portal.customers.models import CodeValue, Contact, Customer, Equipment, KnownFault, Product, Site
from portal.db import db
from portal.stock import operations as stock
from portal.stock.models import Item, Location, UsualPart

PASSWORD, PIN = "demo-2026", "2468"
PEOPLE = {
    "zhang": ("张演示", ["technician"]),
    "li": ("李示例", ["technician"]),
    "sun": ("孙测试", ["dispatcher"]),
    "zhao": ("赵虚构", ["supervisor"]),
    "he": ("何假定", ["manager"]),
    "qian": ("钱占位", ["storekeeper"]),
    "zhou": ("周假设", ["accountant"]),
    "admin": ("管理员", ["admin"]),
    "wu": ("吴双职", ["technician", "supervisor"]),
}
PARTS = {
    # code: (name, unit, list price, cost, old part, serial tracked, in store, in zhang's van)
    "TM-BELT-1300": ("跑带", "pc", "260", "115", "none", False, 20, 3),
    "TM-MTR-25": ("直流电机", "pc", "1080", "520", "returned", True, 4, 1),
    "TM-OIL-100": ("硅油", "btl", "25", "6", "none", False, 50, 10),
    "TM-KEY": ("安全锁", "pc", "30", "8", "none", False, 1, 0),
}
CODES = {
    "symptom": [
        ("TM-S03", "TM", "跑带打滑、停顿", "Belt slips or hesitates"),
        ("TM-S07", "TM", "异响", "Abnormal noise"),
    ],
    "component": [("TM-P01", "TM", "跑带和跑板", "Running belt and deck")],
    "cause": [("C01", None, "缺少润滑", "Lack of lubrication"), ("C99", None, "未查明", "Undetermined")],
    "remedy": [("A01", None, "更换", "Replaced"), ("A03", None, "润滑", "Lubricated")],
}


def labels(zh: str, en: str | None = None) -> dict[str, str]:
    return {"zh_Hans": zh, "zh_Hant": zh, "en": en or zh, "es": en or zh}


def build() -> None:
    """Fills an empty database. Flushes; the caller commits."""
    password, pin = hashed(PASSWORD), hashed(PIN)
    branch = Branch(
        code="01", labels=labels("示例山健身设备服务有限公司", "Mount Example Fitness"), hotline="100 0000 0000"
    )
    db.session.add(branch)
    db.session.flush()
    for username, (name, roles) in PEOPLE.items():
        person = Person(
            username=username,
            name=name,
            password_hash=password,
            pin_hash=pin,
            branch_id=branch.id,
            created_at=now(),
            role_rows=[PersonRole(role=role) for role in roles],
        )
        db.session.add(person)
    db.session.flush()
    build_customers()
    build_catalogue()
    build_stock()


def build_customers() -> None:
    gym = Customer(name="虚构动力健身俱乐部", kind="business", created_at=now())
    hotel = Customer(name="Hotel Ejemplo", kind="business", locale="es", created_at=now())
    db.session.add_all([gym, hotel])
    db.session.flush()
    gym_site = Site(
        customer_id=gym.id,
        name="总店",
        address="云上市甲区示例大道 1 号",
        access_note="门禁码问前台，二楼左转",
        hazards="地面湿滑；配电箱在器械后面",
        latitude=Decimal("31.000000"),
        longitude=Decimal("121.000000"),
    )
    hotel_site = Site(customer_id=hotel.id, name="Gimnasio", address="Calle Muestra 2", time_zone="Europe/Madrid")
    db.session.add_all([gym_site, hotel_site])
    db.session.flush()
    db.session.add_all(
        [
            Contact(site_id=gym_site.id, name="甲示例", phone="100 0000 0001", role="employee"),
            Contact(site_id=hotel_site.id, name="Sra. Prueba", phone="01632 960001", role="owner"),
        ]
    )


def build_catalogue() -> None:
    treadmill = Product(
        code="IN-01",
        labels=labels("跑步机", "Treadmill"),
        family="TM",
        brand="示范牌 DEMO-FIT",
        model="IN-01",
        warranty_months=36,
    )
    db.session.add(treadmill)
    db.session.flush()
    for site, serial in (("总店", "DF2401-0001"), ("总店", "DF2401-0002"), ("Gimnasio", "DF2401-0003")):
        db.session.add(
            Equipment(
                product_id=treadmill.id,
                site_id=db.session.scalars(select(Site.id).where(Site.name == site)).one(),
                serial_no=serial,
                location="2F 有氧区 03 号位",
                purchased_on=date(2025, 1, 10),
                installed_on=date(2025, 1, 20),
            )
        )
    for kind, values in CODES.items():
        for position, (code, family, zh, en) in enumerate(values):
            db.session.add(CodeValue(kind=kind, family=family, code=code, labels=labels(zh, en), position=position))
    fault = {"symptom": "TM-S03", "component": "TM-P01", "cause": "C01", "remedy": "A03"}
    db.session.add(KnownFault(family="TM", standard_minutes=30, **fault))
    db.session.flush()


def build_stock() -> None:
    ends = {"S1": ("总库", "store"), "SUPPLIER": ("供应商", "supplier"), "MACHINE": ("客户设备", "customer")}
    ends |= {"SCRAP": ("报废", "scrap"), "COUNT": ("盘点差异", "count_difference")}
    for code, (name, kind) in ends.items():
        if not db.session.scalar(select(Location.id).where(Location.code == code)):
            db.session.add(Location(code=code, labels=labels(name), kind=kind))
    db.session.flush()
    keeper, zhang = find_person("qian"), find_person("zhang")
    store = find_location("S1")
    product = db.session.scalars(select(Product)).one()
    for position, (code, row) in enumerate(PARTS.items()):
        name, unit, price, cost, old_part, serial, in_store, in_van = row
        item = Item(
            code=code,
            labels=labels(name, code),
            unit=unit,
            list_price=Decimal(price),
            old_part=old_part,
            serial_tracked=serial,
        )
        db.session.add(item)
        db.session.flush()
        if position < 3:
            db.session.add(UsualPart(product_id=product.id, item_id=item.id, position=position))
        stock.receive(item, Decimal(in_store + in_van), store, Decimal(cost), person=keeper)
        if in_van:
            stock.issue(item, Decimal(in_van), store, stock.van_of(zhang), person=keeper)
    db.session.flush()


def find_person(username: str) -> Person:
    return db.session.scalars(select(Person).where(Person.username == username)).one()


def find_location(code: str) -> Location:
    return db.session.scalars(select(Location).where(Location.code == code)).one()


class World:
    """Finds the company's rows in the test's session."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def person(self, username: str) -> Person:
        return find_person(username)

    def item(self, code: str = "TM-OIL-100") -> Item:
        return db.session.scalars(select(Item).where(Item.code == code)).one()

    def location(self, code: str = "S1") -> Location:
        return find_location(code)

    def van(self, username: str = "zhang") -> Location:
        return stock.van_of(self.person(username))

    def site(self, name: str = "总店") -> Site:
        return db.session.scalars(select(Site).where(Site.name == name)).one()

    def equipment(self, serial: str = "DF2401-0001") -> Equipment:
        return db.session.scalars(select(Equipment).where(Equipment.serial_no == serial)).one()

    def product(self, code: str = "IN-01") -> Product:
        return db.session.scalars(select(Product).where(Product.code == code)).one()

    def at(self, hour: int, minute: int = 0, day: int = 23) -> datetime:
        """A moment of November 2026 in Shanghai's time zone, as UTC."""
        return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)

    def set_clock(self, moment: datetime) -> None:
        """From now on the portal's clock says `moment`."""
        self.app.config["CLOCK"] = lambda: moment

    def visit(self, username: str = "zhang", serial: str = "DF2401-0001", **plan: Any) -> Visit:
        """A new call of the gym (or the hotel) with its visit, assigned to the technician and committed."""
        equipment = self.equipment(serial)
        site = equipment.site
        call = calls.register_call(
            branch=self.person("sun").branch,
            customer=site.customer,
            site=site,
            contact=site.contacts[0],
            equipment=equipment,
            channel="phone",
            caller_name="前台",
            description=plan.pop("description", "跑带打滑，走几步就停"),
            service_class=plan.pop("service_class", "B"),
            work_type=plan.pop("work_type", "repair"),
            priority=plan.pop("priority", "routine"),
            reported_at=plan.pop("reported_at", now() - timedelta(hours=4)),
            person=self.person("sun"),
        )
        visit = calls.plan_visit(
            call,
            technician=self.person(username),
            window_start=plan.pop("window_start", now() - timedelta(minutes=30)),
            window_end=plan.pop("window_end", now() + timedelta(hours=2)),
            instructions=plan.pop("instructions", ""),
            person=self.person("sun"),
        )
        db.session.commit()
        return visit
