"""Slips of the store, the reason of a reversal, and the filter of movements."""

from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from flask import request
from sqlalchemy import Row

from portal.accounts.models import Person
from portal.clock import day_bounds
from portal.errors import Rejected
from portal.finding import fits
from portal.forms import Choice, Day, EntryForm, Filters, Line, Number, Typed, plain, whole_number
from portal.i18n import _, label, lazy
from portal.stock import operations, queries, words
from portal.stock.models import Item, Location, find_item, find_location, van_code
from portal.widgets import Options

ALIKE_SHOWN = 5
OFFERED = 30  # places or people that one chooses from; where there are more, one is written


class PartNumber(Typed):
    """A part number that the catalogue knows, or a piece of a number or name that fits one part alone; its value is
    the item."""

    unreadable = lazy("No part has this number or name.")

    def read(self, text: str) -> Item:
        if (exact := find_item(text)) is not None:
            return exact
        alike = queries.parts_called(text)
        if len(alike) > 1:
            names = some(f"{label(one)} {one.code}" for one in alike)
            self.unreadable = lazy("Several parts fit, write more: %(parts)s", parts=names)
        if len(alike) != 1:
            raise ValueError(text)
        return alike[0]

    def show(self, value: Item) -> str:
        return value.code


class Known(Typed):
    """One of the records that have a code and a name; its value is the code. Of few one is chosen from a list. Of many
    one is written: its code, or a piece of code or name that fits it alone. `pairs` gives code and name of each, of the
    first so many where a number is asked for."""

    unreadable = lazy("Nothing here has this code or name.")

    def __init__(self, label: Any, pairs: Callable[[int | None], list[tuple[str, str]]], **kw: Any) -> None:
        super().__init__(label, **kw)
        self.pairs = pairs
        self.offered: list[tuple[str, str]] = []

    def offer(self) -> None:
        """Lists them where they are few."""
        found = self.pairs(OFFERED + 1)
        if len(found) <= OFFERED:
            self.offered, self.widget = found, Options()
        else:
            self.description = _("Code or name")

    def iter_choices(self) -> Iterator[tuple[str, Any, bool, dict[str, Any]]]:
        yield "", _("All"), not self.data, {}
        for code, name in self.offered:
            yield code, name, code == self.data, {}

    def read(self, text: str) -> str:
        found = self.pairs(None)
        if exact := next((code for code, _name in found if code.casefold() == text.casefold()), None):
            return exact
        alike = [(code, name) for code, name in found if fits(text, name)]
        if len(alike) > 1:
            self.unreadable = lazy("Several fit, write more: %(names)s", names=some(name for _code, name in alike))
        if len(alike) != 1:
            raise ValueError(text)
        return alike[0][0]


def some(names: Iterable[str]) -> str:
    """The first of them, as a sentence names them."""
    listed = list(names)
    return " · ".join(listed[:ALIKE_SHOWN] + ["…"] * (len(listed) > ALIKE_SHOWN))


def place_pairs(most: int | None) -> list[tuple[str, str]]:
    return [(place.code, f"{place.code} · {place.name}") for place in queries.place_names(most)]


def people_pairs(most: int | None) -> list[tuple[str, str]]:
    return [(one.username, one.name) for one in queries.people(most)]


class SlipForm(EntryForm):
    """What all slips ask: a part, a quantity, a note."""

    item = PartNumber(lazy("Part number or name"), required=lazy("Write the part number."))
    quantity = Number(lazy("Quantity"))
    note = Line(lazy("Note"), limit=300)

    def __init__(self) -> None:
        asked = plain(request.args.get("item", ""))
        super().__init__(data={"item": find_item(asked) if asked else None})
        self.stores = queries.locations("store")

    def preset(self, field: Choice) -> None:
        """The store's end of the slip: the first store is chosen, and meant when the field is left out."""
        field.choices = [place_choice(store) for store in self.stores]
        field.flags.optional = False

    def store(self, code: str | None) -> Location:
        """The store that was chosen, the first when none was."""
        if not self.stores:
            raise Rejected(_("There is no store yet. Ask the administrator for one."))
        return next((store for store in self.stores if store.code == code), self.stores[0])


class ReceiptForm(SlipForm):
    to = Choice(lazy("To"), required=False)
    unit_cost = Number(lazy("Unit cost"), least=Decimal(0), most=Decimal(9_999_999), places=6)

    def __init__(self) -> None:
        super().__init__()
        self.preset(self.to)

    @property
    def slip(self) -> dict[str, Any]:
        return {
            "item": self.item.data,
            "quantity": self.quantity.data,
            "store": self.store(self.to.data),
            "unit_cost": self.unit_cost.data,
            "note": self.note.data or "",
        }


class VanSlipForm(SlipForm):
    """Between a store and a van. A technician who has no van yet gets one with the first issue."""

    def __init__(self) -> None:
        super().__init__()
        self.vans = {van.code: van for van in queries.locations("van")}

    def van_choices(self) -> list[tuple[str, str]]:
        return [("", _("Choose …")), *(place_choice(van) for van in self.vans.values())]

    def van_slip(self, store_code: str | None, van: Location) -> dict[str, Any]:
        return {
            "item": self.item.data,
            "quantity": self.quantity.data,
            "store": self.store(store_code),
            "van": van,
            "note": self.note.data or "",
        }


