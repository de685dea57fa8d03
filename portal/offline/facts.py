"""What a phone knows of a visit without signal: the facts so far as plain JSON values, and all that its forms offer.

`static/js/visit/facts.js` counts the entries that wait in the phone in, by the same rules as the server. Times are
ISO 8601 in UTC, decimals are strings without trailing zeros; words that a form offers come in all languages, because
the customer's may be another than the technician's.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Select, Uuid, and_, bindparam, or_, select

from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.clock import local, now
from portal.customers import stops
from portal.db import db
from portal.i18n import LOCALES, speaking
from portal.stock.models import Balance, Item, Location, UsualPart
from portal.stock.rules import COUNTED
from portal.stock.tools.queries import earlier_certificates, instruments_for
from portal.stock.words import unit_word
from portal.visits import last_time, queries, rules, usual
from portal.visits.facts import Facts, facts_of
from portal.visits.habits import ANY, PartHabit, symptom_found
from portal.visits.models import Finding, PartUse, Reading, TimeEntry, entries_from
from portal.visits.operations.clocks import left_behind
from portal.visits.operations.findings import CODED, TICKED, WRITTEN

LOOK_BACK = timedelta(days=3)  # time elsewhere that an entry of this phone may still collide with
BEFORE_PLANNED = timedelta(days=3)  # how long before a visit was made something may be said to have been measured at it

Values = dict[str, Any]


def offline_facts(visit: Visit, person: Person) -> Values:
    """The visit as the person's phone keeps it. `as_of` is the moment up to which it is true."""
    facts = facts_of(visit)
    codes = codes_offered(visit, facts.finding)
    return {
        "as_of": now().isoformat(),
        "visit": of_visit(visit, person, facts.finding),
        "person": {"id": str(person.id), "name": person.name},
        **of_record(facts),
        "elsewhere": [elsewhere(entry, person) for entry in time_elsewhere(visit, person)],
        "catalogue": {
            "items": items_offered(visit, person),
            "codes": {name: {row.code: row.labels for row in rows} for name, rows in codes.items()},
            "choosable": [name for name, rows in codes.items() if any(row.retired_at is None for row in rows)],
            "tools": tools_offered(visit, person),
        },
    }


def of_visit(visit: Visit, person: Person, found: Finding | None) -> Values:
    call = visit.call
    return {
        "id": str(visit.id),
        "number": visit.number,
        "state": visit.state,
        "own_state": visit.state_for(person),
        "leads": visit.is_led_by(person),
        "zone": visit.zone,
        "work_type": call.work_type,
        "service_class": call.service_class,
        "to_mend": visit.to_mend or [],
        "customer": call.customer.name,
        "site": call.site.name,
        "address": call.site.address,
        "phone": call.contact.phone if call.contact else "",
        "window_start": moment(visit.window_start),
        "window_end": moment(visit.window_end),
        # Only a diagnosis that says so stops the unit, so the others need not ask.
        "stopped": bool(found and found.do_not_use and stops.standing_at(visit.id)),
    }


def of_record(facts: Facts) -> Values:
    """What stands of the record: rows taken back, replaced or removed are left out."""
    return {
        "events": [
            {"kind": one.kind, "cause": one.cause, **author(one), "occurred_at": moment(one.occurred_at)}
            for one in facts.events
        ],
        "time": [time_entry(entry) for entry in facts.time],
        "finding": finding(facts.finding) if facts.finding else None,
        "parts": [part_use(use) for use in facts.parts],
        "no_parts": facts.no_parts,
        "readings": [reading(one) for one in facts.readings],
        "photos": [
            {"id": str(one.id), "label": one.label, "digest": one.digest, "occurred_at": moment(one.occurred_at)}
            for one in facts.photos
        ],
    }


def author(row: Any) -> Values:
    return {"person": str(row.person_id), "person_name": row.person.name}


def time_entry(entry: TimeEntry) -> Values:
    return {
        "id": str(entry.id),
        **author(entry),
        "kind": entry.kind,
        "cause": entry.cause,
        "started_at": moment(entry.started_at),
        "ended_at": moment(entry.ended_at),
        "reason": entry.reason,
        "stopped": entry.stopped_by_id is not None,
    }


def finding(found: Finding) -> Values:
    return {name: getattr(found, name) for name in (*CODED, *WRITTEN, *TICKED, "version")}


def part_use(use: PartUse) -> Values:
    return {
        "id": str(use.id),
        "item": use.item.code,
        "quantity": number(use.quantity),
        "new_serial": use.new_serial,
        "old_serial": use.old_serial,
        "old_part": use.old_part,
        "person": str(use.person_id),
        "occurred_at": moment(use.occurred_at),
    }


