"""Lists of customers and units, and one file of either for whoever may see it: a technician where they were sent."""

import uuid
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Uuid, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from portal import finding
from portal.accounts.models import Person
from portal.calls.models import Assignment, Call, Visit
from portal.calls.queries import is_open
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.customers.queries import in_phone, in_serial, of_phone
from portal.db import behind, db, read
from portal.permissions import Permission, may
from portal.records.models import Merge, MergeUndoing, Paper, PaperRemoval
from portal.reports.models import Dispute, Report

PAGE_SIZE = 50
MOST_UNITS, MOST_CASES, MOST_LIKE, MOST_SITES = 100, 20, 5, 500
BY_CUSTOMER = (  # a customer has an entry for each of its sites, one without a site has one of its own
    finding.Way("customer"),
    finding.Way("customer", select(Site.customer_id), Site.id),
)
THE_OWNER: Any = bindparam("owner_id", type_=Uuid())


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


def customers(wanted: WantedCustomers) -> Select[Any]:
    """Customers that fit, by name; they are found by the names of merged entries too."""
    query: Any = select(Customer.id, Customer.name, Customer.kind, Customer.locale, Customer.created_at)
    query = query.where(Customer.merged_into_id.is_(None)).order_by(Customer.name, Customer.id)
    if wanted.q:
        query = query.where(customer_found(wanted.q))
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
    """A site is found by more than its place (its customer, its contacts): of few the place itself is looked at."""
    known = finding.found(words, Site.id, [finding.Way("customer")])
    sites = read(select(Site.id, Site.name, Site.address, Site.district).where(known).limit(MOST_SITES + 1))
    if len(sites) <= MOST_SITES:
        named = [row.id for row in sites if finding.fits(words, f"{row.name} {row.address} {row.district}")]
        known = Site.id.in_(named)
    return exists().where(Site.customer_id == Customer.id, known)


def customer_found(words: str) -> ColumnElement[bool]:
    """By its name, or by a site or contact of it."""
    called = select(Site.customer_id).join(Contact, Contact.site_id == Site.id)
    also, otherwise = of_phone(called, words), in_phone(called, words)
    return finding.found(words, Customer.id, BY_CUSTOMER, also=also, otherwise=otherwise)


def units(wanted: WantedUnits) -> Select[Any]:
    """Units that fit, by serial number; they are found by the plates of merged entries too."""
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
        parts = in_serial(select(Equipment.id), wanted.q)
        query = query.where(finding.found(wanted.q, Equipment.id, [finding.Way("unit")], otherwise=parts))
    if wanted.product:
        query = query.where(Equipment.product_id == wanted.product)
    if wanted.family:
        query = query.where(Product.family == wanted.family)
    if wanted.customer:
        query = query.where(Site.customer_id == wanted.customer)
    if wanted.customer_name:
        query = query.where(finding.found(wanted.customer_name, Customer.id, BY_CUSTOMER))
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
    return behind((place, last), name, key, descending=False)


def one_page(query: Select[Any]) -> tuple[list[Row[Any]], uuid.UUID | None]:
    """The rows of a page, and where the next one begins."""
    rows = read(query.limit(PAGE_SIZE + 1))
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
    for row in read(sites.order_by(Site.name)):
        found[row.customer_id].places.append(" · ".join(filter(None, (row.district, row.name))))
    owned = (
        select(Site.customer_id, func.count().label("n"))
        .join(Equipment, Equipment.site_id == Site.id)
        .where(Site.customer_id.in_(customer_ids), Equipment.merged_into_id.is_(None))
        .group_by(Site.customer_id)
    )
    for row in read(owned):
        found[row.customer_id].units = row.n
    waiting = select(Call.customer_id).where(Call.customer_id.in_(customer_ids), is_open())
    for customer_id, n in Counter(row.customer_id for row in read(waiting)).items():
        found[customer_id].open_calls = n
    return found


def sees_all(person: Any) -> bool:
    return may(Permission.FILE_LIST, person=person)


