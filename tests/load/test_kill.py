"""SIGKILL in the middle of mixed writes: what was acknowledged is there once; what was not is sent again and is there
once too. Field, store, dispatch and customers write at the same time, each as a phone's outbox does: in order, the same
entry again until there is proof.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from portal.accounts.models import SignIn
from portal.accounts.secrets import token_hash
from portal.calls.models import Visit
from portal.clock import now
from portal.db import db
from portal.receipts import APPLIED, Receipt
from portal.reports import operations as reports
from portal.signing.models import SealedDocument
from portal.stock.models import Movement
from portal.visits import operations as visits
from portal.visits.models import Finding, PartUse, Photo, VisitEvent
from tests.conftest import LONG
from tests.load.conftest import played
from tests.load.crew import Member, crew, signed_in, snapshot
from tests.load.phones import Entry, Lost, Phone
from tests.reports.steps import ANSWERS, SIGNED, SIGNER
from tests.servers import ROOT, free_port
from tests.visits.steps import DIAGNOSIS

KILLS = 200 if LONG else 5  # on each database
SIGNERS = KILLS  # customers who sign
OIL = {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}


class Nursery:
    """A forking starter of servers over one database."""

    def __init__(self, database_url: str, instance: Path) -> None:
        self.port = free_port()
        values = {"PORTAL_DATABASE_URL": database_url, "PORTAL_INSTANCE": str(instance), "PORTAL_PORT": str(self.port)}
        command = [sys.executable, "-m", "tests.nursery"]
        pipe = subprocess.PIPE
        self.errors = (instance / "nursery.log").open("wb")
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **values}, stdin=pipe, stdout=pipe, stderr=self.errors, text=True
        )

    def start(self) -> int:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write("start\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
        self.errors.close()


Sent = tuple[Member, Entry]


@dataclass
class Writer:
    """Somebody whose outbox goes through its entries in order; `acknowledged` are those with proof."""

    port: int
    outbox: Iterator[Sent]
    rest: float = 0.0  # seconds between two entries
    acknowledged: list[Sent] = field(default_factory=list)
    broken: int = 0  # tries that were cut off on their way

    async def work(self, stopped: asyncio.Event) -> None:
        for member, entry in self.outbox:
            if stopped.is_set():
                break
            await self.send(member, entry)
            self.acknowledged.append((member, entry))
            await asyncio.sleep(self.rest)

    async def send(self, member: Member, entry: Entry) -> int:
        phone = Phone(self.port, member.cookie, member.token, patience=20)
        phone.longest_pause = 0.05  # the server is back in no time
        answer = await phone.deliver(entry)
        phone.close()
        self.broken += phone.answers["lost"]
        return answer.status


def company(world: Any, port: int) -> dict[str, Writer]:
    """One who writes of each kind, and customers who sign one after the other."""
    fitter, clocked, photographer, reporter, office = crew(5, working=True)
    number = db.session.get_one(Visit, visit_id(office)).call.number
    sun, qian = (Member(*signed_in(world.person(name)), "") for name in ("sun", "qian"))
    plan = {"technician": str(world.person("li").id), "window_start": soon(1), "window_end": soon(3)}
    received = {"item": "TM-OIL-100", "quantity": "2", "unit_cost": "6"}
    signers = [at_the_signature(member) for member in crew(SIGNERS, working=True)]
    return {
        "parts": Writer(port, again(fitter, "part-uses", lambda _n: OIL)),
        "clocks": Writer(port, clocks(clocked)),
        "findings": Writer(port, again(reporter, "findings", lambda n: {"note": f"第{n}次"})),
        "photos": Writer(port, again(photographer, "photos", lambda _n: {}, snapshot(1, (320, 240)))),
        "goods": Writer(port, ((qian, Entry("/stock/receipts", received)) for _n in count())),
        "visits": Writer(port, ((sun, Entry(f"/calls/{number}/visits", plan)) for _n in count()), rest=0.1),
        "signatures": Writer(port, iter(signers), rest=0.1),
    }


def visit_id(member: Member) -> uuid.UUID:
    return uuid.UUID(member.base.rpartition("/")[2])


def soon(hours: int) -> str:
    return (now() + timedelta(hours=hours)).isoformat(timespec="seconds")


def again(
    member: Member, verb: str, fields: Callable[[int], dict[str, str]], picture: bytes | None = None
) -> Iterator[Sent]:
    return ((member, Entry(f"{member.base}/{verb}", fields(n), picture)) for n in count())


def clocks(member: Member) -> Iterator[Sent]:
    for n in count():
        verb, fields = ("start", {}) if n % 2 else ("pause", {"cause": "parts"})
        yield member, Entry(f"{member.base}/{verb}", fields)


def at_the_signature(member: Member) -> Sent:
    """The customer holds the phone, has answered the survey, and will sign."""
    session = db.session.scalars(select(SignIn).where(SignIn.token_hash == token_hash(member.cookie))).one()
    visit, person = db.session.get_one(Visit, visit_id(member)), session.person
    person.pin_hash = "set"
    visits.save_findings(visit, person=person, **DIAGNOSIS)
    visits.log_part_use(visit, item="TM-OIL-100", quantity=Decimal(1), person=person)
    visits.finish(visit, person=person)
    given = reports.hand_over(visit, **SIGNER, person=person, session=session)
    reports.answer_survey(given, ANSWERS)
    return member, Entry(f"/h/{given.token}/signature", SIGNED)


EFFECTS = {
    "parts": select(func.count()).select_from(PartUse),
    "clocks": select(func.count()).select_from(VisitEvent),
    "findings": select(func.count()).select_from(Finding),
    "photos": select(func.count()).select_from(Photo),
    "goods": select(func.count()).where(Movement.kind == "receipt"),
    "visits": select(func.count()).select_from(Visit),
    "signatures": select(func.count()).select_from(SealedDocument),
}


def effects() -> dict[str, int]:
    db.session.rollback()
    return {name: db.session.scalar(query) or 0 for name, query in EFFECTS.items()}


async def reached(port: int) -> None:
    phone = Phone(port, "", "")
    async with asyncio.timeout(20):
        while True:
            try:
                await phone.get("/healthz")
                return phone.close()
            except Lost:
                await asyncio.sleep(0.01)


async def killed_again_and_again(nursery: Nursery, writers: list[Writer]) -> int:
    """Everybody writes while one server after the other is killed; the last one answers them all, and lives."""
    stopped, chance = asyncio.Event(), random.Random(20261123)
    work = [asyncio.create_task(writer.work(stopped)) for writer in writers]
    for _kill in range(KILLS):
        server = nursery.start()
        await reached(nursery.port)
        await asyncio.sleep(chance.uniform(0.1, 0.6))
        os.kill(server, signal.SIGKILL)
    server = nursery.start()
    stopped.set()
    await asyncio.gather(*work)
    return server


async def sent_once_more(writers: list[Writer]) -> list[int]:
    return [await writer.send(*sent) for writer in writers for sent in writer.acknowledged]


def test_what_was_acknowledged_survives_every_kill_once(
    world: Any, checked: Any, database_url: str, home: Path
) -> None:
    nursery = Nursery(database_url, home)
    company_ = company(world, nursery.port)
    db.session.commit()
    writers, before = list(company_.values()), effects()
    try:
        server = played(killed_again_and_again(nursery, writers))
        acknowledged = {uuid.UUID(entry.id) for writer in writers for _member, entry in writer.acknowledged}
        assert set(db.session.scalars(select(Receipt.entry_id).where(Receipt.state == APPLIED))) == acknowledged
        added = {name: after - before[name] for name, after in effects().items()}
        assert added == {name: len(writer.acknowledged) for name, writer in company_.items()}
        checked()
        assert set(played(sent_once_more(writers))) == {200}, "an acknowledged entry was not known any more"
        assert effects() == {name: before[name] + n for name, n in added.items()}
        os.kill(server, signal.SIGTERM)
    finally:
        nursery.close()
    assert sum(writer.broken for writer in writers) >= KILLS, "the kills met nobody who was writing"
    assert all(added.values()), added
    checked()
