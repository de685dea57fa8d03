"""Customers, their sites and contacts, products with their code lists, and the units that stand at the sites."""

import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from portal.accounts.models import Person
from portal.customers.rules import LAST_FIGURES, phone_key, plate_end, serial_key
from portal.db import Fixed, Json, Model, WithId

FAMILIES = ("TM", "BK", "EL", "ST", "OD")  # treadmill, bike, elliptical, strength, outdoor
Coordinate = Fixed(6)


def of_entered(column: str, key: Callable[[str | None], str]) -> Callable[[Any], str]:
    """The default of a column that follows `column` of the same new row, however the row is written."""
    return lambda context: key(context.get_current_parameters().get(column))


def merged(table: str) -> Index:
    """The index of the few that were merged: nearly all rows were not, and a list must not begin by finding them."""
    few = text("merged_into_id IS NOT NULL")
    return Index(f"ix_{table}_merged_into_id", "merged_into_id", sqlite_where=few, postgresql_where=few)


class Customer(WithId, Model):
    """`merged_into_id`: the entry that stays in place of this one, which was the same customer entered twice."""

    __tablename__ = "customer"
    __table_args__ = (merged("customer"),)

    name: Mapped[str] = mapped_column(String(200), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # consumer | business | public_body
    locale: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    created_at: Mapped[datetime]
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("customer.id"))

    sites: Mapped[list["Site"]] = relationship(back_populates="customer", order_by="Site.name")


class Site(WithId, Model):
    """Where the equipment stands. Its time zone is the one that pages and papers show."""

    __tablename__ = "site"

    customer_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("customer.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(String(300))
    district: Mapped[str] = mapped_column(String(100), default="")
    time_zone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")
    access_note: Mapped[str] = mapped_column(Text, default="")  # never printed
    hazards: Mapped[str] = mapped_column(Text, default="")
    latitude: Mapped[Any | None] = mapped_column(Coordinate)
    longitude: Mapped[Any | None] = mapped_column(Coordinate)
    datum: Mapped[str] = mapped_column(String(10), default="wgs84")  # wgs84 | gcj02 | bd09

    customer: Mapped[Customer] = relationship(back_populates="sites")
    contacts: Mapped[list["Contact"]] = relationship(back_populates="site", order_by="Contact.name")


class Contact(WithId, Model):
    __tablename__ = "contact"

    site_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("site.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(40), default="")
    email: Mapped[str] = mapped_column(String(200), default="")  # where the customer's copy goes
    role: Mapped[str] = mapped_column(String(20), default="employee")  # owner | employee | family | agent
    phone_key: Mapped[str] = mapped_column(String(40), default=of_entered("phone", phone_key), index=True)

    @validates("phone")
    def keep_key(self, _name: str, phone: str) -> str:
        self.phone_key = phone_key(phone)
        return phone

    site: Mapped[Site] = relationship(back_populates="contacts")


class Product(WithId, Model):
    """A model in the catalogue. `labels` is its name in each language."""

    __tablename__ = "product"

    code: Mapped[str] = mapped_column(String(40), unique=True)
    labels: Mapped[dict[str, Any]] = mapped_column(Json)
    family: Mapped[str] = mapped_column(String(4))
    brand: Mapped[str] = mapped_column(String(100))
    model: Mapped[str] = mapped_column(String(100))
    parameters: Mapped[str] = mapped_column(Text, default="")
    standard: Mapped[str] = mapped_column(String(200), default="")
    max_load_kg: Mapped[int | None]
    warranty_months: Mapped[int | None]


class Equipment(WithId, Model):
    """One physical unit with its plate and dates. `merged_into_id`: the entry that stays, when it was entered twice."""

    __tablename__ = "equipment"
    __table_args__ = (
        Index("ix_equipment_serial_no", "serial_no"),
        Index("ix_equipment_asset_tag", "asset_tag"),
        merged("equipment"),
    )

    product_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("product.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("site.id"), index=True)
    serial_no: Mapped[str] = mapped_column(String(80))
    asset_tag: Mapped[str] = mapped_column(String(80), default="")
    location: Mapped[str] = mapped_column(String(200), default="")
    manufactured_on: Mapped[date | None]
    purchased_on: Mapped[date | None]
    installed_on: Mapped[date | None] = mapped_column(index=True)
    invoice_no: Mapped[str] = mapped_column(String(80), default="")
    stopped_at: Mapped[datetime | None]  # 停止使用 since then; follows `UseStop` and `UseRelease`
    serial_key: Mapped[str] = mapped_column(String(80), default=of_entered("serial_no", serial_key), index=True)
    serial_end: Mapped[str] = mapped_column(
        String(LAST_FIGURES), default=of_entered("serial_no", plate_end), index=True
    )
    tag_end: Mapped[str] = mapped_column(String(LAST_FIGURES), default=of_entered("asset_tag", plate_end), index=True)
    merged_into_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("equipment.id"))

    @validates("serial_no")
    def keep_key(self, _name: str, serial_no: str) -> str:
        self.serial_key, self.serial_end = serial_key(serial_no), plate_end(serial_no)
        return serial_no

    @validates("asset_tag")
    def keep_tag_end(self, _name: str, asset_tag: str) -> str:
        self.tag_end = plate_end(asset_tag)
        return asset_tag

    product: Mapped[Product] = relationship()
    site: Mapped[Site] = relationship()


class UseStop(WithId, Model):
    """停止使用: somebody found a unit too dangerous to be used (SR-09). Never changed; it stands until it is released.

    `source_id` is the visit at which it was found, `source` what people call that visit.
    """

    __tablename__ = "use_stop"

    equipment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("equipment.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(40), default="")
    source_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime] = mapped_column(index=True)

    equipment: Mapped[Equipment | None] = relationship()
    person: Mapped[Person] = relationship()
    release: Mapped["UseRelease | None"] = relationship(back_populates="stop", lazy="joined")


class UseRelease(WithId, Model):
    """The unit may be used again: by a later report with its test, or by a supervisor's word with a reason."""

    __tablename__ = "use_release"

    stop_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("use_stop.id"), unique=True)
    reason: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(40), default="")
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    stop: Mapped[UseStop] = relationship(back_populates="release")
    person: Mapped[Person] = relationship()


