"""Readings: what was measured, with which instrument, and how that was calibrated when it was used. A fact is
accepted: also a reading that was taken with an overdue instrument, which is marked for whoever reviews the visit."""

from datetime import datetime
from decimal import Decimal

from portal import history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.clock import local, now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.stock.tools import rules as tool_rules
from portal.stock.tools.models import Tool, as_rule, calibration_on, find_tool
from portal.visits import rules
from portal.visits.models import Reading, ReadingRemoval
from portal.visits.operations.guards import ensure_writable


def log_reading(
    visit: Visit,
    *,
    quantity: str,
    value: Decimal,
    unit: str = "",
    point: str = "",
    instrument: str = "",
    person: Person,
    occurred_at: datetime | None = None,
) -> Reading:
    """Without `unit` the quantity's usual one counts; without `instrument` (a tool's number) none was used."""
    ensure_writable(visit, "findings")
    unit = unit or rules.QUANTITIES[quantity]
    if not unit:
        raise Rejected(lazy("Write the unit."), field="unit")
    moment = occurred_at or now()
    tool = instrument_called(instrument) if instrument else None
    day = local(moment, visit.zone).date()
    certificate = calibration_on(tool, day) if tool else None
    state = tool_rules.calibration_state(as_rule(tool.interval_months, certificate), day) if tool else "none"
    reading = Reading(
        visit_id=visit.id,
        person_id=person.id,
        quantity=quantity,
        value=value,
        unit=unit,
        point=point,
        tool_id=tool.id if tool else None,
        calibration_id=certificate.id if certificate else None,
        calibration_state=state,
        occurred_at=moment,
        recorded_at=now(),
    )
    db.session.add(reading)
    db.session.flush()
    history.record("log_reading", visit, person_id=person.id, quantity=quantity, value=value, instrument=instrument)
    return reading


def instrument_called(number: str) -> Tool:
    found = find_tool(number)
    if found is None or found.category != "measuring":
        raise Rejected(lazy("There is no measuring tool with this number."), field="instrument")
    return found


def remove_reading(visit: Visit, reading: Reading, *, person: Person) -> None:
    """It was wrong, and does not belong to the report."""
    ensure_writable(visit, "findings")
    db.session.refresh(reading, ["removal"])
    if reading.removal is not None:
        raise Conflict(lazy("This reading was removed before."))
    db.session.add(ReadingRemoval(reading_id=reading.id, person_id=person.id, recorded_at=now()))
    db.session.flush()
    db.session.expire(reading, ["removal"])
    history.record("remove_reading", visit, person_id=person.id, reading=reading.id)
