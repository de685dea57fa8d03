"""The moving average against the worked example of the trade (domain 3.4), and what happens at and below zero."""

from decimal import Decimal as D

import pytest

from portal.stock import rules
from portal.stock.rules import Price, Worth, after, average, price


def receive(worth: Worth, quantity: str, cost: str) -> Worth:
    bought = rules.bought(D(quantity), D(cost))
    return after(worth, D(quantity), bought.amount, bought.unit_cost)


def take(worth: Worth, quantity: str) -> tuple[Price, Worth]:
    cost = price(worth, D(quantity))
    return cost, after(worth, -D(quantity), -cost.amount)


def test_the_worked_example() -> None:
    worth = receive(Worth(), "10", "100")
    worth = receive(worth, "20", "115")
    assert (worth.quantity, worth.value, average(worth)) == (30, D("3300.00"), D("110.000000"))
    used, worth = take(worth, "12")
    assert (used.amount, worth.quantity, worth.value) == (D("1320.00"), 18, D("1980.00"))
    worth = after(worth, D(2), 2 * used.unit_cost)
    assert (worth.quantity, worth.value) == (20, D("2200.00"))
    worth = receive(worth, "10", "124")
    assert (worth.quantity, worth.value) == (30, D("3440.00"))
    used, worth = take(worth, "15")
    assert used == Price(D("114.666667"), D("1720.00"))
    lost, worth = take(worth, "1")
    assert lost.amount == D("114.67")
    assert (worth.quantity, worth.value, worth.rounding) == (14, D("1605.33"), 0)


def test_the_last_piece_takes_the_cents_that_are_left() -> None:
    worth = receive(Worth(), "3", "0.333333")
    amounts = []
    for _piece in range(3):
        cost, worth = take(worth, "1")
        amounts.append(cost.amount)
    assert sum(amounts) == D("1.00")
    assert (worth.quantity, worth.value, worth.rounding) == (0, 0, 0)


def test_what_is_used_before_it_came_goes_at_the_newest_cost_and_the_difference_is_rounding() -> None:
    worth = receive(Worth(), "2", "100")
    cost, worth = take(worth, "5")
    assert cost.amount == D("500.00")
    assert (worth.quantity, worth.value) == (-3, D("-300.00"))
    worth = receive(worth, "10", "120")
    assert (worth.quantity, worth.value, average(worth)) == (7, D("840.00"), D("120"))
    assert worth.rounding == D("60.00")  # three pieces went at 100 and came at 120


def test_nothing_was_ever_received() -> None:
    cost, worth = take(Worth(), "1")
    assert cost == Price(D(0), D(0))
    worth = receive(worth, "1", "50")
    assert (worth.quantity, worth.value, worth.rounding) == (0, 0, D("50.00"))


@pytest.mark.parametrize(("used", "left", "value"), [("9", 1, "200.00"), ("5", 5, "250.00")])
def test_a_receipt_taken_back_never_leaves_less_than_nothing(used: str, left: int, value: str) -> None:
    worth = receive(receive(Worth(), "10", "100"), "10", "200")
    _cost, worth = take(worth, used)
    worth = after(worth, D(-10), D("-2000.00"))
    assert (worth.quantity, worth.value) == (left, D(value))


def test_value_and_rounding_are_what_came_less_what_went() -> None:
    worth, came, went = Worth(), D(0), D(0)
    for number in range(1, 60):
        if number % 3:
            cost, worth = take(worth, str(number % 7 + 1))
            went += cost.amount
        else:
            bought = rules.bought(D(number % 11 + 1), D(number) / 7)
            worth = receive(worth, str(number % 11 + 1), str(D(number) / 7))
            came += bought.amount
        assert worth.value + worth.rounding == came - went
        assert worth.quantity > 0 or worth.value <= 0
        assert worth.quantity <= 0 or worth.value >= 0
