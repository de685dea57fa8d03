"""One form for each screen of the tools, and the filter of the register."""

from decimal import Decimal
from typing import Any, ClassVar

from flask import request
from wtforms import validators

from portal.changing import ChangeForm
from portal.errors import Rejected
from portal.forms import Choice, Day, EntryForm, Filters, Line, Number, Picture, Words, plain
from portal.i18n import LOCALES, _, label, lazy
from portal.stock import queries as stock
from portal.stock.models import Location
from portal.stock.tools import queries, rules, words

NUMBER = r"[A-Za-z0-9][A-Za-z0-9._-]*"


def pairs(table: dict[str, Any], *names: str) -> list[tuple[str, Any]]:
    chosen = names or tuple(table)
    return [(name, table[name][0] if isinstance(table[name], tuple) else table[name]) for name in chosen]


class Whole(Number):
    """A whole number of months; its value is an int."""

    unreadable = lazy("Write a whole number, for example 12.")

    def __init__(self, label: Any, **kw: Any) -> None:
        super().__init__(label, least=Decimal(1), most=Decimal(120), places=0, **kw)

    def show(self, value: Any) -> str:
        return str(value)


class CorrectionForm(ChangeForm):
    """What the register says of a tool and may be corrected."""

    unmarked: tuple[str, ...] = ("calibration_class",)
    name_zh_Hans = Line(lazy("Name (简体中文)"), required=lazy("Write the name."), limit=80)
    name_zh_Hant = Line(lazy("Name (繁體中文)"), limit=80)
    name_en = Line(lazy("Name (English)"), limit=80)
    name_es = Line(lazy("Name (Español)"), limit=80)
    category = Choice(lazy("Category"), choices=pairs(words.CATEGORIES), required=lazy("Choose the category."))
    spec = Line(lazy("Specification"))
    brand = Line(lazy("Brand"), limit=80)
    maker_serial = Line(lazy("Maker's serial number"), limit=80)
    bought_on = Day(lazy("Bought on"))
    supplier = Line(lazy("Bought from"), limit=120)
    calibration_class = Choice(
        lazy("Calibration class"), choices=[("", "–"), *((one, one) for one in rules.CLASSES)], required=False
    )
    interval_months = Whole(lazy("Calibrated every … months"), required=False)
    laboratory = Line(lazy("Laboratory"), limit=120)
    note = Line(lazy("Note"), limit=300)

    @property
    def labels(self) -> dict[str, str]:
        given = {locale: self[f"name_{locale}"].data or "" for locale in LOCALES}
        return {locale: name for locale, name in given.items() if name}

    @property
    def register(self) -> dict[str, Any]:
        """The columns of the register."""
        lines = ("spec", "brand", "maker_serial", "supplier", "calibration_class", "laboratory", "note")
        months = self.interval_months.data
        return {
            "category": self.category.data,
            "bought_on": self.bought_on.data,
            "interval_months": int(months) if months else None,
            **{name: self[name].data or "" for name in lines},
        }


