"""The verbs of the store on a real ledger: what moves, what it is worth, what is refused."""

from decimal import Decimal as D
from typing import Any

import pytest
from sqlalchemy import select

from portal.db import db
from portal.errors import Conflict, Rejected
from portal.stock import checks, operations
from portal.stock.models import Balance, Item, Movement, Valuation, find_item, van_stock


@pytest.fixture
def belt(world: Any) -> Item:
    """A part that the ledger has not seen yet."""
    item = Item(code="NEW-BELT", labels={"zh_Hans": "新跑带"})
    db.session.add(item)
    db.session.flush()
    return item


def held(item: Item, place: Any) -> D:
    query = select(Balance.quantity).where(Balance.item_id == item.id, Balance.location_id == place.id)
    return db.session.scalar(query) or D(0)


def worth(item: Item) -> tuple[D, D, D]:
    row = db.session.get_one(Valuation, item.id, populate_existing=True)
    return row.quantity, row.value, row.rounding


def agrees() -> bool:
    db.session.flush()
    problems = checks.audit(more=[]).problems
    assert not problems
    return True


def test_the_worked_example_of_the_trade(world: Any, belt: Item) -> None:
    keeper, store, van = world.person("qian"), world.location("S1"), world.van()
    count = operations.far_end("customer")
    operations.receive(belt, D(10), store, D(100), person=keeper)
    operations.receive(belt, D(20), store, D(115), person=keeper)
    operations.issue(belt, D(27), store, van, person=keeper)
    assert worth(belt)[:2] == (30, D("3300.00"))
    operations.use(belt, D(10), van, person=keeper)
    second = operations.use(belt, D(2), van, person=keeper)
    assert worth(belt)[:2] == (18, D("1980.00"))
    back = operations.reverse(second, "not fitted", person=keeper)
    assert (back.amount, worth(belt)[:2]) == (D("220.00"), (20, D("2200.00")))
    operations.receive(belt, D(10), store, D(124), person=keeper)
    assert worth(belt)[:2] == (30, D("3440.00"))
    used = operations.use(belt, D(15), van, person=keeper)
    assert (used.unit_cost, used.amount) == (D("114.666667"), D("1720.00"))
    operations.post("count", belt, D(1), store, count, person=keeper)
    assert worth(belt) == (14, D("1605.33"), 0)
    assert agrees()


def test_a_movement_between_places_of_ours_changes_no_value(world: Any) -> None:
    item, store, van, keeper = world.item(), world.location(), world.van("li"), world.person("qian")
    item.unit = "l"
    before, at_store = worth(item), held(item, store)
    slip = operations.issue(item, D("2.5"), store, van, person=keeper)
    assert (slip.kind, slip.amount) == ("issue", D("15.00"))
    assert (slip.source_balance, slip.destination_balance) == (at_store - D("2.5"), D("2.5"))
    operations.give_back(item, D("0.5"), van, store, person=keeper)
    assert worth(item) == before
    assert (held(item, store), held(item, van)) == (at_store - 2, 2)
    assert agrees()


def test_slips_are_numbered_by_the_branch_without_gaps(world: Any) -> None:
    item, store, van, keeper = world.item(), world.location(), world.van(), world.person("qian")
    slips = [operations.issue(item, D(1), store, van, person=keeper).document for _n in range(2)]
    slips += [operations.give_back(item, D(1), van, store, person=keeper).document]
    kinds, numbers = [slip.split("-")[0] for slip in slips], [int(slip.split("-")[-1]) for slip in slips]
    assert kinds == ["LL", "LL", "TL"]
    assert (numbers[1] - numbers[0], numbers[2]) == (1, 1)
    assert slips[0].startswith("LL-01-")


def test_a_store_gives_only_what_it_holds(world: Any) -> None:
    key = world.item("TM-KEY")
    with pytest.raises(Rejected, match="S1") as refusal:
        operations.issue(key, D(2), world.location(), world.van(), person=world.person("qian"))
    assert refusal.value.field == "quantity"
    operations.issue(key, D(1), world.location(), world.van(), person=world.person("qian"))
    assert held(key, world.location()) == 0


