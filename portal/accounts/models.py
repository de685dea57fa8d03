"""Branches, people, their roles, and their sessions."""

import uuid
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.clock import now
from portal.db import Json, Model, WithId
from portal.i18n import lazy
from portal.permissions import Role

IDLE_LIMIT = timedelta(minutes=15)  # contract 7: then a phone asks for the PIN
SESSION_LENGTH = {"phone": timedelta(days=7), "laptop": timedelta(hours=12)}


PHONES_TOLD = text("(waiting_count > 0 OR waiting_lost > 0)")  # few sessions: phones that hold or lost something


class Branch(WithId, Model):
    """A service centre: the name and hotline that its papers show, its calendar, its part of document numbers."""

    __tablename__ = "branch"

    code: Mapped[str] = mapped_column(String(4), unique=True)
    labels: Mapped[dict[str, Any]] = mapped_column(Json)  # the provider's name in each language
    hotline: Mapped[str] = mapped_column(String(40))
    time_zone: Mapped[str] = mapped_column(String(40), default="Asia/Shanghai")


class Person(WithId, UserMixin, Model):
    __tablename__ = "person"

    username: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    password_hash: Mapped[str] = mapped_column(String(200))
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(10))
    email: Mapped[str] = mapped_column(String(200), default="")  # where letters of the house go; may be empty
    active: Mapped[bool] = mapped_column(default=True)
    demo: Mapped[bool] = mapped_column(default=False)
    branch_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("branch.id"))
    created_at: Mapped[datetime]
    one_time_until: Mapped[datetime | None]  # the password is for one time and must be changed; useless after this
    looks: Mapped[dict[str, Any] | None] = mapped_column(
        Json
    )  # of lists: {"calls": {"without": ["unit"], "dense": true}}

    branch: Mapped[Branch] = relationship()
    role_rows: Mapped[list["PersonRole"]] = relationship(cascade="all, delete-orphan")

    @property
    def roles(self) -> frozenset[Role]:
        """Of whoever is signed in: as the request found them, because nobody changes their own."""
        known: frozenset[Role] | None = self.__dict__.get("known_roles")
        return known if known is not None else frozenset(Role(row.role) for row in self.role_rows)

    def know_roles(self, names: str) -> None:
        """Takes them from a query that brought them along as one text."""
        self.__dict__["known_roles"] = listed_roles(names)

    @property
    def is_active(self) -> bool:
        return self.active


@lru_cache(200)
def listed_roles(names: str) -> frozenset[Role]:
    return frozenset(Role(name) for name in names.split(",") if name)


class PersonRole(Model):
    __tablename__ = "person_role"

    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(20), primary_key=True)


class SignIn(WithId, Model):
    """A session on the server. The cookie holds a random token, the row only its hash; ending the row ends it."""

    __tablename__ = "sign_in"
    __table_args__ = (
        Index("ix_sign_in_last_seen_at_id", "last_seen_at", "id"),
        Index("ix_sign_in_waiting", "person_id", sqlite_where=PHONES_TOLD, postgresql_where=PHONES_TOLD),
    )

    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    csrf_token: Mapped[str] = mapped_column(String(64))
    device: Mapped[str] = mapped_column(String(10))  # phone | laptop
    browser: Mapped[str] = mapped_column(String(40), default="")  # "Chrome, Android": to tell one's devices apart
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    handover_token: Mapped[str | None] = mapped_column(String(64))
    pin_failures: Mapped[int] = mapped_column(default=0)
    waiting_count: Mapped[int] = mapped_column(default=0)  # how many unsent entries the phone says it holds
    waiting_since: Mapped[datetime | None]  # its oldest one, by the phone's clock
    waiting_said_at: Mapped[datetime | None]
    waiting_lost: Mapped[int] = mapped_column(default=0)  # how many went from it and never came

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)

    def is_live(self) -> bool:
        """Neither ended nor run out: 7 days rolling on phones, 12 h from sign-in on laptops."""
        start = self.last_seen_at if self.device == "phone" else self.created_at
        return self.ended_at is None and now() < start + SESSION_LENGTH[self.device]

    def is_idle(self) -> bool:
        return self.device == "phone" and now() > self.last_seen_at + IDLE_LIMIT


class Specimen(WithId, Model):
    """A person's own signature as strokes, drawn once and confirmed at each finish; the newest holds."""

    __tablename__ = "specimen"

    person_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("person.id"), index=True)
    strokes: Mapped[list[Any]] = mapped_column(Json)
    recorded_at: Mapped[datetime]


class FailedTries(Model):
    """Failed sign-ins in a row of one account from one address; `blocked_until` grows with them (contract 5)."""

    __tablename__ = "failed_tries"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int]
    blocked_until: Mapped[datetime | None]


ROLE_NAMES = {
    Role.TECHNICIAN: lazy("Technician"),
    Role.DISPATCHER: lazy("Dispatcher"),
    Role.SUPERVISOR: lazy("Supervisor"),
    Role.MANAGER: lazy("Manager"),
    Role.STOREKEEPER: lazy("Storekeeper"),
    Role.ACCOUNTANT: lazy("Accountant"),
    Role.ADMIN: lazy("Administrator"),
}


def role_names(person: Person) -> list[str]:
    """The person's roles in the reader's language, in the table's order."""
    return [str(name) for role, name in ROLE_NAMES.items() if role in person.roles]
