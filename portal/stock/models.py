"""Items, locations, and the one append-only table of movements between them.

Debit and credit are the two ends of one row, so the ledger balances by construction. Balances and valuations are
derived: a trigger keeps `balance`, posting keeps `valuation`, and `ledger check` compares both with the movements.
"""

import uuid
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    Uuid,
    bindparam,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.db import Amount, Json, Model, Quantity, UnitCost, WithId, db
from portal.history import RowNumber

LOCATION_KINDS = (
    "store", "van", "hands", "supplier", "customer", "workshop", "laboratory", "scrap", "transit", "count_difference",
)  # fmt: skip
OWN_KINDS = ("store", "van", "hands", "workshop", "laboratory", "transit")  # what lies there is ours and has value
MOVEMENT_KINDS = ("receipt", "issue", "use", "return", "transfer", "scrap", "count", "reversal")
OLD_PART_FATES = ("returned", "handed_over", "waived", "not_recoverable", "none")


class Item(WithId, Model):
    """A part (counted in `unit`) or a tool (serial number, quantity 1)."""

    __tablename__ = "item"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    labels: Mapped[dict[str, Any]] = mapped_column(Json)
    kind: Mapped[str] = mapped_column(String(10), default="part")  # part | tool
    unit: Mapped[str] = mapped_column(String(10), default="pc")
    list_price: Mapped[Decimal | None] = mapped_column(Amount)
    wear: Mapped[bool] = mapped_column(default=False)
    serial_tracked: Mapped[bool] = mapped_column(default=False)
    old_part: Mapped[str] = mapped_column(String(20), default="none")  # what usually becomes of the old one
    active: Mapped[bool] = mapped_column(default=True)


class UsualPart(Model):
    """A part that this product often needs: the technician's first screen."""

    __tablename__ = "usual_part"

    product_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("product.id"), primary_key=True)
    item_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("item.id"), primary_key=True)
    position: Mapped[int] = mapped_column(default=0)


class Location(WithId, Model):
    """Where things are: stores, vans, and the far ends such as supplier, customer's machine, scrap."""

    __tablename__ = "location"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    labels: Mapped[dict[str, Any]] = mapped_column(Json)
    kind: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"), unique=True)
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def is_own(self) -> bool:
        return self.kind in OWN_KINDS


class Movement(Model):
    """One fact: `quantity` of `item` went from `source` to `destination`. Never changed; a wrong one is reversed.

    `n` is the order of recording. Balances after it are information about that order, never about `occurred_at`.
    """

    __tablename__ = "movement"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity_positive"),
        CheckConstraint("source_id <> destination_id", name="two_ends"),
        CheckConstraint("amount >= 0 AND unit_cost >= 0", name="cost_not_negative"),
        CheckConstraint("(kind = 'reversal') = (reverses_n IS NOT NULL)", name="reversal_names_original"),
        UniqueConstraint("reverses_n"),
        Index("ix_movement_item_n", "item_id", "n"),
        Index("ix_movement_source_n", "source_id", "n"),
        Index("ix_movement_destination_n", "destination_id", "n"),
        Index("ix_movement_source_item_n", "source_id", "item_id", "n"),
        Index("ix_movement_destination_item_n", "destination_id", "item_id", "n"),
        Index("ix_movement_person_n", "person_id", "n"),
        Index("ix_movement_document", "document"),
        Index("ix_movement_kind_n", "kind", "n"),
        Index("ix_movement_occurred_at", "occurred_at"),
    )

    n: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    item_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("item.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    source_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("location.id"))
    destination_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("location.id"))
    unit_cost: Mapped[Decimal] = mapped_column(UnitCost)
    amount: Mapped[Decimal] = mapped_column(Amount)  # value moved, 2 places; takes the residual when stock reaches 0
    serial_no: Mapped[str | None] = mapped_column(String(80))
    document: Mapped[str] = mapped_column(String(80), default="")  # the paper behind it: RK-…, LL-…, or a call's number
    source_url: Mapped[str] = mapped_column(String(200), default="")  # where the paper can be read
    reason: Mapped[str] = mapped_column(String(500), default="")
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    reverses_n: Mapped[int | None] = mapped_column(RowNumber, ForeignKey("movement.n"))
    source_balance: Mapped[Decimal] = mapped_column(Quantity)  # of the item at the source after this movement
    destination_balance: Mapped[Decimal] = mapped_column(Quantity)

    item: Mapped[Item] = relationship()
    source: Mapped[Location] = relationship(foreign_keys=[source_id])
    destination: Mapped[Location] = relationship(foreign_keys=[destination_id])


class Balance(Model):
    """How much of an item is at a location: written by the movement's trigger alone."""

    __tablename__ = "balance"

    item_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("item.id"), primary_key=True)
    location_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("location.id"), primary_key=True, index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)


class Valuation(Model):
    """The company's stock of one item and what it is worth: the moving average (domain 3.4). Its row is the lock
    under which movements of the item are posted.

    `rounding` is value that left with no movement of its own: cents over when nothing is left, and the difference
    between the price a part was used at before it was received and the price it then came for. So at all times
    value + rounding = amounts in - amounts out.
    """

    __tablename__ = "valuation"

    item_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("item.id"), primary_key=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    value: Mapped[Decimal] = mapped_column(Amount)
    rounding: Mapped[Decimal] = mapped_column(Amount)
    last_cost: Mapped[Decimal] = mapped_column(UnitCost)  # of the newest receipt


class Held(NamedTuple):
    """An item and how much of it is there."""

    item: Item
    quantity: Decimal


def find_item(code: str) -> Item | None:
    """The item with this part number, however its letters were typed."""
    exact: Item | None = db.session.scalar(item_query(), {"code": code})
    return exact or db.session.scalars(select(Item).where(func.upper(Item.code) == code.upper())).first()


@cache
def item_query() -> Select[Any]:
    """Made once, like the others that visits need again and again: making them costs more than running them."""
    return select(Item).where(Item.code == bindparam("code"))


def find_location(code: str) -> Location | None:
    found: Location | None = db.session.scalar(location_query(), {"code": code})
    return found


@cache
def location_query() -> Select[Any]:
    return select(Location).where(Location.code == bindparam("code"))


def find_van(person: Person) -> Location | None:
    """The technician's van, None before its first use."""
    found: Location | None = db.session.scalar(van_query(), {"person_id": person.id})
    return found


@cache
def van_query() -> Select[Any]:
    return select(Location).where(Location.person_id == bindparam("person_id"))


def van_code(person: Person) -> str:
    """The code that a person's van has, or will have."""
    code = f"VAN-{person.username}"
    return code if len(code) <= 40 else f"VAN-{person.id}"


def van_stock(van: Location | None) -> list[Held]:
    """All that lies in the van, by part number; also what is below zero."""
    if van is None:
        return []
    return [Held(item, quantity) for item, quantity in db.session.execute(van_stock_query(), {"van_id": van.id})]


@cache
def van_stock_query() -> Any:
    return (
        select(Item, Balance.quantity)
        .join(Balance, Balance.item_id == Item.id)
        .where(Balance.location_id == bindparam("van_id"), Balance.quantity != 0)
        .order_by(Item.code)
    )
