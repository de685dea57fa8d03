"""One form for each screen of the administration."""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import wtforms
from flask import request

from portal.accounts.forms import Secret
from portal.accounts.models import ROLE_NAMES, Branch, Person
from portal.admin.codes import VALUE_KINDS
from portal.admin.words import FAMILIES
from portal.changing import ChangeForm
from portal.clock import day_bounds, zone_names
from portal.forms import Choice, Choices, Day, EntryForm, Filters, Line, Number, Picture, Typed, Words
from portal.i18n import LOCALES, _, label, lazy
from portal.mailbox import Mailbox
from portal.permissions import Role
from portal.settings import Definition

NAME_LIMIT = 120
ONE = Decimal(1)


class CalledForm(ChangeForm):
    """Something that has a name in each language; one at least."""

    zh_Hans = Line(LOCALES["zh_Hans"], limit=NAME_LIMIT)
    zh_Hant = Line(LOCALES["zh_Hant"], limit=NAME_LIMIT)
    en = Line(LOCALES["en"], limit=NAME_LIMIT)
    es = Line(LOCALES["es"], limit=NAME_LIMIT)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for locale in LOCALES:
            self[locale].flags.unmarked = True

    def validate(self, extra_validators: Any = None) -> bool:
        valid = super().validate(extra_validators)
        if not self.names and not any(self[locale].errors for locale in LOCALES):
            self.zh_Hans.errors = [*self.zh_Hans.errors, str(lazy("Write the name in one language at least."))]
            return False
        return valid

    @property
    def names(self) -> dict[str, str]:
        return {locale: self[locale].data for locale in LOCALES if self[locale].data}


class TimeZone(Typed):
    """A place of the time zone database, such as Asia/Shanghai."""

    unreadable = lazy("Write a time zone such as Asia/Shanghai or Europe/Madrid.")

    def read(self, text: str) -> str:
        if text != "UTC" and ("/" not in text or text not in zone_names()):
            raise ValueError(text)
        return text


class BranchCode(Typed):
    unreadable = lazy("One to four letters or digits, such as 01.")

    def read(self, text: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9]{1,4}", text):
            raise ValueError(text)
        return text.upper()


class LooksForm(CalledForm):
    """How the house calls itself, in which languages it speaks, and its logo."""

    languages = Choices(lazy("Languages of the pages"), choices=list(LOCALES.items()))
    first_language = Choice(lazy("First language"), choices=list(LOCALES.items()))
    logo = Picture(lazy("Logo"), validators=[wtforms.validators.Optional()])
    without_logo = wtforms.BooleanField(lazy("Take the logo away"))

    @property
    def spoken(self) -> list[str]:
        """The languages ticked, the first one first, whether it was ticked or not."""
        return list(dict.fromkeys([str(self.first_language.data), *(self.languages.data or [])]))


class BranchForm(CalledForm):
    code = BranchCode(lazy("Code of the branch"))
    hotline = Line(lazy("Hotline"), limit=40)
    time_zone = TimeZone(lazy("Time zone"))

    def __init__(self, branch: Branch | None = None) -> None:
        if branch is None:
            super().__init__(data={"time_zone": "Asia/Shanghai"})
            return
        super().__init__(data=standing_branch(branch))
        del self.code


def standing_branch(branch: Branch) -> dict[str, Any]:
    """What stands about the branch, by the names of the form's fields."""
    return {**called(branch.labels), "hotline": branch.hotline, "time_zone": branch.time_zone}


def called(names: dict[str, str]) -> dict[str, str]:
    return {locale: names.get(locale, "") for locale in LOCALES}


class SetupForm(LooksForm):
    setup_code = Line(lazy("Setup code"), required=lazy("Write the setup code that the server printed."), limit=40)
    hotline = Line(lazy("Hotline"), limit=40)
    branch_code = BranchCode(lazy("Code of the first branch"))
    time_zone = TimeZone(lazy("Time zone"))
    username = Line(lazy("Username"), required=lazy("Write a username."), limit=60)
    person_name = Line(lazy("Your name"), required=lazy("Write your name as papers show it."), limit=100)
    roles = Choices(lazy("Your other roles"))
    email = Mailbox(lazy("E-mail"))
    new_password = Secret(lazy("Password"), new=True, words=lazy("Write a new password."))
    new_pin = Secret(lazy("PIN"), pin=True, words=lazy("Write a new PIN."))
    standard_codes = wtforms.BooleanField(lazy("Begin with the standard code lists"))

    def __init__(self, first_language: str) -> None:
        super().__init__(
            data={
                "branch_code": "01",
                "time_zone": "Asia/Shanghai",
                "first_language": first_language,
                "languages": list(LOCALES),
                "standard_codes": True,
            }
        )
        self.roles.choices = [(role.value, str(name)) for role, name in ROLE_NAMES.items() if role != Role.ADMIN]

    @property
    def values(self) -> dict[str, Any]:
        """As `establish` takes them."""
        plain = ("hotline", "branch_code", "time_zone", "person_name", "email")
        return {
            **{name: self[name].data or "" for name in plain},
            "name": self.names,
            "languages": self.spoken,
            "logo": self.logo.data,
            "username": (self.username.data or "").lower(),
            "roles": self.roles.data or [],
            "password": self.new_password.data,
            "pin": self.new_pin.data,
            "standard_codes": self.standard_codes.data,
        }


