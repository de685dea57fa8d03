"""Lists of customers and units, and one file of either for whoever may see it: a technician where they were sent."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from portal.accounts.models import Person
from portal.calls.models import Assignment, Call, Visit
from portal.calls.queries import is_open
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.customers.rules import phone_key, serial_key
from portal.db import db
from portal.permissions import Permission, may
from portal.records.models import Merge, Paper
from portal.reports.models import Dispute, Report

PAGE_SIZE = 50
MOST_UNITS, MOST_CASES, MOST_LIKE = 100, 20, 5


@dataclass(frozen=True)
class WantedCustomers:
    """Which customers the list shows; `after` is the last one of the page before."""

    q: str = ""
    kind: str = ""
    place: str = ""
    open_call: str = ""  # yes | no
    after: uuid.UUID | None = None


@dataclass(frozen=True)
class WantedUnits:
    q: str = ""
    product: uuid.UUID | None = None
    family: str = ""
    customer: uuid.UUID | None = None
    customer_name: str = ""
    start: date | None = None
    end: date | None = None
    after: uuid.UUID | None = None


def like(column: Any, words: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.icontains(words, autoescape=True)
    return found


def customers(wanted: WantedCustomers) -> Select[Any]:
    """Customers that fit, by name."""
    query: Any = select(Customer.id, Customer.name, Customer.kind, Customer.locale, Customer.created_at)
    query = query.where(Customer.merged_into_id.is_(None)).order_by(Customer.name, Customer.id)
    if wanted.q:
        query = query.where(or_(like(Customer.name, wanted.q), has_place(wanted.q), has_contact(wanted.q)))
    if wanted.kind:
        query = query.where(Customer.kind == wanted.kind)
    if wanted.place:
        query = query.where(has_place(wanted.place))
    if wanted.open_call:
        waits = exists().where(Call.customer_id == Customer.id, is_open())
        query = query.where(waits if wanted.open_call == "yes" else ~waits)
    if wanted.after:
        query = query.where(comes_after(Customer.name, Customer.id, wanted.after))
    return query


def has_place(words: str) -> ColumnElement[bool]:
    named = or_(like(Site.name, words), like(Site.address, words), like(Site.district, words))
    return exists().where(Site.customer_id == Customer.id, named)


def has_contact(words: str) -> ColumnElement[bool]:
    called = [like(Contact.name, words)]
    if key := phone_key(words):
        called.append(Contact.phone_key.contains(key, autoescape=True))
    return exists().where(Site.customer_id == Customer.id, Contact.site_id == Site.id, or_(*called))


def units(wanted: WantedUnits) -> Select[Any]:
    """Units that fit, by serial number."""
    query = (
        select(
            Equipment.id, Equipment.serial_no, Equipment.asset_tag, Equipment.location, Equipment.installed_on,
            Equipment.purchased_on, Equipment.manufactured_on, Product.labels.label("product"), Product.code,
            Product.brand, Product.model, Product.family, Site.name.label("site"), Site.district,
            Customer.id.label("customer_id"), Customer.name.label("customer"),
        )
        .join(Product, Product.id == Equipment.product_id)
        .join(Site, Site.id == Equipment.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Equipment.merged_into_id.is_(None))
        .order_by(Equipment.serial_no, Equipment.id)
    )  # fmt: skip
    if wanted.q:
        plate = [like(column, wanted.q) for column in (Equipment.serial_no, Equipment.asset_tag, Equipment.location)]
        if key := serial_key(wanted.q):
            plate.append(Equipment.serial_key.contains(key, autoescape=True))
        query = query.where(or_(*plate, like(Product.model, wanted.q)))
    if wanted.product:
        query = query.where(Equipment.product_id == wanted.product)
    if wanted.family:
        query = query.where(Product.family == wanted.family)
    if wanted.customer:
        query = query.where(Site.customer_id == wanted.customer)
    if wanted.customer_name:
        query = query.where(like(Customer.name, wanted.customer_name))
    if wanted.start:
        query = query.where(Equipment.installed_on >= wanted.start)
    if wanted.end:
        query = query.where(Equipment.installed_on <= wanted.end)
    if wanted.after:
        query = query.where(comes_after(Equipment.serial_no, Equipment.id, wanted.after))
    return query


def comes_after(name: Any, key: Any, last: uuid.UUID) -> ColumnElement[bool]:
    """Rows behind the one that ended the page before, in the order of name and id."""
    place = db.session.scalar(select(name).where(key == last)) or ""
    found: ColumnElement[bool] = or_(name > place, and_(name == place, key > last))
    return found


def one_page(query: Select[Any]) -> tuple[list[Row[Any]], uuid.UUID | None]:
    """The rows of a page, and where the next one begins."""
    rows: list[Any] = list(db.session.execute(query.limit(PAGE_SIZE + 1)))
    return (rows, None) if len(rows) <= PAGE_SIZE else (rows[:PAGE_SIZE], rows[PAGE_SIZE - 1].id)


@dataclass
class Around:
    """What the list says beside a customer's name."""

    places: list[str] = field(default_factory=list)
    units: int = 0
    open_calls: int = 0


