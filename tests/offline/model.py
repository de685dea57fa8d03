"""A model of phones, network and server: random days in the field, played with the outbox's real code against the real
app. What must hold at each end: whatever a person was told is saved has taken effect, is held for a supervisor, or is
still on the phone; and nothing took effect twice.
"""

import base64
import gc
import json
import random
import shutil
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask import Flask
from playwright._impl._driver import compute_driver_executable
from sqlalchemy import func, insert, select
from waitress import wasyncore

from portal import server
from portal.accounts.models import SignIn
from portal.accounts.secrets import new_token, token_hash
from portal.calls import operations as calls
from portal.calls.models import Visit
from portal.clock import now
from portal.db import db
from portal.epoch import Epoch, epoch
from portal.receipts import HeldEntry, Receipt
from portal.visits.models import Finding, PartUse, Photo
from tests.visits.steps import DIAGNOSIS, picture

ROOT = Path(__file__).parent.parent.parent
SCRIPTS = ROOT / "static" / "js"
EFFECTS = {"part-uses": PartUse, "findings": Finding, "photos": Photo}
FAULTS = ("lost_request", "lost_answer", "portal", "proxy", "broken", "kill_before", "kill_after")
PEOPLE = ("zhang", "li")
DAY = 86_400_000  # ms
ENTER = insert(SignIn.__table__)  # type: ignore[arg-type]  # its type says FromClause


