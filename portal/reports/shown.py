"""What a customer read on a phone that was without us, as one text that both sides can make and compare.

`shown_content` has a twin in `static/js/handover/compose.js`. Who signs, when and under which number is no part of it:
the phone does not know it yet. Photos count by what they show and when they were taken, because the phone has them in
other bytes. What a phone sends is looked at field by field before it is believed to be a report at all.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from portal.i18n import LOCALES
from portal.reports.content import BY_THE_SIGNATURE, NOT_KNOWN_YET, OF_SIGNER
from portal.reports.fields import FORM, OF_SIGNING
from portal.signing.rules import canonical

OUTSIDE = frozenset(OF_SIGNING) - {"language"}
LONGEST = 300_000  # characters
WHOLE = 10**9

Check = Callable[[Any], bool]


def shown_content(payload: Mapping[str, Any]) -> str:
    """The canonical JSON of what stands on the screen; fields that are empty make no difference."""
    kept = {name: value for name, value in payload.items() if name not in OUTSIDE and value not in (None, [])}
    if "photos" in kept:
        kept["photos"] = sorted(
            ({"label": one["label"], "taken_at": one["taken_at"]} for one in kept["photos"]),
            key=lambda one: (one["taken_at"], one["label"]),
        )
    return canonical(kept)


def read_shown(text: str) -> dict[str, Any] | None:
    """The fields that a phone says it showed; None when this is no report as we write them."""
    if len(text) > LONGEST:
        return None
    try:
        found = json.loads(text, parse_float=refuse, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not all(name in FIELDS and FIELDS[name](found[name]) for name in found):
        return None
    complete = all(name in found for name in ("language", "customer_name", "site_address", "technician_names"))
    return found if complete and canonical(found) == text else None


def refuse(number: str) -> Any:
    raise ValueError(number)


def as_payload(shown: Mapping[str, Any], composed: Mapping[str, Any]) -> dict[str, Any]:
    """The whole report around what was shown. What the customer could not see, revision and form, is ours; a photo
    that has arrived is named by its bytes, one that has not by nothing."""
    arrived: dict[tuple[str, str], list[str]] = {}
    for one in composed["photos"]:
        arrived.setdefault((one["label"], one["taken_at"]), []).append(one["digest"])
    photos = []
    for one in shown.get("photos") or []:
        known = arrived.get((one["label"], one["taken_at"]))
        photos.append({**one, "digest": known.pop(0) if known else ""})
    empty = dict.fromkeys((*NOT_KNOWN_YET, *BY_THE_SIGNATURE, *OF_SIGNER, *composed))
    ours = {name: composed.get(name) for name in OUTSIDE}
    return empty | {"parts": [], "readings": [], "time_lines": []} | ours | dict(shown) | {
        "photos": photos, "form": FORM
    }  # fmt: skip


def text_of(most: int) -> Check:
    return lambda value: isinstance(value, str) and len(value) <= most and "\x00" not in value and is_text(value)


def is_text(value: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in value)


def or_none(check: Check) -> Check:
    return lambda value: value is None or check(value)


def whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and -WHOLE < value < WHOLE


def flag(value: Any) -> bool:
    return isinstance(value, bool)


def moment(value: Any) -> bool:
    """A time at the place, with its offset."""
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def a(fields: Mapping[str, Check]) -> Check:
    """An object with just these fields."""
    return lambda value: (
        isinstance(value, dict) and value.keys() == fields.keys() and all(fields[key](value[key]) for key in fields)
    )


def many(check: Check) -> Check:
    return lambda value: isinstance(value, list) and len(value) <= 500 and all(check(one) for one in value)


def labels(value: Any) -> bool:
    return isinstance(value, dict) and all(key in LOCALES and LINE(text) for key, text in value.items())


LINE, PROSE = text_of(1000), text_of(20_000)
CODED = a({"code": LINE, "label": LINE, "labels": labels})
INSTRUMENT = a(
    {
        "number": LINE,
        "name": LINE,
        "certificate_no": or_none(LINE),
        "valid_until": or_none(LINE),
        "calibration": LINE,
    }
)
TIME_LINE = a({"person": LINE, "kind": LINE, "started_at": moment, "ended_at": moment, "minutes": whole})
PART = a(
    dict.fromkeys(("part_no", "name", "unit", "quantity", "charge", "source", "old_part"), LINE)
    | dict.fromkeys(("spec", "unit_price", "amount", "new_serial", "old_serial"), or_none(LINE))
)
READING = a(
    {
        "quantity": LINE,
        "value": LINE,
        "unit": LINE,
        "point": or_none(LINE),
        "instrument": or_none(INSTRUMENT),
        "taken_at": moment,
    }
)
FIELDS: dict[str, Check] = {
    **dict.fromkeys(
        (
            "currency", "work_order_no", "service_class", "work_type", "priority", "provider_name", "provider_hotline",
            "customer_name", "customer_kind", "contact_name", "contact_phone", "caller_name", "site_address",
            "coverage_status", "product_name", "brand", "model", "serial_no", "asset_tag", "unit_location",
            "manufactured_on", "purchased_on", "installed_on", "outcome", "repair_guarantee_until",
        ),
        LINE,
    ),
    **dict.fromkeys(("reported_symptom", "work_done", "test_result", "outstanding_issues", "safety_notice"), PROSE),
    **dict.fromkeys(
        (
            "reported_at", "dispatched_at", "departed_at", "arrived_at", "work_started_at", "work_ended_at", "left_at",
        ),
        moment,
    ),
    **dict.fromkeys(("visit_seq", "labour_minutes", "travel_minutes", "paused_minutes"), whole),
    **dict.fromkeys(("symptom_code", "failed_component", "cause_code", "remedy_code", "error_code"), CODED),
    **dict.fromkeys(("do_not_use", "use_again"), flag),
    "language": lambda value: value in LOCALES if isinstance(value, str) else False,
    "appointment_window": a({"start": moment, "end": moment}),
    "time_lines": many(TIME_LINE),
    "parts": many(PART),
    "readings": many(READING),
    "photos": many(a({"label": LINE, "taken_at": moment})),
    **dict.fromkeys(("technician_ids", "technician_names"), many(LINE)),
}  # fmt: skip
