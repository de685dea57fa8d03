"""The call form and the plan of a visit."""

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Any

import wtforms
from flask import request
from wtforms import validators

from portal.accounts.models import Person
from portal.calls import queries, rules, words
from portal.calls.intake import Newcomer, NewContact, NewUnit
from portal.calls.models import CHANNELS, PRIORITIES, SERVICE_CLASSES, WORK_TYPES, Visit
from portal.clock import local, now
from portal.customers.models import Contact, Equipment, Product, Site
from portal.forms import Choice, Choices, EntryForm, Line, Moment, Words, plain
from portal.i18n import _, label, lazy, ngettext_
from portal.mailbox import Mailbox
from portal.phone import Phone, is_phone

HOUR = timedelta(hours=1)
CALL_WORDS = ("channel", "caller_name", "description", "service_class", "work_type", "priority")


class PlanForm(EntryForm):
    """Who goes and when. Technicians are listed with how many visits they have that day."""

    technician = Choice(lazy("Technician"), required=lazy("Choose a technician."))
    window_start = Moment(lazy("Planned from"), required=True)
    window_end = Moment(lazy("Planned until"), required=True)

    def __init__(self, *, zone: str, **kwargs: Any) -> None:
        super().__init__(zone=zone, **kwargs)
        self.people = {str(person.id): person for person in queries.technicians()}
        self.technician.choices = [("", _("Choose …")), *self.technician_choices()]

    def technician_choices(self) -> list[tuple[str, str]]:
        start = self.window_start.data or now()
        busy = queries.visits_on(local(start, self.zone).date(), self.zone)
        return [
            (
                key,
                ngettext_(
                    "%(name)s – %(num)s visit that day",
                    "%(name)s – %(num)s visits that day",
                    busy[person.id],
                    name=person.name,
                ),
            )
            for key, person in self.people.items()
        ]

    def validate_window_end(self, field: Any) -> None:
        """Told with all other errors; the operation asks again."""
        start = self.window_start.data
        if start and field.data and not rules.window_is_sound(start, field.data):
            raise validators.ValidationError(str(words.UNSOUND_WINDOW))

    def chosen_technician(self) -> Person:
        return self.people[str(self.technician.data)]

    @property
    def plan(self) -> dict[str, Any]:
        return {
            "technician": self.chosen_technician(),
            "window_start": self.window_start.data,
            "window_end": self.window_end.data,
        }


class NextVisitForm(PlanForm):
    unmarked: tuple[str, ...] = ("others",)
    others = Choices(lazy("Others who go along"))
    instructions = Words(lazy("Note for the technician"), limit=1000)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.others.choices = [(key, person.name) for key, person in self.people.items()]

    @property
    def plan(self) -> dict[str, Any]:
        return super().plan | {"others": [self.people[key] for key in self.others.data or []]}


