"""What the checks read of a sealed report.

A queue holds fifty sealed texts, and taking them apart was a large part of its page. What was sealed never changes, so
each is taken apart once in a process, and known again by its digest. Kept are codes and counts, nothing about people.
"""

import json
from dataclasses import dataclass
from typing import Any

MOST_KEPT = 2000


@dataclass(frozen=True)
class Gist:
    """`fault`: the codes of symptom and component, when both are known."""

    outcome: str | None
    remarks: bool
    photos: int
    labour_minutes: int
    parts: frozenset[str]
    part_not_recoverable: bool
    overdue_instrument: bool
    fault: tuple[str, str] | None


KEPT: dict[str, Gist] = {}


def gist_of(content_digest: str, content: str) -> Gist:
    found = KEPT.get(content_digest)
    if found is None:
        if len(KEPT) >= MOST_KEPT:
            KEPT.clear()
        found = KEPT[content_digest] = gist(json.loads(content))
    return found


def gist(content: dict[str, Any]) -> Gist:
    symptom, component = content.get("symptom_code"), content.get("failed_component")
    readings = content.get("readings") or []
    return Gist(
        outcome=content.get("outcome"),
        remarks=bool(content.get("customer_opinion")),
        photos=len(content["photos"]),
        labour_minutes=content.get("labour_minutes") or 0,
        parts=frozenset(part["part_no"] for part in content["parts"]),
        part_not_recoverable=any(part["old_part"] == "not_recoverable" for part in content["parts"]),
        overdue_instrument=any((one["instrument"] or {}).get("calibration") == "overdue" for one in readings),
        fault=(symptom["code"], component["code"]) if symptom and component else None,
    )
