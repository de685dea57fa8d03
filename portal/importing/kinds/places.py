"""Finding customers and their sites by what a row says of them: shared by customers and equipment.

A customer is known by the outside number, the number that another system gave it; without one by name and phone number
together, because names alone are shared (many people are called 张伟) and a phone number alone belongs to whoever sits
at it. A row without a phone number means a customer of that name for whom no phone number is known.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from portal.customers.merged import merged_into, staying
from portal.customers.models import Contact, Customer, Site
from portal.db import db
from portal.importing.kinds.base import records
from portal.importing.models import OutsideNumber
from portal.importing.rules import phone_digits

CUSTOMER, SITE, CONTACT = Customer.__table__, Site.__table__, Contact.__table__
MARKS = " -().,/"  # what people write between digits


class Directory:
    """The customers that the rows of a chunk name, with their numbers and sites, by a few set queries."""

    def __init__(self, said: Iterable[Mapping[str, Any]]) -> None:
        rows = list(said)
        self.by_number = numbered({row["number"] for row in rows if "number" in row})
        named = [row for row in rows if "name" in row]
        known = by_name({row["name"] for row in named})
        self.by_phone = with_phone(
            {(row["name"], phone_digits(row["phone"])) for row in named if "phone" in row}, known
        )
        self.by_name = {row["name"]: known[row["name"]] for row in named if "phone" not in row and row["name"] in known}
        ids = {found for group in (self.by_phone, self.by_name) for ids in group.values() for found in ids}
        ids |= set(self.by_number.values())
        self.customers = {row["id"]: row for row in records(select(CUSTOMER).where(CUSTOMER.c.id.in_(ids)))}
        self.former = former_names(ids)
        self.phoneless = without_phone(found for ids in self.by_name.values() for found in ids)
        self.numbers = numbers_of(ids)
        self.sites: dict[uuid.UUID, list[dict[str, Any]]] = defaultdict(list)
        for site in records(select(SITE).where(SITE.c.customer_id.in_(ids)).order_by(SITE.c.name, SITE.c.id)):
            self.sites[site["customer_id"]].append(site)


def numbered(numbers: set[str]) -> dict[str, uuid.UUID]:
    query = select(OutsideNumber.number, OutsideNumber.customer_id).where(OutsideNumber.number.in_(numbers))
    return {row.number: row.customer_id for row in db.session.execute(query)}


def numbers_of(ids: set[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    query = select(OutsideNumber.customer_id, OutsideNumber.number).where(OutsideNumber.customer_id.in_(ids))
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    for row in db.session.execute(query):
        found[row.customer_id].add(row.number)
    return found


def with_phone(
    wanted: set[tuple[str, str]], known: Mapping[str, list[uuid.UUID]]
) -> dict[tuple[str, str], list[uuid.UUID]]:
    """Customers by name and phone number, however its digits are set apart."""
    digits: Any = CONTACT.c.phone
    for mark in MARKS:
        digits = func.replace(digits, mark, "")
    ids, phones = {one for name, _phone in wanted for one in known.get(name, ())}, {phone for _name, phone in wanted}
    query = (
        select(SITE.c.customer_id, digits.label("digits"))
        .distinct()
        .join(CONTACT, CONTACT.c.site_id == SITE.c.id)
        .where(SITE.c.customer_id.in_(ids), digits.in_(phones))
    )
    reached = {(row.customer_id, row.digits) for row in db.session.execute(query)} if ids else set()
    found = {(name, phone): [one for one in known.get(name, ()) if (one, phone) in reached] for name, phone in wanted}
    return {key: customers for key, customers in found.items() if customers}


def by_name(names: set[str]) -> dict[str, list[uuid.UUID]]:
    """Customers of these names; for one that was merged the one that stays."""
    query = select(CUSTOMER.c.id, CUSTOMER.c.name).where(CUSTOMER.c.name.in_(names)).order_by(CUSTOMER.c.id)
    rows = list(db.session.execute(query)) if names else []
    stays = staying(CUSTOMER, {row.id for row in rows})
    found: dict[str, dict[uuid.UUID, None]] = defaultdict(dict)
    for row in rows:
        found[row.name][stays[row.id]] = None
    return {name: list(ids) for name, ids in found.items()}


def former_names(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """The names of entries that were merged into these. A file that still has one does not rename who stays."""
    found: dict[uuid.UUID, set[str]] = defaultdict(set)
    for kept, rows in merged_into(CUSTOMER, ids, CUSTOMER.c.name).items():
        found[kept].update(row.name for row in rows)
    return found


def without_phone(ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these customers for whom no phone number is known."""
    asked = set(ids)
    query = (
        select(SITE.c.customer_id)
        .join(CONTACT, CONTACT.c.site_id == SITE.c.id)
        .where(SITE.c.customer_id.in_(asked), CONTACT.c.phone != "")
    )
    return asked - set(db.session.scalars(query)) if asked else set()


def named_site(sites: list[dict[str, Any]], said: Mapping[str, Any]) -> dict[str, Any] | None:
    """The site that the row means by its name, else by its address."""
    if "site" in said:
        return next((site for site in sites if site["name"] == said["site"]), None)
    return next((site for site in sites if "address" in said and site["address"] == said["address"]), None)
