"""Any sequence of verbs, against a short model of the ledger that knows nothing of tables."""

import uuid
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from portal.db import db
from portal.errors import Rejected
from portal.stock import checks, operations
from portal.stock.models import Balance, Item, Movement, Valuation
from tests.conftest import LONG
from tests.world import World

QUANTITIES = st.decimals(min_value="0.001", max_value="60", places=3)
COSTS = st.decimals(min_value="0", max_value="500", places=6)
OWN = ("S1", "VAN-zhang", "VAN-li")


class Oracle:
    """The rules of the ledger once more, in the plainest way: a dictionary of quantities, and money in and out."""

    def __init__(self) -> None:
        self.at: dict[str, D] = defaultdict(D)
        self.came = self.went = D(0)
        self.posted: dict[int, tuple[str, str, D, D]] = {}
        self.reversed: set[int] = set()

    def may(self, source: str, quantity: D) -> bool:
        return source != "S1" or self.at[source] >= quantity

    def move(self, n: int, source: str, destination: str, quantity: D, amount: D) -> None:
        self.at[source] -= quantity
        self.at[destination] += quantity
        if (source in OWN) != (destination in OWN):
            self.came += amount if destination in OWN else 0
            self.went += amount if source in OWN else 0
        self.posted[n] = (source, destination, quantity, amount)

    @property
    def owned(self) -> D:
        return sum((self.at[place] for place in OWN), D(0))


class Ledger(RuleBasedStateMachine):
    app: Flask

    @initialize()
    def begin(self) -> None:
        db.session.rollback()
        world = World(self.app)
        self.oracle, self.keeper = Oracle(), world.person("qian")
        self.item = Item(code=f"X-{uuid.uuid4().hex[:12]}", labels={"zh_Hans": "油"}, unit="l")
        db.session.add(self.item)
        db.session.flush()
        self.places = {"S1": world.location("S1"), "VAN-zhang": world.van("zhang"), "VAN-li": world.van("li")}

    def attempt(self, source: str, destination: str, quantity: D, verb: Callable[..., Movement], *places: Any) -> None:
        """Calls the verb; it must be refused just when the model says so, and state the model's balances."""
        allowed = self.oracle.may(source, quantity)
        try:
            movement = verb(self.item, quantity, *places, person=self.keeper)
        except Rejected:
            assert not allowed
            return
        assert allowed
        self.oracle.move(movement.n, source, destination, quantity, movement.amount)
        assert movement.source_balance == self.oracle.at[source]
        assert movement.destination_balance == self.oracle.at[destination]

    @rule(quantity=QUANTITIES, cost=COSTS)
    def receive(self, quantity: D, cost: D) -> None:
        self.attempt("SUPPLIER", "S1", quantity, operations.receive, self.places["S1"], cost)

    @rule(quantity=QUANTITIES, van=st.sampled_from(OWN[1:]))
    def issue(self, quantity: D, van: str) -> None:
        self.attempt("S1", van, quantity, operations.issue, self.places["S1"], self.places[van])

    @rule(quantity=QUANTITIES, van=st.sampled_from(OWN[1:]))
    def give_back(self, quantity: D, van: str) -> None:
        self.attempt(van, "S1", quantity, operations.give_back, self.places[van], self.places["S1"])

    @rule(quantity=QUANTITIES, van=st.sampled_from(OWN[1:]))
    def use(self, quantity: D, van: str) -> None:
        self.attempt(van, "MACHINE", quantity, operations.use, self.places[van])

    @precondition(lambda self: self.oracle.posted)
    @rule(choice=st.integers(min_value=0, max_value=1000))
    def reverse(self, choice: int) -> None:
        n = sorted(self.oracle.posted)[choice % len(self.oracle.posted)]
        movement = db.session.get_one(Movement, n)
        source, destination, quantity, amount = self.oracle.posted[n]
        possible = movement.kind != "reversal" and n not in self.oracle.reversed
        if not possible or not self.oracle.may(destination, quantity):
            try:
                operations.reverse(movement, "no", person=self.keeper)
            except Rejected:
                return
            raise AssertionError("reversed what cannot be reversed")
        mirror = operations.reverse(movement, "wrong", person=self.keeper)
        assert mirror.amount == amount
        self.oracle.reversed.add(n)
        self.oracle.move(mirror.n, destination, source, quantity, amount)

    @invariant()
    def the_database_agrees_with_the_model(self) -> None:
        if not hasattr(self, "item"):
            return
        query = select(Balance.location_id, Balance.quantity).where(Balance.item_id == self.item.id)
        stored = dict(db.session.execute(query).all())
        for code, place in self.places.items():
            assert stored.get(place.id, 0) == self.oracle.at[code]
        assert sum(stored.values()) == 0
        assert self.oracle.at["S1"] >= 0
        worth = db.session.get(Valuation, self.item.id)
        if worth is not None:
            assert worth.quantity == self.oracle.owned
            assert worth.value + worth.rounding == self.oracle.came - self.oracle.went
            assert (worth.quantity > 0) or worth.value <= 0
            assert (worth.quantity < 0) or worth.value >= 0
            assert worth.quantity != 0 or worth.value == 0

    def teardown(self) -> None:
        assert not checks.audit(more=[]).problems
        db.session.rollback()


def test_any_sequence_of_verbs_keeps_the_ledgers_promises(app: Flask, engine: str) -> None:
    Ledger.app = app
    examples, steps = (600, 50) if LONG else (25 if engine == "sqlite" else 8, 20)
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            derandomize=not LONG,
            suppress_health_check=list(HealthCheck),
        ),
    )
