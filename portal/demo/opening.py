"""What lay in the stores and vans before the story begins: bought, received, and issued, all through the ledger."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from portal.db import db
from portal.demo.cast import Cast
from portal.demo.tables import rows
from portal.demo.times import Timetable, at
from portal.demo.tools import hand_out_tools, register_tools
from portal.stock import operations as stock
from portal.stock.models import Item

RECEIVED = "-40 09:00"
ISSUED = "-9 08:30"
STEP = timedelta(seconds=40)  # between two lines of a slip, so that the ledger reads like a morning's work


def load_opening_stock(cast: Cast, table: Timetable) -> None:
    items = {item.code: item for item in db.session.scalars(select(Item))}
    costs = {row["code"]: Decimal(row["cost"]) for row in rows("parts")}
    receive(cast, table, items, costs)
    register_tools(cast, table)
    issue_to_vans(cast, table, items)
    hand_out_tools(cast, table)


def receive(cast: Cast, table: Timetable, items: dict[str, Item], costs: dict[str, Decimal]) -> None:
    keeper = cast.people["qian"]
    moment = table.moment(RECEIVED, keeper.branch.time_zone)
    for row in rows("opening_stock"):
        for store in cast.locations.values():
            if quantity := Decimal(row[store.code]):
                moment += STEP
                with at(moment):
                    stock.receive(items[row["item"]], quantity, store, costs[row["item"]], person=keeper)


def issue_to_vans(cast: Cast, table: Timetable, items: dict[str, Item]) -> None:
    keeper = cast.people["qian"]
    moment = table.moment(ISSUED, keeper.branch.time_zone)
    for username in ("zhang", "li", "wang"):
        technician = cast.people[username]
        store, van = cast.locations[f"STORE-{technician.branch.code}"], stock.van_of(technician)
        for row in rows("opening_stock"):
            if quantity := Decimal(row[username]):
                moment += STEP
                with at(moment):
                    stock.issue(items[row["item"]], quantity, store, van, person=keeper)
