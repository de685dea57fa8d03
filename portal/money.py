"""Decimal money and quantities; strict reading of what people type. No floats anywhere."""

import re
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
CURRENCY = "CNY"
_PLAIN = re.compile(r"[+-]?\d{1,12}(?:[.,]\d{1,6})?\Z")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－＋", "0123456789.,-+")


def cents(amount: Decimal) -> Decimal:
    """Rounded to 2 places, halves away from zero (domain 3.4)."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def parse_decimal(text: str) -> Decimal:
    """Reads '1.5' and '1,5' alike, full-width digits too; grouping marks are refused, never guessed.

    Raises ValueError for anything else.
    """
    plain = text.strip().translate(_FULL_WIDTH)
    if not _PLAIN.match(plain):
        raise ValueError(f"not a plain decimal: {len(text)} characters")
    return Decimal(plain.replace(",", "."))
