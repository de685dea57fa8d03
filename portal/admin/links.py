"""Entries of the history in words: who did what to which record, what differed, and where the record is read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import url_for

from portal.admin.queries import numbers_of
from portal.admin.words import RECORDS, detail_word, value_words, verb_word
from portal.permissions import Permission, may

BEFORE, AFTER = ".before", ".after"
SILENT = {"number", "entry", "replaces", "link", "photo", "part_use", "version", "stop", "earlier", "movement"}
SILENT |= {"reading", "paper"}


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
    numbers = numbers_of(rows)
    return [entry(row, numbers) for row in rows]


def entry(row: Any, numbers: dict[tuple[str, str], str]) -> Entry:
    number = numbers.get((row.subject_kind, row.subject_id)) or str(row.details.get("number") or "")
    kind = str(RECORDS.get(row.subject_kind, row.subject_kind))
    moved = [key for key in ("before", "state") if "before" in row.details]
    plain = {key: value for key, value in row.details.items() if key not in moved}
    return Entry(
        n=row.n,
        at=row.recorded_at,
        who=row.name or "",
        verb=verb_word(row.verb),
        record=f"{kind} {number}".strip(),
        address=address(row.subject_kind, row.subject_id, number),
        changes=changes(row.details),
        details=[(detail_word(key), value_words(key, value)) for key, value in plain.items() if tells(key, value)],
    )


def tells(key: str, value: Any) -> bool:
    """Ids of rows tell a reader nothing, and the number stands with the record."""
    return value != "" and key not in SILENT and not (key.endswith((BEFORE, AFTER)))


def changes(details: dict[str, Any]) -> list[Change]:
    """What differs: fields as they were and are, or the step from one state to the next."""
    if "before" in details and "state" in details:
        before, after = (value_words("state", details[key]) for key in ("before", "state"))
        return [Change(detail_word("state"), before, after)]
    names = [key.removesuffix(AFTER) for key in details if key.endswith(AFTER)]
    return [
        Change(detail_word(name), *(shown(name, details.get(name + end)) for end in (BEFORE, AFTER))) for name in names
    ]


def shown(name: str, value: Any) -> str:
    return "–" if value in (None, "", "None") else value_words(name, value)


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
