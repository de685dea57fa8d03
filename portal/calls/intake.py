"""Taking a call: whoever and whatever is new is entered on the way, so that the dispatcher fills in one form."""

from dataclasses import dataclass
from typing import Any

from portal.accounts.models import Branch, Person
from portal.calls import operations
from portal.calls.models import Call
from portal.calls.words import NEEDS_PRODUCT
from portal.clock import now
from portal.customers import operations as customers
from portal.customers.models import Contact, Equipment, Product, Site
from portal.errors import Rejected


@dataclass(frozen=True)
class Newcomer:
    """A customer who calls for the first time, with the place the equipment stands at."""

    name: str
    kind: str
    site_name: str
    address: str


@dataclass(frozen=True)
class NewContact:
    """Somebody to ask for who is not on the list; name and phone empty: nobody was named. Copies go to `email`."""

    name: str
    phone: str
    email: str = ""


@dataclass(frozen=True)
class NewUnit:
    """A unit that is not on the list; without a product it is not known yet."""

    product: Product | None
    serial_no: str


def take_call(
    *,
    place: Site | Newcomer,
    unit: Equipment | NewUnit,
    contact: Contact | NewContact,
    words: dict[str, str],
    plan: dict[str, Any],
    person: Person,
) -> Call:
    """The dispatcher's short form: enters whoever and whatever is new, registers the call and plans its visit."""
    site = place if isinstance(place, Site) else add_place(place, person.branch)
    call = operations.register_call(
        branch=person.branch,
        customer=site.customer,
        site=site,
        contact=contact if isinstance(contact, Contact) else add_contact(site, contact),
        equipment=unit if isinstance(unit, Equipment) else add_unit(site, unit),
        channel=words["channel"],
        caller_name=words["caller_name"],
        description=words["description"],
        service_class=words["service_class"],
        work_type=words["work_type"],
        priority=words["priority"],
        reported_at=now(),
        person=person,
    )
    operations.plan_visit(call, **plan, person=person)
    return call


def add_place(newcomer: Newcomer, branch: Branch) -> Site:
    """The first site of a new customer; it keeps the branch's time."""
    customer = customers.add_customer(newcomer.name, newcomer.kind)
    return customers.add_site(
        customer, newcomer.site_name or newcomer.name, newcomer.address, time_zone=branch.time_zone
    )


def add_contact(site: Site, contact: NewContact) -> Contact | None:
    if not contact.name and not contact.phone:
        return None
    name = contact.name or site.customer.name[:100]  # a number that nobody was named for is the customer's
    return customers.add_contact(site, name, contact.phone, email=contact.email)


def add_unit(site: Site, unit: NewUnit) -> Equipment | None:
    if unit.product is None and unit.serial_no:
        raise Rejected(NEEDS_PRODUCT, field="product")
    return customers.add_equipment(site, unit.product, unit.serial_no) if unit.product else None
