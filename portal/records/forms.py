"""What is typed about customers, sites, contacts and units; the filters of their lists."""

import uuid
from decimal import Decimal
from typing import Any

import wtforms
from flask import request

from portal.calls.filters import as_day, as_id
from portal.calls.words import CUSTOMER_KINDS
from portal.changing import ChangeForm
from portal.clock import zone_names
from portal.customers.models import FAMILIES, Product
from portal.customers.queries import products
from portal.forms import Choice, Day, EntryForm, Filters, Line, Number, Picture, Typed, Words
from portal.i18n import LOCALES, _, label, lazy
from portal.mailbox import Mailbox
from portal.permissions import Permission, may
from portal.phone import Phone
from portal.records import words
from portal.records.models import PAPER_KINDS
from portal.records.queries import WantedCustomers, WantedUnits
from portal.reports.words import SIGNER_ROLES

REASON_LIMIT = 300


class TimeZone(Typed):
    """The name of a time zone, as the world's list of them writes it."""

    unreadable = lazy("Write a time zone of the list, for example Asia/Shanghai.")

    def read(self, text: str) -> str:
        if text not in zone_names():
            raise ValueError(text)
        return text


class Place(Number):
    """One coordinate in degrees. It may stay empty."""

    unreadable = lazy("Write degrees as a number, for example 31.230416.")

    def __init__(self, label: Any, most: int, **kw: Any) -> None:
        super().__init__(label, least=Decimal(-most), most=Decimal(most), places=6, required=False, **kw)


class RowForm(ChangeForm):
    """A form over a row of a file."""

    @property
    def values(self) -> dict[str, Any]:
        return {name: empty(self[name], value) for name, value in super().values.items() if name != "version"}


def empty(field: Any, value: Any) -> Any:
    """Text that was left out is empty text; a date or a number that was left out is none."""
    return value if value is not None or isinstance(field, Typed) else ""


class CustomerForm(RowForm):
    name = Line(lazy("Name of the entry"), required=lazy("Write the customer's name."))
    kind = Choice(lazy("Kind of customer"), choices=list(CUSTOMER_KINDS.items()))
    locale = Choice(lazy("Language"), choices=list(LOCALES.items()))


class SiteForm(RowForm):
    name = Line(lazy("Name of the place"), required=lazy("Write the name of the place."))
    address = Line(lazy("Address"), required=lazy("Write the address."), limit=300)
    district = Line(lazy("District"), limit=100)
    time_zone = TimeZone(lazy("Time zone"), required=lazy("Write the time zone."))
    access_note = Words(lazy("Access"), limit=1000)
    hazards = Words(lazy("Hazards"), limit=1000)
    latitude = Place(lazy("Latitude"), 90)
    longitude = Place(lazy("Longitude"), 180)
    datum = Choice(lazy("Coordinates as in"), choices=list(words.DATUMS.items()))

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        missing = [field for field in (self.latitude, self.longitude) if field.data is None and not field.errors]
        if len(missing) == 1:
            missing[0].errors = [str(lazy("Write both coordinates, or none."))]
            return False
        return valid


class ContactForm(RowForm):
    name = Line(lazy("Name"), required=lazy("Write the name."), limit=100)
    phone = Phone(lazy("Phone"))
    email = Mailbox(lazy("E-mail"))
    role = Choice(lazy("Relation to the customer"), choices=list(SIGNER_ROLES.items()))


class NewCustomerForm(EntryForm):
    """A customer with the first site and whom to ask for there."""

    unmarked = ("site_name",)
    name = Line(lazy("Name of the entry"), required=lazy("Write the customer's name."))
    kind = Choice(lazy("Kind of customer"), choices=list(CUSTOMER_KINDS.items()))
    locale = Choice(lazy("Language"), choices=list(LOCALES.items()))
    site_name = Line(lazy("Name of the place"))
    address = Line(lazy("Address"), required=lazy("Write the address."), limit=300)
    district = Line(lazy("District"), limit=100)
    time_zone = TimeZone(lazy("Time zone"), required=lazy("Write the time zone."))
    contact_name = Line(lazy("Name of the contact"), limit=100)
    contact_phone = Phone(lazy("Phone"))
    contact_email = Mailbox(lazy("E-mail"))

    @property
    def parts(self) -> dict[str, dict[str, Any]]:
        """What `enter_customer` takes."""
        texts = {name: value or "" for name, value in self.values.items()}
        return {
            "customer": {name: texts[name] for name in ("name", "kind", "locale")},
            "site": {
                "name": texts["site_name"],
                **{name: texts[name] for name in ("address", "district", "time_zone")},
            },
            "contact": {name: texts[f"contact_{name}"] for name in ("name", "phone", "email")},
        }


