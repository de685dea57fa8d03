"""What a page brings along when a phone keeps it, so that it can be drawn anew there: all buttons, and all words.

`static/js/visit/page.js` writes nothing itself but figures; {n} in a text stands for one, {m} for minutes.
"""

from typing import Any

from portal.calls.models import Visit
from portal.calls.words import STATES
from portal.i18n import _, lazy, ngettext_
from portal.stock.words import unit_word
from portal.visits import rules
from portal.visits.readiness import Missing
from portal.visits.words import CAUSES, EVENTS, GAPS, OUTCOMES, TIME_KINDS

Verbs = tuple[str | None, tuple[str, ...]]


def action_bars(*, leads: bool) -> list[tuple[str, Verbs]]:
    """(state, its next verb and the others) for each state that the person can be in."""
    return list((rules.VERBS if leads else rules.MEMBER_VERBS).items())


def day_words() -> dict[str, Any]:
    """For the cards of a day."""
    return {
        "states": {state: [str(words), kind] for state, (words, kind) in STATES.items()},
        "kinds": told(TIME_KINDS),
        "minutes": _("%(minutes)s min", minutes="{m}"),
        "hours": _("%(hours)s h", hours="{h}"),
        "long": _("%(hours)s h %(minutes)s min", hours="{h}", minutes="{m}"),
        "in_hand": _("Continue this visit"),
    }


TASKS = {  # state of a task: how it looks, and its words
    "mend": ("problem", lazy("To mend")),
    "problem": ("problem", lazy("There is a problem")),
    "doing": ("doing", lazy("In progress")),
    "todo": ("todo", lazy("Not started")),
    "done": ("done", lazy("Done")),
    "unneeded": ("todo", lazy("Not needed yet")),
    "optional": ("todo", lazy("Optional")),
    "overdue": ("problem", lazy("Instrument overdue")),
    "lead": ("todo", lazy("The lead has it signed")),
    "blocked": ("blocked", lazy("Cannot start yet")),
    "ready": ("todo", lazy("Ready")),
    "unsigned": ("done", lazy("Ended without signature")),
}
DOUBTS = {  # why the office will not simply take an entry
    "state": lazy("This is not possible now."),
    "done": lazy("This was done already."),
    "lead": lazy("Only the lead of the visit does this."),
    "clock": lazy("Your clock runs elsewhere, or this time is taken. Stop it there first."),
    "closed": lazy("Nothing in it changes any more."),
    "gone": lazy("It was changed meanwhile."),
    "version": lazy("Somebody saved the diagnosis meanwhile. Compare, then save again."),
    "parts": lazy("Parts are logged. Remove them first if none was used."),
    "part": lazy("This part number is not known on this phone."),
    "form": lazy("Something in the form is missing or cannot be read."),
}


def van_words() -> dict[str, Any]:
    """For what lies in the van."""
    return {"pair": [unit_word("pair"), unit_word("pair", 2)], "waits": _("Waiting to be sent")}


def visit_words(visit: Visit) -> dict[str, Any]:
    missing = [Missing(gap.split(".")[0], str(words), gap, visit) for gap, words in GAPS.items()]
    return {
        **day_words(),
        **van_words(),
        "gaps": {one.gap: [one.words, one.href] for one in missing},
        "doubts": told(DOUBTS),
        "tasks": {state: [kind, str(words)] for state, (kind, words) in TASKS.items()},
        "outcomes": told(OUTCOMES),
        "causes": told(CAUSES),
        "events": told(EVENTS),
        "line": counted("%(num)s line", "%(num)s lines"),
        "photo": counted("%(num)s photo", "%(num)s photos"),
        "reading": counted("%(num)s reading", "%(num)s readings"),
        "answer": counted("%(num)s thing is missing", "%(num)s things are missing"),
        "work": _("Work %(work)s", work="{m}"),
        "no_parts": _("No parts used"),
        "said_no_parts": _("You said that no parts were used."),
        "nothing": _("Nothing yet."),
        "first": _("First:"),
        "hand": _("Hand the phone to the customer"),
        "van": _("Van %(n)s", n="{n}"),
        "running": _("running"),
        "taken_back": _("Removed; waiting to be sent"),
        "undo": _("Undo"),
        "remove": _("Remove"),
        "mistake": _("Entered by mistake"),
        "office": _("The office will look at this:"),
    }


def told(words: dict[str, Any]) -> dict[str, str]:
    return {name: str(text) for name, text in words.items()}


def counted(one: str, more: str) -> list[str]:
    """For one, and for any other number."""
    return [ngettext_(one, more, 1), ngettext_(one, more, 2).replace("2", "{n}")]
