"""What one revision of a report says otherwise than the one before it, in the words of the printed form.

The cells of both papers are compared as a reader sees them, in the newer paper's language. Parts, photos and
stretches of time are compared line by line. A signed field that no cell shows is compared by its value, so that
nothing that needs a new signature goes unnamed.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.i18n import lazy, pick, speaking
from portal.reports.fields import OF_SIGNING
from portal.reports.paper import readings
from portal.reports.paper.formats import Tongue
from portal.reports.paper.labels import FIELDS
from portal.reports.paper.sheet import Cell, Payload
from portal.reports.reading import Reading
from portal.visits.words import TIME_KINDS

IN_LINES = ("parts", "readings", "photos", "time_lines")
BEHIND_NAMES = {
    "technician_ids",
    "brand",
    "customer_kind",
    "currency",
    "do_not_use",
    "use_again",
}  # told by a neighbouring field, if at all
TRANSLATED = ("product_name", "provider_name")  # kept on the paper in its own language alone
OTHER_WORDS = {
    "departed_at": lazy("Set off"),
    "dispatched_at": lazy("Sent out"),
    "time_lines": lazy("Time"),
    "provider_name": lazy("Provider"),
    "coverage_evidence": lazy("Proof of cover"),
}


@dataclass(frozen=True)
class Difference:
    """One line of the list. Without `before` it was added, without `after` it was taken off."""

    label: str
    before: str
    after: str


def differences(old: Payload | None, new: Payload) -> list[Difference]:
    """In the order of the form, in the language of `new`. Empty without an older paper, or an erased one."""
    if not old:
        return []
    with speaking(new["language"]):
        without_reasons = {"revision_reason": None}  # why it changes is told beside the list
        before, after = Reading(told_anew(old, new) | without_reasons), Reading(new | without_reasons)
        found = [*of_cells(before, after), *of_lines(before, after)]
        return [*found, *of_the_rest(before, after, {one.label for one in found})]


def told_anew(old: Payload, new: Payload) -> Payload:
    """The older paper in the newer one's language: codes by their labels; names that were kept in one language
    alone are those of the newer paper where both mean the same thing."""
    language = new["language"]
    told: Payload = {name: in_language(value, new.get(name), language) for name, value in old.items()}
    told["language"] = language
    if old["language"] == language:
        return told
    told["provider_name"] = new.get("provider_name")
    if [old.get(name) for name in ("model", "serial_no")] == [new.get(name) for name in ("model", "serial_no")]:
        told["product_name"] = new.get("product_name")
    names = {part["part_no"]: {"name": part["name"], "unit": part["unit"]} for part in new["parts"]}
    told["parts"] = [part | names.get(part["part_no"], {}) for part in old["parts"]]
    told["readings"] = [in_other_words(reading, new) for reading in old.get("readings") or []]
    return told


def in_other_words(reading: dict[str, Any], new: Payload) -> dict[str, Any]:
    """The reading with its instrument's name as the newer paper has it."""
    used = reading.get("instrument")
    names = {
        one["instrument"]["number"]: one["instrument"]["name"] for one in new.get("readings") or [] if one["instrument"]
    }
    return reading | {"instrument": used | {"name": names.get(used["number"], used["name"])}} if used else reading


def in_language(value: Any, present: Any, language: str) -> Any:
    """A coded value with its word in `language`; an old paper without other languages takes the newer one's word for
    the same code."""
    if not isinstance(value, dict) or "code" not in value:
        return value
    same = isinstance(present, dict) and present.get("code") == value["code"]
    word = pick(value.get("labels") or {}, language) or (present["label"] if same else value.get("label"))
    return {**value, "label": word}


def of_cells(before: Reading, after: Reading) -> list[Difference]:
    old, new = cells_of(before), cells_of(after)
    keys = [*new, *(key for key in old if key not in new)]
    in_lines = after.label("readings")  # compared one by one
    pairs = ((key, cell_text(old.get(key)), cell_text(new.get(key))) for key in keys if key[1] != in_lines)
    return [Difference(label, was, now) for (_block, label), was, now in pairs if was != now]


def cells_of(reading: Reading) -> dict[tuple[str, str], Cell]:
    return {(block.key, cell["label"]): cell for block in reading.sheet for cell in block.cells}


def cell_text(cell: Cell | None) -> str:
    """The cell's text, with the code where two codes could have one word."""
    return f"{cell['value']} {cell.get('code') or ''}".strip() if cell else ""


