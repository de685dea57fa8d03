"""Making the whole index anew, or bringing it up to date, from the records."""

from collections.abc import Callable

from sqlalchemy import delete, select, text

from portal.db import db, transaction
from portal.search import indexing
from portal.search.documents import every_id
from portal.search.models import SearchEntry
from portal.search.operations import CHUNK, chunks, index_rows
from portal.search.rules import KINDS

PER_TRANSACTION = 4 * CHUNK


def rebuild(say: Callable[[str], None]) -> None:
    """Brings everything up to date in short transactions of its own; people may go on working and searching."""
    for kind in KINDS:
        with transaction():
            ids = every_id(kind)
        written = 0
        for at in range(0, len(ids), PER_TRANSACTION):
            with transaction():
                written += index_rows(kind, ids[at : at + PER_TRANSACTION])
        with transaction():
            written += remove_left_over(kind)
        say(f"{kind:<9}{len(ids):>8} records, {written} entries written.")


def remove_left_over(kind: str) -> int:
    entries = select(SearchEntry.record_id).where(SearchEntry.kind == kind)
    gone = set(db.session.scalars(entries)) - set(every_id(kind))
    for chunk in chunks(list(gone)):
        db.session.execute(delete(SearchEntry).where(SearchEntry.kind == kind, SearchEntry.record_id.in_(chunk)))
    return len(gone)


def index_everything() -> int:
    """All that was loaded, past the session's objects or by them, in the caller's transaction. How many entries were
    written."""
    db.session.flush()
    written = sum(index_rows(kind, every_id(kind)) for kind in KINDS)
    indexing.forget_noted(db.session())
    return written


# What the databases' triggers keep beside the entries. PostgreSQL plans badly for a table that it never looked through.
FOLLOWS = {
    "sqlite": ["INSERT INTO search_words (search_words) VALUES ('rebuild')"],
    "postgresql": [
        """INSERT INTO search_words_own (person, n) SELECT search_owners(tokens), n FROM search_entry
          ON CONFLICT DO NOTHING""",
        "ANALYZE search_words_own",
    ],
}


def fill_words() -> None:
    """Brings up to date what follows the entries by triggers, for whoever wrote them while triggers were set aside."""
    for statement in FOLLOWS[db.session.get_bind().dialect.name]:
        db.session.execute(text(statement))
