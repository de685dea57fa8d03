"""Saved views: a list's filter under a name."""

from sqlalchemy import ColumnElement, select

from portal import history
from portal.accounts.models import Person
from portal.clock import now
from portal.db import db
from portal.errors import Rejected
from portal.i18n import lazy
from portal.permissions import Permission, may
from portal.records.models import SavedView

MOST_VIEWS = 20  # of one person and list: more tabs than that nobody reads


def save_view(listing: str, *, name: str, query: str, shared: bool, role: str, person: Person) -> SavedView:
    """Keeps the filter. Only who may share gives it to others or makes a role's list open with it."""
    if (shared or role) and not may(Permission.LIST_SHARE, person=person):
        raise Rejected(lazy("A supervisor or manager shares views with others."), "shared")
    own = list(db.session.scalars(select(SavedView).where(SavedView.listing == listing, is_of(person))))
    if name.casefold() in {view.name.casefold() for view in own}:
        raise Rejected(lazy("There is a view with this name. Choose another one."), "name")
    if len(own) >= MOST_VIEWS:
        raise Rejected(lazy("There are %(n)s views of this list. Remove one first.", n=len(own)))
    if role:
        for other in own_default(listing, role):
            other.role = ""
    view = SavedView(
        listing=listing,
        name=name,
        query=query,
        person_id=person.id,
        shared=shared or bool(role),
        role=role,
        created_at=now(),
    )
    db.session.add(view)
    db.session.flush()
    history.record("save_view", view, person_id=person.id, listing=listing, name=name, shared=view.shared, role=role)
    return view


def own_default(listing: str, role: str) -> list[SavedView]:
    return list(db.session.scalars(select(SavedView).where(SavedView.listing == listing, SavedView.role == role)))


def is_of(person: Person) -> ColumnElement[bool]:
    return (SavedView.person_id == person.id) | SavedView.shared


def remove_view(view: SavedView, *, person: Person) -> None:
    history.record("remove_view", view, person_id=person.id, listing=view.listing, name=view.name, query=view.query)
    db.session.delete(view)
    db.session.flush()