def of_lines(before: Reading, after: Reading) -> list[Difference]:
    words: list[tuple[str, Callable[[Mapping[str, Any], Reading], tuple[str, str]]]] = [
        ("time_lines", time_line),
        ("parts", part_line),
        ("readings", reading_line),
        ("photos", photo_line),
    ]
    return [
        Difference(name_of(field, after), was, now)
        for field, line in words
        for was, now in changed_lines(
            [line(one, before) for one in before.payload.get(field) or []],
            [line(one, after) for one in after.payload.get(field) or []],
        )
    ]


def changed_lines(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Lines are (what it is, text). What stands on both is left out; of the rest, lines about the same thing are one
    change, and others were added or taken off."""
    gone = without(old, new)
    found = []
    for key, text in without(new, old):
        match = next((line for line in gone if line[0] == key), None)
        if match:
            gone.remove(match)
        found.append((match[1] if match else "", text))
    return found + [(text, "") for _key, text in gone]


def without(lines: Iterable[tuple[str, str]], others: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The lines less the others, each as often as it stands there."""
    left = list(others)
    kept = []
    for line in lines:
        if line in left:
            left.remove(line)
        else:
            kept.append(line)
    return kept


def time_line(line: Mapping[str, Any], reading: Reading) -> tuple[str, str]:
    kind = str(TIME_KINDS.get(line["kind"], line["kind"]))
    start, end = line["started_at"], line["ended_at"]
    text = f"{line['person']} · {kind} · {reading.tongue.moment(start)}–{clock_time(end)}"
    return f"{line['person']} {line['kind']}", f"{text} · {reading.tongue.minutes(line['minutes'])}"


def clock_time(moment: str | None) -> str:
    return f"{datetime.fromisoformat(moment):%H:%M}" if moment else ""


def part_line(part: Mapping[str, Any], reading: Reading) -> tuple[str, str]:
    tongue = reading.tongue
    serials = " / ".join(str(part.get(name)) for name in ("new_serial", "old_serial") if part.get(name))
    said = [
        f"{part['name']} {part['part_no']}",
        f"{tongue.number(part.get('quantity'))} {part.get('unit') or ''}".strip(),
        tongue.price(part.get("amount"), reading.payload.get("currency") or "CNY"),
        serials,
        f"{tongue.label('old_part')}{tongue.word('colon')}{tongue.choice('old_part', part.get('old_part'))}",
    ]
    return str(part["part_no"]), " · ".join(text for text in said if text)


def reading_line(reading: Mapping[str, Any], sheet: Reading) -> tuple[str, str]:
    used = reading.get("instrument") or {}
    what = f"{reading.get('quantity')} {reading.get('point') or ''} {used.get('number') or ''}"
    return what, readings.line(dict(reading), sheet.tongue)


def photo_line(photo: Mapping[str, Any], reading: Reading) -> tuple[str, str]:
    return str(photo["digest"]), reading.caption(dict(photo))


def of_the_rest(before: Reading, after: Reading, named: set[str]) -> list[Difference]:
    """Signed fields that differ and that no cell has named."""
    old, new = before.payload, after.payload
    names = [*new, *(name for name in old if name not in new)]
    fields = [name for name in names if name not in (*OF_SIGNING, *IN_LINES, *BEHIND_NAMES)]
    pairs = ((name_of(name, after), old.get(name), new.get(name)) for name in fields)
    return [
        Difference(label, plain(was, after.tongue), plain(now, after.tongue))
        for label, was, now in pairs
        if label not in named and plain(was, after.tongue) != plain(now, after.tongue)
    ]


def name_of(field: str, reading: Reading) -> str:
    if field == "photos":
        return reading.word("photos")
    return str(OTHER_WORDS[field]) if field in OTHER_WORDS else reading.label(field) if field in FIELDS else field


def plain(value: Any, tongue: Tongue) -> str:
    if isinstance(value, list):
        return ", ".join(plain(one, tongue) for one in value)
    if isinstance(value, dict) and "start" in value:
        return tongue.window(value)
    if isinstance(value, dict):
        return str(
            value.get("label") or value.get("code") or ", ".join(plain(value[key], tongue) for key in sorted(value))
        )
    return tongue.moment(value) if isinstance(value, str) else "" if value is None else str(value)