def was_sent(*places: ColumnElement[bool]) -> ColumnElement[bool]:
    """The reader has, or had, a visit there."""
    return exists().where(
        Assignment.person_id == bindparam("reader_id", type_=Uuid()),
        Visit.id == Assignment.visit_id,
        Call.id == Visit.call_id,
        or_(*places),
    )


def find_customer(customer_id: uuid.UUID, person: Any, *, with_sites: bool = False) -> Customer | None:
    """A merged entry is found by everybody: it says nothing and leads to the one that stays. `with_sites`: who sees
    all of them gets them in the same statement."""
    query = customer_query(sees_all(person), with_sites)
    rows = db.session.scalars(query, {"owner_id": customer_id, "reader_id": person.id})
    found: Customer | None = rows.unique().one_or_none()
    return found


@cache
def customer_query(everything: bool, with_sites: bool) -> Any:
    query = select(Customer).where(Customer.id == THE_OWNER)
    if everything:
        return query.options(joinedload(Customer.sites).joinedload(Site.contacts)) if with_sites else query
    return query.where(or_(Customer.merged_into_id.is_not(None), was_sent(Call.customer_id == Customer.id)))


def find_unit(unit_id: uuid.UUID, person: Any) -> Equipment | None:
    query = unit_query(sees_all(person))
    found: Equipment | None = db.session.scalar(query, {"owner_id": unit_id, "reader_id": person.id})
    return found


@cache
def unit_query(everything: bool) -> Any:
    place = joinedload(Equipment.site).joinedload(Site.customer)
    query = select(Equipment).where(Equipment.id == THE_OWNER).options(joinedload(Equipment.product), place)
    if everything:
        return query
    sent = was_sent(Call.equipment_id == Equipment.id, Call.site_id == Equipment.site_id)
    return query.where(or_(Equipment.merged_into_id.is_not(None), sent))


def sites_of(customer: Customer, person: Any) -> list[Site]:
    """The customer's sites with their contacts; a technician's: those they were sent to."""
    if sees_all(person):
        return customer.sites
    return list(db.session.scalars(sites_query(), {"owner_id": customer.id, "reader_id": person.id}).unique())


@cache
def sites_query() -> Any:
    query = select(Site).where(Site.customer_id == THE_OWNER).options(joinedload(Site.contacts))
    return query.where(was_sent(Call.site_id == Site.id)).order_by(Site.name, Site.id)


def units_at(sites: Iterable[Site]) -> dict[uuid.UUID, list[Row[Any]]]:
    """The units of each site; of very many the first by serial number."""
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in read(units_at_query(), {"site_ids": [site.id for site in sites]}):
        found[row.site_id].append(row)
    return found


@cache
def units_at_query() -> Any:
    return (
        select(
            Equipment.id, Equipment.site_id, Equipment.serial_no, Equipment.location, Equipment.installed_on,
            Product.labels.label("product"), Product.model,
        )
        .join(Product, Product.id == Equipment.product_id)
        .where(Equipment.site_id.in_(bindparam("site_ids", expanding=True)), Equipment.merged_into_id.is_(None))
        .order_by(Equipment.serial_no, Equipment.id)
        .limit(MOST_UNITS)
    )  # fmt: skip


def papers_of(owner: Customer | Equipment, person: Any) -> list[Row[Any]]:
    """Papers of a file, newest first, removed ones with the reason among them; the office's papers are not a
    technician's."""
    return read(papers_query(isinstance(owner, Customer), sees_all(person)), {"owner_id": owner.id})


@cache
def papers_query(of_customer: bool, everything: bool) -> Any:
    column = Paper.customer_id if of_customer else Paper.equipment_id
    query: Any = (
        select(
            Paper.id, Paper.kind, Paper.title, Paper.content_type, Paper.size, Paper.recorded_at, Person.name,
            PaperRemoval.reason.label("removed"),
        )
        .join(Person, Person.id == Paper.person_id)
        .outerjoin(PaperRemoval, PaperRemoval.paper_id == Paper.id)
        .where(column == THE_OWNER)
    )  # fmt: skip
    if not everything:
        query = query.where(Paper.kind == "warranty_card")
    return query.order_by(Paper.recorded_at.desc(), Paper.id)


