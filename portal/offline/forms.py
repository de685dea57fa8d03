"""The forms of the inbox."""

from typing import Any

import wtforms

from portal.forms import Choice, EntryForm, Filters, Line, Picture, Required, Words
from portal.i18n import lazy

STATES = {"open": lazy("To be decided"), "decided": lazy("Decided")}
AGE_WORDS = {"24": lazy("Over a day"), "72": lazy("Over three days")}


class HeldFilters(Filters):
    """A GET form: odd values filter nothing."""

    state = Choice(lazy("State"), choices=list(STATES.items()), required=False)
    person = Choice(lazy("Sent by"), required=False)
    age = Choice(lazy("Age"), choices=[("", lazy("All")), *AGE_WORDS.items()], required=False)


class ApplyForm(EntryForm):
    """`version`: that of the diagnosis which stood beside the entry when the supervisor looked."""

    version = wtforms.HiddenField()


class ElsewhereForm(EntryForm):
    """One of the visits that are shown, or any other by its number."""

    unmarked = ("visit", "number")
    visit = Choice(lazy("Another visit"), required=False)
    number = Line(lazy("Or the number of a visit"), limit=40)

    @property
    def values(self) -> dict[str, Any]:
        values = super().values
        return values | {"number": values["number"] or ""}


class DeclineForm(EntryForm):
    reason = Words(lazy("Why it does not take effect"), required=lazy("Say why. Its author reads it."), limit=1000)


class RescueForm(EntryForm):
    file = Picture(lazy("Rescue file"), [Required(lazy("Choose the file that the phone saved."))])
