"""Photos: decoded, turned upright, stripped of everything but the picture, stored under their content's hash."""

from datetime import datetime

from portal import files, history
from portal.accounts.models import Person
from portal.calls.models import Visit
from portal.clock import now
from portal.db import db
from portal.errors import Conflict
from portal.i18n import lazy
from portal.visits.models import Photo, PhotoRemoval
from portal.visits.operations.guards import ensure_writable


def add_photo(
    visit: Visit, *, photo: bytes, label: str = "other", person: Person, occurred_at: datetime | None = None
) -> Photo:
    ensure_writable(visit, "photos")
    picture, thumbnail, (width, height) = files.as_photo(photo)
    row = Photo(
        visit_id=visit.id,
        person_id=person.id,
        digest=files.keep(picture, "image/jpeg"),
        thumbnail=files.keep(thumbnail, "image/jpeg"),
        label=label or "other",
        width=width,
        height=height,
        occurred_at=occurred_at or now(),
        recorded_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    history.record("add_photo", visit, person_id=person.id, photo=row.id)
    return row


def remove_photo(visit: Visit, photo: Photo, *, person: Person) -> None:
    """Takes a photo off the report: taken by mistake, or showing a person. Its bytes stay with the record."""
    ensure_writable(visit, "photos")
    db.session.refresh(photo, ["removal"])
    if photo.removal is not None:
        raise Conflict(lazy("This photo was removed before."))
    db.session.add(PhotoRemoval(photo_id=photo.id, person_id=person.id, recorded_at=now()))
    db.session.flush()
    db.session.expire(photo, ["removal"])
    history.record("remove_photo", visit, person_id=person.id, photo=photo.id)
