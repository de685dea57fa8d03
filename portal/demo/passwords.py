"""Passwords of the demonstration accounts when others than the person at the keyboard can reach them."""

from sqlalchemy import select

from portal import history
from portal.accounts import operations as accounts
from portal.accounts.models import Person
from portal.accounts.secrets import is_published
from portal.db import db


def with_published_password() -> list[Person]:
    """Whom anybody who read the README could sign in as."""
    people = db.session.scalars(select(Person).where(Person.demo, Person.active)).unique()
    return [person for person in people if is_published(person.password_hash)]


def set_for_all(password: str) -> int:
    """Gives them all a password of the house's own and ends their sessions; says how many they are."""
    people = with_published_password()
    secret = accounts.password_hash(password)
    for person in people:
        person.password_hash = secret
        accounts.end_sessions(person)
        history.record("set_password", person)
    db.session.flush()
    return len(people)
