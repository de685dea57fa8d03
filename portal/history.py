"""Who did what, when: an append-only table. The database refuses to change or remove its rows."""

import uuid
from datetime import datetime
from typing import Any

from flask import g, has_request_context
from flask_login import current_user
from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Uuid, insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import now
from portal.db import Json, Model, db

RowNumber = BigInteger().with_variant(Integer, "sqlite")


class HistoryEntry(Model):
    """One act: the verb, the record it touched, and plain details for people who may see that record."""

    __tablename__ = "history"
    __table_args__ = (
        Index("ix_history_subject", "subject_kind", "subject_id"),
        Index("ix_history_recorded_at_n", "recorded_at", "n"),
        Index("ix_history_person_id_recorded_at_n", "person_id", "recorded_at", "n"),
        Index("ix_history_verb_recorded_at_n", "verb", "recorded_at", "n"),
    )

    n: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    recorded_at: Mapped[datetime]
    person_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))
    verb: Mapped[str] = mapped_column(String(60))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(60))
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    request_id: Mapped[str | None] = mapped_column(String(40))


ENTRY = insert(HistoryEntry.__table__)  # type: ignore[arg-type]  # its type says FromClause


def record(verb: str, subject: Any, *, person_id: uuid.UUID | None = None, **details: Any) -> None:
    """Writes down that the signed-in person (or `person_id`) did `verb` to the row `subject`."""
    if person_id is None and has_request_context() and current_user:
        person_id = getattr(current_user, "id", None)
    row = {
        "recorded_at": now(),
        "person_id": person_id,
        "verb": verb,
        "subject_kind": subject.__tablename__,
        "subject_id": str(getattr(subject, "id", getattr(subject, "n", ""))),
        "details": {key: value if isinstance(value, (int, bool)) else str(value) for key, value in details.items()},
        "request_id": g.get("request_id") if has_request_context() else None,
    }
    db.session.execute(ENTRY, row)  # nobody reads the row in this request: no object is made of it


def record_change(verb: str, subject: Any, before: dict[str, Any], after: dict[str, Any], **details: Any) -> bool:
    """As `record`, with what differs, as it was and as it is. Nothing differs: nothing is written, and False."""
    changed = [key for key in after if before.get(key) != after[key]]
    for key in changed:
        details |= {f"{key}.before": before.get(key), f"{key}.after": after[key]}
    if changed:
        record(verb, subject, **details)
    return bool(changed)
