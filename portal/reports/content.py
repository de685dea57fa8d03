"""The report's content: every field of the service report form, as plain JSON values in one language.

The same function writes what the customer reads at the hand-over and what is sealed at the signature, so the two
can be compared. Coded values carry their label, times the site's offset, decimals are strings: nothing in a sealed
report depends on a table that may change later.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from portal import settings
from portal.calls.models import Call, Visit
from portal.clock import local
from portal.customers.models import Equipment, ErrorCode
from portal.db import db
from portal.i18n import label, pick, speaking
from portal.money import CURRENCY, cents
from portal.reports.fields import FORM, OF_SIGNING
from portal.stock.words import unit_word
from portal.visits import rules as visit_rules
from portal.visits.facts import Facts, facts_of
from portal.visits.models import Finding, PartUse, Reading, TimeEntry

FREE = "free"  # until billing comes, visits are under contract or free of charge (contract 7)
COVERAGE = {"B": "contract"}
GUARANTEED = ("fixed", "temporary_fix")
NOT_KNOWN_YET = (
    "invoice_no", "usage_reading", "condition_on_arrival", "coverage_until", "coverage_evidence", "exclusion_reason",
    "travel_km", "cause_note", "responsibility", "diagnosis_steps", "checklist_result", "labour_lines",
    "fee_callout", "fee_inspection", "fee_distance", "fee_other", "discount_amount", "tax_rate", "total_amount",
    "total_in_words", "payment_method", "invoice_request", "quote_ref", "follow_up_due_on", "follow_up_owner",
    "advice", "next_service_on",
)  # fmt: skip
BY_THE_SIGNATURE = ("report_no", "survey_state", "customer_opinion", "signed_at", "sign_refusal_reason", "statement")
OF_SIGNER = ("signer_name", "signer_role", "signed_for", "signer_phone")


def compose(
    visit: Visit,
    locale: str,
    *,
    revision: int = 1,
    reason: str | None = None,
    signer: Mapping[str, str | None] | None = None,
    facts: Facts | None = None,
) -> dict[str, Any]:
    """The report of `visit` as it stands, in `locale`; what only the signature brings is None.

    `signer` has `signer_name`, `signer_role` and, for whoever signs for somebody else, `signed_for` and
    `signer_phone`; `reason` says why there is another revision.
    """
    facts = facts or facts_of(visit)
    return {
        "form": FORM,
        "language": locale,
        "currency": CURRENCY,
        "report_version": revision,
        "revision_reason": reason or None,
        **dict.fromkeys(OF_SIGNER),
        **{name: value or None for name, value in (signer or {}).items()},
        **dict.fromkeys(NOT_KNOWN_YET),
        **dict.fromkeys(BY_THE_SIGNATURE),
        **of_call(visit, locale),
        **of_equipment(visit.call.equipment, locale),
        **of_times(visit, facts),
        **of_findings(visit, facts, locale),
        "parts": [part_line(use, locale) for use in facts.parts],
        "readings": [reading_line(reading, locale, visit.zone) for reading in facts.readings],
        "photos": [
            {"digest": photo.digest, "label": photo.label, "taken_at": at_place(photo.occurred_at, visit.zone)}
            for photo in facts.photos
        ],
        **of_people(visit, facts),
    }


def of_call(visit: Visit, locale: str) -> dict[str, Any]:
    call = visit.call
    sent = [row.assigned_at for row in visit.assignments]
    window = {"start": at_place(visit.window_start, visit.zone), "end": at_place(visit.window_end, visit.zone)}
    return {
        "work_order_no": call.number,
        "visit_seq": visit.seq,
        "service_class": call.service_class,
        "work_type": call.work_type,
        "priority": call.priority,
        "provider_name": label(call.branch, locale),
        "provider_hotline": call.branch.hotline,
        "customer_name": call.customer.name,
        "customer_kind": call.customer.kind,
        "contact_name": call.contact.name if call.contact else None,
        "contact_phone": call.contact.phone if call.contact else None,
        "caller_name": call.caller_name or None,
        "site_address": call.site.address,
        "reported_at": at_place(call.reported_at, visit.zone),
        "reported_symptom": call.description,
        "dispatched_at": at_place(sent[-1] if sent else None, visit.zone),
        "appointment_window": window if visit.window_start else None,
        "coverage_status": COVERAGE.get(call.service_class),
    }


def of_equipment(unit: Equipment | None, locale: str) -> dict[str, Any]:
    product = unit.product if unit else None
    return {
        "product_name": label(product, locale) or None,
        "brand": product.brand if product else None,
        "model": product.model if product else None,
        "serial_no": unit.serial_no if unit else None,
        "asset_tag": (unit.asset_tag or None) if unit else None,
        "unit_location": (unit.location or None) if unit else None,
        "manufactured_on": day(unit.manufactured_on) if unit else None,
        "purchased_on": day(unit.purchased_on) if unit else None,
        "installed_on": day(unit.installed_on) if unit else None,
    }


def of_times(visit: Visit, facts: Facts) -> dict[str, Any]:
    times, zone = facts.times, visit.zone
    return {
        "departed_at": at_place(times.departed_at, zone),
        "arrived_at": at_place(times.arrived_at, zone),
        "work_started_at": at_place(times.work_started_at, zone),
        "work_ended_at": at_place(times.work_ended_at, zone),
        "left_at": at_place(times.left_at, zone),
        "labour_minutes": facts.minutes("work"),
        "travel_minutes": facts.minutes("travel"),
        "paused_minutes": facts.minutes("wait") + facts.minutes("break"),
        "time_lines": [time_line(entry, zone) for entry in facts.time if entry.ended_at],
    }


def time_line(entry: TimeEntry, zone: str) -> dict[str, Any]:
    stretch = visit_rules.Stretch(entry.kind, entry.started_at, entry.ended_at)
    return {
        "person": entry.person.name,
        "kind": entry.kind,
        "started_at": at_place(entry.started_at, zone),
        "ended_at": at_place(entry.ended_at, zone),
        "minutes": visit_rules.minutes([stretch], entry.kind),
    }


def of_findings(visit: Visit, facts: Facts, locale: str) -> dict[str, Any]:
    found = facts.finding or Finding()
    ended = facts.times.work_ended_at
    guaranteed = found.outcome in GUARANTEED and ended is not None
    return {
        "symptom_code": coded(found.symptom, facts.labels.get("symptom"), locale),
        "failed_component": coded(found.component, facts.labels.get("component"), locale),
        "cause_code": coded(found.cause, facts.labels.get("cause"), locale),
        "remedy_code": coded(found.remedy, facts.labels.get("remedy"), locale),
        "error_code": error_code(visit.call, found.error_code, locale),
        "work_done": found.note or None,
        "test_result": found.test_result or None,
        "outcome": found.outcome,
        "outstanding_issues": found.outstanding or None,
        "do_not_use": found.do_not_use or None,
        "safety_notice": found.stop_reason or None,
        "use_again": found.use_again or None,
        "repair_guarantee_until": guaranteed_until(ended, visit.zone) if guaranteed and ended else None,
    }


def guaranteed_until(ended: datetime, zone: str) -> str | None:
    """By the term that held when the work ended: a later one does not change an older job (form, field 65)."""
    term = timedelta(days=settings.value_at("guarantee_days", ended))
    return day((local(ended, zone) + term).date())


def coded(code: str | None, labels: Mapping[str, Any] | None, locale: str) -> dict[str, Any] | None:
    """A code with its word in the report's language, and in all, for a paper in two languages."""
    return {"code": code, "label": pick(labels, locale) or code, "labels": dict(labels or {})} if code else None


