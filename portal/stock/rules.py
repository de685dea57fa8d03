"""What parts are worth: the moving weighted average of the whole company (domain 3.4).

Unit costs have 6 places, amounts 2, halves away from zero. `Worth` is what the company owns of one item, wherever it
lies; moving it between places of ours changes nothing. Less than nothing may be owned for a while, because a part
that was fitted was fitted: what is owed is priced at the newest receipt's cost, and `rounding` takes the difference
when it comes for another price. So at all times value + rounding = amounts in - amounts out.
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

CENT, MICRO, NOTHING = Decimal("0.01"), Decimal("0.000001"), Decimal(0)
COUNTED = frozenset({"pc", "pair", "set", "btl"})  # units of whole pieces; the others are measured


@dataclass(frozen=True)
class Worth:
    """Quantity, its value, value that went without a movement, and the unit cost of the newest receipt."""

    quantity: Decimal = NOTHING
    value: Decimal = NOTHING
    rounding: Decimal = NOTHING
    last_cost: Decimal = NOTHING


class Price(NamedTuple):
    unit_cost: Decimal
    amount: Decimal


def is_of_unit(quantity: Decimal, unit: str) -> bool:
    """There is no half of a piece. The phone has the same rule (`logPart` in static/js/visit/facts.js)."""
    return unit not in COUNTED or quantity == quantity.to_integral_value()


def bought(quantity: Decimal, unit_cost: Decimal) -> Price:
    return Price(unit_cost, cents(quantity * unit_cost))


def average(worth: Worth) -> Decimal:
    """The current unit cost; the newest receipt's when nothing is there."""
    return micros(worth.value / worth.quantity) if worth.quantity > 0 else worth.last_cost


def price(worth: Worth, quantity: Decimal) -> Price:
    """What `quantity` costs now. The last piece takes all that is left; what is not there goes at the newest cost."""
    held = max(worth.quantity, NOTHING)
    if quantity < held:
        return Price(average(worth), cents(quantity * worth.value / held))
    value = worth.value if held else NOTHING
    amount = value + cents((quantity - held) * worth.last_cost)
    return Price(average(worth) if quantity == held else micros(amount / quantity), amount)


def after(worth: Worth, quantity: Decimal, amount: Decimal, receipt_cost: Decimal | None = None) -> Worth:
    """The worth when `quantity` with `amount` came in (both above zero) or went out (both below)."""
    last_cost = worth.last_cost if receipt_cost is None else receipt_cost
    left, value = worth.quantity + quantity, worth.value + amount
    settled = settle(worth, left, value, amount / quantity, last_cost)
    return Worth(left, settled, worth.rounding + value - settled, last_cost)


def settle(before: Worth, left: Decimal, value: Decimal, unit_cost: Decimal, last_cost: Decimal) -> Decimal:
    """The value that `left` may have: nothing for nothing, and never below zero for what is there."""
    if left > 0 and before.quantity < 0:
        return cents(left * unit_cost)  # what was owed is paid back; the rest is worth what it came for
    if left <= 0 or value < 0:
        return cents(left * last_cost)
    return value


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def micros(cost: Decimal) -> Decimal:
    return cost.quantize(MICRO, ROUND_HALF_UP)