class StoreForm(EntryForm):
    """A form with a store: the first one is chosen, and meant when the field is left out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stores = stock.locations("store")
        self["store"].choices = [(one.code, f"{one.code} · {label(one)}") for one in self.stores]

    @property
    def chosen_store(self) -> Location:
        if not self.stores:
            raise Rejected(_("There is no store yet. Ask the administrator for one."))
        return next((one for one in self.stores if one.code == self["store"].data), self.stores[0])


class RegistrationForm(CorrectionForm, StoreForm):
    unmarked = ("calibration_class", "store")
    number = Line(
        lazy("Tool number"),
        required=lazy("Write the tool's number."),
        limit=40,
        validators=[validators.Regexp(rf"{NUMBER}\Z", message=lazy("Letters, digits, - . and _ only."))],
    )
    original_value = Number(lazy("Original value"), least=Decimal(0), most=Decimal(9_999_999), places=2)
    store = Choice(lazy("Store"), required=False)

    @property
    def value(self) -> dict[str, Any]:
        return {"number": self.number.data, "original_value": self.original_value.data}


class HandOutForm(EntryForm):
    unmarked = ("condition",)
    holder = Choice(lazy("Who gets it"), required=lazy("Choose who gets it."))
    due_back = Day(lazy("Due back"))
    condition = Choice(
        lazy("Condition"),
        choices=pairs(words.CONDITIONS, "complete", "parts_missing", "damaged"),
        default="complete",
        required=False,
    )
    note = Line(lazy("Note"), limit=300)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.people = {one.username: one for one in queries.technicians()}
        self.holder.choices = [("", _("Choose …")), *((key, one.name) for key, one in self.people.items())]

    @property
    def slip(self) -> dict[str, Any]:
        return {
            "holder": self.people[str(self.holder.data)],
            "due_back": self.due_back.data,
            "condition": self.condition.data or "complete",
            "note": self.note.data or "",
        }


class ReturnForm(StoreForm):
    unmarked = ("store",)
    condition = Choice(lazy("Condition"), choices=pairs(words.CONDITIONS), required=lazy("Say how it came back."))
    store = Choice(lazy("Store"), required=False)
    note = Line(lazy("Note"), limit=300)

    @property
    def slip(self) -> dict[str, Any]:
        return {"store": self.chosen_store, "condition": self.condition.data, "note": self.note.data or ""}


class MoveForm(StoreForm):
    """`state`: where the tool is now."""

    unmarked = ("store",)
    to = Choice(lazy("To"), required=lazy("Say where it goes."))
    store = Choice(lazy("Store"), required=False)
    note = Line(lazy("Note"), limit=300)

    def __init__(self, state: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        open_to = [one for one in rules.MOVES[state] if (state, one) != ("store", "store") or len(self.stores) > 1]
        self.to.choices = pairs(words.MOVES, *open_to) if open_to else []

    @property
    def slip(self) -> dict[str, Any]:
        into = self.chosen_store if self.to.data == "store" else None
        return {"state": self.to.data, "store": into, "note": self.note.data or ""}


class CalibrationForm(EntryForm):
    unmarked = ("result",)
    calibrated_on = Day(lazy("Calibrated on"), required=lazy("Write the day of the calibration."))
    certificate_no = Line(lazy("Certificate number"), required=lazy("Write the number of the certificate."), limit=80)
    result = Choice(lazy("Result"), choices=pairs(words.RESULTS), default="passed", required=False)
    valid_until = Day(lazy("Valid until"))
    laboratory = Line(lazy("Laboratory"), limit=120)
    photo = Picture(lazy("Scan of the certificate"), [validators.Optional()])

    @property
    def slip(self) -> dict[str, Any]:
        values = self.values
        scan, result = values.pop("photo"), values["result"] or "passed"
        return values | {"scan": scan, "result": result, "laboratory": values["laboratory"] or ""}


class ReportForm(EntryForm):
    kind = Choice(
        lazy("What is it"),
        choices=pairs(words.REPORTS, "damaged", "parts_missing", "lost"),
        required=lazy("Say what is wrong."),
    )
    note = Words(lazy("How it happened"), required=lazy("Say what happened."), limit=500)

    @property
    def slip(self) -> dict[str, Any]:
        return {"kind": self.kind.data, "note": self.note.data}


class DecisionForm(EntryForm):
    """`kind`: what was reported."""

    decision = Choice(lazy("Decision"), required=lazy("Choose what becomes of it."))
    amount = Number(lazy("Charged amount"), least=Decimal(0), most=Decimal(9_999_999), places=2, required=False)
    note = Line(lazy("Note"), limit=300)

    def __init__(self, kind: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.decision.choices = pairs(words.DECISIONS, *rules.decisions_for(kind))

    @property
    def slip(self) -> dict[str, Any]:
        return {"decision": self.decision.data, "amount": self.amount.data, "note": self.note.data or ""}


class FilterForm(Filters):
    """Which tools to show. Odd values leave their filter open."""

    SHOWN: ClassVar = {
        "": lazy("All tools"),
        "overdue": lazy("Overdue or due soon"),
        "open": lazy("Waiting for somebody"),
        "idle": lazy("Idle for 30 days"),
    }
    q = Line(lazy("Number, name or maker's number"), limit=100)
    category = Choice(lazy("Category"), required=False)
    state = Choice(lazy("State"), required=False)
    holder = Choice(lazy("Holder"), required=False)
    calibration = Choice(lazy("Calibration"), required=False)
    show = Choice(lazy("Which tools"), required=False)

    def __init__(self) -> None:
        super().__init__(formdata=request.args)
        everything = ("", _("All"))
        self.people = {one.username: one for one in queries.technicians()}
        self.category.choices = [everything, *pairs(words.CATEGORIES)]
        self.state.choices = [everything, *pairs(words.STATES)]
        self.holder.choices = [everything, *((key, one.name) for key, one in self.people.items())]
        self.calibration.choices = [everything, *pairs(words.CALIBRATIONS)]
        self.show.choices = list(self.SHOWN.items())

    @property
    def shown(self) -> str:
        """A name of SHOWN."""
        return self.show.data if self.show.data in self.SHOWN else ""

    def wanted(self) -> queries.Wanted:
        holder = self.people.get(self.holder.data or "")
        return queries.Wanted(
            words=plain(self.q.data or "")[:100],
            category=self.category.data if self.category.data in words.CATEGORIES else "",
            state=self.state.data if self.state.data in words.STATES else "",
            calibration=self.calibration.data if self.calibration.data in words.CALIBRATIONS else "",
            holder_id=holder.id if holder else None,
            show=self.shown,
        )

    @property
    def query(self) -> dict[str, Any]:
        """The filters as parameters of an address."""
        return {field.name: field.data for field in self if field.data}


__all__ = [
    "CalibrationForm", "CorrectionForm", "DecisionForm", "FilterForm", "HandOutForm", "MoveForm", "RegistrationForm",
    "ReportForm", "ReturnForm",
]  # fmt: skip
