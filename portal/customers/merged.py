"""Entries that were entered twice and merged: which one stays for which others, also where the one that stayed was
merged itself later.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import CTE, ColumnElement, Row, Select, select
from sqlalchemy.orm import aliased

from portal.db import db


def staying(table: Any, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """For each entry the one that stays in its place: itself, unless it was merged."""
    stays = {one: one for one in ids}
    while stays:
        asked = table.c.id.in_(set(stays.values()))
        query = select(table.c.id, table.c.merged_into_id).where(asked, table.c.merged_into_id.is_not(None))
        merged = {row.id: row.merged_into_id for row in db.session.execute(query)}
        if not merged:
            break
        stays = {one: merged.get(kept, kept) for one, kept in stays.items()}
    return stays


def merged_into(table: Any, ids: Iterable[uuid.UUID], *columns: Any) -> dict[uuid.UUID, list[Row[Any]]]:
    """What the entries say that these stand for, also those that were merged into a merged one."""
    chain = stood_for(table, ids)
    query: Any = select(chain.c.kept, *columns).join(table, table.c.id == chain.c.id).order_by(table.c.id)
    found: dict[uuid.UUID, list[Row[Any]]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.kept].append(row)
    return found


def stood_for(table: Any, ids: Iterable[uuid.UUID]) -> CTE:
    """For a query: the `id` of each entry that one of these stands for, and which of these (`kept`)."""
    gone = select(table.c.id, table.c.merged_into_id.label("kept")).where(
        table.c.merged_into_id.in_(list(ids)), table.c.merged_into_id.is_not(None)
    )
    chain = gone.cte("gone", recursive=True)
    further = table.alias()
    before = select(further.c.id, chain.c.kept).join(chain, chain.c.id == further.c.merged_into_id)
    return chain.union_all(before.where(further.c.merged_into_id.is_not(None)))


def staying_for(model: Any, fits: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
    """For a condition of a query: the ids of entries that stay in the place of merged ones that fit. Those on the way,
    which were merged themselves, are among them."""
    gone, further = aliased(model), aliased(model)
    found = select(gone.merged_into_id.label("id")).where(gone.merged_into_id.is_not(None), fits(gone))
    chain = found.cte(recursive=True)
    later = select(further.merged_into_id).join(chain, chain.c.id == further.id)
    chain = chain.union(later.where(further.merged_into_id.is_not(None)))
    return select(chain.c.id)
