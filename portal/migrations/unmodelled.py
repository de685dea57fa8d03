"""What migrations make and no model describes: the database's own index of the search."""

from typing import Any


def is_modelled(name: str | None, _kind: str, _parents: Any) -> bool:
    """For Alembic's `include_name`. FTS5 keeps its table in several, all of which begin with its name, as
    does the table of whose entries are whose on PostgreSQL."""
    return not (name or "").startswith("search_words")