class UnitForm(RowForm):
    """The plate and the dates of a unit."""

    product = Choice(lazy("Product"), required=lazy("Choose a product"))
    serial_no = Line(lazy("Serial number"), limit=80)
    asset_tag = Line(lazy("Asset tag"), limit=80)
    location = Line(lazy("Location on site"))
    manufactured_on = Day(lazy("Made on"))
    purchased_on = Day(lazy("Bought on"))
    installed_on = Day(lazy("Installed on"))
    invoice_no = Line(lazy("Invoice number"), limit=80)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.products: dict[str, Product] = {str(one.id): one for one in products()}
        first = [] if self.product.data else [("", _("Choose …"))]  # none is meant before one is chosen
        self.product.choices = first + [(key, f"{label(one)} {one.model}") for key, one in self.products.items()]

    @property
    def values(self) -> dict[str, Any]:
        """As `change` takes them: the product by its id."""
        values = super().values
        return {"product_id": uuid.UUID(values.pop("product")), **values}


class MoveForm(ChangeForm):
    site = wtforms.HiddenField()
    location = Line(lazy("Location on site"))
    reason = Line(lazy("Reason"), required=lazy("Say why the unit moves."), limit=REASON_LIMIT)


class PaperForm(EntryForm):
    kind = Choice(lazy("Kind of paper"), choices=[(kind, words.PAPERS[kind]) for kind in PAPER_KINDS])
    title = Line(lazy("What it is"), limit=200)
    file = Picture(lazy("File"))


class ReasonForm(EntryForm):
    reason = Line(lazy("Reason"), required=lazy("Say why."), limit=REASON_LIMIT)


class MergeForm(EntryForm):
    """Which of the two stays, and why they are the same."""

    kept = Choice(lazy("Which entry stays"), required=lazy("Choose which entry stays."))
    reason = Line(lazy("Reason"), required=lazy("Say how you know that they are the same."), limit=REASON_LIMIT)


class ViewForm(EntryForm):
    """A name for the filter at hand. The query comes from the address, never from a field."""

    name = Line(lazy("Name of the view"), required=lazy("Write a name."), limit=60)
    shared = wtforms.BooleanField(lazy("Share it with everybody who may open this list"))
    role = Choice(lazy("The list opens with it for"), required=False)

    def __init__(self) -> None:
        super().__init__()
        self.role.choices = [("", _("Nobody")), *words.ROLES.items()]
        if not may(Permission.LIST_SHARE):
            del self.shared, self.role


class CustomerFilters(Filters):
    """The list's filter; what cannot be read is left out."""

    q = Line(lazy("Name, place, contact or phone"), limit=100, render_kw={"type": "search"})
    kind = Choice(lazy("Kind of customer"), required=False)
    place = Line(lazy("District or place"), limit=100)
    open_call = Choice(lazy("Open call"), required=False, name="open")

    def __init__(self) -> None:
        super().__init__(formdata=request.args)
        self.kind.choices = [("", _("All")), *CUSTOMER_KINDS.items()]
        self.open_call.choices = [("", _("All")), ("yes", _("Has an open call")), ("no", _("Has none"))]

    def wanted(self) -> WantedCustomers:
        return WantedCustomers(
            q=(self.q.data or "")[:100],
            kind=self.kind.data if self.kind.data in CUSTOMER_KINDS else "",
            place=(self.place.data or "")[:100],
            open_call=self.open_call.data if self.open_call.data in ("yes", "no") else "",
            after=as_id(request.args.get("after")),
        )


class UnitFilters(Filters):
    q = Line(lazy("Serial number, tag or location"), limit=100, render_kw={"type": "search"})
    customer_name = Line(lazy("Customer"), limit=100, name="customer")
    family = Choice(lazy("Family"), required=False)
    product = Choice(lazy("Product"), required=False)
    start = wtforms.StringField(lazy("Installed from"), name="from", render_kw={"type": "date"})
    end = wtforms.StringField(lazy("Installed until"), name="to", render_kw={"type": "date"})

    def __init__(self) -> None:
        super().__init__(formdata=request.args)
        self.family.choices = [("", _("All")), *((one, words.FAMILIES[one]) for one in FAMILIES)]
        known = products()
        self.product.choices = [("", _("All")), *((str(one.id), f"{label(one)} {one.model}") for one in known)]

    def wanted(self) -> WantedUnits:
        """`customer` is a part of a name, or an id when the list is opened from a customer's file."""
        named = self.customer_name.data or ""
        return WantedUnits(
            q=(self.q.data or "")[:100],
            product=as_id(self.product.data),
            family=self.family.data if self.family.data in FAMILIES else "",
            customer=as_id(named),
            customer_name="" if as_id(named) else named[:100],
            start=as_day(self.start.data),
            end=as_day(self.end.data),
            after=as_id(request.args.get("after")),
        )
