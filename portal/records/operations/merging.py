"""Two entries of the same customer, or of the same unit, become one; and apart again when that was a mistake.

Every row that hangs on the entry that goes is given to the one that stays, and the merge names each of them. Sealed
reports do not change: they say what was signed. The entry itself stays as a row that leads to the other.
"""

import uuid
from typing import Any

from sqlalchemy import func, inspect, select, update

from portal import history
from portal.accounts.models import Person
from portal.calls.models import Call
from portal.clock import now
from portal.customers.models import Customer, Equipment, Site
from portal.customers.stops import standing
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.records.models import Merge, MergeUndoing, Paper
from portal.records.operations.editing import unit_name

MOVES: dict[type[Any], list[Any]] = {
    Customer: [Site.customer_id, Call.customer_id, Paper.customer_id],
    Equipment: [Call.equipment_id, Paper.equipment_id],
}


def moves_too(model: type[Any], column: Any) -> None:
    """A feature above says which of its rows hang on an entry as well."""
    if column not in set(MOVES[model]):
        MOVES[model].append(column)


def what_moves(gone: Customer | Equipment) -> dict[str, int]:
    """How many rows of each table hang on the entry."""
    return {
        column.class_.__tablename__: db.session.scalar(select(func.count()).where(column == gone.id)) or 0
        for column in MOVES[type(gone)]
    }


def merge(gone: Customer | Equipment, kept: Customer | Equipment, reason: str, *, person: Person) -> Merge:
    lock(gone, kept)
    if gone.id == kept.id or type(gone) is not type(kept):
        raise Rejected(lazy("Choose two different entries."))
    if gone.merged_into_id or kept.merged_into_id:
        raise Conflict(lazy("One of the two was merged meanwhile. Open the file again."))
    moved = {column.class_.__tablename__: hand_over(column, gone.id, kept.id) for column in MOVES[type(gone)]}
    gone.merged_into_id = kept.id
    if isinstance(gone, Equipment) and isinstance(kept, Equipment):
        kept.stopped_at = kept.stopped_at or gone.stopped_at  # its stops are facts and stay where they are
    done = Merge(
        kind=gone.__tablename__,
        gone_id=gone.id,
        kept_id=kept.id,
        gone_name=name_of(gone)[:200],
        reason=reason,
        moved=moved,
        person_id=person.id,
        recorded_at=now(),
    )
    db.session.add(done)
    db.session.flush()
    counts = {f"moved_{table}": len(ids) for table, ids in moved.items()}
    for row, other in ((gone, kept), (kept, gone)):
        names = {"gone": name_of(gone), "kept": name_of(kept), "other": other.id, "reason": reason}
        history.record("merge", row, person_id=person.id, **names, **counts)
    return done


def lock(*rows: Any) -> None:
    """Keeps both from being changed by others, always in the same order."""
    for row in sorted(rows, key=lambda one: str(one.id)):
        db.session.refresh(row, with_for_update={"of": type(row)})


def hand_over(column: Any, old: uuid.UUID, new: uuid.UUID) -> list[str]:
    """Gives all rows whose `column` names `old` to `new`; their ids."""
    owner = column.class_
    key = key_of(owner)
    ids = list(db.session.scalars(select(key).where(column == old).order_by(key)))
    if ids:
        db.session.execute(update(owner).where(column == old).values({column.key: new}))
    return [str(one) for one in ids]


def key_of(owner: Any) -> Any:
    return inspect(owner).primary_key[0]


def name_of(row: Customer | Equipment) -> str:
    return row.name if isinstance(row, Customer) else unit_name(row)


def undo(done: Merge, reason: str, *, person: Person) -> None:
    """Gives back what moved and is still with the entry that stayed. A call that was taken since then goes with its
    site; for a unit it stays, because whoever took it chose the unit."""
    model: Any = Customer if done.kind == "customer" else Equipment
    gone, kept = db.session.get_one(model, done.gone_id), db.session.get_one(model, done.kept_id)
    lock(gone, kept)
    db.session.refresh(done)
    if done.undoing is not None or gone.merged_into_id != kept.id:
        raise Conflict(lazy("This was done already."))
    if kept.merged_into_id:
        raise Conflict(lazy("The entry that stayed was merged itself. Undo that merge first."))
    for column in MOVES[model]:
        owner = column.class_
        key = key_of(owner)
        mine = key.in_([key.type.python_type(one) for one in done.moved.get(owner.__tablename__, ())])
        if owner is Call and model is Customer:
            mine |= Call.site_id.in_(uuid.UUID(one) for one in done.moved["site"])
        db.session.execute(update(owner).where(mine, column == kept.id).values({column.key: gone.id}))
    gone.merged_into_id = None
    db.session.flush()
    if isinstance(kept, Equipment) and not standing(kept):
        kept.stopped_at = None
    db.session.add(MergeUndoing(merge_id=done.id, reason=reason, person_id=person.id, recorded_at=now()))
    db.session.flush()
    for row, other in ((gone, kept), (kept, gone)):
        names = {"gone": name_of(gone), "kept": name_of(kept), "other": other.id, "reason": reason}
        history.record("undo_merge", row, person_id=person.id, **names)