def cases_of(customer: Customer) -> list[Row[Any]]:
    return read(cases_query(), {"owner_id": customer.id})


@cache
def cases_query() -> Any:
    return (
        select(Dispute.id, Dispute.opened_at, Dispute.closed_at, Dispute.outcome, Dispute.words, Report.number)
        .join(Report, Report.id == Dispute.report_id)
        .join(Visit, Visit.id == Report.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .where(Call.customer_id == THE_OWNER)
        .order_by(Dispute.opened_at.desc(), Dispute.id)
        .limit(MOST_CASES)
    )


def merges_of(row: Customer | Equipment) -> list[Row[Any]]:
    """What was merged into the entry, or into one that was, and not taken apart again."""
    return read(merges_query(), {"owner_id": row.id})


@cache
def merges_query() -> Any:
    further = aliased(Merge)
    chain = select(Merge.id, Merge.gone_id).where(Merge.kept_id == THE_OWNER, holds(Merge)).cte(recursive=True)
    before = select(further.id, further.gone_id).join(chain, chain.c.gone_id == further.kept_id)
    chain = chain.union(before.where(holds(further)))
    query = select(
        Merge.id, Merge.gone_id, Merge.kept_id, Merge.gone_name, Merge.reason, Merge.recorded_at,
        Person.name.label("person"),
    )  # fmt: skip
    query = query.join(Person, Person.id == Merge.person_id).where(Merge.id.in_(select(chain.c.id)))
    return query.order_by(Merge.recorded_at.desc())


def holds(merge: Any) -> ColumnElement[bool]:
    """Nobody has undone it."""
    return ~exists().where(MergeUndoing.merge_id == merge.id)


def customers_like(customer: Customer) -> list[Row[Any]]:
    """Other customers with a contact under one of this one's phone numbers."""
    return distinct_rows(customers_like_query(), {"owner_id": customer.id})


@cache
def customers_like_query() -> Any:
    """Made once, as the other queries of a file: making them costs more than running them."""
    own_site, own, site, contact = aliased(Site), aliased(Contact), aliased(Site), aliased(Contact)
    return (
        select(Customer.id, Customer.name, contact.phone.label("why"))
        .select_from(own_site)
        .join(own, and_(own.site_id == own_site.id, own.phone_key != ""))
        .join(contact, contact.phone_key == own.phone_key)
        .join(site, and_(site.id == contact.site_id, site.customer_id != own_site.customer_id))
        .join(Customer, and_(Customer.id == site.customer_id, Customer.merged_into_id.is_(None)))
        .where(own_site.customer_id == THE_OWNER)
        .order_by(Customer.name)
        .limit(MOST_LIKE)
    )


def units_like(unit: Equipment) -> list[Row[Any]]:
    """Other units whose serial number has the same letters and digits."""
    if not unit.serial_key:
        return []
    return distinct_rows(units_like_query(), {"owner_id": unit.id, "key": unit.serial_key})


@cache
def units_like_query() -> Any:
    return (
        select(
            Equipment.id, Equipment.serial_no.label("why"), Product.labels.label("product"), Customer.name,
        )
        .join(Product, Product.id == Equipment.product_id)
        .join(Site, Site.id == Equipment.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(
            Equipment.serial_key == bindparam("key"), Equipment.id != THE_OWNER, Equipment.merged_into_id.is_(None)
        )
        .order_by(Equipment.serial_no, Equipment.id)
        .limit(MOST_LIKE)
    )  # fmt: skip


def distinct_rows(query: Any, values: dict[str, Any]) -> list[Row[Any]]:
    return list({row.id: row for row in read(query, values)}.values())
