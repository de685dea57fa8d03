"""Entries that may be the same: customers with one phone number, units with one serial number."""

import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import Row, distinct, func, select

from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.db import db

MOST_GROUPS = 50

Groups = list[tuple[str, list[Row[Any]]]]


def same_phone() -> Groups:
    owners = (
        select(Contact.phone_key)
        .join(Site, Site.id == Contact.site_id)
        .where(Contact.phone_key != "")
        .group_by(Contact.phone_key)
        .having(func.count(distinct(Site.customer_id)) > 1)
        .order_by(Contact.phone_key)
        .limit(MOST_GROUPS)
    )
    query = (
        select(Contact.phone_key.label("key"), Contact.phone.label("why"), Customer.id, Customer.name)
        .join(Site, Site.id == Contact.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Contact.phone_key.in_(owners))
        .order_by(Contact.phone_key, Customer.created_at, Customer.id)
    )
    return grouped(query)


def same_serial() -> Groups:
    twice = (
        select(Equipment.serial_key)
        .where(Equipment.serial_key != "", Equipment.merged_into_id.is_(None))
        .group_by(Equipment.serial_key)
        .having(func.count() > 1)
        .order_by(Equipment.serial_key)
        .limit(MOST_GROUPS)
    )
    query = (
        select(
            Equipment.serial_key.label("key"), Equipment.serial_no.label("why"), Equipment.id, Customer.name,
            Product.labels.label("product"),
        )
        .join(Product, Product.id == Equipment.product_id)
        .join(Site, Site.id == Equipment.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Equipment.serial_key.in_(twice), Equipment.merged_into_id.is_(None))
        .order_by(Equipment.serial_key, Equipment.installed_on, Equipment.id)
    )  # fmt: skip
    return grouped(query)


def grouped(query: Any) -> Groups:
    """Rows by what they share, each entry once."""
    found: dict[str, dict[uuid.UUID, Any]] = defaultdict(dict)
    for row in db.session.execute(query):
        found[row.key].setdefault(row.id, row)
    return [(rows[0].why, rows) for rows in (list(group.values()) for group in found.values()) if len(rows) > 1]
