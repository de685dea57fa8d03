"""Whom the past is about: technicians with vans, customers with a site, a contact and a few machines. All invented."""

import json
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from portal.accounts import operations as accounts
from portal.accounts.models import Person, PersonRole, SignIn
from portal.customers.models import Contact, Customer, Equipment, Site
from portal.db import db
from portal.demo.cast import Cast
from portal.demo.past.texts import inside_quotes
from portal.i18n import label
from portal.permissions import Role
from portal.stock.models import Location
from portal.stock.places import van_of

VISITS_EACH = 4000  # of a technician, in the whole past
VISITS_OF_CUSTOMER = 40
SIXTY_BITS = (1 << 60) - 1
TOWNS = ("云上市甲区", "云上市乙区", "雾里市丙区", "雾里市丁区", "假山县戊镇", "示例镇己街")
KINDS = (("健身俱乐部", "business"), ("酒店健身房", "business"), ("小学", "public_body"), ("社区活动站", "public_body"))
FIRST = ("虚构", "样例", "示例", "假定", "演示", "试用", "占位", "模拟")
PLACES = ("一楼东侧", "二楼有氧区", "地下一层", "操场北侧", "三楼器械区")


class Luck(random.Random):
    """Chance with a seed. Its ids grow, so that rows and their indexes are written at the end and not all over."""

    drawn = 0

    def id(self) -> uuid.UUID:
        return uuid.UUID(self.key())

    def key(self) -> str:
        """An id (version 4) as the database stores it."""
        self.drawn += 1
        bits = self.getrandbits(72)
        return f"{self.drawn:012x}4{bits >> 60:03x}8{bits & SIXTY_BITS:015x}"


class Place(NamedTuple):
    """A location of the ledger by its id as the database stores it; `own`: what lies there is ours."""

    key: str
    own: bool


@dataclass(frozen=True)
class Worker:
    """A technician with a van, and a sign-in that is long over: what rows and texts say of them."""

    branch: str
    van: Place
    values: dict[str, str]
    words: dict[str, str]


@dataclass(frozen=True)
class PastUnit:
    """A machine with everything that a visit to it writes down, in rows and in texts."""

    branch: str
    values: dict[str, str]
    words: dict[str, str]


def workers(cast: Cast, visits: int, since: datetime) -> list[Worker]:
    people = [person for person in cast.people.values() if Role.TECHNICIAN in person.roles]
    branches = [person.branch for person in people]
    secret = accounts.password_hash(str(uuid.uuid4()))  # nobody signs in as one of these
    for number in range(max(0, visits // VISITS_EACH - len(people))):
        person = Person(username=f"past{number:04d}", name=f"技师{number:04d}", branch=branches[number % len(branches)])
        person.password_hash, person.created_at = secret, since
        person.role_rows = [PersonRole(role=Role.TECHNICIAN)]
        people.append(person)
    db.session.add_all(people)
    db.session.flush()
    return [worker(person, since) for person in people]


def worker(person: Person, since: datetime) -> Worker:
    sign_in = SignIn(
        token_hash=f"past-{person.id}", person_id=person.id, csrf_token="", device="phone", created_at=since,
        last_seen_at=since, ended_at=since,
    )  # fmt: skip
    db.session.add(sign_in)
    db.session.flush()
    values = {
        "technician": person.id.hex, "technician_name": person.name, "sign_in_id": sign_in.id.hex,
        "technician_details": json.dumps({"technician": person.name}),
    }  # fmt: skip
    words = {"technician": str(person.id), "technician_name": inside_quotes(person.name)}
    return Worker(person.branch.code, place(van_of(person)), values, words)


def place(location: Location) -> Place:
    return Place(location.id.hex, location.is_own)


def units(cast: Cast, products: list[str], visits: int, first: date, luck: Luck) -> list[list[PastUnit]]:
    """The machines of the past, by product in the order of `products`."""
    found: list[list[PastUnit]] = [[] for _ in products]
    rows: list[Any] = []
    for number in range(max(len(products), visits // VISITS_OF_CUSTOMER)):
        branch = list(cast.branches.values())[number % len(cast.branches)]
        kind, legal = luck.choice(KINDS)
        name = f"{luck.choice(FIRST)}{number:05d}{kind}"
        address = f"{luck.choice(TOWNS)}示例路 {number % 900 + 1} 号"
        customer = Customer(id=luck.id(), name=name, kind=legal, created_at=started(first))
        site = Site(id=luck.id(), customer_id=customer.id, name=name, address=address, district=address[3:5])
        contact = Contact(
            id=luck.id(), site_id=site.id, name=f"{luck.choice(FIRST)}联系人{number:05d}",
            phone=f"100 {number // 10000 + 1000:04d} {number % 10000:04d}",
        )  # fmt: skip
        rows += [customer, site, contact]
        for which in {number % len(products), luck.randrange(len(products))}:
            unit = machine(site, cast.products[products[which]].id, f"{number:05d}{which}", first, luck)
            rows.append(unit)
            found[which].append(of_unit(unit, customer, site, contact, branch))
    db.session.add_all(rows)
    db.session.flush()
    db.session.expunge_all()
    return found


def machine(site: Site, product_id: uuid.UUID, number: str, first: date, luck: Luck) -> Equipment:
    bought = first - timedelta(days=luck.randrange(30, 700))
    return Equipment(
        id=luck.id(), site_id=site.id, product_id=product_id, serial_no=f"PAST-{number}", asset_tag=f"PA-{number}",
        location=luck.choice(PLACES), manufactured_on=bought - timedelta(days=60), purchased_on=bought,
        installed_on=bought + timedelta(days=7),
    )  # fmt: skip


def of_unit(unit: Equipment, customer: Customer, site: Site, contact: Contact, branch: Any) -> PastUnit:
    names = {
        "customer_name": customer.name, "site_address": site.address + site.name, "contact_name": contact.name,
        "contact_phone": contact.phone, "provider_name": label(branch), "provider_hotline": branch.hotline,
        "serial_no": unit.serial_no, "asset_tag": unit.asset_tag, "unit_location": unit.location,
    }  # fmt: skip
    days = {name: getattr(unit, name).isoformat() for name in ("manufactured_on", "purchased_on", "installed_on")}
    ids = {"customer": customer.id, "site": site.id, "contact": contact.id, "equipment": unit.id, "branch": branch.id}
    words = {name: inside_quotes(text) for name, text in names.items()} | days
    return PastUnit(branch.code, {name: key.hex for name, key in ids.items()} | names, words)


def started(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