class CodeValue(WithId, Model):
    """One value of a code list: symptoms, components, causes, remedies; `family` None means all products."""

    __tablename__ = "code_value"
    __table_args__ = (UniqueConstraint("kind", "code"),)

    kind: Mapped[str] = mapped_column(String(20))  # symptom | component | cause | remedy
    family: Mapped[str | None] = mapped_column(String(4))
    code: Mapped[str] = mapped_column(String(20))
    labels: Mapped[dict[str, Any]] = mapped_column(Json)
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None]  # no longer offered; what was recorded with it keeps its words


class ErrorCode(WithId, Model):
    """A maker's error code: the same number means other things on other brands (domain 0.11)."""

    __tablename__ = "error_code"
    __table_args__ = (UniqueConstraint("brand", "family", "code"),)

    brand: Mapped[str] = mapped_column(String(100))
    family: Mapped[str] = mapped_column(String(4))
    code: Mapped[str] = mapped_column(String(20))
    labels: Mapped[dict[str, Any]] = mapped_column(Json)
    retired_at: Mapped[datetime | None]


class KnownFault(WithId, Model):
    """A usual story of a product family: symptom, component, cause, remedy, standard minutes, parts (domain 6.3)."""

    __tablename__ = "known_fault"

    family: Mapped[str] = mapped_column(String(4), index=True)
    symptom: Mapped[str] = mapped_column(String(20))
    component: Mapped[str] = mapped_column(String(20))
    cause: Mapped[str] = mapped_column(String(20))
    remedy: Mapped[str] = mapped_column(String(20))
    standard_minutes: Mapped[int | None]
    position: Mapped[int] = mapped_column(default=0)
    retired_at: Mapped[datetime | None]
