"""Imports with their refused rows, and the numbers under which another system knows customers."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Uuid, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.accounts.models import Person
from portal.db import Model, WithId, db

READING, COLUMNS, RUNNING, DONE, UNREADABLE = "reading", "columns", "running", "done", "unreadable"


class Import(WithId, Model):
    """One file on its way in. `mapping` is the field of each column, "" for none; `place` is the row that was settled
    last, by its number in the file; `attempt` tells one run through the file from the next.

    The file lies in the store under `digest` and is personal data: after 30 days it is removed with the sample and the
    refused rows, and only the counts stay.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        Index("ix_import_run_created_at", "created_at", "id"),
        Index("ix_import_run_digest", "digest"),
    )

    kind: Mapped[str] = mapped_column(String(20))
    file_name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str | None] = mapped_column(String(64), ForeignKey("stored_file.digest"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default=READING)
    why: Mapped[str] = mapped_column(String(300), default="")  # why it could not be read: a msgid
    trial: Mapped[bool] = mapped_column(default=False)
    heading_row: Mapped[int] = mapped_column(default=0)
    headings: Mapped[list[Any]] = mapped_column(default=list)
    sample: Mapped[list[Any]] = mapped_column(default=list)  # the first rows: [number, cells]
    mapping: Mapped[list[Any]] = mapped_column(default=list)
    total: Mapped[int] = mapped_column(default=0)
    place: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(default=0)
    new_rows: Mapped[int] = mapped_column(default=0)
    changed_rows: Mapped[int] = mapped_column(default=0)
    same_rows: Mapped[int] = mapped_column(default=0)
    refused_rows: Mapped[int] = mapped_column(default=0)
    worker: Mapped[str] = mapped_column(String(32), default="")  # who runs it; a newer one takes over
    beat_at: Mapped[datetime | None]  # when it last got further
    finished_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None] = mapped_column(index=True)

    person: Mapped[Person | None] = relationship()

    @property
    def done_rows(self) -> int:
        return self.new_rows + self.changed_rows + self.same_rows + self.refused_rows

    @property
    def counts(self) -> dict[str, int]:
        return {
            "new": self.new_rows,
            "changed": self.changed_rows,
            "same": self.same_rows,
            "refused": self.refused_rows,
        }


class RefusedRow(Model):
    """A row that did not come in: its cells as they stood in the file, and why, as [field, reason, values]."""

    __tablename__ = "refused_row"

    import_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("import_run.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[list[Any]]
    reasons: Mapped[list[Any]]


class OutsideNumber(Model):
    """The number under which another system knows a customer."""

    __tablename__ = "outside_number"

    number: Mapped[str] = mapped_column(String(60), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("customer.id"), index=True)


def refused_rows(run: Import, *, after: int = 0, limit: int | None = None) -> list[RefusedRow]:
    """In the order of the file, from the row behind `after`."""
    query = select(RefusedRow).where(RefusedRow.import_id == run.id, RefusedRow.number > after)
    return list(db.session.scalars(query.order_by(RefusedRow.number).limit(limit)))
