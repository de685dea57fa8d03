"""The movements of the past, posted in memory by the ledger's own rules: receipts, issues, returns and uses, balanced
after each, a store never below zero."""

import uuid
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from portal.demo.past.cast import Luck, Worker
from portal.stock import rules
from portal.stock.models import Item, Location, Valuation

STEP = timedelta(seconds=20)
LINES_OF_SLIP = 12
LOT = Decimal(400)  # how much a store buys at a time
VAN_FULL = Decimal(30)


class Way(NamedTuple):
    source: Location
    destination: Location


class Paper(NamedTuple):
    """Who moved something, when, and under which paper."""

    person: uuid.UUID
    moment: datetime
    document: str
    url: str


@dataclass
class Books:
    """All balances and valuations, and the rows not yet written."""

    items: list[Item]
    costs: dict[str, Decimal]
    stores: dict[str, Location]
    ends: dict[str, Location]
    keeper: uuid.UUID
    luck: Luck
    numbers: Any
    n: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    held: dict[tuple[uuid.UUID, uuid.UUID], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    worth: dict[uuid.UUID, rules.Worth] = field(default_factory=dict)
    slips: dict[str, tuple[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_code = {item.code: item for item in self.items}

    def busy_morning(self, wanted: int, workers: list[Worker], moment: datetime) -> None:
        """So many movements between stores and vans, receipts among them when a store runs out."""
        self.slips.clear()
        until = self.n + wanted
        while self.n < until:
            moment += STEP
            item, worker = self.luck.choice(self.items), self.luck.choice(workers)
            if self.held[item.id, worker.van.id] >= VAN_FULL:
                self.give_back(item, worker, moment)
            else:
                self.issue(item, Decimal(self.luck.randrange(1, 5)), worker, moment, spare=until - self.n)

    def use(self, code: str, quantity: Decimal, worker: Worker, paper: Paper) -> int:
        """The number of the movement behind a part that was fitted."""
        item = self.by_code[code]
        if self.held[item.id, worker.van.id] < quantity:
            self.issue(item, quantity * 3, worker, paper.moment - timedelta(hours=1))
        self.post("use", item, quantity, Way(worker.van, self.ends["customer"]), paper)
        return self.n

    def issue(self, item: Item, quantity: Decimal, worker: Worker, moment: datetime, spare: int = 2) -> None:
        """Out of the store, which buys first when it runs out; `spare`: how many movements are still wanted."""
        store = self.stores[worker.branch]
        if self.held[item.id, store.id] < quantity:
            self.receive(item, store, worker.branch, moment)
            if spare < 2:
                return
        self.post("issue", item, quantity, Way(store, worker.van), self.slip("LL", worker.branch, moment))

    def receive(self, item: Item, store: Location, branch: str, moment: datetime) -> None:
        cost = (self.costs[item.code] * (100 + self.luck.randrange(-4, 5)) / 100).quantize(Decimal("0.01"))
        price = rules.bought(LOT, cost)
        self.post("receipt", item, LOT, Way(self.ends["supplier"], store), self.slip("RK", branch, moment), price)

    def give_back(self, item: Item, worker: Worker, moment: datetime) -> None:
        way = Way(worker.van, self.stores[worker.branch])
        self.post("return", item, VAN_FULL / 2, way, self.slip("TL", worker.branch, moment))

    def slip(self, kind: str, branch: str, moment: datetime) -> Paper:
        """The slip in use, or a new one when it is full."""
        number, lines = self.slips.get(kind + branch, ("", LINES_OF_SLIP))
        if lines >= LINES_OF_SLIP:
            number, lines = self.numbers.next(kind, branch, moment), 0
        self.slips[kind + branch] = number, lines + 1
        return Paper(self.keeper, moment, number, f"/stock/movements?document={number}")

    def post(
        self, kind: str, item: Item, quantity: Decimal, way: Way, paper: Paper, price: rules.Price | None = None
    ) -> None:
        worth = self.worth.get(item.id) or rules.Worth()
        unit_cost, amount = price or rules.price(worth, quantity)
        self.held[item.id, way.source.id] -= quantity
        self.held[item.id, way.destination.id] += quantity
        if direction := way.destination.is_own - way.source.is_own:
            cost = unit_cost if kind == "receipt" else None
            self.worth[item.id] = rules.after(worth, direction * quantity, direction * amount, cost)
        self.n += 1
        self.rows.append(
            {
                "n": self.n,
                "id": self.luck.id(),
                "kind": kind,
                "item_id": item.id,
                "quantity": quantity,
                "source_id": way.source.id,
                "destination_id": way.destination.id,
                "unit_cost": unit_cost,
                "amount": amount,
                "serial_no": None,
                "document": paper.document,
                "source_url": paper.url,
                "reason": "",
                "person_id": paper.person,
                "occurred_at": paper.moment,
                "recorded_at": paper.moment,
                "reverses_n": None,
                "source_balance": self.held[item.id, way.source.id],
                "destination_balance": self.held[item.id, way.destination.id],
            }
        )

    def valuations(self) -> list[Valuation]:
        return [Valuation(item_id=item, **asdict(worth)) for item, worth in self.worth.items()]
