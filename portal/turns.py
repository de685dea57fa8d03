"""Writers on SQLite wait for each other in a queue of this process before they ask SQLite for its one lock.

SQLite has no queue: whoever finds the lock taken sleeps and looks again, up to a tenth of a second later, and meanwhile
whoever let it go takes it again. Eight threads that write all the time would leave one of them waiting until the
others have no more to do. Here whoever comes first goes first, and at once. Other processes are met at SQLite's lock.
"""

import sqlite3
import threading
from collections import deque

LONGEST = 15.0  # seconds that a writer waits for another one


class Turns:
    """First come, first served. The head of the queue is whoever writes."""

    def __init__(self) -> None:
        self.guard = threading.Lock()
        self.queue: deque[threading.Event] = deque()

    def take(self) -> threading.Event:
        """Waits until it is one's turn. After LONGEST it is SQLite that says whether the lock is free."""
        mine = threading.Event()
        with self.guard:
            self.queue.append(mine)
            self.queue[0].set()
        mine.wait(LONGEST)
        return mine

    def give_back(self, mine: threading.Event) -> None:
        with self.guard:
            self.queue.remove(mine)
            if self.queue:
                self.queue[0].set()


class InTurn(sqlite3.Connection):
    """A connection that gives its turn back when its transaction ends, however that comes about."""

    turns: Turns  # those of its database
    own: threading.Event | None = None

    def wait_for_turn(self) -> None:
        self.own = self.turns.take()

    def end_turn(self) -> None:
        if self.own is not None:
            self.turns.give_back(self.own)
            self.own = None

    def commit(self) -> None:
        try:
            super().commit()
        finally:
            self.end_turn()

    def rollback(self) -> None:
        try:
            super().rollback()
        finally:
            self.end_turn()

    def close(self) -> None:
        try:
            super().close()
        finally:
            self.end_turn()
