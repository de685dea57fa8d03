"""One form for each screen of a visit. Shape is checked here; what the trade says is checked by the operations."""

import re
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import wtforms

from portal.barcodes import LONGEST
from portal.calls.words import STATES
from portal.forms import Choice, Day, EntryForm, Filters, Line, Moment, Number, Picture, Required, VerbForm, Words
from portal.i18n import label, lazy, pick
from portal.receipts import parse_id
from portal.visits import rules, words
from portal.visits.models import Finding


class PauseForm(VerbForm):
    cause = Choice(lazy("Reason"), choices=words.choices(words.CAUSES), required=lazy("Say why you pause."))


class FindingsForm(EntryForm):
    """`codes`: rows of the product family's code lists, by kind. All may be left open until hand-over."""

    unmarked = (*rules.CODE_NAMES, "test_result", "outcome", "outstanding", "stop_reason")
    symptom = Choice(lazy("Symptom"), required=False)
    component = Choice(lazy("Component"), required=False)
    cause = Choice(lazy("Cause"), required=False)
    remedy = Choice(lazy("What was done"), required=False)
    error_code = Line(lazy("Error code"), limit=20)
    note = Words(lazy("Notes on diagnosis and work"))
    test_result = Words(lazy("Result of the test"), limit=1000)
    outcome = Choice(lazy("Outcome"), choices=words.choices(words.OUTCOMES), required=False)
    outstanding = Words(lazy("What is left to do"), limit=1000)
    nothing_left = wtforms.BooleanField(lazy("Nothing is left to do"))
    plate_unreadable = wtforms.BooleanField(lazy("The nameplate cannot be read"))
    do_not_use = wtforms.BooleanField(lazy("Must not be used"))
    stop_reason = Words(lazy("Why it must not be used"), limit=1000)
    use_again = wtforms.BooleanField(lazy("May be used again"))
    internal_note = Words(lazy("Internal note"))
    version = wtforms.HiddenField()
    occurred_at = Moment(lazy("When"))

    def __init__(self, codes: Mapping[str, Sequence[Any]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for name in rules.CODE_NAMES:
            self[name].choices = [("", "–")] + [(row.code, label(row)) for row in codes.get(name, ())]

    def validate_outstanding(self, field: Line) -> None:
        """Both answers at once: neither is dropped in silence."""
        left = (field.data or "").lower()
        if self.nothing_left.data and left not in ("", "none"):
            raise wtforms.ValidationError(
                str(lazy("You ticked that nothing is left. Take the tick or the words away."))
            )

    @property
    def without_codes(self) -> list[Any]:
        """The fields whose lists offer nothing for this unit."""
        fields = [self[name] for name in rules.CODE_NAMES]
        return [field for field in fields if len(field.choices) == 1 and not field.errors]

    @property
    def values(self) -> dict[str, Any]:
        """As `save_findings` takes them: `none` in `outstanding` is an answer too."""
        values = super().values
        nothing_left, left = values.pop("nothing_left"), (values["outstanding"] or "").strip()
        values["outstanding"] = left or ("none" if nothing_left else "")
        if left.lower() == "none":
            values["outstanding"] = "none"
        values["error_code"] = (values["error_code"] or "").upper()
        values["version"] = int(self.version.data) if re.fullmatch(r"\d{1,9}", self.version.data or "") else None
        return values


def shown(finding: Finding | None, prefill: Mapping[str, Any]) -> dict[str, Any]:
    """What the findings form holds when it is opened: what was saved, under what a known fault fills in."""
    fields = (*rules.CODE_NAMES, "error_code", "note", "test_result", "outcome", "outstanding", "internal_note")
    values = {name: getattr(finding, name) for name in fields} if finding else {}
    if values.get("outstanding") == "none":
        values |= {"outstanding": "", "nothing_left": True}
    for name in ("plate_unreadable", "do_not_use", "use_again"):
        values[name] = bool(finding and getattr(finding, name))
    values["stop_reason"] = finding.stop_reason if finding else ""
    values["version"] = str(finding.version if finding else 0)
    return values | dict(prefill)


class PartUseForm(EntryForm):
    unmarked = ("old_part",)
    item = Line(lazy("Part number"), required=lazy("Write the part number."), limit=40, render_kw={"maxlength": 40})
    quantity = Number(lazy("Quantity"), default=Decimal(1))
    new_serial = Line(lazy("Serial number of the new part"), limit=80)
    old_serial = Line(lazy("Serial number of the old part"), limit=80)
    old_part = Choice(lazy("The old part"), choices=words.choices(words.OLD_PARTS), required=False)
    occurred_at = Moment(lazy("When"))


class ReasonForm(EntryForm):
    reason = Line(lazy("Reason"), required=lazy("Say why."), limit=300)


class TimeEntryForm(EntryForm):
    unmarked = ("cause", "reason")
    kind = Choice(lazy("Kind"), choices=words.choices(words.TIME_KINDS), required=lazy("Choose the kind of time."))
    started_at = Moment(lazy("Start"), required=True)
    ended_at = Moment(lazy("End"), required=True)
    cause = Choice(
        lazy("What you waited for"),
        choices=[("", "–")] + [pair for pair in words.choices(words.CAUSES) if pair[0] != "break"],
        required=False,
    )
    reason = Line(lazy("Reason"), limit=300)
    replaces = wtforms.HiddenField()

    @property
    def values(self) -> dict[str, Any]:
        return super().values | {"replaces": self.replaced_id, "reason": self.reason.data or ""}

    @property
    def replaced_id(self) -> uuid.UUID | None:
        """An id that cannot be read stands for no entry at all, so that nothing is added twice by mistake."""
        given = self.replaces.data
        return (parse_id(given) or uuid.UUID(int=0)) if given else None


class ReadingForm(EntryForm):
    """`instruments`: rows of measuring tools, the technician's own first."""

    unmarked = ("unit", "instrument")
    quantity = Choice(
        lazy("What was measured"), choices=words.choices(words.QUANTITIES), required=lazy("Choose what was measured.")
    )
    value = Number(lazy("Value"), least=Decimal(-999_999), most=Decimal(999_999_999), places=6)
    unit = Line(lazy("Unit of the value"), limit=10)
    point = Line(lazy("Where"), limit=80)
    instrument = Choice(lazy("Measured with"), required=False)
    occurred_at = Moment(lazy("When"))

    def __init__(self, instruments: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.instruments = instruments
        named = [(row.number, f"{pick(row.labels)} {row.number}") for row in instruments]
        self.instrument.choices = [*named, ("", lazy("No instrument"))]

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        return values | {name: values[name] or "" for name in ("unit", "point", "instrument")}


class PhotoForm(EntryForm):
    unmarked = ("label",)
    photo = Picture(lazy("Photo"), [Required(lazy("Take or choose a photo."))])
    label = Choice(lazy("What it shows"), choices=words.choices(words.PHOTO_LABELS), default="other", required=False)
    occurred_at = Moment(lazy("When"))


class ScanForm(EntryForm):
    unmarked = ("code", "photo")
    code = Line(lazy("Code"), limit=LONGEST)
    photo = Picture(lazy("Photo"))


class SearchForm(Filters):
    """A GET form: odd values simply find nothing."""

    q = wtforms.StringField(lazy("Part name or number"))


class VisitFilters(Filters):
    date = Day(lazy("Date"))
    technician = Choice(lazy("Technician"), required=False)
    state = Choice(
        lazy("State"),
        choices=[("", lazy("All"))] + [(state, words_) for state, (words_, _kind) in STATES.items()],
        required=False,
    )
