"""Document numbers {TYPE}-{BRANCH}-{YYMM}-{NNNN}, gap-free: drawn in the transaction that issues the document."""

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Mapped, mapped_column

from portal.clock import local
from portal.db import Model, db


class NumberSeries(Model):
    """The last number given out in a series; the row is the lock under which the next one is drawn."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


def issue_number(kind: str, branch_code: str, moment: datetime, zone_name: str) -> str:
    """The next number, e.g. `FW-01-2611-0042`; month by the branch's calendar. Rolled back with its document."""
    series = f"{kind}-{branch_code}-{local(moment, zone_name):%y%m}"
    insert = pg_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = insert(NumberSeries).values(series=series, last=1)
    db.session.execute(statement.on_conflict_do_update(index_elements=["series"], set_={"last": NumberSeries.last + 1}))
    last = db.session.scalar(select(NumberSeries.last).where(NumberSeries.series == series))
    return f"{series}-{last:04d}"
