"""Finding a customer's site by what a caller says: a name, an address, a phone number, a serial number."""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from portal import finding
from portal.customers.models import FAMILIES, Contact, Customer, Equipment, Product, Site
from portal.customers.rules import LAST_FIGURES, phone_key, serial_key
from portal.db import db

MOST_SITES = 20


def search_sites(words: str) -> list[Site]:
    """Sites whose customer, address, contact or unit matches; customers in the order of their names."""
    ways = [finding.Way("customer"), finding.Way("unit", select(Equipment.site_id), Equipment.id)]
    contacts = select(Contact.site_id)
    part_of_a_serial = in_serial(select(Equipment.site_id).where(Equipment.merged_into_id.is_(None)), words)
    query = (
        select(Site)
        .join(Site.customer)
        .where(
            finding.found(
                words, Site.id, ways, also=of_phone(contacts, words),
                otherwise=[*in_phone(contacts, words), *part_of_a_serial],
            )
        )
        .options(joinedload(Site.customer), selectinload(Site.contacts))
        .order_by(Customer.name, Site.name, Site.id)
        .limit(MOST_SITES)
    )  # fmt: skip
    return list(db.session.scalars(query))


def of_phone(contacts: Any, words: str) -> list[Any]:
    """The query, narrowed to contacts of this phone number however it is written; none when the words are none."""
    key = phone_key(words)
    return [contacts.where(Contact.phone_key == key)] if key else []


def in_phone(contacts: Any, words: str) -> list[Any]:
    """Contacts with the digits anywhere in their number. Reads the numbers of all of them."""
    key = phone_key(words)
    return [contacts.where(Contact.phone_key.contains(key, autoescape=True))] if key else []


def in_serial(units: Any, words: str) -> list[Any]:
    """Units with the letters and digits anywhere in their serial number. Reads the numbers of all of them."""
    key = serial_key(words)
    told = len(key) >= LAST_FIGURES and any(letter.isdigit() for letter in key)
    return [units.where(Equipment.serial_key.contains(key, autoescape=True))] if told else []


def units_by_site(sites: Iterable[Site]) -> dict[uuid.UUID, list[Equipment]]:
    query = (
        select(Equipment)
        .where(Equipment.site_id.in_([site.id for site in sites]), Equipment.merged_into_id.is_(None))
        .options(joinedload(Equipment.product))
        .order_by(Equipment.location, Equipment.serial_no)
    )
    by_site: dict[uuid.UUID, list[Equipment]] = defaultdict(list)
    for unit in db.session.scalars(query):
        by_site[unit.site_id].append(unit)
    return by_site


def find_site(site_id: uuid.UUID) -> Site | None:
    query = select(Site).where(Site.id == site_id).options(joinedload(Site.customer), selectinload(Site.contacts))
    return db.session.scalars(query).one_or_none()


def products() -> list[Product]:
    return list(db.session.scalars(select(Product).order_by(Product.family, Product.code)))


def suits(codes: Any, family: Any) -> Any:
    """Whether a row of `codes` (`CodeValue` or an alias of it) is offered for a unit of that family: its own codes and
    those of all families. Where the family is not known, or none of the house, every code is."""
    return or_(codes.family.is_(None), codes.family == family, family.is_(None), family.not_in(FAMILIES))