class MemberForm(EntryForm):
    technician = Choice(lazy("Technician"), required=lazy("Choose a technician."))
    reason = Line(lazy("Why"), limit=300)

    def __init__(self, visit: Visit, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.people = {str(one.id): one for one in queries.technicians() if not visit.is_assigned(one)}
        self.technician.choices = [("", _("Choose …")), *((key, one.name) for key, one in self.people.items())]

    @property
    def chosen(self) -> Person:
        return self.people[str(self.technician.data)]


class AwayForm(EntryForm):
    reason = Line(lazy("Reason"), required=lazy("Say why."), limit=300)


class AssignForm(PlanForm):
    """`technician` leads; `others` are sent along in the same step. Whoever is on the team already is not offered."""

    unmarked: tuple[str, ...] = ("others",)
    others = Choices(lazy("Others who go along"))
    reason = Line(lazy("Why it changes"), limit=300)
    version = wtforms.HiddenField(filters=[plain])

    def __init__(self, visit: Visit) -> None:
        chosen = {
            "technician": str(visit.person_id or ""),
            "window_start": visit.window_start,
            "window_end": visit.window_end,
            "version": str(visit.version),
        }
        super().__init__(zone=visit.zone, data=chosen)
        members = {str(member.person_id) for member in visit.members}
        self.others.choices = [(key, one.name) for key, one in self.people.items() if key not in members]
        self.others.data = [key for key in self.others.data or [] if key not in members]

    @property
    def plan(self) -> dict[str, Any]:
        return super().plan | {"others": [self.people[key] for key in self.others.data or []]}

    def validate_version(self, field: Any) -> None:
        if field.data and not field.data.isdecimal():
            raise validators.ValidationError(str(lazy("Open the page again.")))

    @property
    def seen_version(self) -> int | None:
        return int(self.version.data[:9]) if self.version.data else None


class CancelForm(EntryForm):
    reason = Line(lazy("Reason"), required=lazy("Say why the visit is cancelled."), limit=300)


class CallForm(NextVisitForm):
    """A call with its first visit: for a site that is known, or for a new customer."""

    unmarked = ("others", "equipment", "contact", "customer_name", "customer_kind", "address")
    site = wtforms.HiddenField(filters=[plain])
    equipment = Choice(lazy("Unit"), required=False)
    product = Choice(lazy("Product"), required=False)
    serial_no = Line(lazy("Serial number"), limit=80)
    customer_name = Line(lazy("Customer"))
    customer_kind = Choice(lazy("Kind of customer"), required=False)
    site_name = Line(lazy("Name of the place"))
    address = Line(lazy("Address"), limit=300)
    contact = Choice(lazy("Contact"), required=False)
    contact_name = Line(lazy("Name of the contact"), limit=100)
    contact_phone = Phone(lazy("Phone"))
    contact_email = Mailbox(lazy("E-mail"))
    channel = Choice(lazy("Came by"))
    caller_name = Line(lazy("Reported by"), limit=100)
    description = Words(lazy("What the customer says"), required=lazy("Write down what the customer says."), limit=2000)
    service_class = Choice(lazy("Class"))
    work_type = Choice(lazy("Kind of work"))
    priority = Choice(lazy("Priority"))

    def __init__(self, *, zone: str, known: Site | None, units: list[Equipment], products: list[Product]) -> None:
        super().__init__(zone=zone, data=presets(known, units))
        self.known = known
        self.units = {str(unit.id): unit for unit in units}
        self.products = {str(product.id): product for product in products}
        self.contacts = {str(contact.id): contact for contact in (known.contacts if known else [])}
        self.equipment.choices = [(key, unit_words(unit)) for key, unit in self.units.items()]
        self.equipment.choices += [("none", _("Not on the list, or not known yet"))]
        self.contact.choices = [(key, contact_words(one)) for key, one in self.contacts.items()]
        self.contact.choices += [("other", _("Somebody else"))]
        self.product.choices = [("", _("Not known yet"))]
        self.product.choices += [(key, f"{label(one)} {one.model}") for key, one in self.products.items()]
        self.customer_kind.choices = list(words.CUSTOMER_KINDS.items())
        self.channel.choices = pairs(CHANNELS, words.CHANNELS)
        self.service_class.choices = pairs(SERVICE_CLASSES, words.CLASSES)
        self.work_type.choices = pairs(WORK_TYPES, words.WORK_TYPES)
        self.priority.choices = pairs(PRIORITIES, words.PRIORITIES)

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if self.contact_email.data and not self.contact_name.data and not self.contact_phone.data:
            self.contact_name.errors = [*self.contact_name.errors, str(lazy("Whose e-mail is this? Write the name."))]
            valid = False
        return all([self.names_the_place(), self.names_the_product(), valid])  # each says what it misses

    def names_the_product(self) -> bool:
        if self.product.data or not self.serial_no.data:
            return True
        self.product.errors = [*self.product.errors, str(words.NEEDS_PRODUCT)]
        return False

    def names_the_place(self) -> bool:
        if self.known is not None:
            return True
        missing = [field for field in (self.customer_name, self.address) if not field.data]
        for field in missing:
            field.errors = [*field.errors, str(lazy("Fill this in."))]
        return not missing

    @property
    def intake(self) -> dict[str, Any]:
        """What `intake.take_call` takes."""
        newcomer = Newcomer(
            name=self.customer_name.data or "",
            kind=self.customer_kind.data or "business",
            site_name=self.site_name.data or "",
            address=self.address.data or "",
        )
        return {
            "place": self.known or newcomer,
            "unit": self.chosen_unit(),
            "contact": self.chosen_contact(),
            "words": {name: self[name].data or "" for name in CALL_WORDS},
            "plan": {**self.plan, "instructions": self.instructions.data or ""},
        }

    def chosen_unit(self) -> Equipment | NewUnit:
        """What was typed goes before the choice that the form presets."""
        typed = NewUnit(self.products.get(self.product.data or ""), self.serial_no.data or "")
        known = self.units.get(self.equipment.data or "")
        return typed if known is None or typed.product or typed.serial_no else known

    def chosen_contact(self) -> Contact | NewContact:
        typed = NewContact(self.contact_name.data or "", self.contact_phone.data or "", self.contact_email.data or "")
        known = self.contacts.get(self.contact.data or "")
        return typed if known is None or typed.name or typed.phone else known


def presets(known: Site | None, units: list[Equipment]) -> dict[str, Any]:
    """What is likely: the next two full hours, the unit and contact if there is one only, and who pays."""
    asked = request.args.get("equipment", "")
    unit = next((one for one in units if str(one.id) == asked), units[0] if len(units) == 1 else None)
    return {
        "site": str(known.id) if known else "",
        "equipment": str(unit.id) if unit else "",
        "contact": str(known.contacts[0].id) if known and known.contacts else "other",
        **(looked_up(request.args.get("q", "")) if known is None else {}),
        "customer_kind": "business",
        "channel": "phone",
        "service_class": likely_class(known, unit),
        "work_type": "repair",
        "priority": "routine",
        **next_window(),
    }


def looked_up(typed: str) -> dict[str, str]:
    """What was searched and not found goes where it belongs, so that nobody types it twice."""
    typed = str(plain(typed))[:100]
    narrow = unicodedata.normalize("NFKC", typed)
    if re.fullmatch(r"[\d\s()+-]+", narrow) and is_phone(narrow):
        return {"contact_phone": narrow}
    is_serial = narrow.isascii() and re.search(r"\d", narrow) and " " not in narrow
    return {"serial_no": narrow} if is_serial else {"customer_name": typed}


def likely_class(known: Site | None, unit: Equipment | None) -> str:
    """R035, by what the files say: the contract under which the last call here was, the dates of the unit."""
    if known is None:
        return rules.proposed_class(None, None)
    guaranteed = None
    if unit is not None:
        since, today = unit.purchased_on or unit.installed_on, local(now(), known.time_zone).date()
        guaranteed = rules.is_guaranteed(since, unit.product.warranty_months, today)
    return rules.proposed_class(queries.last_class(known), guaranteed)


def next_window() -> dict[str, datetime]:
    start = now().replace(minute=0, second=0, microsecond=0) + HOUR
    return {"window_start": start, "window_end": start + 2 * HOUR}


def unit_words(unit: Equipment) -> str:
    return " · ".join(part for part in (label(unit.product), unit.product.model, unit.serial_no, unit.location) if part)


def contact_words(contact: Contact) -> str:
    return " · ".join(part for part in (contact.name, contact.phone, contact.email) if part)


def pairs(codes: tuple[str, ...], names: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(code, names[code]) for code in codes]