def test_a_van_goes_below_zero_because_what_was_fitted_was_fitted(world: Any) -> None:
    key, van, zhang = world.item("TM-KEY"), world.van(), world.person("zhang")
    movement = operations.use(key, D(2), van, person=zhang, document="JX-1", source_url="/visits/1")
    assert (held(key, van), movement.source_balance) == (-2, -2)
    assert worth(key)[0] == -1
    operations.receive(key, D(3), world.location(), D(9), person=world.person("qian"))
    assert worth(key) == (2, D("18.00"), D("1.00"))  # one piece went at 8 and came at 9
    assert agrees()


def test_a_reversal_mirrors_its_movement_once(world: Any) -> None:
    item, van, zhang = world.item(), world.van(), world.person("zhang")
    used = operations.use(item, D(3), van, person=zhang, document="JX-1")
    operations.receive(item, D(5), world.location(), D(11), person=world.person("qian"))
    mirror = operations.reverse(used, "wrong part", person=zhang)
    assert (mirror.source, mirror.destination) == (used.destination, used.source)
    assert (mirror.quantity, mirror.amount, mirror.reverses_n, mirror.reason) == (3, used.amount, used.n, "wrong part")
    with pytest.raises(Conflict):
        operations.reverse(used, "again", person=zhang)
    with pytest.raises(Conflict):
        operations.reverse(mirror, "back", person=zhang)
    assert agrees()


def test_a_receipt_is_not_taken_back_when_its_goods_are_gone(world: Any) -> None:
    key, store, keeper = world.item("TM-KEY"), world.location(), world.person("qian")
    receipt = db.session.scalars(select(Movement).where(Movement.item_id == key.id)).one()
    operations.issue(key, D(1), store, world.van(), person=keeper)
    with pytest.raises(Rejected, match="S1"):
        operations.reverse(receipt, "wrong price", person=keeper)


def test_the_storekeeper_leaves_uses_to_the_visit(world: Any) -> None:
    used = operations.use(world.item(), D(1), world.van(), person=world.person("zhang"))
    with pytest.raises(Conflict):
        operations.correct(used, "wrong", person=world.person("qian"))


@pytest.mark.parametrize(("unit", "allowed"), [("pc", False), ("pair", False), ("set", False), ("btl", False),
                                               ("m", True), ("kg", True), ("l", True)])  # fmt: skip
def test_what_is_counted_comes_and_goes_in_whole_pieces(world: Any, unit: str, allowed: bool) -> None:
    item, store, van, keeper = world.item(), world.location(), world.van(), world.person("qian")
    item.unit = unit
    steps: list[Any] = [
        lambda n: operations.receive(item, n, store, D(1), person=keeper),
        lambda n: operations.issue(item, n, store, van, person=keeper),
        lambda n: operations.give_back(item, n, van, store, person=keeper),
        lambda n: operations.use(item, n, van, person=keeper),
    ]
    for step in steps:
        step(D("2.000"))
        if allowed:
            step(D("1.125"))
            continue
        with pytest.raises(Rejected) as refusal:
            step(D("1.5"))
        assert refusal.value.field == "quantity"


def test_a_fraction_of_a_piece_from_earlier_days_can_be_taken_back(world: Any) -> None:
    item, zhang = world.item(), world.person("zhang")
    item.unit = "l"
    used = operations.use(item, D("1.5"), world.van(), person=zhang)
    item.unit = "btl"
    assert operations.reverse(used, "not used", person=zhang).quantity == D("1.5")


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_a_quantity_is_above_zero(world: Any, quantity: str) -> None:
    with pytest.raises(Rejected):
        operations.use(world.item(), D(quantity), world.van(), person=world.person("zhang"))


def test_a_van_is_made_once(world: Any) -> None:
    first = operations.van_of(world.person("wu"))
    assert operations.van_of(world.person("wu")).id == first.id
    assert (first.kind, first.code) == ("van", "VAN-wu")


@pytest.mark.engine("sqlite")
def test_what_the_technicians_first_screen_reads(world: Any) -> None:
    van = world.van()
    assert [line.item.code for line in van_stock(van)] == ["TM-BELT-1300", "TM-MTR-25", "TM-OIL-100"]
    assert van_stock(None) == []
    assert find_item("tm-oil-100") is world.item("TM-OIL-100")
    assert find_item("NO-SUCH") is None
