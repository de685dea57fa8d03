"""The whole database as it stands, to be compared with itself later."""

from typing import Any

from sqlalchemy import select

from portal.db import Model, db

AT_FIRST_SIGHT = {"stored_file", "kept_paper"}  # a paper is made, and kept, when it is asked for the first time
COUNTED = {"sign_in", "failed_tries", "wrong_token"}  # who is here and tries of secrets, by design
State = dict[str, list[tuple[Any, ...]]]


def whole() -> State:
    """Every row of every table but those of `COUNTED`."""
    found = {}
    with db.engine.connect() as connection:
        for table in Model.metadata.sorted_tables:
            if table.name not in COUNTED:
                rows = connection.execute(select(table)).all()
                found[table.name] = sorted(tuple(str(cell) for cell in row) for row in rows)
        connection.rollback()
    return found


def differences(before: State, after: State) -> list[str]:
    """Rows that came, went or changed."""
    return [f"{name}: {row}" for name in before for row in sorted(set(before[name]) ^ set(after[name]))]