class PersonForm(ChangeForm):
    unmarked = ("roles",)  # at least one: the operation asks for it
    username = Line(lazy("Username"), required=lazy("Write a username."), limit=60)
    name = Line(lazy("Name"), required=lazy("Write the name as papers show it."), limit=100)
    roles = Choices(lazy("Roles"))
    branch = Choice(lazy("Branch"), required=lazy("Choose a branch."))
    language = Choice(lazy("Language"), required=False)
    email = Mailbox(lazy("E-mail"))

    def __init__(self, branches: list[Branch], person: Person | None = None) -> None:
        present = standing_of(person) if person is not None else {}
        if person is None and len(branches) == 1:
            present = {"branch": branches[0].code}
        super().__init__(data=present)
        self.roles.choices = [(role.value, str(name)) for role, name in ROLE_NAMES.items()]
        self.branches = {branch.code: branch for branch in branches}
        self.branch.choices = [(branch.code, f"{branch.code} · {label(branch)}") for branch in branches]
        self.language.choices = [("", _("As the browser asks")), *LOCALES.items()]
        if person is not None:
            del self.username

    @property
    def values(self) -> dict[str, Any]:
        return {
            "name": self.name.data,
            "roles": self.roles.data or [],
            "branch": self.branches[str(self.branch.data)],
            "locale": self.language.data or None,
            "email": self.email.data or "",
        }


def standing_of(person: Person) -> dict[str, Any]:
    """What stands about the person, by the names of the form's fields."""
    return {
        "name": person.name,
        "roles": sorted(person.roles),
        "branch": person.branch.code,
        "language": person.locale or "",
        "email": person.email,
    }


class CodeForm(CalledForm):
    code = Line(lazy("Code"), required=lazy("Write a code."), limit=20)
    brand = Line(lazy("Brand"), required=lazy("Write the brand."), limit=100)
    family = Choice(lazy("Product family"), required=False)
    position = Number(lazy("Place in the list"), least=Decimal(0), most=Decimal(9999), places=0, required=False)
    reason = Line(lazy("Reason for the correction"), limit=300)

    def __init__(self, kind: str, row: Any = None) -> None:
        super().__init__(data=standing_code(row) if row is not None else {"position": Decimal(0)})
        self.family.choices = [(code, str(words)) for code, words in FAMILIES.items()]
        if kind != "error":
            self.family.choices.insert(0, ("", _("All families")))
            del self.brand
        else:
            del self.position
        if row is None:
            del self.reason
            return
        for name in ("code", "brand", "family"):
            if name in self:
                del self[name]

    def number(self) -> int:
        return int(self.position.data or 0) if "position" in self else 0


def standing_code(row: Any) -> dict[str, Any]:
    """What stands about a code, by the names of the form's fields."""
    return {**called(row.labels), "position": Decimal(getattr(row, "position", 0))}


class FaultForm(ChangeForm):
    family = Choice(lazy("Product family"), required=lazy("Choose a product family."))
    symptom = Choice(lazy("Symptom"), required=lazy("Choose the symptom."))
    component = Choice(lazy("Component"), required=lazy("Choose the component."))
    cause = Choice(lazy("Cause"), required=lazy("Choose the cause."))
    remedy = Choice(lazy("What was done"), required=lazy("Choose what was done."))
    standard_minutes = Number(lazy("Usual minutes"), least=ONE, most=Decimal(6000), places=0, required=False)
    position = Number(lazy("Place in the list"), least=Decimal(0), most=Decimal(9999), places=0, required=False)

    def __init__(self, lists: dict[str, list[Any]], fault: Any = None) -> None:
        super().__init__(data=standing_fault(fault) if fault is not None else {})
        self.family.choices = [("", "–"), *((code, str(words)) for code, words in FAMILIES.items())]
        for kind in VALUE_KINDS:
            self[kind].choices = [("", "–"), *((row.code, f"{row.code} {label(row)}") for row in lists[kind])]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        del values["version"]
        minutes = values["standard_minutes"]
        return values | {
            "standard_minutes": int(minutes) if minutes else None,
            "position": int(values["position"] or 0),
        }


