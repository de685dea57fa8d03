"""The people of the demonstration company, its places, and its customers with their machines (domain 6.5).

Everything is fictitious by construction: invented towns, telephone numbers that reach nobody, no tax numbers.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from portal.accounts import operations as accounts
from portal.accounts.models import Branch, Person, PersonRole, SignIn
from portal.accounts.secrets import PUBLISHED, hashed, pin_verifier
from portal.clock import now
from portal.customers import operations as customers
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.db import db
from portal.demo.tables import story
from portal.stock.models import Location

PASSWORD = PUBLISHED  # of accounts that are fictitious themselves
PIN = "2468"


@dataclass
class Unit:
    """A machine of the story with what a call about it needs."""

    equipment: Equipment
    site: Site
    customer: Customer
    contacts: list[Contact]
    branch: Branch
    service_class: str


@dataclass
class Cast:
    people: dict[str, Person] = field(default_factory=dict)
    branches: dict[str, Branch] = field(default_factory=dict)
    locations: dict[str, Location] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    sessions: dict[str, SignIn] = field(default_factory=dict)


def load_cast(today: date) -> Cast:
    roles, cast = story("cast"), Cast()
    for row in roles["branches"]:
        cast.branches[row["code"]] = accounts.add_branch(row["code"], row["names"], row["hotline"], row["time_zone"])
    load_people(roles["people"], cast)
    load_locations(roles["locations"], cast)
    cast.products = {product.code: product for product in db.session.scalars(select(Product))}
    for row in roles["customers"]:
        load_customer(row, cast, today)
    return cast


def load_people(rows: list[dict[str, Any]], cast: Cast) -> None:
    """All share one password and one PIN, so each is hashed once: a hash takes as long as it is meant to."""
    password, pin = hashed(PASSWORD), hashed(PIN)  # shorter than a person may choose, and published
    verifier = pin_verifier(PIN)
    for row in rows:
        person = Person(username=row["username"], name=row["name"], branch=cast.branches[row["branch"]], demo=True)
        person.email = row.get("email", "")
        person.password_hash, person.pin_hash, person.created_at = password, pin, now()
        person.pin_verifier = verifier
        person.role_rows = [PersonRole(role=role) for role in row["roles"]]
        db.session.add(person)
        cast.people[person.username] = person
    db.session.flush()


def load_locations(rows: list[dict[str, Any]], cast: Cast) -> None:
    for row in rows:
        cast.locations[row["code"]] = Location(code=row["code"], labels=row["names"], kind=row["kind"])
    db.session.add_all(cast.locations.values())
    db.session.flush()


def load_customer(row: dict[str, Any], cast: Cast, today: date) -> None:
    customer = customers.add_customer(row["name"], row["kind"], locale=row["locale"])
    for place in row["sites"]:
        site = customers.add_site(
            customer,
            place["name"],
            place["address"],
            district=place["district"],
            time_zone=place["time_zone"],
            access_note=place["access_note"],
            hazards=place["hazards"],
        )
        contacts = [
            customers.add_contact(site, who["name"], who["phone"], who["role"], who.get("email", ""))
            for who in place["contacts"]
        ]
        for unit in place["equipment"]:
            equipment = install(unit, site, cast, today)
            branch = cast.branches[place["branch"]]
            cast.units[unit["key"]] = Unit(equipment, site, customer, contacts, branch, row["service_class"])


def install(unit: dict[str, Any], site: Site, cast: Cast, today: date) -> Equipment:
    """The unit at its site; its dates are told as ages, so that the story does not grow old."""
    bought = months_before(today, unit["purchased_months_ago"])
    return customers.add_equipment(
        site,
        cast.products[unit["product"]],
        unit["serial"],
        asset_tag=unit["asset_tag"],
        location=unit["location"],
        manufactured_on=months_before(bought, unit["months_before_purchase"]),
        purchased_on=bought,
        installed_on=bought + timedelta(days=unit["days_to_installation"]),
    )


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or its 28th: every month has one."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, 28))
