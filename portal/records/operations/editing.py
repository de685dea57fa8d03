"""Entering and changing what a file says of a customer, a site, a contact or a unit; each change with before and
after."""

from typing import Any

from portal import history
from portal.accounts.models import Person
from portal.changing import ChangedMeanwhile, fingerprint
from portal.customers import operations as customers
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import label, lazy
from portal.records.rules import before_and_after, differences

FIELDS: dict[type[Any], tuple[str, ...]] = {
    Customer: ("name", "kind", "locale"),
    Site: (
        "name", "address", "district", "time_zone", "access_note", "hazards", "latitude", "longitude", "datum",
    ),
    Contact: ("name", "phone", "email", "role"),
    Equipment: (
        "product_id", "serial_no", "asset_tag", "location", "manufactured_on", "purchased_on", "installed_on",
        "invoice_no",
    ),
}  # fmt: skip


def seen(row: Any) -> dict[str, Any]:
    """What may be changed in the row, as it stands."""
    return {name: getattr(row, name) for name in FIELDS[type(row)]}


def version_of(row: Any) -> str:
    return fingerprint(seen(row))


def change(row: Any, version: str, values: dict[str, Any], *, person: Person) -> None:
    """Gives the row new values and writes down each with what it was before."""
    ensure_unchanged(row, version)
    changed = differences(seen(row), values)
    if not changed:
        return
    for name, (_before, after) in changed.items():
        setattr(row, name, after)
    db.session.flush()
    details = before_and_after(in_words(changed))
    history.record(f"change_{row.__tablename__}", row, person_id=person.id, **details)


def ensure_unchanged(row: Any, version: str) -> None:
    db.session.refresh(row, with_for_update={"of": type(row)})
    if version != version_of(row):
        raise ChangedMeanwhile
    if getattr(row, "merged_into_id", None):
        raise Conflict(lazy("This entry was merged into another one. Change the one that stays."))


def in_words(changed: dict[str, tuple[Any, Any]]) -> dict[str, tuple[Any, Any]]:
    """Of a product its code is written down, which people can read."""
    if "product_id" not in changed:
        return changed
    before, after = (db.session.get_one(Product, one).code for one in changed["product_id"])
    return {**{k: v for k, v in changed.items() if k != "product_id"}, "product": (before, after)}


def enter_customer(customer: dict[str, Any], site: dict[str, Any], contact: dict[str, Any]) -> Customer:
    """A new customer with the first site, and the first contact if there is one: without a name the customer's."""
    entered = customers.add_customer(customer["name"], customer["kind"], locale=customer["locale"])
    place = customers.add_site(entered, **{**site, "name": site["name"] or entered.name})
    if any(contact.values()):
        customers.add_contact(place, **{**contact, "name": contact["name"] or entered.name[:100]})
    return entered


def move_unit(unit: Equipment, site: Site, *, location: str, reason: str, version: str, person: Person) -> None:
    """The unit stands at another site from now on. Its calls, visits and reports stay with the places they were at."""
    ensure_unchanged(unit, version)
    if unit.site_id == site.id:
        raise Rejected(lazy("The unit stands at this site already."), "site")
    before = unit.site
    details = {
        **before_and_after({"customer": (before.customer.name, site.customer.name), "site": (before.name, site.name)}),
        **before_and_after({"location": (unit.location, location)}),
        "reason": reason,
        "from_site": before.id,
        "to_site": site.id,
    }
    unit.site, unit.location = site, location
    db.session.flush()
    history.record("move_equipment", unit, person_id=person.id, **details)


def unit_name(unit: Equipment) -> str:
    return f"{label(unit.product)} {unit.serial_no}".strip()
