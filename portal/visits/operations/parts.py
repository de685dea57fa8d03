"""Parts that were fitted: each is one movement from the technician's van to the customer's machine. A fact is
accepted, so the van may go below zero; what was logged by mistake is taken back by the mirror movement."""

from datetime import datetime
from decimal import Decimal

from portal import history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.stock import operations as stock
from portal.stock.models import Item, find_item
from portal.visits.facts import Facts
from portal.visits.models import PartUse, PartUseReversal, VisitEvent, events_of, part_uses
from portal.visits.operations.guards import ensure_on_team, ensure_writable


def log_part_use(
    visit: Visit,
    *,
    item: str,
    quantity: Decimal,
    old_part: str | None = None,
    new_serial: str = "",
    old_serial: str = "",
    person: Person,
    occurred_at: datetime | None = None,
    decided: bool = False,
) -> PartUse:
    """Logs that the part with number `item` was fitted. Without `old_part` the catalogue says what became of it.

    `decided`: a supervisor lets it stand although the visit was given to somebody else; it comes from this person's van
    all the same.
    """
    ensure_writable(visit, "parts")
    if not decided:
        ensure_on_team(visit, person)
    part = known_part(item)
    if part.serial_tracked and not new_serial:
        raise Rejected(lazy("Write the serial number of the new part."), field="new_serial")
    if part.serial_tracked and quantity != 1:
        raise Rejected(lazy("Log parts with a serial number one by one."), field="quantity")
    movement = stock.use(
        part,
        quantity,
        stock.van_of(person),
        person=person,
        occurred_at=occurred_at,
        document=visit.call.number,
        source_url=f"/visits/{visit.id}",
        serial_no=new_serial or None,
    )
    use = PartUse(
        visit_id=visit.id,
        person_id=person.id,
        item=part,
        movement=movement,
        quantity=quantity,
        new_serial=new_serial,
        old_serial=old_serial,
        old_part=old_part or part.old_part,
        occurred_at=occurred_at or now(),
        recorded_at=now(),
    )
    db.session.add(use)
    history.record("log_part_use", visit, person_id=person.id, item=part.code, quantity=quantity)
    return use


def known_part(code: str) -> Item:
    found = find_item(code)
    if found is None or not found.active:
        raise Rejected(lazy("There is no part with this number."), field="item")
    if found.kind != "part":
        raise Rejected(lazy("This is a tool. Tools are not used up at a visit."), field="item")
    return found


def reverse_part_use(
    visit: Visit, use: PartUse, reason: str, *, person: Person, decided: bool = False
) -> PartUseReversal:
    """The part was not used after all: it is in the van again. `decided` as of `log_part_use`."""
    ensure_writable(visit, "parts")
    if not decided:
        ensure_on_team(visit, person)
    db.session.refresh(use, ["reversal"])
    if use.reversal is not None:
        raise Conflict(lazy("This part was removed before."))
    mirror = stock.reverse(use.movement, reason, person=person)
    reversal = PartUseReversal(
        part_use_id=use.id, movement_n=mirror.n, person_id=person.id, reason=reason, recorded_at=now()
    )
    db.session.add(reversal)
    db.session.flush()
    db.session.expire(use, ["reversal"])
    history.record("reverse_part_use", visit, person_id=person.id, part_use=use.id, reason=reason)
    return reversal


def state_no_parts(visit: Visit, *, person: Person, occurred_at: datetime | None = None) -> None:
    """The technician says that no parts were used: an answer, not an empty list."""
    ensure_writable(visit, "parts")
    ensure_on_team(visit, person)
    logged = part_uses(visit)
    if any(use.reversal is None for use in logged):
        raise Rejected(lazy("Parts are logged. Remove them first if none was used."))
    facts = Facts(visit, None, {}, logged, [], [], events_of(visit))
    if facts.no_parts:
        raise Conflict(lazy("This was done already."))
    db.session.add(
        VisitEvent(
            visit_id=visit.id,
            person_id=person.id,
            kind="no_parts",
            occurred_at=occurred_at or now(),
            recorded_at=now(),
        )
    )
    db.session.flush()
    history.record("state_no_parts", visit, person_id=person.id)