def error_code(call: Call, code: str | None, locale: str) -> dict[str, Any] | None:
    """The maker's code with the meaning that it has on this brand and family."""
    if not code:
        return None
    product = call.equipment.product if call.equipment else None
    known = (
        db.session.scalar(
            select(ErrorCode.labels).where(
                ErrorCode.brand == product.brand, ErrorCode.family == product.family, ErrorCode.code == code
            )
        )
        if product
        else None
    )
    return coded(code, known, locale)


def part_line(use: PartUse, locale: str) -> dict[str, Any]:
    price = use.item.list_price
    with speaking(locale):
        unit = unit_word(use.item.unit)
    return {
        "part_no": use.item.code,
        "name": label(use.item, locale),
        "spec": None,
        "unit": unit,
        "quantity": number(use.quantity),
        "unit_price": number(price),
        "amount": number(cents(price * use.quantity)) if price is not None else None,
        "charge": FREE,
        "source": "van",
        "new_serial": use.new_serial or None,
        "old_serial": use.old_serial or None,
        "old_part": use.old_part,
    }


def reading_line(reading: Reading, locale: str, zone: str) -> dict[str, Any]:
    """A value with its unit, and the instrument as its calibration stood when it was used."""
    tool, certificate = reading.tool, reading.calibration
    instrument = {
        "number": tool.number,
        "name": label(tool.item, locale),
        "certificate_no": certificate.certificate_no if certificate else None,
        "valid_until": day(certificate.valid_until) if certificate else None,
        "calibration": reading.calibration_state,
    } if tool else None  # fmt: skip
    return {
        "quantity": reading.quantity,
        "value": number(reading.value),
        "unit": reading.unit,
        "point": reading.point or None,
        "instrument": instrument,
        "taken_at": at_place(reading.occurred_at, zone),
    }


def of_people(visit: Visit, facts: Facts) -> dict[str, Any]:
    """Whoever has time on the visit, the one whose visit it is first."""
    people = [visit.person] if visit.person else []
    people += [entry.person for entry in facts.time]
    by_id = {person.id: person.name for person in people}
    return {"technician_ids": [str(key) for key in by_id], "technician_names": list(by_id.values())}


def same_facts(first: Mapping[str, Any], second: Mapping[str, Any]) -> bool:
    """Whether two reports say the same of the visit, whoever signs them, when, and in which revision."""
    return without_signer(first) == without_signer(second)


def without_signer(content: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that came with a later version of the list and are empty make no difference."""
    return {
        name: value for name, value in content.items() if name not in OF_SIGNING and value is not None and value != []
    }


def at_place(moment: datetime | None, zone: str) -> str | None:
    return local(moment, zone).isoformat(timespec="seconds") if moment else None


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def number(value: Decimal | None) -> str | None:
    if value is None:
        return None
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
