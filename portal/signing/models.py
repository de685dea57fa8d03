"""Sealed documents, each chained to the one before. The database refuses to change or remove them."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Model
from portal.history import RowNumber

REPORT, SIGNATURE, SURVEY, VOID, ERASURE = "service_report", "signature", "survey", "void", "erasure"


class SealedDocument(Model):
    """What was signed, as canonical JSON, and what proves it: salted digests and the keyed link to its predecessor.

    `content` is the paper's text, `evidence` who signed it, how, when and under which statement.
    """

    __tablename__ = "sealed_document"

    n: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=False)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(30), index=True)
    revision: Mapped[int]
    content: Mapped[str] = mapped_column(Text)
    evidence: Mapped[str] = mapped_column(Text)
    salt: Mapped[str] = mapped_column(String(32))
    content_digest: Mapped[str] = mapped_column(String(64))  # hex SHA-256 over salt and content
    evidence_digest: Mapped[str] = mapped_column(String(64))
    previous_link: Mapped[str] = mapped_column(String(64), unique=True)
    link: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_at: Mapped[datetime]

    @property
    def erased(self) -> bool:
        return not self.salt


class ErasedDocument(Model):
    """Allows the database to let one document be emptied; `erasure_n` is the sealed document that says why."""

    __tablename__ = "erased_document"

    n: Mapped[int] = mapped_column(RowNumber, ForeignKey("sealed_document.n"), primary_key=True, autoincrement=False)
    erasure_n: Mapped[int] = mapped_column(RowNumber, ForeignKey("sealed_document.n"))