def around(customer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Around]:
    """Places, units and open calls of the customers of a page, in three statements."""
    found: dict[uuid.UUID, Around] = defaultdict(Around)
    sites = select(Site.customer_id, Site.name, Site.district).where(Site.customer_id.in_(customer_ids))
    for row in db.session.execute(sites.order_by(Site.name)):
        found[row.customer_id].places.append(" · ".join(filter(None, (row.district, row.name))))
    owned = (
        select(Site.customer_id, func.count())
        .join(Equipment, Equipment.site_id == Site.id)
        .where(Site.customer_id.in_(customer_ids), Equipment.merged_into_id.is_(None))
        .group_by(Site.customer_id)
    )
    for customer_id, n in db.session.execute(owned):
        found[customer_id].units = n
    waiting = select(Call.customer_id).where(Call.customer_id.in_(customer_ids), is_open())
    for customer_id, n in Counter(db.session.scalars(waiting)).items():
        found[customer_id].open_calls = n
    return found


def sees_all(person: Any) -> bool:
    return may(Permission.FILE_LIST, person=person)


def was_sent(person: Any, *places: ColumnElement[bool]) -> ColumnElement[bool]:
    """The person has, or had, a visit there."""
    return exists().where(
        Assignment.person_id == person.id, Visit.id == Assignment.visit_id, Call.id == Visit.call_id, or_(*places)
    )


def find_customer(customer_id: uuid.UUID, person: Any) -> Customer | None:
    """A merged entry is found by everybody: it says nothing and leads to the one that stays."""
    query = select(Customer).where(Customer.id == customer_id)
    if not sees_all(person):
        sent = was_sent(person, Call.customer_id == Customer.id)
        query = query.where(or_(Customer.merged_into_id.is_not(None), sent))
    return db.session.scalar(query)


def find_unit(unit_id: uuid.UUID, person: Any) -> Equipment | None:
    query = select(Equipment).where(Equipment.id == unit_id)
    if not sees_all(person):
        sent = was_sent(person, Call.equipment_id == Equipment.id, Call.site_id == Equipment.site_id)
        query = query.where(or_(Equipment.merged_into_id.is_not(None), sent))
    place = joinedload(Equipment.site).joinedload(Site.customer)
    return db.session.scalar(query.options(joinedload(Equipment.product), place))


def sites_of(customer: Customer, person: Any) -> list[Site]:
    """The customer's sites with their contacts; a technician's: those they were sent to."""
    query = select(Site).where(Site.customer_id == customer.id)
    if not sees_all(person):
        query = query.where(was_sent(person, Call.site_id == Site.id))
    found = db.session.scalars(query.options(joinedload(Site.contacts)).order_by(Site.name, Site.id))
    return list(found.unique())