class Phones:
    """The node process that plays the phones."""

    def __init__(self, scripts: Path, url: str) -> None:
        command = [compute_driver_executable()[0], str(ROOT / "tests/offline/phones.mjs")]
        self.process = subprocess.Popen(
            [*command, (scripts / "outbox.js").as_uri(), url],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip

    def __call__(self, op: str, **values: Any) -> Any:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps({"op": op, **values}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        assert "problem" not in answer, answer["problem"]
        return answer["said"]

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


@contextmanager
def listening(app: Flask) -> Iterator[str]:
    """The app behind its real server, in this process."""
    standing = server.listen(app, "127.0.0.1", 0)
    closing = threading.Event()

    def run() -> None:
        try:
            standing.run()
        except (OSError, ValueError):  # it waited on what is closed below
            if not closing.is_set():
                raise

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    gc.collect()
    gc.freeze()  # as `serve` does
    yield f"http://127.0.0.1:{standing.effective_port}"
    closing.set()
    wasyncore.close_all(standing._map)
    standing.task_dispatcher.shutdown()
    thread.join(5)
    gc.unfreeze()


@dataclass
class Entry:
    id: str
    person: str
    phone: str
    action: str


@dataclass
class Field:
    """The company, its phones, and what their owners were told. One of `play` is one sequence."""

    app: Flask
    world: Any
    phones: Phones
    chance: random.Random = field(default_factory=random.Random)
    told: dict[str, Entry] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    log: list[str] = field(default_factory=list)
    count: int = 0

    def play(self, seed: int, steps: int, *, wiping: bool = False) -> list[str]:
        """What is wrong after a sequence; nothing, as a rule. `wiping`: browsers throw their stores away, and in
        exchange no server is restored: what both have lost is lost."""
        self.chance, self.told, self.taken_back, self.log = random.Random(seed), {}, set(), []
        self.begin(seed)
        moves = [one for one in self.moves() if not wiping or one[0] != self.restore]
        moves += [(self.wipe, 3)] if wiping else []
        for _ in range(steps):
            move: Callable[[], None] = self.chance.choices(*zip(*moves, strict=True))[0]
            self.log.append(move.__name__)
            move()
        return self.settle()

    def __post_init__(self) -> None:
        """The morning that each sequence begins with."""
        self.people = {name: str(self.world.person(name).id) for name in PEOPLE}
        self.visits = [str(self.world.visit(name).id) for name in ("zhang", "zhang", "li")]
        self.morning = self.copy("morning")

    def begin(self, seed: int) -> None:
        self.put_back(self.morning)
        self.names = [f"{seed}-a", f"{seed}-b"]
        self.here: dict[str, str] = {}
        self.backup: Path | None = None
        for name, person in zip(self.names, PEOPLE, strict=True):
            self.phones("phone", phone=name, lockless=self.chance.random() < 0.3)
            self.enter(name, person)

    def moves(self) -> list[tuple[Callable[[], None], int]]:
        return [
            (self.save, 10), (self.save_badly, 1), (self.mend, 2), (self.undo, 1), (self.send, 5),
            (self.send_through, 5), (self.send_twice, 2), (self.kill, 2), (self.leave, 1), (self.session_ends, 1),
            (self.somebody_else, 1), (self.clock_off, 1), (self.hand_on, 1), (self.cancel, 1), (self.back_up, 1),
            (self.restore, 1),
        ]  # fmt: skip

    # People and their phones

    def any_phone(self) -> tuple[str, str]:
        name = self.chance.choice(self.names)
        return name, self.here[name]

    def enter(self, phone: str, person: str) -> None:
        """Signs in; who was here before left without signing out, or with. Only the session is made: passwords are not
        what is tried here."""
        before = self.here.get(phone)
        if before and before != person:
            self.phones("leave", phone=phone, person=self.people[before])
        token, moment = new_token(), now()
        row = {"token_hash": token_hash(token), "person_id": uuid.UUID(self.people[person]), "device": "phone"}
        row |= {"csrf_token": new_token(), "created_at": moment, "last_seen_at": moment}
        db.session.execute(ENTER, row)
        db.session.commit()
        self.phones("cookie", phone=phone, cookie=f"session={token}")
        self.here[phone] = person

    def save(self) -> None:
        phone, person = self.any_phone()
        own = self.visits[:2] if person == "zhang" else self.visits[2:]
        action = self.chance.choice(("part-uses", "part-uses", "findings", "photos"))
        self.store(phone, person, self.chance.choice(own), action)

    def store(self, phone: str, person: str, visit: str, action: str, **changes: str) -> None:
        self.count += 1
        files: list[Any] = []
        if action == "part-uses":
            fields = {"item": "TM-OIL-100", "quantity": "1", "old_part": "none", **changes}
        elif action == "findings":
            fields = {**DIAGNOSIS, "note": f"第 {self.count} 次\r\n记录 {self.chance.random()} 🔧"}
        else:
            fields = {"label": "before"}
            files = [["photo", "p.jpg", base64.b64encode(picture() + str(self.count).encode()).decode()]]
        entry = {"path": f"/visits/{visit}/{action}", "fields": list(fields.items()), "files": files}
        made = self.phones("save", phone=phone, person=self.people[person], entry=entry)
        self.told[made] = Entry(made, person, phone, action)

    def save_badly(self) -> None:
        """A value that its author can mend."""
        phone, person = self.any_phone()
        self.store(phone, person, self.visits[0 if person == "zhang" else 2], "part-uses", quantity="二")

    def mend(self) -> None:
        phone, person = self.any_phone()
        refused = [key for key, state in self.waiting(phone, person) if state == "refused"]
        if not refused:
            return
        good = [["item", "TM-OIL-100"], ["quantity", "1"], ["old_part", "none"]]
        made = self.phones("amend", phone=phone, person=self.people[person], id=refused[0], fields=good)
        self.told[made] = Entry(made, person, phone, "part-uses")
        self.taken_back.add(refused[0])

    def undo(self) -> None:
        phone, person = self.any_phone()
        for key, state in self.waiting(phone, person):
            if state == "waiting" and self.phones("undo", phone=phone, person=self.people[person], id=key):
                self.taken_back.add(key)
                return

    def waiting(self, phone: str, person: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = self.phones("waiting", phone=phone, person=self.people[person])
        return found

    def deliver(self, tabs: int = 1, faults: tuple[str, ...] = ()) -> None:
        phone, person = self.any_phone()
        self.phones("send", phone=phone, person=self.people[person], tabs=tabs, faults=faults)
        db.session.rollback()

    def send(self) -> None:
        self.deliver()

    def send_through(self) -> None:
        """A network, or a page, that fails at some of the requests."""
        wanted = [self.chance.choice((*FAULTS, "none", "none", "none")) for _ in range(self.chance.randint(1, 6))]
        self.deliver(faults=tuple(wanted))

    def send_twice(self) -> None:
        """Two tabs of one person."""
        self.deliver(tabs=2, faults=tuple(self.chance.choice(("none", "lost_answer")) for _ in range(3)))

    def kill(self) -> None:
        phone, _person = self.any_phone()
        self.phones("kill", phone=phone)

    def wipe(self) -> None:
        phone, _person = self.any_phone()
        self.phones("wipe", phone=phone)

    def leave(self) -> None:
        """Signs out, with whatever waits, and in again later."""
        phone, person = self.any_phone()
        self.phones("leave", phone=phone, person=self.people[person])
        self.phones("cookie", phone=phone, cookie="")
        if self.chance.random() < 0.5:
            self.phones("send", phone=phone, person=self.people[person])
        self.enter(phone, person)

    def somebody_else(self) -> None:
        """Another person takes the phone; the first one's entries stay where they are."""
        phone, person = self.any_phone()
        self.enter(phone, next(other for other in PEOPLE if other != person))

    def session_ends(self) -> None:
        phone, person = self.any_phone()
        for session in db.session.scalars(select(SignIn).where(SignIn.person_id == self.world.person(person).id)):
            session.ended_at = now()
        db.session.commit()
        self.phones("send", phone=phone, person=self.people[person])
        for other in self.names:
            if self.here[other] == person:
                self.enter(other, person)

    def clock_off(self) -> None:
        self.phones("skew", phone=self.any_phone()[0], ms=self.chance.randint(-2 * DAY, 2 * DAY))

    # The office and the server

    def visit(self) -> Visit | None:
        found = db.session.get(Visit, uuid.UUID(self.chance.choice(self.visits)))
        if found is not None and found.state == "assigned":
            return found
        db.session.rollback()  # left open, it would hold up whatever the phones send
        return None

    def hand_on(self) -> None:
        if visit := self.visit():
            other = self.chance.choice(PEOPLE)
            plan = {"window_start": visit.window_start, "window_end": visit.window_end, "reason": "换人"}
            calls.assign(visit, self.world.person(other), **plan, person=self.world.person("sun"))
            db.session.commit()

    def cancel(self) -> None:
        if visit := self.visit():
            calls.cancel_visit(visit, "客户取消", self.world.person("sun"))
            db.session.commit()

    @property
    def database(self) -> Path:
        return Path(db.engine.url.database or "")

    def copy(self, name: str) -> Path:
        self.let_go()
        return Path(shutil.copyfile(self.database, self.database.with_suffix(f".{name}")))

    def put_back(self, copy: Path) -> None:
        self.let_go()
        shutil.copyfile(copy, self.database)

    def back_up(self) -> None:
        self.backup = self.copy("backup")

    def restore(self) -> None:
        """The server is what it was at the backup, in a new epoch; everybody has to sign in again."""
        if self.backup is None:
            return
        last = epoch()
        self.put_back(self.backup)
        chain = {"backup_digest": "0" * 64, "chain_n": 0, "known_n": 0}
        db.session.add(Epoch(number=last + 1, restored_at=now(), backup_at=now(), **chain))
        db.session.commit()
        for phone in self.names:
            self.enter(phone, self.here[phone])

    def let_go(self) -> None:
        """One file that nobody has open."""
        db.session.rollback()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        db.session.remove()
        db.engine.dispose()

    # The end of a day

    def settle(self) -> list[str]:
        """The network is good again; everybody signs in where they left something and sends it."""
        for phone in self.names:
            for person in PEOPLE:
                if not any((one.phone, one.person) == (phone, person) for one in self.told.values()):
                    continue  # nothing of theirs was ever here, so nothing is asked
                if self.here[phone] != person:
                    self.enter(phone, person)
                for _ in range(3):
                    if self.phones("send", phone=phone, person=self.people[person]) == [None]:
                        break
        db.session.rollback()
        return [*self.lost(), *self.doubled(), *self.foreign()]

    def lost(self) -> list[str]:
        phones = [(phone, person) for phone in self.names for person in PEOPLE]
        kept = {key: state for where in phones for key, state in self.waiting(*where)}
        received = {str(key) for key in db.session.scalars(select(Receipt.entry_id))}
        received |= {str(key) for key in db.session.scalars(select(HeldEntry.entry_id))}
        gone = self.told.keys() - self.taken_back - received - kept.keys()
        stuck = [key for key, state in kept.items() if state in ("waiting", "frozen")]
        return [f"LOST {self.told[key]}" for key in gone] + [f"STUCK {self.told[key]}" for key in stuck]

    def doubled(self) -> list[str]:
        """As many rows as entries took effect, and no more than were saved; nothing else makes any."""
        applied, found = self.applied(), []
        for action, model in EFFECTS.items():
            rows, entries = self.rows(model), applied.get(action, 0)
            saved = sum(one.action == action for one in self.told.values())
            if rows != entries or rows > saved:
                found.append(f"DOUBLED {action}: {rows} rows of {entries} entries, {saved} were saved")
        return found

    def foreign(self) -> list[str]:
        """Everything stands under the name of whoever saved it."""
        rows = db.session.execute(select(Receipt.entry_id, Receipt.person_id)).all()
        return [
            f"FOREIGN {self.told[str(key)]}" for key, person in rows
            if str(key) in self.told and str(person) != self.people[self.told[str(key)].person]
        ]  # fmt: skip

    @staticmethod
    def rows(model: Any) -> int:
        return int(db.session.scalar(select(func.count()).select_from(model)) or 0)

    @staticmethod
    def applied() -> dict[str, int]:
        found: dict[str, int] = {}
        for path in db.session.scalars(select(Receipt.path).where(Receipt.state == "applied")):
            action = path.split("/", 3)[3]
            found[action] = found.get(action, 0) + 1
        return found
