"""The day that a phone keeps: the visits of its technician, today and two days either way, and the pages they need.

A visit's `stamp` changes with whatever changed at it, so that a phone fetches again only what is new.
"""

import hashlib
import uuid
from collections.abc import Iterable
from datetime import timedelta
from functools import cache
from typing import Any

from flask import current_app, g, request
from sqlalchemy import Select, bindparam, func, literal, select, union_all

from portal import i18n, settings
from portal.accounts.models import Person
from portal.assets import address
from portal.calls.models import Visit
from portal.calls.rules import OVER
from portal.clock import day_bounds, now, today
from portal.db import db
from portal.offline import shell
from portal.visits import queries
from portal.visits.models import (
    Finding,
    PartUse,
    PartUseReversal,
    Photo,
    PhotoRemoval,
    Reading,
    ReadingRemoval,
    TimeEntry,
    VisitEvent,
)

AROUND = timedelta(days=2)
MOST = 20  # visits with their pages; of further ones a phone has address and phone number
FRAME = (
    "visits.today", "visits.van", "accounts.more", "device.help", "offline.not_here", "offline.outbox",
    "reports.offline",
)  # fmt: skip
PAGES = (
    "visits.show", "visits.directions", "visits.findings", "visits.part_uses", "visits.no_parts",
    "visits.time_entries", "visits.pause", "visits.photos", "visits.readings", "reports.handover", "reports.draft",
)  # fmt: skip
DATA = ("offline.visit",)
ENDED = OVER - {"returned"}
WITH_PIN = ("offline.locked",)
BEFORE_INSTALLING = 2  # finished visits, after which a person knows whether they want the portal on their phone


def manifest(person: Person) -> dict[str, Any]:
    """What the phone may keep, and nothing else."""
    visits = visits_of(person)
    kept = [visit for visit in visits if visit.state not in ENDED][:MOST]
    changes = changes_of([visit.id for visit in kept])
    pictures = pictures_of([visit.id for visit in kept])
    rows = [row(visit, person, changes.get(visit.id), pictures.get(visit.id, []), visit in kept) for visit in visits]
    return {
        "as_of": now().isoformat(),
        "person": str(person.id),
        "version": shell.version(),
        "stamp": stamp(common(person), *(line["state"] + line["stamp"] for line in rows)),
        "visits": rows,
        "pages": [address(endpoint) for endpoint in (*FRAME, *(WITH_PIN if person.pin_verifier else ()))],
        "assets": [*shell.files(), *logo()],
        "install": has_finished_some(person),
    }


def visits_of(person: Person) -> list[Visit]:
    """Those to be done first, each group in the order of the day."""
    zone = person.branch.time_zone
    start, end = day_bounds(today(zone), zone)
    found = queries.day_of(person, start - AROUND, end + AROUND, places=True)
    return sorted(found, key=lambda visit: visit.state in ENDED)


def row(visit: Visit, person: Person, changes: Any, pictures: Iterable[uuid.UUID], kept: bool) -> dict[str, Any]:
    """A visit whose pages are kept, or only where it is and whom to call."""
    call, contact = visit.call, visit.call.contact
    told = {
        "id": str(visit.id),
        "number": visit.number,
        "customer": call.customer.name,
        "address": call.site.address,
        "phone": contact.phone if contact else "",
        "state": visit.state_for(person),
        "window_start": visit.window_start.isoformat() if visit.window_start else None,
    }
    parts = (call.site.name, contact.name if contact else "", call.description, call.priority, visit.version, changes)
    data = [endpoint for endpoint in DATA if endpoint in current_app.view_functions]
    return {
        **told,
        "stamp": stamp(common(person), *told.values(), *parts),
        "pages": addresses(PAGES, visit) if kept else [],
        "data": addresses(data, visit) if kept else [],
        "pictures": [address("visits.thumbnail", visit_id=visit.id, photo_id=photo) for photo in pictures],
    }


def addresses(endpoints: Iterable[str], visit: Visit) -> list[str]:
    return [address(endpoint, visit_id=visit.id) for endpoint in endpoints]


def common(person: Person) -> tuple[Any, ...]:
    """What all pages depend on: the version of the house, its settings, the language, the looks, the day, and the PIN
    with the session whose tries it has."""
    looks = request.cookies.get("theme"), request.cookies.get("thumb")
    pin = person.pin_verifier and (person.pin_verifier["hash"], g.sign_in.id)
    return shell.version(), settings.newest_id(), i18n.current_locale(), looks, today(person.branch.time_zone), pin


def stamp(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def logo() -> list[str]:
    digest = settings.value("logo")
    return [address("admin.logo", digest=digest)] if digest else []


def changes_of(visit_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[tuple[str, int, str]]]:
    """For each visit how much of each kind there is, and since when. One statement for all visits and kinds."""
    found: dict[uuid.UUID, list[tuple[str, int, str]]] = {}
    for kind, visit_id, count, newest in db.session.execute(changes_query(), {"visit_ids": visit_ids}):
        found.setdefault(visit_id, []).append((kind, count, str(newest)))
    return {visit_id: sorted(changes) for visit_id, changes in found.items()}


@cache
def changes_query() -> Any:
    counted = [counts(table, table.visit_id) for table in (VisitEvent, Finding, PartUse, Photo, Reading)]
    ended = counts(TimeEntry, TimeEntry.visit_id, func.count(TimeEntry.ended_at))
    removed = [
        counts(PartUseReversal, PartUse.visit_id).join(PartUse, PartUse.id == PartUseReversal.part_use_id),
        counts(PhotoRemoval, Photo.visit_id).join(Photo, Photo.id == PhotoRemoval.photo_id),
        counts(ReadingRemoval, Reading.visit_id).join(Reading, Reading.id == ReadingRemoval.reading_id),
    ]
    return union_all(*counted, ended, counts(TimeEntry, TimeEntry.visit_id), *removed)


def counts(table: Any, visit_id: Any, count: Any = None) -> Select[Any]:
    """A number that only grows, and the newest moment."""
    count = func.count() if count is None else count
    query = select(
        literal(table.__tablename__).label("kind"), visit_id.label("visit_id"), count, func.max(table.recorded_at)
    )
    return query.select_from(table).where(visit_id.in_(bindparam("visit_ids", expanding=True))).group_by(visit_id)


def pictures_of(visit_ids: list[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    for visit_id, photo_id in db.session.execute(pictures_query(), {"visit_ids": visit_ids}):
        found.setdefault(visit_id, []).append(photo_id)
    return found


@cache
def pictures_query() -> Any:
    removed = select(PhotoRemoval.id).where(PhotoRemoval.photo_id == Photo.id)
    query = select(Photo.visit_id, Photo.id).where(Photo.visit_id.in_(bindparam("visit_ids", expanding=True)))
    return query.where(~removed.exists()).order_by(Photo.recorded_at, Photo.id)


def has_finished_some(person: Person) -> bool:
    ended = select(Visit.id).where(Visit.person_id == person.id, Visit.state.in_((*ENDED, "finished")))
    return len(db.session.scalars(ended.limit(BEFORE_INSTALLING)).all()) == BEFORE_INSTALLING
