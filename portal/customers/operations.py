"""Customers, sites, contacts and units: the verbs that enter them."""

from datetime import date
from decimal import Decimal
from typing import Any

from portal import history
from portal.clock import now
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.db import db


def add_customer(name: str, kind: str = "business", *, locale: str = "zh_Hans") -> Customer:
    return entered("add_customer", Customer(name=name, kind=kind, locale=locale, created_at=now()))


def add_site(
    customer: Customer,
    name: str,
    address: str,
    *,
    district: str = "",
    time_zone: str = "Asia/Shanghai",
    access_note: str = "",
    hazards: str = "",
    latitude: Decimal | None = None,
    longitude: Decimal | None = None,
    datum: str = "wgs84",
) -> Site:
    site = Site(
        customer=customer,
        name=name,
        address=address,
        district=district,
        time_zone=time_zone,
        access_note=access_note,
        hazards=hazards,
        latitude=latitude,
        longitude=longitude,
        datum=datum,
    )
    return entered("add_site", site)


def add_contact(site: Site, name: str, phone: str = "", role: str = "employee", email: str = "") -> Contact:
    return entered("add_contact", Contact(site=site, name=name, phone=phone, role=role, email=email))


def add_equipment(
    site: Site,
    product: Product,
    serial_no: str,
    *,
    asset_tag: str = "",
    location: str = "",
    manufactured_on: date | None = None,
    purchased_on: date | None = None,
    installed_on: date | None = None,
    invoice_no: str = "",
) -> Equipment:
    equipment = Equipment(
        site=site,
        product=product,
        serial_no=serial_no,
        asset_tag=asset_tag,
        location=location,
        manufactured_on=manufactured_on,
        purchased_on=purchased_on,
        installed_on=installed_on,
        invoice_no=invoice_no,
    )
    return entered("add_equipment", equipment)


def entered(verb: str, row: Any) -> Any:
    """Stores a new row and writes down who entered it."""
    db.session.add(row)
    db.session.flush()
    history.record(verb, row)
    return row