class IssueForm(VanSlipForm):
    source = Choice(lazy("From"), required=False, name="from")
    to = Choice(lazy("To"), required=lazy("Choose a van."))

    def __init__(self) -> None:
        super().__init__()
        self.newcomers: dict[str, Person] = {van_code(one): one for one in queries.technicians_without_van()}
        self.preset(self.source)
        self.to.choices = self.van_choices() + [(code, f"{code} · {one.name}") for code, one in self.newcomers.items()]
        if request.method == "GET":
            self.to.data = plain(request.args.get("to", ""))

    @property
    def slip(self) -> dict[str, Any]:
        code = str(self.to.data)
        van = self.vans[code] if code in self.vans else operations.van_of(self.newcomers[code])
        return self.van_slip(self.source.data, van)


class ReturnForm(VanSlipForm):
    source = Choice(lazy("From"), required=lazy("Choose a van."), name="from")
    to = Choice(lazy("To"), required=False)

    def __init__(self) -> None:
        super().__init__()
        self.source.choices = self.van_choices()
        self.preset(self.to)
        if request.method == "GET":
            self.source.data = plain(request.args.get("from", ""))

    @property
    def slip(self) -> dict[str, Any]:
        return self.van_slip(self.to.data, self.vans[str(self.source.data)])


class ReversalForm(EntryForm):
    reason = Line(lazy("Reason"), required=lazy("Say why it is reversed."), limit=300)


class StockFilters(Filters):
    """Which parts the list of stock shows: words, one of the places, and whether they are short. Odd values leave their
    filter open."""

    SHOWN: ClassVar = {"": lazy("All parts"), "missing": lazy("Not in the store"), "below": lazy("Below zero")}
    q = Line(lazy("Part number or name"), limit=100, render_kw={"type": "search"})
    location = Choice(lazy("Place"), required=False)
    show = Choice(lazy("Which parts"), required=False)

    def __init__(self) -> None:
        super().__init__(formdata=request.args)
        self.places = {place.code: place for place in queries.places("store", "van")}
        self.location.choices = [("", _("All places")), *map(place_choice, self.places.values())]
        self.show.choices = list(self.SHOWN.items())

    @property
    def place(self) -> Row[Any] | None:
        return self.places.get(self.location.data or "")

    @property
    def shown(self) -> str:
        """A name of SHOWN."""
        return self.show.data if self.show.data in self.SHOWN else ""

    def wanted(self) -> tuple[str, str, Row[Any] | None]:
        """As `queries.stock_lines` takes it."""
        return plain(self.q.data or "")[:100], self.shown, self.place

    @property
    def query(self) -> dict[str, Any]:
        """The filters as parameters of an address."""
        words, show, place = self.wanted()
        given = {"q": words, "location": place.code if place else "", "show": show}
        return {name: value for name, value in given.items() if value}


class FilterForm(Filters):
    """Which movements to show. What cannot be read is said beside the field and leaves its filter open."""

    item = PartNumber(lazy("Part number or name"), required=False)
    location = Known(lazy("Place"), place_pairs, required=False)
    start = Day(lazy("From day"), name="from")
    end = Day(lazy("To day"), name="to")
    person = Known(lazy("Person"), people_pairs, required=False)
    kind = Choice(lazy("Kind"), required=False)
    document = Line(lazy("Document"), limit=80)

    def __init__(self, zone: str) -> None:
        super().__init__(formdata=request.args)
        self.zone = zone
        self.location.offer()
        self.person.offer()
        self.kind.choices = [("", _("All")), *((key, str(word)) for key, word in words.KINDS.items())]
        self.validate()

    @cached_property
    def place(self) -> Location | None:
        return find_location(self.location.data) if self.location.data else None

    def wanted(self) -> queries.Wanted:
        start, end = self.start.data, self.end.data
        return queries.Wanted(
            item_id=self.item.data.id if self.item.data else None,
            location_id=self.place.id if self.place else None,
            start=day_bounds(start, self.zone)[0] if start else None,
            end=day_bounds(end, self.zone)[1] if end else None,
            person_id=queries.person_called(self.person.data) if self.person.data else None,
            kind=self.kind.data if self.kind.data in words.KINDS else None,
            document=self.document.data if self.document.data and not self.document.errors else None,
        )

    @property
    def query(self) -> dict[str, Any]:
        """The filters as parameters of an address."""
        return {field.name: field._value() if isinstance(field, Typed) else field.data for field in self if field.data}


def before_number() -> int | None:
    """The keyset cursor of lists of movements."""
    return whole_number(request.args.get("before", ""), 0, 10**9) or None


def place_choice(place: Any) -> tuple[str, str]:
    return place.code, f"{place.code} · {label(place)}"


__all__ = [
    "FilterForm", "IssueForm", "ReceiptForm", "ReturnForm", "ReversalForm", "StockFilters", "before_number",
]  # fmt: skip
