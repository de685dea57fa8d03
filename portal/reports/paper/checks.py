"""Lists that are too long for page one: the check list and the lines of labour, as a summary there and a table behind.

A table is its heading, its columns with their share of the width, and rows of a text and its echo in the second
language. A check is an object with `item` and `result` (coded or plain) and, where known, `value` and `note`.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from portal.reports.paper.formats import Pair, Said, name_of
from portal.reports.paper.text import breakable

Table = dict[str, Any]
Column = tuple[str, int]  # its word and its share of the width

SHORT = 3  # as many checks stand on page one itself
CHECKS: tuple[Column, ...] = (("check_item", 10), ("check_result_label", 4), ("check_value", 5), ("check_note", 8))
LABOUR: tuple[Column, ...] = (
    ("labour_item", 12),
    ("labour_hours", 4),
    ("labour_coefficient", 3),
    ("labour_rate", 5),
    ("labour_amount", 5),
)


def checks_of(payload: dict[str, Any]) -> list[dict[str, Any]]:
    checks = payload.get("checklist_result")
    listed = checks if isinstance(checks, list) else []
    return [one if isinstance(one, dict) else {"item": str(one)} for one in listed]


def summary(payload: dict[str, Any], pair: Pair) -> Said:
    """The checks themselves where they are few, else how many came out how; free text as it was written."""
    checks = checks_of(payload)
    if not checks:
        said = payload.get("checklist_result")
        return {"value": said if isinstance(said, str) else ""}
    if len(checks) <= SHORT:
        return {"value": "\n".join(_line(one, pair) for one in checks)}
    results = Counter(tuple(pair.choice("check_result", one.get("result")).values()) for one in checks)
    total = pair.word("checks", n=len(checks))
    said, echo = (_counted((row[which], count) for row, count in results.items()) for which in (0, 1))
    return {"value": total["value"] + said, "echo": total["echo"] + echo if echo else ""}


def _counted(results: Iterable[tuple[str, int]]) -> str:
    return " · ".join(f"{name} {count}" for name, count in results if name)


def check_table(payload: dict[str, Any], pair: Pair) -> Table | None:
    checks = checks_of(payload)
    if len(checks) <= SHORT:
        return None
    number_column = {"label": "#", "second": "", "share": 1}
    rows = [[plain(str(number)), *_cells(one, pair)] for number, one in enumerate(checks, 1)]
    return table(pair.label("checklist_result"), [number_column, *columns(pair, CHECKS)], rows)


def labour_table(payload: dict[str, Any], pair: Pair) -> Table | None:
    """What the sum of labour on page one is made of, where it is more than one line."""
    lines = payload.get("labour_lines") or []
    if len(lines) < 2:
        return None
    tongue = pair.first
    rows = [
        [
            pair.choice("labour_item", line.get("item")),
            plain(tongue.number(line.get("hours"))),
            plain(tongue.number(line.get("coefficient"))),
            plain(tongue.money(line.get("rate"))),
            plain(tongue.money(line.get("amount"))),
        ]
        for line in lines
    ]
    return table(pair.label("labour_lines"), columns(pair, LABOUR), rows)


def _line(check: dict[str, Any], pair: Pair) -> str:
    item, result, value, note = (one["value"] for one in _cells(check, pair))
    return " · ".join(text for text in (item, result, value, note) if text)


def _cells(check: dict[str, Any], pair: Pair) -> list[Said]:
    return [
        pair.choice("check_item", check.get("item")),
        pair.choice("check_result", check.get("result")),
        plain(name_of(check.get("value"))),
        plain(name_of(check.get("note"))),
    ]


def plain(text: str) -> Said:
    return {"value": text, "echo": ""}


def columns(pair: Pair, columns: tuple[Column, ...]) -> list[dict[str, Any]]:
    return [pair.titled(name) | {"share": share} for name, share in columns]


def table(heading: Said, columns: list[dict[str, Any]], rows: list[list[Said]]) -> Table:
    readable = [[{name: breakable(text) for name, text in one.items()} for one in row] for row in rows]
    return {"heading": heading, "columns": columns, "rows": readable}
