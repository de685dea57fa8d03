"""What the history's details are called and say: names of fields, and values that are codes, in the reader's language.
A word or a code that is not known here stands as it was written."""

import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from portal import jobs
from portal.accounts.models import ROLE_NAMES
from portal.admin import words
from portal.calls.words import CUSTOMER_KINDS, STATES
from portal.customers.models import CodeValue
from portal.db import db
from portal.i18n import LOCALES, lazy, pick
from portal.importing import words as importing
from portal.importing.kinds import KINDS
from portal.records import words as records
from portal.reports import words as reports
from portal.stock.tools import words as tools
from portal.visits import words as visits

IMPORTED = {column.field: column for kind in KINDS.values() for column in kind.columns}
NAMES: dict[str, Any] = {name: column.words for name, column in IMPORTED.items()} | records.FIELDS | {
    "absence": lazy("Without signature because"),
    "before": lazy("State before"),
    "bought_on": lazy("Bought on"),
    "brand": lazy("Brand"),
    "calibration_class": lazy("Calibration class"),
    "category": lazy("Category"),
    "certificate": lazy("Certificate"),
    "changed": lazy("Changed"),
    "condition": lazy("Condition"),
    "day": lazy("Day of the demonstration"),
    "days": lazy("Days"),
    "doubt": lazy("In doubt because"),
    "decision": lazy("Decision"),
    "gone": lazy("Entry that went"),
    "holder": lazy("Holder"),
    "instrument": lazy("Measured with"),
    "interval_months": lazy("Calibrated every … months"),
    "items": lazy("To be mended"),
    "kept": lazy("Entry that stays"),
    "kind": lazy("Kind"),
    "labels": lazy("Name"),
    "offline": lazy("Without a connection"),
    "laboratory": lazy("Laboratory"),
    "listing": lazy("Saved view of"),
    "maker_serial": lazy("Maker's serial number"),
    "method": lazy("How it was signed"),
    "moved_call": records.MOVED["call"],
    "moved_outside_number": records.MOVED["outside_number"],
    "moved_paper": records.MOVED["paper"],
    "moved_site": records.MOVED["site"],
    "new": lazy("New"),
    "note": lazy("Note"),
    "refused": lazy("Refused"),
    "role": lazy("Role"),
    "row": lazy("Row in the file"),
    "same": lazy("Same as before"),
    "shared": lazy("Shared with everybody"),
    "source": lazy("Visit"),
    "spec": lazy("Specification"),
    "supplier": lazy("Bought from"),
    "title": lazy("What it is"),
    "to": lazy("To"),
    "valid_until": lazy("Valid until"),
    "value": lazy("Value"),
} | words.DETAILS  # fmt: skip
HIDDEN = frozenset({
    "number", "entry", "replaces", "link", "photo", "part_use", "reading", "stop", "earlier", "movement", "original",
    "action", "version", "query", "paper", "owner", "other", "from_site", "to_site",
})  # fmt: skip
CODE_LISTS = ("symptom", "component", "cause", "remedy")
YES_OR_NO = {"True": lazy("Yes"), "False": lazy("No")}


def plain_words(table: Mapping[Any, Any]) -> dict[str, Any]:
    """A table of words, also where the word stands beside the kind of its tag."""
    return {str(key): value[0] if isinstance(value, tuple) else value for key, value in table.items()}


STATE_WORDS = plain_words(STATES) | {"answered": lazy("Answered"), "declined": lazy("Declined to answer")}
VALUES: dict[str, dict[str, Any]] = {
    name: plain_words(column.labels) for name, column in IMPORTED.items() if column.labels
} | {
    "absence": plain_words(reports.ABSENCES),
    "before": STATE_WORDS,
    "category": plain_words(tools.CATEGORIES),
    "cause": plain_words(visits.CAUSES),
    "condition": plain_words(tools.CONDITIONS),
    "datum": plain_words(records.DATUMS),
    "decision": plain_words(tools.DECISIONS),
    "device": {"phone": lazy("Mobile phone"), "laptop": lazy("Computer")},
    "family": plain_words(words.FAMILIES),
    "items": plain_words(visits.ROWS),
    "kind": plain_words(importing.KINDS)
    | plain_words(records.PAPERS)
    | plain_words(tools.REPORTS)
    | plain_words(CUSTOMER_KINDS)
    | plain_words(visits.TIME_KINDS),
    "language": dict(LOCALES),
    "listing": plain_words(records.LISTINGS),
    "locale": dict(LOCALES),
    "method": plain_words(reports.METHODS),
    "old_part": plain_words(visits.OLD_PARTS),
    "outcome": plain_words(visits.OUTCOMES) | plain_words(reports.OUTCOMES_OF_CASES),
    "quantity": plain_words(visits.QUANTITIES),
    "role": plain_words(reports.SIGNER_ROLES) | plain_words(ROLE_NAMES),
    "roles": plain_words(ROLE_NAMES),
    "state": STATE_WORDS,
}


def is_told(key: str, value: Any) -> bool:
    """Ids of rows tell a reader nothing, and the number stands with the record."""
    return value not in ("", "None") and key not in HIDDEN and not is_id(value)


def is_id(value: Any) -> bool:
    return isinstance(value, str) and bool(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value))


def name_word(key: str) -> str:
    """`name zh_Hans` is the wording in one language."""
    first, _space, locale = key.partition(" ")
    return f"{lazy('Wording')} {LOCALES.get(locale, locale)}" if locale else str(NAMES.get(first, first))


def value_word(key: str, value: Any, codes: Mapping[tuple[str, str], Any]) -> str:
    """`codes`: the labels of the code lists that `labels_of` has read."""
    text = "" if value is None else str(value)
    if text in ("", "None"):
        return "–"
    if key in CODE_LISTS and (key, text) in codes:
        return f"{text} {pick(codes[key, text])}"
    if key == "kind" and text in jobs.KINDS:
        return str(jobs.KINDS[text].words)
    known = VALUES.get(key, {}) | YES_OR_NO
    parts = re.split(r",\s*", text)  # such as the roles of a person
    if not any(part in known for part in parts):
        return text
    return " · ".join(str(known.get(part, part)) for part in parts)


def labels_of(rows: Iterable[Any]) -> dict[tuple[str, str], Any]:
    """The labels of all codes that the entries name, in one statement; none where they name none."""
    wanted = {
        str(value)
        for row in rows
        for key, value in row.details.items()
        if key.partition(".")[0] in CODE_LISTS and value and not isinstance(value, uuid.UUID)
    }
    if not wanted:
        return {}
    query = select(CodeValue.kind, CodeValue.code, CodeValue.labels).where(CodeValue.code.in_(wanted))
    return {(kind, code): labels for kind, code, labels in db.session.execute(query)}
