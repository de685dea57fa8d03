"""What tools promise the ledger: one piece in one place, and a step for each movement that says the same as it."""

from collections.abc import Iterator

from sqlalchemy import text

from portal.db import db
from portal.migrations.guards import OURS
from portal.stock.checks import register

PROBLEMS = {
    "{item}: the tool is in {n} thousandths at our places together, not in one piece or none": f"""
        SELECT item.code AS item, sum(balance.quantity) AS n FROM balance
        JOIN item ON item.id = balance.item_id JOIN location ON location.id = balance.location_id
        WHERE item.kind = 'tool' AND location.kind IN {OURS}
        GROUP BY item.code HAVING sum(balance.quantity) NOT IN (0, 1000) OR min(balance.quantity) < 0""",
    "{item}: movement {n} of a tool has no step": """
        SELECT item.code AS item, movement.n FROM movement JOIN item ON item.id = movement.item_id
        LEFT JOIN tool_step ON tool_step.movement_n = movement.n
        WHERE item.kind = 'tool' AND tool_step.movement_n IS NULL""",
    "{item}: the step of movement {n} belongs to another tool": """
        SELECT item.code AS item, movement.n FROM tool_step JOIN movement ON movement.n = tool_step.movement_n
        JOIN item ON item.id = movement.item_id LEFT JOIN tool ON tool.id = tool_step.tool_id
        WHERE tool.id IS NULL OR tool.item_id <> movement.item_id""",
    "{item}: the step of movement {n} names another place than the movement": """
        SELECT item.code AS item, movement.n FROM tool_step JOIN movement ON movement.n = tool_step.movement_n
        JOIN item ON item.id = movement.item_id JOIN location ON location.id = movement.destination_id
        WHERE location.kind <> CASE tool_step.state WHEN 'lost' THEN 'scrap' ELSE tool_step.state END
        OR (location.code = 'LOST') <> (tool_step.state = 'lost')""",
    "{item}: the step of movement {n} names another holder than the movement": """
        SELECT item.code AS item, movement.n FROM tool_step JOIN movement ON movement.n = tool_step.movement_n
        JOIN item ON item.id = movement.item_id
        LEFT JOIN hands AS receiving ON receiving.location_id = movement.destination_id
        LEFT JOIN hands AS giving ON giving.location_id = movement.source_id
        WHERE coalesce(CAST(receiving.person_id AS VARCHAR), '') <> coalesce(CAST(tool_step.holder_id AS VARCHAR), '')
        OR coalesce(CAST(giving.person_id AS VARCHAR), '') <> coalesce(CAST(tool_step.giver_id AS VARCHAR), '')""",
    "{item}: movement {n} was confirmed by somebody who had no part in it": """
        SELECT item.code AS item, tool_step.movement_n AS n FROM tool_confirmation
        JOIN tool_step ON tool_step.movement_n = tool_confirmation.movement_n
        JOIN tool ON tool.id = tool_step.tool_id JOIN item ON item.id = tool.item_id
        WHERE NOT coalesce(tool_confirmation.person_id = tool_step.holder_id, FALSE)
        AND NOT coalesce(tool_confirmation.person_id = tool_step.giver_id, FALSE)""",
    "{item}: the tool is not in the register, or the register names a part ({n})": """
        SELECT item.code AS item, 0 AS n FROM item LEFT JOIN tool ON tool.item_id = item.id
        WHERE (item.kind = 'tool') <> (tool.id IS NOT NULL)""",
}


@register
def tools_and_movements() -> Iterator[str]:
    """A sentence for each tool whose rows do not say what its movements say."""
    for words, query in PROBLEMS.items():
        for row in db.session.execute(text(query)):
            yield words.format(item=row.item, n=row.n)
