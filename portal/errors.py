"""What rules and operations raise for the user."""

from typing import Any


class Rejected(Exception):
    """A refusal in the user's words, shown beside `field` or above the form. Its author can mend it: 422."""

    def __init__(self, message: Any, field: str | None = None) -> None:
        super().__init__(str(message))
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class Conflict(Rejected):
    """A refusal that its author cannot mend: sealed, cancelled, done before, changed meanwhile.

    A page gets 409; an outbox entry is held for a supervisor.
    """


class FileLost(OSError):
    """The store answers, and these bytes are not there, or are not what was stored. Asking again changes nothing."""

    def __init__(self, digest: str, how: str) -> None:
        super().__init__(f"{digest} {how}")
        self.digest, self.how = digest, how


class StoreAway(Exception):
    """The store of files does not answer: 503. Nothing was stored, nothing is lost, and trying again is right."""