def reading(one: Reading) -> Values:
    used, certificate = one.tool, one.calibration
    instrument = {
        "number": used.number,
        "name": used.item.labels,
        "certificate_no": certificate.certificate_no if certificate else None,
        "valid_until": day(certificate.valid_until) if certificate else None,
        "calibration": one.calibration_state,
    } if used else None  # fmt: skip
    return {
        "id": str(one.id),
        "quantity": one.quantity,
        "value": number(one.value),
        "unit": one.unit,
        "point": one.point,
        "instrument": instrument,
        "occurred_at": moment(one.occurred_at),
    }


def time_elsewhere(visit: Visit, person: Person) -> Iterator[TimeEntry]:
    """The person's time at other visits: a clock that runs there holds up one that is to begin here."""
    return (entry for entry in entries_from(person, now() - LOOK_BACK) if entry.visit_id != visit.id)


def elsewhere(entry: TimeEntry, person: Person) -> Values:
    """`left_behind`: its visit is over or no longer this person's, so the clock ends by itself."""
    return {
        "visit": str(entry.visit_id),
        "number": entry.visit.number,
        "customer": entry.visit.call.customer.name,
        "kind": entry.kind,
        "started_at": moment(entry.started_at),
        "ended_at": moment(entry.ended_at),
        "left_behind": entry.ended_at is None and left_behind(entry.visit, person),
    }


def items_offered(visit: Visit, person: Person) -> dict[str, Values]:
    """By part number: what lies in the person's van, is usual for the unit's product, or was used last time."""
    unit = visit.call.equipment
    values = {
        "person_id": person.id,
        "visit_id": visit.id,
        "product_id": unit.product_id if unit else None,
        "equipment_id": unit.id if unit else None,
        "before": visit.window_start or visit.created_at,
        "symptom": None,
    }
    rows = db.session.execute(items_query(), values)
    return {item.code: offered(item, held or Decimal(0)) for item, held in rows}


def offered(item: Item, held: Decimal) -> Values:
    return {
        "name": item.labels,
        "unit": unit_in_all(item.unit),
        "list_price": number(item.list_price) if item.list_price is not None else None,
        "old_part": item.old_part,
        "serial_tracked": item.serial_tracked,
        "counted": item.unit in COUNTED,
        "in_van": number(held),
    }


@cache
def unit_in_all(unit: str) -> dict[str, str]:
    found = {}
    for locale in LOCALES:
        with speaking(locale):
            found[locale] = unit_word(unit)
    return found


@cache
def items_query() -> Any:
    """One statement for all three grounds. Made once: making it costs more than running it."""
    product = bindparam("product_id", type_=Uuid())
    van = select(Location.id).where(Location.person_id == bindparam("person_id", type_=Uuid())).scalar_subquery()
    in_van = select(Balance.item_id).where(Balance.location_id == van, Balance.quantity != 0)
    named = select(UsualPart.item_id).where(UsualPart.product_id == product)
    learned = select(PartHabit.item_id).where(
        PartHabit.product_id == product, PartHabit.visits >= usual.ENOUGH, PartHabit.symptom.in_([ANY, symptom_found()])
    )
    used = select(PartUse.item_id).where(
        or_(
            PartUse.visit_id == bindparam("visit_id", type_=Uuid()),
            PartUse.visit_id == visit_of(last_time.unit_query()),
            PartUse.visit_id == visit_of(last_time.product_query()),
        )
    )
    query: Any = (
        select(Item, Balance.quantity)
        .outerjoin(Balance, and_(Balance.item_id == Item.id, Balance.location_id == van))
        .where(Item.active, Item.kind == "part", Item.id.in_(in_van.union(named, learned, used)))
        .order_by(Item.code)
    )
    return query


def visit_of(query: Select[Any]) -> Any:
    return query.with_only_columns(Visit.id).scalar_subquery()


def codes_offered(visit: Visit, found: Finding | None) -> dict[str, list[Any]]:
    """The rows of the four lists, in the order of the form."""
    recorded = [code for name in rules.CODE_NAMES if found and (code := getattr(found, name))]
    lists = queries.code_lists(visit, recorded)
    return {name: lists.get(name, []) for name in rules.CODE_NAMES}


def tools_offered(visit: Visit, person: Person) -> dict[str, Values]:
    """By number, with the newest certificate and those before it that held while the visit may have been worked at."""
    rows = instruments_for(person)
    before = earlier_certificates(rows, local(visit.created_at - BEFORE_PLANNED, visit.zone).date())
    return {row.number: tool(row, before.get(row.id, ())) for row in rows}


def tool(row: Any, before: Iterable[Any]) -> Values:
    return {
        "name": row.labels,
        "interval_months": row.interval_months,
        **certificate(row),
        "earlier": [certificate(one) for one in before],
    }


def certificate(row: Any) -> Values:
    return {
        "certificate_no": row.certificate_no,
        "calibrated_on": day(row.calibrated_on),
        "valid_until": day(row.valid_until),
        "result": row.result,
    }


def moment(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def number(value: Decimal) -> str:
    """Without trailing zeros and exponent: 2, 0.5."""
    return f"{value.normalize():f}"
