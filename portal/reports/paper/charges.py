"""The parts table and the charges block: what was used, what it is worth, and what the customer pays."""

from decimal import Decimal
from typing import Any

from portal.reports.paper.formats import NOTHING, Tongue, decimal
from portal.reports.paper.sheet import Cell, Payload, Row, cell, pack
from portal.reports.paper.text import breakable, code_word, one_line

PARTS_ON_FACE = 6
FEES = ("fee_callout", "fee_inspection", "fee_distance", "fee_other", "discount_amount")
COLUMNS = ("name", "part_no", "unit", "quantity", "unit_price", "amount", "charge", "serials", "old_part")


def parts_table(payload: Payload, tongue: Tongue) -> dict[str, Any]:
    """The parts' columns and rows; more than six go on on the annex, the subtotal stays on page one."""
    rows = [_part_row(number, part, tongue) for number, part in enumerate(payload.get("parts") or [], 1)]
    hidden = len(rows) - PARTS_ON_FACE
    return {
        "heading": tongue.label("parts"),
        "columns": [_heading(name, tongue) for name in COLUMNS],
        "rows": rows,
        "on_face": PARTS_ON_FACE,
        "more": tongue.word("more_parts", n=hidden) if hidden > 0 else "",
        "none": tongue.word("no_parts"),
        "total": [tongue.word("parts_total"), tongue.price(_parts_value(payload), _currency(payload))],
    }


def charges(payload: Payload, tongue: Tongue) -> list[Row]:
    """Fees where there are any, then the list value beside what is payable: a free repair has a worth too."""
    currency = _currency(payload)
    fees = [_fee(name, payload, tongue, currency) for name in FEES]
    labour = _labour_value(payload)
    if labour is not None:
        fees.insert(0, cell(tongue.label("labour_lines"), tongue.price(labour, currency)))
    rate = tongue.number(payload.get("tax_rate"))
    fees.append(cell(tongue.label("tax_rate"), rate if "%" in rate else f"{rate} %") if rate else None)
    other = [
        _plain(name, payload, tongue) for name in ("total_in_words", "payment_method", "invoice_request", "quote_ref")
    ]
    worth = [
        cell(tongue.word("list_value"), tongue.price(_list_value(payload), currency)),
        cell(tongue.word("payable"), _payable(payload, tongue, currency), strong=True),
    ]
    return [*pack(fees), *pack([*worth, *other], 2)]


def _part_row(number: int, part: dict[str, Any], tongue: Tongue) -> list[str]:
    own = tongue.choice("source", "customer") if part.get("source") == "customer" else ""
    name = " ".join(text for text in (_text(part, "name"), _text(part, "spec"), f"({own})" if own else "") if text)
    return [
        str(number),
        name or NOTHING,
        code_word(_text(part, "part_no")) or NOTHING,
        _text(part, "unit"),
        tongue.number(part.get("quantity")) or NOTHING,
        tongue.money(part.get("unit_price")) or NOTHING,
        tongue.money(part.get("amount")) or NOTHING,
        tongue.choice("charge", part.get("charge")) or NOTHING,
        _serials(part),
        tongue.choice("old_part", part.get("old_part")) or NOTHING,
    ]


def _serials(part: dict[str, Any]) -> str:
    pair = [code_word(_text(part, name)) for name in ("new_serial", "old_serial")]
    return " / ".join(text or NOTHING for text in pair) if any(pair) else NOTHING


def _text(part: dict[str, Any], name: str) -> str:
    value = part.get(name)
    return breakable(one_line(str(value.get("label", "") if isinstance(value, dict) else value or "")))


def _heading(name: str, tongue: Tongue) -> str:
    money = name in ("unit_price", "amount")
    return f"{tongue.label(name)} ({tongue.word('unit_money')})" if money else tongue.label(name)


def _fee(name: str, payload: Payload, tongue: Tongue, currency: str) -> Cell | None:
    value = payload.get(name)
    return cell(tongue.label(name), tongue.price(value, currency)) if value is not None else None


def _plain(name: str, payload: Payload, tongue: Tongue) -> Cell | None:
    value = payload.get(name)
    text = str(value.get("label") or "") if isinstance(value, dict) else str(value or "")
    return cell(tongue.label(name), text) if text else None


def _payable(payload: Payload, tongue: Tongue, currency: str) -> str:
    total = decimal(payload.get("total_amount"))
    return tongue.price(total, currency) if total else tongue.word("no_charge")


def _parts_value(payload: Payload) -> Decimal | None:
    """The parts at list price; None when no part has a price."""
    prices = [(decimal(part.get("quantity")), decimal(part.get("unit_price"))) for part in payload.get("parts") or []]
    known = [quantity * price for quantity, price in prices if quantity is not None and price is not None]
    return sum(known, Decimal()) if known else None


def _labour_value(payload: Payload) -> Decimal | None:
    amounts = [decimal(line.get("amount")) for line in payload.get("labour_lines") or []]
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal()) if known else None


def _list_value(payload: Payload) -> Decimal | None:
    """Parts, labour and fees before any discount; None when none of them is known."""
    fees = [decimal(payload.get(name)) for name in FEES if name != "discount_amount"]
    known = [value for value in (_parts_value(payload), _labour_value(payload), *fees) if value is not None]
    return sum(known, Decimal()) if known else None


def _currency(payload: Payload) -> str:
    return str(payload.get("currency") or "CNY")
