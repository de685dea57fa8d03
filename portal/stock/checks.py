"""The audit of the ledger: everything that is derived is made again from the movements and compared.

One pass over the movements in the order of their recording, on the whole numbers that the database stores (thousandths
of a unit, cents), so that a million rows take seconds; ids are read as text, because making a UUID of each costs more
than all the rest. Features above register what they promise about movements.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from portal.db import db
from portal.migrations import guards
from portal.stock import rules
from portal.stock.models import OWN_KINDS

Check = Callable[[], Iterable[str]]
MORE: list[Check] = []
CHUNK = 20_000
THOUSAND, HUNDRED, MILLION = Decimal(1000), Decimal(100), Decimal(1_000_000)


def register(check: Check) -> Check:
    """Adds a check of a feature above: it yields a sentence, with the item's number, for each broken promise."""
    MORE.append(check)
    return check


@dataclass
class Ledger:
    """What the movements make of it, and what is wrong."""

    movements: int = 0
    reversals: int = 0
    worth: dict[Any, list[int]] = field(default_factory=dict)  # item: quantity, value, rounding, last cost
    balances: dict[tuple[Any, Any], int] = field(default_factory=lambda: defaultdict(int))
    problems: list[str] = field(default_factory=list)


def audit(more: Iterable[Check] = MORE) -> Ledger:
    """The whole ledger; `more`: the checks of the features above."""
    ledger = Ledger()
    codes: dict[Any, str] = dict(read("SELECT CAST(id AS text), code FROM item"))
    kinds: dict[Any, str] = dict(read("SELECT CAST(id AS text), kind FROM location"))
    replay(ledger, codes, kinds)
    problems = [
        *ledger.problems,
        *wrong_balances(ledger, codes),
        *wrong_valuations(ledger, codes),
        *wrong_reversals(codes),
        *missing_guards(),
        *(problem for check in more for problem in check()),
    ]
    ledger.problems = problems
    return ledger


def read(sql: str) -> Iterator[Any]:
    return iter(db.session.execute(text(sql)))


def replay(ledger: Ledger, codes: dict[Any, str], kinds: dict[Any, str]) -> None:
    """Posts all movements again, in memory."""
    own = {place for place, kind in kinds.items() if kind in OWN_KINDS}
    stores = {place for place, kind in kinds.items() if kind == "store"}
    balances, say = ledger.balances, ledger.problems.append
    for row in in_chunks():
        n, kind, item, quantity, source, destination, unit_cost, amount, at_source, at_destination = row
        ledger.movements += 1
        ledger.reversals += kind == "reversal"
        if quantity <= 0 or amount < 0 or unit_cost < 0 or source == destination:
            say(f"{codes.get(item)}: movement {n} has no two ends, or is not above zero")
        balances[item, source] = left = balances[item, source] - quantity
        balances[item, destination] = there = balances[item, destination] + quantity
        if left != at_source or there != at_destination:
            say(f"{codes.get(item)}: movement {n} states other balances than the movements before it make")
        if left < 0 and source in stores:
            say(f"{codes.get(item)}: movement {n} took from a store what it did not hold")
        direction = (destination in own) - (source in own)
        if direction:
            worth = ledger.worth.setdefault(item, [0, 0, 0, 0])
            carry_on(worth, direction * quantity, direction * amount, unit_cost if kind == "receipt" else None)


def in_chunks() -> Iterator[Any]:
    """All movements as the driver gives them, a chunk at a time, so that memory stays flat."""
    last = -(2**62)
    cursor = db.session.connection().connection.cursor()
    item, source, destination = (f"CAST({name} AS text)" for name in ("item_id", "source_id", "destination_id"))
    columns = (
        f"n, kind, {item}, quantity, {source}, {destination}, unit_cost, amount, source_balance, destination_balance"
    )
    while True:
        cursor.execute(f"SELECT {columns} FROM movement WHERE n > {last:d} ORDER BY n LIMIT {CHUNK}")
        chunk = cursor.fetchall()
        if not chunk:
            return cursor.close()
        yield from chunk
        last = chunk[-1][0]


