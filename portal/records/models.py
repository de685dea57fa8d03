"""Papers of a file, merged entries, saved views of lists, and what became of a choice of rows."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.db import Json, Model, WithId

PAPER_KINDS = ("invoice", "warranty_card", "other")


class Paper(WithId, Model):
    """A scan that belongs to a customer's or a unit's file. It is never changed; merging gives it another owner."""

    __tablename__ = "paper"

    customer_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("customer.id"), index=True)
    equipment_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("equipment.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # PAPER_KINDS
    title: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64), ForeignKey("stored_file.digest"))
    content_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
    removal: Mapped["PaperRemoval | None"] = relationship(lazy="joined")


class PaperRemoval(WithId, Model):
    """The paper does not belong in the file any more; it stays, with who said so and why."""

    __tablename__ = "paper_removal"

    paper_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("paper.id"), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(300))
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()


class Merge(WithId, Model):
    """Two entries were the same: `gone_id` leads to `kept_id`. `moved` names every row that changed hands, by table."""

    __tablename__ = "merge"
    __table_args__ = (Index("ix_merge_kept_id", "kept_id"), Index("ix_merge_gone_id", "gone_id"))

    kind: Mapped[str] = mapped_column(String(20))  # customer | equipment
    gone_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    kept_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    gone_name: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(300))
    moved: Mapped[dict[str, Any]] = mapped_column(Json)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
    undoing: Mapped["MergeUndoing | None"] = relationship(lazy="joined")


class MergeUndoing(WithId, Model):
    """They were not the same after all."""

    __tablename__ = "merge_undoing"

    merge_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("merge.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(300))
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]


class SavedView(WithId, Model):
    """A list's filter under a name: its owner's, or `shared` with everybody who may open the list. With `role` the
    list opens with it for people of that role."""

    __tablename__ = "saved_view"

    listing: Mapped[str] = mapped_column(String(20), index=True)
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(1000))
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    shared: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(String(20), default="")
    created_at: Mapped[datetime]


class BulkRun(WithId, Model):
    """What a person did with many rows at once, and what became of each: [label, address, done, why]."""

    __tablename__ = "bulk_run"

    listing: Mapped[str] = mapped_column(String(20))
    action: Mapped[str] = mapped_column(String(20))
    about: Mapped[str] = mapped_column(Text, default="")
    results: Mapped[list[Any]] = mapped_column(Json)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"))
    recorded_at: Mapped[datetime]

    person: Mapped[Person] = relationship()
