"""Customers, their sites and contacts, products with their code lists, and the units that stand at the sites."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.db import Fixed, Json, Model, WithId

FAMILIES = ("TM", "BK", "EL", "ST", "OD")  # treadmill, bike, elliptical, strength, outdoor
Coordinate = Fixed(6)


class Customer(WithId, Model):
    __tablename__ = "customer"

    name: Mapped[str] = mapped_column(String(200), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # consumer | business | public_body
    locale: Mapped[str] = mapped_column(String(10), default="zh_Hans")
    created_at: Mapped[datetime]

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
    """One physical unit with its plate and dates."""

    __tablename__ = "equipment"
    __table_args__ = (Index("ix_equipment_serial_no", "serial_no"), Index("ix_equipment_asset_tag", "asset_tag"))

    product_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("product.id"), index=True)
    site_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("site.id"), index=True)
    serial_no: Mapped[str] = mapped_column(String(80))
    asset_tag: Mapped[str] = mapped_column(String(80), default="")
    location: Mapped[str] = mapped_column(String(200), default="")
    manufactured_on: Mapped[date | None]
    purchased_on: Mapped[date | None]
    installed_on: Mapped[date | None]
    invoice_no: Mapped[str] = mapped_column(String(80), default="")

    product: Mapped[Product] = relationship()
    site: Mapped[Site] = relationship()


class CodeValue(WithId, Model):
    """One value of a code list: symptoms, components, causes, remedies; `family` None means all products."""

    __tablename__ = "code_value"
    __table_args__ = (UniqueConstraint("kind", "code"),)

    kind: Mapped[str] = mapped_column(String(20))  # symptom | component | cause | remedy
    family: Mapped[str | None] = mapped_column(String(4))
    code: Mapped[str] = mapped_column(String(20))
    labels: Mapped[dict[str, Any]] = mapped_column(Json)
    position: Mapped[int] = mapped_column(default=0)


class ErrorCode(WithId, Model):
    """A maker's error code: the same number means other things on other brands (domain 0.11)."""

    __tablename__ = "error_code"
    __table_args__ = (UniqueConstraint("brand", "family", "code"),)

    brand: Mapped[str] = mapped_column(String(100))
    family: Mapped[str] = mapped_column(String(4))
    code: Mapped[str] = mapped_column(String(20))
    labels: Mapped[dict[str, Any]] = mapped_column(Json)


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
