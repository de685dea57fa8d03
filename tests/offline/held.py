"""Steps that the tests of held entries take again and again."""

import uuid
from typing import Any

from sqlalchemy import select

from portal.calls import operations as calls
from portal.db import db
from portal.receipts import HeldEntry
from tests.page import Page, Person


def give_away(world: Any, visit: Any, to: str = "li") -> None:
    """The office gives the visit to somebody else."""
    calls.assign(
        visit,
        world.person(to),
        window_start=visit.window_start,
        window_end=visit.window_end,
        reason="换人",
        person=world.person("sun"),
    )
    db.session.commit()


def hold(person: Person, path: str, fields: dict[str, Any] | None = None, **kwargs: Any) -> HeldEntry:
    """Sends an entry that is held."""
    entry_id = kwargs.pop("entry_id", None) or str(uuid.uuid4())
    page = person.post(path, fields or {}, outbox=True, entry_id=entry_id, **kwargs)
    assert (page.status, page.json["state"]) == (202, "held"), page.text
    found = select(HeldEntry).where(HeldEntry.entry_id == uuid.UUID(entry_id), HeldEntry.sha256 == page.json["sha256"])
    return db.session.scalars(found).one()


def decide(person: Person, entry: HeldEntry, how: str, fields: dict[str, Any] | None = None) -> Page:
    return person.post(f"/held/{entry.id}/{how}", fields or {})