def units_at(sites: Iterable[Site]) -> dict[uuid.UUID, list[Row[Any]]]:
    """The units of each site; of very many the first by serial number."""
    query = (
        select(
            Equipment.id, Equipment.site_id, Equipment.serial_no, Equipment.location, Equipment.installed_on,
            Product.labels.label("product"), Product.model,
        )
        .join(Product, Product.id == Equipment.product_id)
        .where(Equipment.site_id.in_([site.id for site in sites]), Equipment.merged_into_id.is_(None))
        .order_by(Equipment.serial_no, Equipment.id)
        .limit(MOST_UNITS)
    )  # fmt: skip
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.site_id].append(row)
    return found


def papers_of(owner: Customer | Equipment, person: Any) -> list[Paper]:
    """Papers of a file, newest first, removed ones among them; the office's papers are not a technician's."""
    column = Paper.customer_id if isinstance(owner, Customer) else Paper.equipment_id
    query = select(Paper).where(column == owner.id).options(joinedload(Paper.person).load_only(Person.name))
    if not sees_all(person):
        query = query.where(Paper.kind == "warranty_card")
    return list(db.session.scalars(query.order_by(Paper.recorded_at.desc(), Paper.id)))


def cases_of(customer: Customer) -> list[Row[Any]]:
    query = (
        select(Dispute.id, Dispute.opened_at, Dispute.closed_at, Dispute.outcome, Dispute.words, Report.number)
        .join(Report, Report.id == Dispute.report_id)
        .join(Visit, Visit.id == Report.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .where(Call.customer_id == customer.id)
        .order_by(Dispute.opened_at.desc(), Dispute.id)
        .limit(MOST_CASES)
    )
    found: list[Any] = list(db.session.execute(query))
    return found


def merges_of(row: Customer | Equipment) -> list[Merge]:
    """What was merged into the entry and not taken apart again."""
    query = select(Merge).where(Merge.kept_id == row.id).options(joinedload(Merge.person).load_only(Person.name))
    return [one for one in db.session.scalars(query.order_by(Merge.recorded_at.desc())) if one.undoing is None]


def customers_like(customer: Customer) -> list[Row[Any]]:
    """Other customers with a contact under one of this one's phone numbers."""
    own_site, own, site, contact = aliased(Site), aliased(Contact), aliased(Site), aliased(Contact)
    query = (
        select(Customer.id, Customer.name, contact.phone.label("why"))
        .select_from(own_site)
        .join(own, and_(own.site_id == own_site.id, own.phone_key != ""))
        .join(contact, contact.phone_key == own.phone_key)
        .join(site, and_(site.id == contact.site_id, site.customer_id != own_site.customer_id))
        .join(Customer, and_(Customer.id == site.customer_id, Customer.merged_into_id.is_(None)))
        .where(own_site.customer_id == customer.id)
        .order_by(Customer.name)
        .limit(MOST_LIKE)
    )
    return distinct_rows(query)


def units_like(unit: Equipment) -> list[Row[Any]]:
    """Other units whose serial number has the same letters and digits."""
    if not unit.serial_key:
        return []
    query = (
        select(
            Equipment.id, Equipment.serial_no.label("why"), Product.labels.label("product"), Customer.name,
        )
        .join(Product, Product.id == Equipment.product_id)
        .join(Site, Site.id == Equipment.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Equipment.serial_key == unit.serial_key, Equipment.id != unit.id, Equipment.merged_into_id.is_(None))
        .order_by(Equipment.serial_no, Equipment.id)
        .limit(MOST_LIKE)
    )  # fmt: skip
    return distinct_rows(query)


def distinct_rows(query: Any) -> list[Row[Any]]:
    return list({row.id: row for row in db.session.execute(query)}.values())
