"""The parts table and the charges block: what was used, what it is worth, and what the customer pays."""

from decimal import Decimal
from typing import Any

from portal.reports.paper.amounts import in_words
from portal.reports.paper.formats import NOTHING, Pair, Said, Tongue, decimal
from portal.reports.paper.sheet import Cell, Payload, Row, cell, pack
from portal.reports.paper.text import breakable, code_word, one_line

PARTS_ON_FACE = 6
FEES = ("fee_callout", "fee_inspection", "fee_distance", "fee_other", "discount_amount")
COLUMNS = ("name", "part_no", "unit", "quantity", "unit_price", "amount", "charge", "serials", "old_part")


def parts_table(payload: Payload, tongue: Tongue, second: Tongue | None = None) -> dict[str, Any]:
    """The parts' columns and rows; more than six go on on the annex, the subtotal stays on page one.

    `rows` are plain texts, `echoes` the same cells in the second language, "" where there is nothing to say.
    """
    pair = Pair(tongue, second)
    rows = [_part_row(number, part, pair) for number, part in enumerate(payload.get("parts") or [], 1)]
    hidden = len(rows) - PARTS_ON_FACE
    return {
        "heading": pair.label("parts"),
        "columns": [_heading(name, pair) for name in COLUMNS],
        "rows": [[one["value"] for one in row] for row in rows],
        "echoes": [[one["echo"] for one in row] for row in rows],
        "on_face": PARTS_ON_FACE,
        "more": pair.word("more_parts", n=hidden) if hidden > 0 else {"value": "", "echo": ""},
        "none": tongue.word("no_parts"),
        "no_parts": pair.word("no_parts"),
        "total": pair.titled("parts_total") | {"value": tongue.price(_parts_value(payload), _currency(payload))},
    }


def charges(payload: Payload, tongue: Tongue, second: Tongue | None = None) -> list[Row]:
    """Fees where there are any, then the list value beside what is payable: a free repair has a worth too."""
    pair, currency = Pair(tongue, second), _currency(payload)
    fees = [_fee(name, payload, pair, currency) for name in FEES]
    labour = _labour_value(payload)
    if labour is not None:
        fees.insert(0, cell(**pair.label("labour_lines"), value=tongue.price(labour, currency)))
    rate = tongue.number(payload.get("tax_rate"))
    fees.append(cell(**pair.label("tax_rate"), value=rate if "%" in rate else f"{rate} %") if rate else None)
    total = decimal(payload.get("total_amount"))
    in_full = payload.get("total_in_words") or _in_words(total, currency, tongue)
    other = [
        cell(**pair.label("total_in_words"), value=str(in_full)) if in_full else None,
        *(_plain(name, payload, pair) for name in ("payment_method", "invoice_request", "quote_ref")),
    ]
    payable = {"value": tongue.price(total, currency)} if total else pair.word("no_charge")
    worth = [
        cell(**pair.titled("list_value"), value=tongue.price(_list_value(payload), currency)),
        cell(**pair.titled("payable"), **payable, strong=True),
    ]
    return [*pack(fees), *pack([*worth, *other], 2)]


def _in_words(total: Decimal | None, currency: str, tongue: Tongue) -> str:
    return in_words(total, tongue.language) if total and currency == "CNY" else ""


def _part_row(number: int, part: dict[str, Any], pair: Pair) -> list[Said]:
    tongue = pair.first
    own = tongue.choice("source", "customer") if part.get("source") == "customer" else ""
    name = " ".join(text for text in (_text(part, "name"), _text(part, "spec"), f"({own})" if own else "") if text)
    return [
        _said(str(number)),
        _said(name) | {"echo": _flat(pair.choice("name", part.get("name")))["echo"]},
        _said(code_word(_text(part, "part_no"))),
        _flat(pair.choice("unit", part.get("unit"))),
        _said(tongue.number(part.get("quantity"))),
        _said(tongue.money(part.get("unit_price"))),
        _said(tongue.money(part.get("amount"))),
        _or_dash(pair.choice("charge", part.get("charge"))),
        _said(_serials(part)),
        _or_dash(pair.choice("old_part", part.get("old_part"))),
    ]


def _said(text: str) -> Said:
    return {"value": text or NOTHING, "echo": ""}


def _flat(said: Said) -> Said:
    return {name: breakable(one_line(text)) for name, text in said.items()}


def _or_dash(said: Said) -> Said:
    return _flat(said) if said["value"] else _said("")


def _serials(part: dict[str, Any]) -> str:
    pair = [code_word(_text(part, name)) for name in ("new_serial", "old_serial")]
    return " / ".join(text or NOTHING for text in pair) if any(pair) else NOTHING


def _text(part: dict[str, Any], name: str) -> str:
    value = part.get(name)
    return breakable(one_line(str(value.get("label", "") if isinstance(value, dict) else value or "")))


def _heading(name: str, pair: Pair) -> Said:
    title = pair.label(name)
    if name not in ("unit_price", "amount"):
        return title
    return title | {"label": f"{title['label']} ({pair.first.word('unit_money')})"}


def _fee(name: str, payload: Payload, pair: Pair, currency: str) -> Cell | None:
    value = payload.get(name)
    return cell(**pair.label(name), value=pair.first.price(value, currency)) if value is not None else None


def _plain(name: str, payload: Payload, pair: Pair) -> Cell | None:
    said = pair.choice(name, payload.get(name))
    return cell(**pair.label(name), **said) if said["value"] else None


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
