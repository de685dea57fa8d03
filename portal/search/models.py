"""The index: an entry for each record that can be found."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Json, Model
from portal.history import RowNumber


class SearchEntry(Model):
    """What is found of a record, and what a list shows of it. `n` lies in the band of its kind, the newest last, so
    that results come in their order from the index itself. The database's own index of `tokens` is made by the
    migration: triggers keep an FTS5 table on SQLite, PostgreSQL has an index of the expression."""

    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("kind", "record_id"), Index("ix_search_entry_code", "code"))

    n: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(10))
    record_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    code: Mapped[str] = mapped_column(String(80), default="")  # its number, as `rules.exact` writes it
    shown: Mapped[dict[str, Any]] = mapped_column(Json)  # title, detail, link, zone: texts, or {language: text}
    moment: Mapped[datetime | None]
    tokens: Mapped[str] = mapped_column(Text)
