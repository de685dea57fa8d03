"""Everything that `signing check` compares: the chain itself, and what features say of their own rows against it."""

from collections.abc import Callable, Iterable, Iterator

from sqlalchemy import func, select

from portal.db import db
from portal.signing.models import SealedDocument
from portal.signing.operations import Break, verify_chain

Check = Callable[[], Iterable[Break]]
_checks: list[Check] = []


def register(check: Check) -> Check:
    """A feature's own comparison of its rows with the sealed documents; called once a run."""
    _checks.append(check)
    return check


def audit() -> list[Break]:
    """Every break, those of the chain first."""
    return list(breaks())


def breaks() -> Iterator[Break]:
    """The same one after the other, for whoever needs to know only whether there is one."""
    yield from verify_chain()
    for check in _checks:
        yield from check()


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(SealedDocument)) or 0
