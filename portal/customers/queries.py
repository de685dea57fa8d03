"""Finding a customer's site by what a caller says: a name, an address, a phone number, a serial number."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal.customers.merged import staying_for
from portal.customers.models import FAMILIES, Contact, Customer, Equipment, Product, Site
from portal.db import db

MOST_SITES = 20


def search_sites(words: str) -> list[Site]:
    """Sites whose customer, address, contact or unit matches, also by what a merged entry of it said; customers in the
    order of their names."""
    digits = words.replace(" ", "")
    called = Contact.name.icontains(words, autoescape=True) | func.replace(Contact.phone, " ", "").contains(
        digits, autoescape=True
    )

    def named(customer: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = customer.name.icontains(words, autoescape=True)
        return found

    def plate(unit: Any) -> ColumnElement[bool]:
        return or_(*(column.icontains(words, autoescape=True) for column in (unit.serial_no, unit.asset_tag)))

    known = or_(plate(Equipment), Equipment.id.in_(staying_for(Equipment, plate)))
    unit = select(Equipment.id).where(Equipment.site_id == Site.id, Equipment.merged_into_id.is_(None), known)
    query = (
        select(Site)
        .join(Site.customer)
        .where(
            or_(
                named(Customer),
                Customer.id.in_(staying_for(Customer, named)),
                Site.name.icontains(words, autoescape=True),
                Site.address.icontains(words, autoescape=True),
                Site.contacts.any(called),
                unit.exists(),
            )
        )
        .options(joinedload(Site.customer), selectinload(Site.contacts))
        .order_by(Customer.name, Site.name, Site.id)
        .limit(MOST_SITES)
    )
    return list(db.session.scalars(query))


def units_by_site(sites: Iterable[Site]) -> dict[uuid.UUID, list[Equipment]]:
    query = (
        select(Equipment)
        .where(Equipment.site_id.in_([site.id for site in sites]), Equipment.merged_into_id.is_(None))
        .options(joinedload(Equipment.product))
        .order_by(Equipment.location, Equipment.serial_no)
    )
    found: dict[uuid.UUID, list[Equipment]] = defaultdict(list)
    for unit in db.session.scalars(query):
        found[unit.site_id].append(unit)
    return found


def find_site(site_id: uuid.UUID) -> Site | None:
    query = select(Site).where(Site.id == site_id).options(joinedload(Site.customer), selectinload(Site.contacts))
    return db.session.scalars(query).one_or_none()


def products() -> list[Product]:
    return list(db.session.scalars(select(Product).order_by(Product.family, Product.code)))


def suits(codes: Any, family: Any) -> Any:
    """Whether a row of `codes` (`CodeValue` or an alias of it) is offered for a unit of that family: its own codes and
    those of all families. Where the family is not known, or none of the house, every code is."""
    return or_(codes.family.is_(None), codes.family == family, family.is_(None), family.not_in(FAMILIES))
