"""What must end when somebody leaves a visit: the plan lies below the clocks, so whoever keeps such things says here
how they end."""

from collections.abc import Callable
from typing import Any

Ending = Callable[[Any, Any, Any], None]
endings: list[Ending] = []


def register(ending: Ending) -> Ending:
    """`ending(visit, leaver, by)` runs in the transaction of the change, under the visit's lock."""
    endings.append(ending)
    return ending


def leave(visit: Any, leaver: Any, by: Any) -> None:
    for ending in endings:
        ending(visit, leaver, by)
