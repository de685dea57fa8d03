"""A person's own calendar address: a secret that opens their planned visits to a calendar app, and can be revoked.

The secret is made from the row's id with the house's key, so that it can be shown again to its owner; the database
holds only its hash. Whoever has it needs no sign-in, so it opens nothing but the calendar.
"""

import base64
import hashlib
import hmac
import uuid
from datetime import datetime

from flask import current_app
from sqlalchemy import ForeignKey, String, Uuid, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from portal import history
from portal.accounts.models import Person
from portal.accounts.secrets import token_hash
from portal.clock import now
from portal.db import Model, WithId, db, new_id

LENGTH = 32  # letters and digits of five bits: 160 bits


class CalendarFeed(WithId, Model):
    """One address. A person has at most one that is not revoked."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


def make_feed(person: Person) -> CalendarFeed:
    """A fresh address; the one before ends."""
    end_feeds(person)
    feed = CalendarFeed(id=new_id(), person_id=person.id, made_at=now())
    feed.secret_hash = token_hash(made_secret(feed.id))
    db.session.add(feed)
    db.session.flush()
    history.record("make_calendar_feed", feed, person_id=person.id)
    return feed


def revoke_feed(person: Person) -> None:
    """Ends the person's address; also when there is none any more."""
    if end_feeds(person):
        history.record("revoke_calendar_feed", person, person_id=person.id)


def end_feeds(person: Person) -> int:
    live = update(CalendarFeed).where(CalendarFeed.person_id == person.id, CalendarFeed.revoked_at.is_(None))
    ended = db.session.execute(live.values(revoked_at=now()).returning(CalendarFeed.id)).all()
    return len(ended)


def feed_of(person: Person) -> CalendarFeed | None:
    query = select(CalendarFeed).where(CalendarFeed.person_id == person.id, CalendarFeed.revoked_at.is_(None))
    return db.session.scalars(query.order_by(CalendarFeed.made_at.desc()).limit(1)).first()


def secret_of(feed: CalendarFeed) -> str | None:
    """The secret, to show it again; None after the house's key was changed: then only a new one helps."""
    secret = made_secret(feed.id)
    return secret if token_hash(secret) == feed.secret_hash else None


def made_secret(feed_id: uuid.UUID) -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    made = hmac.new(key, f"calendar\n{feed_id}".encode(), hashlib.sha256).digest()
    return base64.b32encode(made)[:LENGTH].decode().lower()


def person_behind(secret: str) -> Person | None:
    """Whose calendar the secret opens; None for a wrong or revoked one, and when the account is closed."""
    query = select(CalendarFeed).where(
        CalendarFeed.secret_hash == token_hash(secret), CalendarFeed.revoked_at.is_(None)
    )
    whole = joinedload(CalendarFeed.person).joinedload(Person.branch)
    feed = db.session.scalar(query.options(whole)) if len(secret) == LENGTH else None
    return feed.person if feed is not None and feed.person.active else None