def standing_fault(fault: Any) -> dict[str, Any]:
    """What stands about a known fault, by the names of the form's fields."""
    present = {name: getattr(fault, name) for name in ("family", *VALUE_KINDS)}
    for name in ("standard_minutes", "position"):
        value = getattr(fault, name)
        present[name] = Decimal(value) if value is not None else None
    return present


class UsualPartForm(EntryForm):
    item = Line(lazy("Part number"), required=lazy("Write a part number."), limit=40)
    position = Number(lazy("Place in the list"), least=Decimal(0), most=Decimal(9999), places=0, required=False)


class SettingForm(ChangeForm):
    """What the key becomes, from when, and why."""

    zh_Hans = Words(LOCALES["zh_Hans"], limit=500)
    zh_Hant = Words(LOCALES["zh_Hant"], limit=500)
    en = Words(LOCALES["en"], limit=500)
    es = Words(LOCALES["es"], limit=500)
    days = Number(lazy("Days"), places=0)
    effective_from = Day(lazy("From day"))
    reason = Line(lazy("Reason"), required=lazy("Say why it is changed."), limit=500)

    def __init__(self, definition: Definition, present: Any) -> None:
        self.is_text = isinstance(definition.default, dict)
        super().__init__(data=standing_setting(present))
        if self.is_text:
            del self.days
            for locale in LOCALES:
                self[locale].flags.unmarked = True
            return
        self.days.least, self.days.most = Decimal(definition.least), Decimal(definition.most)
        for locale in LOCALES:
            del self[locale]

    @property
    def value(self) -> Any:
        if not self.is_text:
            return int(self.days.data or 0)
        return {locale: self[locale].data for locale in LOCALES if self[locale].data}


def standing_setting(value: Any) -> dict[str, Any]:
    """What holds, by the names of the form's fields."""
    return called(value) if isinstance(value, dict) else {"days": Decimal(value)}


class FilterForm(Filters):
    """Filters of a list stand in the address. What cannot be read is said beside its field and narrows nothing."""

    def __init__(self) -> None:
        super().__init__(formdata=request.args)

    def ready(self) -> None:
        self.validate()

    def asked(self, name: str) -> Any:
        """What was chosen, if it can be read."""
        return None if self[name].errors else self[name].data or None

    @property
    def query(self) -> dict[str, Any]:
        """The filters as parameters of an address."""
        return {one.name: one._value() if isinstance(one, Typed) else one.data for one in self if one.data}


class PeopleFilter(FilterForm):
    q = Line(lazy("Name or username"), limit=100)
    role = Choice(lazy("Role"), required=False)
    branch = Choice(lazy("Branch"), required=False)
    state = Choice(lazy("State"), required=False)

    def __init__(self, branches: list[Branch]) -> None:
        super().__init__()
        self.role.choices = [("", _("All")), *((role.value, str(name)) for role, name in ROLE_NAMES.items())]
        self.branch.choices = [
            ("", _("All")),
            *((branch.code, f"{branch.code} · {label(branch)}") for branch in branches),
        ]
        self.state.choices = [("", _("Works here")), ("left", _("Has left"))]
        self.ready()


class SessionsFilter(FilterForm):
    person = Choice(lazy("Name"), required=False)
    device = Choice(lazy("Device"), required=False)

    def __init__(self, people: list[Any]) -> None:
        super().__init__()
        self.people = {one.username: one for one in people}
        self.person.choices = [("", _("All")), *((one.username, one.name) for one in people)]
        self.device.choices = [("", _("All")), ("phone", _("Mobile phone")), ("laptop", _("Computer"))]
        self.ready()


class HistoryFilter(FilterForm):
    person = Choice(lazy("Done by"), required=False)
    verb = Choice(lazy("Action taken"), required=False)
    record = Line(lazy("Number or username"), limit=60)
    start = Day(lazy("From day"), name="from")
    end = Day(lazy("To day"), name="to")

    def __init__(self, people: list[Any], verbs: dict[str, Any], zone: str) -> None:
        super().__init__()
        self.zone = zone
        self.people = {one.username: one for one in people}
        self.person.choices = [("", _("All")), *((one.username, one.name) for one in people)]
        in_order = sorted(((verb, str(words)) for verb, words in verbs.items()), key=lambda pair: pair[1])
        self.verb.choices = [("", _("All")), *in_order]
        self.ready()

    def bounds(self) -> tuple[datetime | None, datetime | None]:
        start, end = self.asked("start"), self.asked("end")
        return (
            day_bounds(start, self.zone)[0] if start else None,
            day_bounds(end, self.zone)[1] if end else None,
        )
