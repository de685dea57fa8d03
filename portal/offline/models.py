"""What phones say that they still hold. `SignIn.waiting_*` has the count of each session, this the entries."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, String, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Model


class WaitingEntry(Model):
    """An entry that a phone reported as not yet sent. Whether it came since is asked of the receipts, never kept here.

    `created_at`: the phone's clock. `gone_at`: since when the phone that held it reports without it.
    """

    __tablename__ = "waiting_entry"

    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), primary_key=True)
    entry_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    sign_in_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("sign_in.id"))
    action: Mapped[str] = mapped_column(String(100))
    visit_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)  # as the phone says: it may not be a visit of anybody
    label: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime | None]
    reported_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
