"""Entries of the history in words: who did what to which record, what differed, and where the record is read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from portal.admin.details import HIDDEN, is_told, labels_of, name_word, value_word
from portal.admin.queries import numbers_of
from portal.admin.words import RECORDS, verb_word
from portal.permissions import Permission, may

BEFORE, AFTER, ARROW = ".before", ".after", " → "
STEP = ("before", "state")


@dataclass(frozen=True)
class Change:
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    n: int
    at: datetime
    who: str
    verb: str
    record: str
    address: str | None
    changes: list[Change]
    details: list[tuple[str, str]]


def entries(rows: list[Any]) -> list[Entry]:
    numbers, codes = numbers_of(rows), labels_of(rows)
    return [entry(row, numbers, codes) for row in rows]


def entry(row: Any, numbers: dict[tuple[str, str], str], codes: dict[tuple[str, str], Any]) -> Entry:
    number = numbers.get((row.subject_kind, row.subject_id)) or str(row.details.get("number") or "")
    kind = str(RECORDS.get(row.subject_kind, row.subject_kind))
    return Entry(
        n=row.n,
        at=row.recorded_at,
        who=row.name or "",
        verb=verb_word(row.verb, row.subject_kind),
        record=f"{kind} {number}".strip(),
        address=address(row.subject_kind, row.subject_id, number),
        changes=changes(row.details, codes),
        details=[
            (name_word(key), value_word(key, value, codes))
            for key, value in row.details.items()
            if is_told(key, value) and key not in compared(row.details)
        ],
    )


def compared(details: dict[str, Any]) -> set[str]:
    """The keys that say what differs, before and after."""
    ends = {key for key in details if key.endswith((BEFORE, AFTER))}
    return ends | imported(details).keys() | (set(STEP) if is_step(details) else set())


def is_step(details: dict[str, Any]) -> bool:
    return all(key in details for key in STEP)


def imported(details: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """What an import changed: it wrote both sides into one text."""
    if "import" not in details:
        return {}
    both = {key: str(value).partition(ARROW) for key, value in details.items()}
    return {key: (before, after) for key, (before, arrow, after) in both.items() if arrow}


def changes(details: dict[str, Any], codes: dict[tuple[str, str], Any]) -> list[Change]:
    """What differs: fields as they were and are, or the step from one state to the next."""
    if is_step(details):
        return [Change(name_word("state"), *(value_word("state", details[key], codes) for key in STEP))]
    names = [key.removesuffix(AFTER) for key in details if key.endswith(AFTER)]
    pairs = {name: (details.get(name + BEFORE), details.get(name + AFTER)) for name in names} | imported(details)
    return [
        Change(name_word(name), *(value_word(name, value, codes) for value in pair))
        for name, pair in pairs.items()
        if name not in HIDDEN
    ]


def address(kind: str, key: str, number: str) -> str | None:
    """Where the record is read, for whoever may."""
    if kind == "visit" and may(Permission.VISIT_VIEW):
        return url_for("visits.show", visit_id=key)
    if kind == "call" and number and may(Permission.CALL_VIEW):
        return url_for("calls.show", number=number)
    if kind == "report" and number and may(Permission.REPORT_VIEW):
        return url_for("reports.show", number=number)
    if kind == "movement" and number and may(Permission.STOCK_VIEW):
        return url_for("stock.movement", n=number)
    if kind == "customer" and may(Permission.FILE_VIEW):
        return url_for("records.customer", customer_id=key)
    if kind == "equipment" and may(Permission.FILE_VIEW):
        return url_for("records.unit", unit_id=key)
    if kind == "person" and may(Permission.PEOPLE_VIEW):
        return url_for("admin.person", person_id=key)
    return None
