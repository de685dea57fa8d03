"""What an entry says, in plain words: the labels of its form's fields, and its codes by their words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row, select
from wtforms import BooleanField

from portal.clock import at_site
from portal.customers.models import CodeValue
from portal.db import db
from portal.forms import EARLIEST, LATEST, EntryForm, Moment, VerbForm
from portal.i18n import _, fmt, pick
from portal.offline.targets import target_of
from portal.receipts import SEALED_BY
from portal.stock.models import Item
from portal.stock.words import unit_word
from portal.visits import forms
from portal.visits.rules import CODE_NAMES

TECHNICAL = ("form_version", "amends", "version", "replaces", "csrf_token", "entry_id", SEALED_BY)
SEALED = "sealed"
FORMS: dict[str, type[EntryForm]] = {
    "visits.findings": forms.FindingsForm,
    "visits.part_uses": forms.PartUseForm,
    "visits.part_use_reversal": forms.ReasonForm,
    "visits.time_entries": forms.TimeEntryForm,
    "visits.time_entry_removal": forms.ReasonForm,
    "visits.pause": forms.PauseForm,
    "visits.photos": forms.PhotoForm,
    "visits.readings": forms.ReadingForm,
}
MOST_IN_SHORT = 3


class Line(NamedTuple):
    """One field of an entry as people read it."""

    name: str
    label: str
    value: str


class Compared(NamedTuple):
    """One field as the entry says it beside what stands."""

    label: str
    said: str
    standing: str


@dataclass
class Vocabulary:
    """The words behind the codes of some entries: parts by their number, code values by kind and code."""

    parts: dict[str, Any] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    codes: dict[tuple[str, str], Any] = field(default_factory=dict)

    def part(self, code: str) -> str:
        labels = self.parts.get(code)
        return _("%(a)s (%(b)s)", a=pick(labels), b=code) if labels else code

    def code(self, kind: str, code: str) -> str:
        return pick(self.codes.get((kind, code))) or code


def vocabulary(entries: Iterable[Iterable[Any]]) -> Vocabulary:
    """Two statements for all the entries together; fewer where nothing is coded. `entries`: the fields of each."""
    said = [(name, value) for fields in entries for name, value in fields if value]
    numbers = {value[:40] for name, value in said if name == "item"}
    coded = {value[:20] for name, value in said if name in CODE_NAMES}
    found = Vocabulary()
    if numbers:
        named = select(Item.code, Item.labels, Item.unit).where(Item.code.in_(numbers))
        parts: list[Row[Any]] = list(db.session.execute(named))
        found.parts = {row.code: row.labels for row in parts}
        found.units = {row.code: row.unit for row in parts}
    if coded:
        query = select(CodeValue.kind, CodeValue.code, CodeValue.labels).where(CodeValue.code.in_(coded))
        found.codes = {(row.kind, row.code): row.labels for row in db.session.execute(query)}
    return found


def form_of(endpoint: str) -> EntryForm:
    """The form's fields with their labels and choices; what it holds is of no matter here."""
    kind = FORMS.get(endpoint, VerbForm)
    if kind is forms.FindingsForm:
        return forms.FindingsForm({})
    if kind is forms.ReadingForm:
        return forms.ReadingForm(())
    return kind()


def lines_of(path: str, fields: Iterable[Any], words: Vocabulary, zone: str) -> list[Line]:
    """What was filled in, in the order of the form. A field that the form does not know any more comes last, by its
    own name."""
    found = target_of(path)
    form = form_of(found.endpoint if found else "")
    order = {name: place for place, name in enumerate(form._fields)}
    said = [(name, value) for name, value in fields if name not in TECHNICAL and value]
    said.sort(key=lambda pair: order.get(pair[0], len(order)))
    lines = [Line(name, label_of(form, name), value_of(form, name, value, words, zone)) for name, value in said]
    return in_words_of_the_part(lines, dict(said).get("item", ""), words)


def in_words_of_the_part(lines: list[Line], code: str, words: Vocabulary) -> list[Line]:
    """Of a part that the catalogue knows the name stands there, not only its number, and its pieces have a unit."""
    unit = words.units.get(code)
    if unit is None:
        return lines
    found = {
        "item": lambda line: line._replace(label=_("Part")),
        "quantity": lambda line: line._replace(value=f"{line.value} {unit_word(unit, 1 if line.value == '1' else 2)}"),
    }
    return [found[line.name](line) if line.name in found else line for line in lines]


def label_of(form: EntryForm, name: str) -> str:
    if name == SEALED:
        return _("Sealed by the phone")
    return str(form[name].label.text) if name in form else name


def value_of(form: EntryForm, name: str, value: str, words: Vocabulary, zone: str) -> str:
    if name == SEALED:
        return _("It cannot be opened here.")
    if name == "item":
        return words.part(value)
    if name in CODE_NAMES and isinstance(form, forms.FindingsForm):
        return words.code(name, value)
    if name == "outstanding" and value.strip().lower() == "none":
        return _("Nothing")
    if name not in form:
        return value
    known = form[name]
    if isinstance(known, BooleanField):
        return _("Yes")
    if isinstance(known, Moment):
        moment = moment_of(value, zone)
        return fmt.datetime(moment, zone) if moment else value
    choices: Any = getattr(known, "choices", None) or []
    return str(dict(choices).get(value) or value)


def moment_of(text: str, zone: str) -> datetime | None:
    """The time that a field of an entry says, if it says one."""
    try:
        moment = at_site(datetime.fromisoformat(text.strip()), zone)
    except (ValueError, OverflowError):
        return None
    return moment if EARLIEST <= moment < LATEST else None


def phone_time(entry: Any, zone: str) -> datetime | None:
    """When it happened by the phone's clock, as far as the entry says so."""
    said: Mapping[str, str] = dict(entry.fields)
    for name in ("occurred_at", "started_at"):
        if moment := moment_of(said.get(name, ""), zone):
            return moment
    written: datetime | None = entry.created_at
    return written


def in_short(lines: list[Line]) -> str:
    """The first few answers, for a row of a list."""
    telling = [line.value for line in lines if line.name not in ("occurred_at", "old_part")] or [
        line.value for line in lines
    ]
    text = " · ".join(telling[:MOST_IN_SHORT])
    return text if len(text) <= 120 else text[:119] + "…"


def shortly(entry: Any, zone: str) -> str:
    """The first few answers of one entry, as the people of its visit see them. What somebody else than its sender
    sealed is read by supervisors only, on its own page."""
    if any(name == SEALED_BY for name, _value in entry.fields):
        return ""
    return in_short(lines_of(entry.path, entry.fields, vocabulary([entry.fields]), zone))


def compared(said: list[Line], standing: list[Line]) -> list[Compared]:
    """Both side by side, field by field; what only one of them says stands beside a dash."""
    there = {line.name: line for line in standing}
    names = dict.fromkeys([line.name for line in said] + [line.name for line in standing])
    here = {line.name: line for line in said}
    return [
        Compared(
            (here.get(name) or there[name]).label,
            here[name].value if name in here else "",
            there[name].value if name in there else "",
        )
        for name in names
    ]
