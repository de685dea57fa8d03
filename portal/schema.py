"""Which schema the database has, and which one this code was written for: on another one neither server nor worker
starts. Alembic is not asked, because each start would wait for it."""

import sys
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from portal.db import db

VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest() -> str:
    """The last migration that this code brings."""
    return max(path.name[:4] for path in VERSIONS.glob("[0-9]*.py"))


def present() -> str | None:
    """Where the database stands; None where nothing was ever migrated."""
    with db.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
        return found


def ensure_current() -> None:
    """Ends the process with words unless code and database belong together. A database that does not answer just now is
    no reason: `/readyz` says so, and it may be back in a moment."""
    wanted = newest()
    try:
        found = present()
    except OperationalError:
        return
    if found is None or found < wanted:
        sys.exit(
            f"The database is at {found or 'no version'}, this version of the portal needs {wanted}.\n"
            "Run `flask --app wsgi db upgrade` first: it makes a backup, then migrates."
        )
    if found > wanted:
        sys.exit(
            f"The database is at {found}, which this version of the portal does not know (it ends at {wanted}).\n"
            "Use the newer version. The way back is the backup that was taken before the upgrade."
        )
