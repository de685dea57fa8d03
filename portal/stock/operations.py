"""The only writers of the ledger. Each verb posts one movement under the lock of its item's valuation.

Promises are checked, facts are accepted: a store issues only what it holds, a van may go below zero.
"""

import uuid
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select

from portal import history, numbering
from portal.accounts.models import Person
from portal.clock import now
from portal.db import db, new_id
from portal.errors import Conflict, Rejected
from portal.i18n import _, fmt, label
from portal.stock import rules
from portal.stock.models import Balance, Item, Location, Movement, Valuation
from portal.stock.places import far_end, insert_once, van_of
from portal.stock.words import unit_word


def receive(
    item: Item,
    quantity: Decimal,
    store: Location,
    unit_cost: Decimal,
    *,
    person: Person,
    occurred_at: datetime | None = None,
    note: str = "",
) -> Movement:
    """采购入库: goods bought at `unit_cost` came into the store; the receipt gets an RK number."""
    ensure_part(item)
    paper: dict[str, Any] = new_paper("RK", person)
    movement = post(
        "receipt",
        item,
        quantity,
        far_end("supplier"),
        store,
        person=person,
        occurred_at=occurred_at,
        price=rules.bought(quantity, unit_cost),
        reason=note,
        **paper,
    )
    history.record("receive", movement, person_id=person.id, item=item.code, quantity=quantity)
    return movement


def issue(
    item: Item,
    quantity: Decimal,
    store: Location,
    van: Location,
    *,
    person: Person,
    occurred_at: datetime | None = None,
    note: str = "",
) -> Movement:
    """领料出库: from the store to a van, under an LL number."""
    ensure_part(item)
    paper: dict[str, Any] = new_paper("LL", person)
    movement = post("issue", item, quantity, store, van, person=person, occurred_at=occurred_at, reason=note, **paper)
    history.record("issue", movement, person_id=person.id, item=item.code, quantity=quantity)
    return movement


def give_back(
    item: Item,
    quantity: Decimal,
    van: Location,
    store: Location,
    *,
    person: Person,
    occurred_at: datetime | None = None,
    note: str = "",
) -> Movement:
    """退料入库: from a van back to the store, under a TL number."""
    ensure_part(item)
    paper: dict[str, Any] = new_paper("TL", person)
    movement = post("return", item, quantity, van, store, person=person, occurred_at=occurred_at, reason=note, **paper)
    history.record("give_back", movement, person_id=person.id, item=item.code, quantity=quantity)
    return movement


def use(
    item: Item,
    quantity: Decimal,
    van: Location,
    *,
    person: Person,
    occurred_at: datetime | None = None,
    document: str = "",
    source_url: str = "",
    serial_no: str | None = None,
) -> Movement:
    """工单用料: fitted into a customer's machine. A fact: the van may go below zero. The act itself is written down
    once, at the visit (`log_part_use`)."""
    return post(
        "use",
        item,
        quantity,
        van,
        far_end("customer"),
        person=person,
        occurred_at=occurred_at,
        document=document,
        source_url=source_url,
        serial_no=serial_no or None,
    )


def correct(movement: Movement, reason: str, *, person: Person) -> Movement:
    """The storekeeper's reversal. A part used at a visit is taken back there, so that its report knows of it."""
    if movement.item.kind == "tool":
        raise Conflict(_("A tool's way goes on with its next step, on the tool's page. No step is reversed."))
    if movement.kind == "use":
        raise Conflict(_("This part was used at a visit. It is taken back on the visit's page."))
    return reverse(movement, reason, person=person)


def reverse(movement: Movement, reason: str, *, person: Person, occurred_at: datetime | None = None) -> Movement:
    """红字冲销: the mirror of one movement, for exactly its amount. Once; a reversal itself stands for ever."""
    if movement.kind == "reversal":
        raise Conflict(_("A reversal is not reversed. Record the movement again."))
    lock_valuation(movement.item)
    if db.session.scalar(select(Movement.n).where(Movement.reverses_n == movement.n)):
        raise Conflict(_("This movement was reversed before."))
    mirror = post(
        "reversal",
        movement.item,
        movement.quantity,
        movement.destination,
        movement.source,
        person=person,
        occurred_at=occurred_at,
        price=rules.Price(movement.unit_cost, movement.amount),
        serial_no=movement.serial_no,
        document=movement.document,
        source_url=movement.source_url,
        reason=reason,
        reverses_n=movement.n,
    )
    history.record("reverse", mirror, person_id=person.id, original=movement.n, reason=reason)
    return mirror


