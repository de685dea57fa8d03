"""Code lists: symptoms, components, causes, remedies, makers' error codes, known faults, usual parts.

A code means one thing for ever: its list, family and brand never change, and it is retired, not removed. Its words can
be corrected; once a finding holds the code that needs a reason, and the history keeps both wordings. What was sealed
holds its own words.
"""

import uuid
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from portal import history
from portal.changing import ensure_seen
from portal.clock import now
from portal.customers.models import CodeValue, ErrorCode, KnownFault, Product
from portal.customers.standard import StandardCode, standard_codes
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.stock.models import Item, UsualPart, find_item
from portal.visits.models import Finding

VALUE_KINDS = ("symptom", "component", "cause", "remedy")
ERROR, FAULT = "error", "fault"
KINDS = (*VALUE_KINDS, ERROR, FAULT)
TABLES: dict[str, Any] = {**dict.fromkeys(VALUE_KINDS, CodeValue), ERROR: ErrorCode, FAULT: KnownFault}


def listed(kind: str, family: str = "") -> list[Any]:
    """The list in its order, retired ones last; with `family`, what fits it."""
    table = TABLES[kind]
    query = select(table).order_by(table.retired_at.is_not(None))
    if kind in VALUE_KINDS:
        query = query.where(CodeValue.kind == kind).order_by(CodeValue.position, CodeValue.code)
        fits = or_(CodeValue.family == family, CodeValue.family.is_(None))
        return list(db.session.scalars(query.where(fits) if family else query))
    query = (
        query.order_by(ErrorCode.brand, ErrorCode.code)
        if kind == ERROR
        else query.order_by(KnownFault.family, KnownFault.position, KnownFault.id)
    )
    return list(db.session.scalars(query.where(table.family == family) if family else query))


def find(kind: str, key: uuid.UUID) -> Any:
    """The row, if it is of that list."""
    row = db.session.get(TABLES[kind], key)
    return row if row is not None and getattr(row, "kind", kind) == kind else None


def add_value(
    kind: str, *, code: str, family: str | None, labels: dict[str, str], position: int, brand: str = ""
) -> Any:
    if kind == ERROR:
        row: Any = ErrorCode(brand=brand, family=family or "", code=code, labels=labels)
    else:
        row = CodeValue(kind=kind, family=family or None, code=code, labels=labels, position=position)
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise Conflict(lazy("There is such a code already. If it is retired, take it back."), field="code") from None
    details: dict[str, Any] = {"code": code, **in_words(labels)}
    history.record("add_code", row, **details)
    return row


def lacking(kind: str) -> list[StandardCode]:
    """What the standard lists would add: to this list the codes that it lacks, and where it holds nothing at all, to
    every other list that holds nothing too. A retired code is not lacking."""
    present = {(row.kind, row.code) for row in db.session.execute(select(CodeValue.kind, CodeValue.code))}
    begun = {name for name, _code in present}
    wanted = {kind} if kind in begun else set(VALUE_KINDS) - begun
    return [one for one in standard_codes() if one.kind in wanted and (one.kind, one.code) not in present]


def take_standard_codes(kind: str = VALUE_KINDS[0], *, person_id: uuid.UUID | None = None) -> int:
    """Adds what `lacking` names, and says how many; what is there stays as it is."""
    added = [one.row() for one in lacking(kind)]
    if not added:
        raise Conflict(lazy("This was done already."))
    try:
        with db.session.begin_nested():
            db.session.add_all(added)
    except IntegrityError:
        raise Conflict(lazy("This was done already.")) from None
    history.record("take_standard_codes", added[0], person_id=person_id, new=len(added))
    return len(added)


