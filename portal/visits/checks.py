"""What visits promise the ledger: a part that was used is one movement, and a movement of use is one part."""

from collections.abc import Iterator

from sqlalchemy import text

from portal.db import db
from portal.stock.checks import register

PROBLEMS = {
    "{item}: movement {n} is a use without a part logged at a visit": """
        SELECT item.code AS item, movement.n FROM movement JOIN item ON item.id = movement.item_id
        LEFT JOIN part_use ON part_use.movement_n = movement.n
        WHERE movement.kind = 'use' AND part_use.id IS NULL""",
    "{item}: a part logged at a visit differs from its movement {n}": """
        SELECT item.code AS item, movement.n FROM part_use JOIN movement ON movement.n = part_use.movement_n
        JOIN item ON item.id = movement.item_id
        WHERE movement.kind <> 'use' OR movement.item_id <> part_use.item_id
        OR movement.quantity <> part_use.quantity""",
    "{item}: movement {n} takes back a part that its visit still shows": """
        SELECT item.code AS item, mirror.n FROM movement AS mirror
        JOIN part_use ON part_use.movement_n = mirror.reverses_n JOIN item ON item.id = mirror.item_id
        LEFT JOIN part_use_reversal ON part_use_reversal.movement_n = mirror.n
        WHERE part_use_reversal.id IS NULL OR part_use_reversal.part_use_id <> part_use.id""",
    "{item}: a part was removed at a visit, but movement {n} is not its reversal": """
        SELECT item.code AS item, mirror.n FROM part_use_reversal
        JOIN part_use ON part_use.id = part_use_reversal.part_use_id
        JOIN movement AS mirror ON mirror.n = part_use_reversal.movement_n JOIN item ON item.id = mirror.item_id
        WHERE mirror.reverses_n IS NULL OR mirror.reverses_n <> part_use.movement_n""",
}


@register
def parts_and_movements() -> Iterator[str]:
    """A sentence for each part use that is not exactly one movement."""
    for words, query in PROBLEMS.items():
        for row in db.session.execute(text(query)):
            yield words.format(item=row.item, n=row.n)
