"""The movements of the past, posted in memory by the ledger's own rules: receipts, issues, returns and uses, balanced
after each, a store never below zero. Quantities are thousandths, as the database stores them."""

import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from portal.demo.past.cast import Luck, Place, Worker
from portal.demo.past.writing import Clock
from portal.stock import rules
from portal.stock.models import Valuation

STEP = timedelta(seconds=20)
BEFORE = timedelta(hours=1)  # so long before a part is fitted the van gets it
LINES_OF_SLIP = 12
THOUSAND = 1000
LOT = 400 * THOUSAND  # how much a store buys at a time
VAN_FULL = 30 * THOUSAND


class Thing(NamedTuple):
    """An item of the catalogue, what it usually costs, and its id as the database stores it."""

    id: uuid.UUID
    key: str
    cost: Decimal


class Paper(NamedTuple):
    """Who moved something, when, and under which paper."""

    person: str
    moment: datetime
    document: str
    url: str


@dataclass
class Books:
    """All balances and valuations, and the rows not yet written. `number`: the next number of a kind and branch."""

    things: list[Thing]
    stores: dict[str, Place]
    supplier: Place
    customer: Place
    keeper: str
    luck: Luck
    number: Callable[[str, str], str]
    clock: Clock
    n: int = 0
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    held: dict[tuple[str, str], int] = field(default_factory=dict)
    worth: dict[str, rules.Worth] = field(default_factory=dict)
    slips: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def busy_morning(self, wanted: int, workers: list[Worker], moment: datetime) -> None:
        """So many movements between stores and vans, receipts among them when a store runs out."""
        self.slips.clear()
        until = self.n + wanted
        while self.n < until:
            moment += STEP
            thing, worker = self.luck.choice(self.things), self.luck.choice(workers)
            if self.held.get((thing.key, worker.van.key), 0) >= VAN_FULL:
                self.give_back(thing, worker, moment)
            else:
                self.issue(thing, self.luck.randrange(1, 5) * THOUSAND, worker, moment, spare=until - self.n)

    def use(self, thing: Thing, quantity: int, worker: Worker, paper: Paper) -> int:
        """The number of the movement behind a part that was fitted."""
        if self.held.get((thing.key, worker.van.key), 0) < quantity:
            self.issue(thing, quantity * 3, worker, paper.moment - BEFORE)
        self.post("use", thing, quantity, worker.van, self.customer, paper)
        return self.n

    def issue(self, thing: Thing, quantity: int, worker: Worker, moment: datetime, spare: int = 2) -> None:
        """Out of the store, which buys first when it runs out; `spare`: how many movements are still wanted."""
        store = self.stores[worker.branch]
        if self.held.get((thing.key, store.key), 0) < quantity:
            self.receive(thing, store, worker.branch, moment)
            if spare < 2:
                return
        self.post("issue", thing, quantity, store, worker.van, self.slip("LL", worker.branch, moment))

    def receive(self, thing: Thing, store: Place, branch: str, moment: datetime) -> None:
        cost = rules.cents(thing.cost * (100 + self.luck.randrange(-4, 5)) / 100)
        price = rules.bought(Decimal(LOT) / THOUSAND, cost)
        self.post("receipt", thing, LOT, self.supplier, store, self.slip("RK", branch, moment), price)

    def give_back(self, thing: Thing, worker: Worker, moment: datetime) -> None:
        slip = self.slip("TL", worker.branch, moment)
        self.post("return", thing, VAN_FULL // 2, worker.van, self.stores[worker.branch], slip)

    def slip(self, kind: str, branch: str, moment: datetime) -> Paper:
        """The slip in use, or a new one when it is full."""
        number, lines = self.slips.get((kind, branch), ("", LINES_OF_SLIP))
        if lines >= LINES_OF_SLIP:
            number, lines = self.number(kind, branch), 0
        self.slips[kind, branch] = number, lines + 1
        return Paper(self.keeper, moment, number, f"/stock/movements?document={number}")

    def post(
        self, kind: str, thing: Thing, quantity: int, source: Place, destination: Place, paper: Paper,
        price: rules.Price | None = None,
    ) -> None:  # fmt: skip
        worth, units = self.worth.get(thing.key) or rules.Worth(), Decimal(quantity) / THOUSAND
        unit_cost, amount = price or rules.price(worth, units)
        left = self.held[thing.key, source.key] = self.held.get((thing.key, source.key), 0) - quantity
        there = self.held[thing.key, destination.key] = self.held.get((thing.key, destination.key), 0) + quantity
        if direction := destination.own - source.own:
            cost = unit_cost if kind == "receipt" else None
            self.worth[thing.key] = rules.after(worth, direction * units, direction * amount, cost)
        self.n += 1
        moment = self.clock.text(paper.moment)
        self.rows.append((
            self.n, self.luck.key(), kind, thing.key, quantity, source.key, destination.key, int(unit_cost.scaleb(6)),
            int(amount.scaleb(2)), None, paper.document, paper.url, "", paper.person, moment, moment, None, left, there,
        ))  # fmt: skip

    def balances(self) -> list[tuple[str, str, int]]:
        return [(*key, quantity) for key, quantity in self.held.items()]

    def valuations(self) -> list[Valuation]:
        return [Valuation(item_id=uuid.UUID(key), **asdict(worth)) for key, worth in self.worth.items()]
