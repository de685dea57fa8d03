"""Wrong tokens of public addresses, counted by address and minute, so that nobody can guess one (contract 5).

The count lives in the database because several processes answer. Addresses are kept as keyed hashes, for a day.
"""

import hashlib
import hmac

from flask import current_app, request
from sqlalchemy import Integer, String, delete, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import TooManyRequests

from portal import db as database
from portal.clock import now
from portal.db import Model, db

MOST_WRONG = 20  # a minute and address
KEPT_MINUTES = 24 * 60


class WrongToken(Model):
    __tablename__ = "wrong_token"

    address_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    minute: Mapped[int] = mapped_column(Integer, primary_key=True)
    count: Mapped[int]


def ensure_allowed() -> None:
    """429 with the seconds to wait for an address that has tried too many wrong tokens in this minute."""
    counted = select(WrongToken.count).where(
        WrongToken.address_hash == address_hash(), WrongToken.minute == this_minute()
    )
    if (db.session.scalar(counted) or 0) >= MOST_WRONG:
        raise TooManyRequests(retry_after=60 - int(now().timestamp()) % 60)


def wrong_token() -> None:
    """Counts one wrong token of this address, after the answer and whatever it was."""
    address, minute = address_hash(), this_minute()
    database.afterwards(lambda: count(address, minute))


def count(address: str, minute: int) -> None:
    insert = pg_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    fresh = insert(WrongToken).values(address_hash=address, minute=minute, count=1)
    db.session.execute(
        fresh.on_conflict_do_update(
            index_elements=["address_hash", "minute"], set_={"count": WrongToken.__table__.c.count + 1}
        )
    )
    db.session.execute(delete(WrongToken).where(WrongToken.minute < minute - KEPT_MINUTES))


def address_hash() -> str:
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, (request.remote_addr or "").encode(), hashlib.sha256).hexdigest()


def this_minute() -> int:
    return int(now().timestamp()) // 60