def post(
    kind: str,
    item: Item,
    quantity: Decimal,
    source: Location,
    destination: Location,
    *,
    person: Person,
    occurred_at: datetime | None = None,
    price: rules.Price | None = None,
    **details: Any,
) -> Movement:
    """Adds the movement and carries the valuation on. Without `price` it goes at the moving average."""
    if quantity <= 0:
        raise Rejected(_("Write a quantity above zero."), field="quantity")
    settles = kind in ("reversal", "count")  # what was posted before the rule can be put right
    if not settles and not rules.is_of_unit(quantity, item.unit):
        raise Rejected(_("This part is counted: write a whole number."), field="quantity")
    direction = destination.is_own - source.is_own
    valuation = lock_valuation(item)
    if item.kind == "tool" and (quantity != 1 or valuation.quantity + direction not in (0, 1)):
        raise Rejected(_("A tool is one piece and in one place."), field="quantity")
    worth = rules.Worth(valuation.quantity, valuation.value, valuation.rounding, valuation.last_cost)
    held = balances(item, source, destination)
    promised = source.kind == "store" or (item.kind == "tool" and source.is_own)
    if promised and held.get(source.id, 0) < quantity:
        raise shortage(item, source, held.get(source.id, Decimal(0)))
    unit_cost, amount = price or rules.price(worth, quantity)
    movement = Movement(
        id=new_id(),
        kind=kind,
        item=item,
        quantity=quantity,
        source=source,
        destination=destination,
        unit_cost=unit_cost,
        amount=amount,
        person_id=person.id,
        occurred_at=occurred_at or now(),
        recorded_at=now(),
        source_balance=held.get(source.id, 0) - quantity,
        destination_balance=held.get(destination.id, 0) + quantity,
        **details,
    )
    db.session.add(movement)
    db.session.flush()  # one at a time: each row states the balances after it
    if direction:
        receipt_cost = unit_cost if kind == "receipt" else None
        carry_on(valuation, rules.after(worth, direction * quantity, direction * amount, receipt_cost))
    return movement


def ensure_part(item: Item) -> None:
    """Slips are for parts: a tool's steps stand on its own page, with condition and holder."""
    if item.kind == "tool":
        raise Rejected(_("This is a tool. It is handed out and taken back on the tool's page."), field="item")


def shortage(item: Item, store: Location, held: Decimal) -> Rejected:
    words = _(
        "Of %(item)s there is only %(n)s at %(store)s: that is not enough.",
        item=f"{item.code} {label(item)}",
        n=f"{fmt.qty(held)} {unit_word(item.unit, held)}",
        store=store.code,
    )
    return Rejected(words, field="quantity")


def carry_on(valuation: Valuation, worth: rules.Worth) -> None:
    valuation.quantity, valuation.value = worth.quantity, worth.value
    valuation.rounding, valuation.last_cost = worth.rounding, worth.last_cost


def lock_valuation(item: Item) -> Valuation:
    """The item's valuation, made on first use. Whoever holds it posts; others wait."""
    found = db.session.get(Valuation, item.id, with_for_update=True, populate_existing=True)
    if found is None:
        insert_once(Valuation, item_id=item.id, quantity=0, value=0, rounding=0, last_cost=0)
        found = db.session.get_one(Valuation, item.id, with_for_update=True, populate_existing=True)
    return found


def balances(item: Item, *places: Location) -> dict[uuid.UUID, Decimal]:
    """What lies where, read from the columns: the database changes these rows behind the session's back."""
    wanted = {"item_id": item.id, "places": [place.id for place in places]}
    return dict(db.session.execute(balances_query(), wanted).all())


@cache
def balances_query() -> Any:
    here = Balance.location_id.in_(bindparam("places", expanding=True))
    return select(Balance.location_id, Balance.quantity).where(Balance.item_id == bindparam("item_id"), here)


def new_paper(kind: str, person: Person) -> dict[str, str]:
    """The number of a stock slip, and the address where its movement stands."""
    branch = person.branch
    number = numbering.issue_number(kind, branch.code, now(), branch.time_zone)
    return {"document": number, "source_url": f"/stock/movements?document={number}"}


__all__ = ["correct", "give_back", "issue", "post", "receive", "reverse", "use", "van_of"]
