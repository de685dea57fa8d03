"""What an office decides for itself: rows of key and value, each with who decided, why, and from when it holds.

The table is append-only and no row begins in the past, so what held at any moment can still be asked: a report that
was sealed in March prints the notice of March. Each key has one definition here, with its default.

Reading is cheap: whoever signs in brings the id of the newest row along (`sessions`), and while it is the one that
this process has read already, nothing is asked again.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask import g, has_request_context
from sqlalchemy import ForeignKey, Index, String, Uuid, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import now
from portal.db import Json, Model, db, new_id
from portal.history import RowNumber

TEXT, DAYS, NAME, LANGUAGES, LOGO = "text", "days", "name", "languages", "logo"
ALL_LANGUAGES = ["zh_Hans", "zh_Hant", "en", "es"]


class Setting(Model):
    """From `effective_from` on, `key` is `value`. The row with the latest beginning that has come holds."""

    __tablename__ = "setting"
    __table_args__ = (Index("ix_setting_key", "key", "n"),)

    n: Mapped[int] = mapped_column(RowNumber, primary_key=True, autoincrement=True)
    id: Mapped[uuid.UUID] = mapped_column(Uuid, unique=True)
    key: Mapped[str] = mapped_column(String(40))
    value: Mapped[Any] = mapped_column(Json)
    effective_from: Mapped[datetime]
    recorded_at: Mapped[datetime]
    person_id: Mapped[uuid.UUID | None] = mapped_column(Uuid, ForeignKey("person.id"))
    reason: Mapped[str] = mapped_column(String(500), default="")


@dataclass(frozen=True)
class Definition:
    """`kind` says what a value looks like: a text or name is {language: words}, days are a whole number from `least`
    to `most`. A `rule` is decided by a manager alone; the rest is the look of the house."""

    key: str
    kind: str
    default: Any
    least: int = 0
    most: int = 0
    rule: bool = False


DEFINITIONS = {
    one.key: one
    for one in (
        Definition("company_name", NAME, {}),
        Definition("logo", LOGO, ""),
        Definition("languages", LANGUAGES, ALL_LANGUAGES),  # the first one is spoken to whoever chose none
        Definition("sign_in_message", TEXT, {}),
        Definition("survey_thanks", TEXT, {}),
        Definition("privacy_notice", TEXT, {}),
        Definition("link_days", DAYS, 7, 1, 30, rule=True),
        Definition("copy_days", DAYS, 90, 30, 730, rule=True),
        Definition("guarantee_days", DAYS, 92, 92, 1095, rule=True),  # three months: the longer term that the law asks
        Definition("repeat_days", DAYS, 30, 7, 365, rule=True),
    )
}


class Row(NamedTuple):
    key: str
    value: Any
    effective_from: datetime


class Kept(NamedTuple):
    newest: uuid.UUID | None
    rows: Sequence[Row]


NEWEST = select(Setting.id).order_by(Setting.n.desc()).limit(1)
IN_ORDER = select(Setting.key, Setting.value, Setting.effective_from).order_by(Setting.effective_from, Setting.n)
NOTHING = Kept(None, ())
kept = NOTHING


def value(key: str) -> Any:
    """What holds now."""
    return value_at(key, now())


def value_at(key: str, moment: datetime) -> Any:
    """What held at that moment: what was agreed then is judged by it."""
    found = DEFINITIONS[key].default
    for row in rows():
        if row.key == key and row.effective_from <= moment:
            found = row.value
    return found


def words(key: str, locale: str, moment: datetime | None = None) -> str:
    """The text of a setting in one language; "" when nobody wrote it in that language."""
    return str(value_at(key, moment or now()).get(locale) or "")


def write(
    key: str, new: Any, *, person_id: uuid.UUID | None, reason: str = "", start: datetime | None = None
) -> Setting:
    """Appends what holds from `start` (now, if not given) on. ValueError for a beginning in the past."""
    moment = now()
    if start is not None and start < moment:
        raise ValueError("a setting cannot begin in the past")
    row = Setting(
        id=new_id(),
        key=DEFINITIONS[key].key,
        value=new,
        effective_from=start or moment,
        recorded_at=moment,
        person_id=person_id,
        reason=reason,
    )
    db.session.add(row)
    db.session.flush()
    g.pop("newest_setting", None)
    return row


def versions(key: str) -> list[Setting]:
    """All that was decided about a key, latest beginning first."""
    query = select(Setting).where(Setting.key == key).order_by(Setting.effective_from.desc(), Setting.n.desc())
    return list(db.session.scalars(query))


def newest_of(keys: Iterable[str]) -> dict[str, Setting]:
    """The last decision about each key, if there was one."""
    query = select(Setting).where(Setting.key.in_(list(keys))).order_by(Setting.n)
    return {row.key: row for row in db.session.scalars(query)}


def rows() -> Sequence[Row]:
    """All settings, oldest beginning first. Without a database (its error page) the defaults hold."""
    global kept
    try:
        newest = newest_id()
        if newest is None:
            return ()
        if kept.newest != newest:
            kept = Kept(newest, [Row(*row) for row in db.session.execute(IN_ORDER)])
    except SQLAlchemyError:
        return ()
    return kept.rows


def newest_id() -> uuid.UUID | None:
    """Asked once a request at most. Its being random tells one database from another."""
    if not has_request_context():
        return db.session.scalar(NEWEST)
    if "newest_setting" not in g:
        g.newest_setting = db.session.scalar(NEWEST)
    found: uuid.UUID | None = g.newest_setting
    return found
