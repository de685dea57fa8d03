"""What every verb asks before it writes."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.calls.operations import lock
from portal.calls.words import state_word
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy
from portal.visits import rules


def ensure_writable(visit: Visit, row: str) -> None:
    """Locks the visit and refuses when this row of it may not change any more."""
    lock(visit)
    if rules.may_change(visit.state, visit.to_mend, row):
        return
    raise Conflict(why_closed(visit))


def is_on_team(visit: Visit, person: Person) -> bool:
    """Asked under the visit's lock, so of the team as it is now, not as it was when the page was opened."""
    if visit.is_led_by(person):
        return True
    db.session.refresh(visit, ["members"])
    return visit.membership(person) is not None


def ensure_on_team(visit: Visit, person: Person) -> None:
    if not is_on_team(visit, person):
        raise Conflict(lazy("The visit was given to somebody else."))


def why_closed(visit: Visit) -> Any:
    if visit.state == "cancelled":
        return lazy("The visit was cancelled. Nothing was written.")
    if visit.state == "returned":
        return lazy("The report was returned for other things. This part stays as it was signed.")
    return lazy("The visit is “%(state)s”. Nothing in it changes any more.", state=state_word(visit.state))


def lock_clock(person: Person) -> None:
    """One at a time: whoever reads a person's running clock keeps it until this transaction ends."""
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def place_of(visit: Visit) -> str:
    """The visit's name in a sentence."""
    return f"{visit.call.customer.name} ({visit.number})"


def later(first: datetime, second: datetime) -> datetime:
    """The later one: a stretch of time never ends before it begins, whatever a phone's clock said."""
    return max(first, second)