def carry_on(worth: list[int], quantity: int, amount: int, receipt_cost: int | None) -> None:
    """`rules.after`, short for the ordinary case: something was there and something is left."""
    before, value, rounding, last_cost = worth
    if before >= 0 and before + quantity > 0 and value + amount >= 0:
        worth[:] = before + quantity, value + amount, rounding, last_cost if receipt_cost is None else receipt_cost
        return
    after = rules.after(
        rules.Worth(before / THOUSAND, value / HUNDRED, rounding / HUNDRED, last_cost / MILLION),
        quantity / THOUSAND,
        amount / HUNDRED,
        None if receipt_cost is None else receipt_cost / MILLION,
    )
    worth[:] = (
        int(after.quantity * THOUSAND),
        int(after.value * HUNDRED),
        int(after.rounding * HUNDRED),
        int(after.last_cost * MILLION),
    )


def wrong_balances(ledger: Ledger, codes: dict[Any, str]) -> Iterator[str]:
    query = "SELECT CAST(item_id AS text), CAST(location_id AS text), quantity FROM balance"
    stored = {(item, place): n for item, place, n in read(query)}
    for key in stored.keys() | ledger.balances.keys():
        if stored.get(key) != ledger.balances.get(key):
            made = show(ledger.balances.get(key, 0), THOUSAND)
            yield f"{codes.get(key[0])}: a balance says {show(stored.get(key, 0), THOUSAND)}, its movements make {made}"


def wrong_valuations(ledger: Ledger, codes: dict[Any, str]) -> Iterator[str]:
    query = "SELECT CAST(item_id AS text), quantity, value, rounding, last_cost FROM valuation"
    stored = {item: list(numbers) for item, *numbers in read(query)}
    for item in stored.keys() | ledger.worth.keys():
        made, said = ledger.worth.get(item, [0, 0, 0, 0]), stored.get(item, [0, 0, 0, 0])
        if made != said:
            yield f"{codes.get(item)}: the valuation says {worth_words(said)}, its movements make {worth_words(made)}"


def worth_words(worth: list[int]) -> str:
    return f"{show(worth[0], THOUSAND)} worth {show(worth[1], HUNDRED)} (rounding {show(worth[2], HUNDRED)})"


def show(number: int, steps: Decimal) -> str:
    return f"{number / steps:f}"


def wrong_reversals(codes: dict[Any, str]) -> Iterator[str]:
    query = """SELECT CAST(r.item_id AS text), r.n FROM movement r LEFT JOIN movement m ON m.n = r.reverses_n
      WHERE (r.kind = 'reversal' OR r.reverses_n IS NOT NULL) AND (m.n IS NULL OR r.kind <> 'reversal'
        OR m.kind = 'reversal' OR m.item_id <> r.item_id OR m.quantity <> r.quantity OR m.amount <> r.amount
        OR m.unit_cost <> r.unit_cost OR m.source_id <> r.destination_id OR m.destination_id <> r.source_id)"""
    for item, n in read(query):
        yield f"{codes.get(item)}: reversal {n} does not mirror one movement"
    query = """SELECT CAST(item_id AS text), n FROM movement WHERE n IN
      (SELECT reverses_n FROM movement WHERE reverses_n IS NOT NULL GROUP BY reverses_n HAVING count(*) > 1)"""
    for item, n in read(query):
        yield f"{codes.get(item)}: movement {n} was reversed more than once"


def missing_guards() -> Iterator[str]:
    """The triggers that refuse changes: there, unaltered, and switched on."""
    standing = triggers_of_sqlite() if db.engine.dialect.name == "sqlite" else triggers_of_postgresql()
    for missing in sorted(guards.names(db.engine.dialect.name) - standing):
        yield f"the guard {missing} of the database is missing, changed or switched off"


def triggers_of_sqlite() -> set[str]:
    expected = set(guards.standing("sqlite"))
    made = read("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    return {name for name, sql in made if sql in expected}


def triggers_of_postgresql() -> set[str]:
    bodies = guards.bodies()
    made = read("""SELECT t.tgname, p.proname, p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
      WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')""")
    return {name for name, function, body in made if bodies.get(function) == body}
