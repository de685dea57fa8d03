"""Files of the stock for spreadsheets. The movements' CSV is for programs: its columns, codes and times never change.
The others are for people: headings and words in the reader's language, times of the place."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from portal.i18n import lazy, pick
from portal.sheets import at_place, csv_rows
from portal.stock.words import kind_word, unit_word

Columns = tuple[tuple[Any, Callable[[Any], Any]], ...]
COLUMNS = (
    "id", "occurred_at", "recorded_at", "kind", "item", "quantity", "source", "destination", "document", "reverses",
    "person", "unit_cost",
)  # fmt: skip
PART: Columns = (
    (lazy("Part number"), lambda line: line.item.code),
    (lazy("Part"), lambda line: pick(line.item.labels)),
)
EVERYWHERE: Columns = (
    (lazy("Store"), lambda line: line.store),
    (lazy("Vans"), lambda line: line.vans),
    (lazy("Elsewhere"), lambda line: line.elsewhere),
    (lazy("All"), lambda line: line.total),
)
HERE: Columns = ((lazy("Here"), lambda line: line.total),)
PRICE: Columns = (
    (lazy("Counted in"), lambda line: unit_word(line.item.unit)),
    (lazy("List price"), lambda line: line.item.list_price),
)


def movements_csv(rows: Iterable[Any]) -> Iterator[str]:
    return csv_rows(COLUMNS, (cells(row) for row in rows))


def cells(row: Any) -> list[Any]:
    return [
        str(row.id),
        row.occurred_at,
        row.recorded_at,
        row.kind,
        row.item_code,
        row.quantity.normalize(),
        row.source_code,
        row.destination_code,
        row.document,
        str(row.reverses_id or ""),
        row.username,
        row.unit_cost,
    ]


def movement_columns(zone: str) -> Columns:
    return (
        (lazy("Number"), lambda row: row.n),
        (lazy("Happened"), lambda row: at_place(row.occurred_at, zone)),
        (lazy("Recorded"), lambda row: at_place(row.recorded_at, zone)),
        (lazy("Movement"), lambda row: kind_word(row.kind)),
        (lazy("Part number"), lambda row: row.item_code),
        (lazy("Part"), lambda row: pick(row.item_labels)),
        (lazy("Quantity"), lambda row: row.quantity),
        (lazy("Counted in"), lambda row: unit_word(row.unit)),
        (lazy("From"), lambda row: f"{row.source_code} · {pick(row.source_labels)}"),
        (lazy("To"), lambda row: f"{row.destination_code} · {pick(row.destination_labels)}"),
        (lazy("Document"), lambda row: row.document),
        (lazy("Unit cost"), lambda row: row.unit_cost),
        (lazy("Reverses"), lambda row: row.reverses_n),
        (lazy("Person"), lambda row: row.person_name),
    )


def stock_columns(in_one_place: bool) -> Columns:
    """Those of the page."""
    return (*PART, *(HERE if in_one_place else EVERYWHERE), *PRICE)


def head(columns: Columns) -> list[str]:
    return [str(name) for name, _cell in columns]


def body(columns: Columns, rows: Iterable[Any]) -> Iterator[list[Any]]:
    return ([cell(row) for _name, cell in columns] for row in rows)