def correct_value(row: Any, *, labels: dict[str, str], position: int, reason: str, version: str = "") -> None:
    """Other words for the same thing. A used code needs a reason: findings of the past are read with the new words.
    `version`: the fingerprint of what whoever corrects it saw."""
    db.session.refresh(row, with_for_update=True)
    before = standing(row)
    ensure_seen(version, before)
    if labels != row.labels and is_used(row) and not reason:
        raise Rejected(lazy("This code was used. Say why its words are corrected."), field="reason")
    row.labels = labels
    if isinstance(row, CodeValue):
        row.position = position
    db.session.flush()
    after = {**dict.fromkeys(before), **standing(row)}
    more = {"reason": reason} if reason else {}
    history.record_change("correct_code", row, before, after, code=row.code, **more)


def standing(row: Any) -> dict[str, Any]:
    """What can be changed of a row, as the history compares it."""
    if isinstance(row, KnownFault):
        return {**told(row)}
    return {**in_words(row.labels), "position": getattr(row, "position", 0)}


def is_used(row: Any) -> bool:
    """Whether a finding holds the code."""
    if isinstance(row, KnownFault):
        return False
    column = Finding.error_code if isinstance(row, ErrorCode) else getattr(Finding, row.kind)
    return db.session.scalar(select(Finding.id).where(column == row.code).limit(1)) is not None


def in_words(labels: dict[str, Any]) -> dict[str, str]:
    return {f"name {locale}": str(words) for locale, words in labels.items()}


def add_fault(**story: Any) -> KnownFault:
    fault = KnownFault(**story)
    db.session.add(fault)
    db.session.flush()
    details: dict[str, Any] = told(fault)
    history.record("add_known_fault", fault, **details)
    return fault


def change_fault(fault: KnownFault, *, version: str = "", **story: Any) -> None:
    """A known fault is a shortcut, not a record: findings hold the codes that it filled in. `version`: the fingerprint
    of what whoever changes it saw."""
    db.session.refresh(fault, with_for_update=True)
    before = told(fault)
    ensure_seen(version, before)
    for name, value in story.items():
        setattr(fault, name, value)
    db.session.flush()
    history.record_change("change_known_fault", fault, before, told(fault))


def told(fault: KnownFault) -> dict[str, str]:
    names = ("family", *VALUE_KINDS, "standard_minutes", "position")
    return {name: str(value) for name in names if (value := getattr(fault, name)) is not None}


def retire(row: Any) -> None:
    """No longer offered; what was recorded with it keeps its words."""
    if row.retired_at is not None:
        raise Conflict(lazy("This was done already."))
    row.retired_at = now()
    db.session.flush()
    history.record("retire_code", row, code=code_of(row))


def restore(row: Any) -> None:
    if row.retired_at is None:
        raise Conflict(lazy("This was done already."))
    row.retired_at = None
    db.session.flush()
    history.record("restore_code", row, code=code_of(row))


def code_of(row: Any) -> str:
    return row.symptom if isinstance(row, KnownFault) else row.code


def usual_parts(product: Product) -> list[Item]:
    query = select(Item).join(UsualPart, UsualPart.item_id == Item.id).where(UsualPart.product_id == product.id)
    return list(db.session.scalars(query.order_by(UsualPart.position, Item.code)))


def add_usual_part(product: Product, code: str, position: int) -> None:
    item = find_item(code)
    if item is None or item.kind != "part":
        raise Rejected(lazy("There is no part with this number."), field="item")
    try:
        with db.session.begin_nested():
            db.session.add(UsualPart(product_id=product.id, item_id=item.id, position=position))
    except IntegrityError:
        raise Conflict(lazy("This part is on the list."), field="item") from None
    history.record("add_usual_part", product, item=item.code, product=product.code)


def remove_usual_part(product: Product, item: Item) -> None:
    """A shortcut of the technician's first screen; nothing that was recorded hangs on it."""
    row = db.session.get(UsualPart, (product.id, item.id))
    if row is None:
        raise Conflict(lazy("This was done already."))
    db.session.delete(row)
    db.session.flush()
    history.record("remove_usual_part", product, item=item.code, product=product.code)
