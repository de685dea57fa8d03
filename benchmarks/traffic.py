"""How the portal stands a crowd: `python -m benchmarks.traffic [--postgresql] [--processes N] [--seconds N]`.

Prints, beside their budgets: requests a second and p95 of mixed traffic (80 % reading), how long 200 phones take that
come back at once with ten entries each, and the p95 of pages without and with 40 phones that upload photos at 20 kB/s.
A tool, not a test: what must be true of such traffic is held by `tests/load/`.

The server is `python -m portal.server` in a process of its own; with `--processes` above one several of them behind
nginx as in `deploy/`. The crowd is one more process on the same machine: it takes processor time from the server, so
each line says how much of both was used, how much of the server's went to each request (one process cannot do more
requests a second than fit into its second), and the load average of the machine. The entries are the demonstration
company's and those of technicians made for the run.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from benchmarks.__main__ import company, database, report_numbers
from portal.clock import now
from tests.load.crew import Member, a_day, crew, snapshot
from tests.load.phones import Entry, Phone
from tests.servers import Server

WORKING, AWAY, SLOW = 24, 200, 40  # phones at work, coming back, and uploading slowly
RATE, PAGES = 200, 50  # requests a second: the budget, and the pages asked beside slow uploads
SLOWLY, DRAINED, MOVED, P95 = 20_000, 60.0, 20.0, 100.0  # bytes a second; budgets in s, ms and ms
AT_ONCE = 16
WRITING = 0.2  # of the mixed traffic
OFFICE = 3  # connections of each of the office's readers


@dataclass
class People:
    """Phones of those at work and of those away, and the office's readers with the addresses they open."""

    working: list[Member]
    away: list[Member]
    office: list[tuple[str, str, list[str]]]  # cookie, token, addresses


@dataclass
class Tally:
    """What was answered: status counts, and milliseconds each from the moment it was due."""

    answers: Counter[int] = field(default_factory=Counter)
    waited: list[float] = field(default_factory=list)

    def p(self, hundredths: int) -> float:
        return statistics.quantiles(self.waited, n=100)[hundredths - 1] if len(self.waited) > 1 else float("nan")


@dataclass
class Caller:
    """One connection of somebody, the addresses that they open, and where they record."""

    phone: Phone
    paths: list[str]
    base: str = ""

    async def read(self, chance: random.Random) -> int:
        return (await self.phone.get(chance.choice(self.paths))).status

    async def write(self, chance: random.Random) -> int:
        part = ("part-uses", {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"})
        finding = ("findings", {"note": f"{chance.random()}"})
        verb, fields = chance.choice([part, finding])
        return (await self.phone.post(Entry(f"{self.base}/{verb}", fields))).status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server started for the run")
    parser.add_argument("--processes", type=int, default=1, choices=(1, 2, 3, 4), help="servers; several: behind nginx")
    parser.add_argument("--seconds", type=float, default=15, help="how long each kind of traffic lasts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        with database(options.postgresql, folder):
            os.environ["PORTAL_INSTANCE"] = name
            people = gathered()
            with served(folder, options.processes) as (port, servers):
                print(
                    f"{'PostgreSQL' if options.postgresql else 'SQLite'}, processes: {options.processes}, "
                    f"Python {sys.version.split()[0]}, {os.cpu_count()} cores shared with this crowd\n"
                )
                asyncio.run(Run(port, servers, people, options.seconds).everything())


def gathered() -> People:
    """Loads the company, and makes everybody whom the run needs."""
    from sqlalchemy import select

    from portal.accounts.models import Person
    from portal.calls.models import Visit
    from portal.db import db, transaction
    from tests.load.crew import signed_in

    app = company(0, 0)
    with app.app_context():
        with transaction():
            members = crew(WORKING, working=True) + crew(AWAY)
            report = next(iter(report_numbers().values()))
            visit = db.session.scalars(select(Visit.id).where(Visit.person.has(username="zhang")).limit(1)).one()
            addresses = {
                "zhang": ["/", f"/visits/{visit}", "/van"],
                "zhao": ["/review", f"/reports/{report}", "/customers"],
                "qian": ["/stock/items/TM-OIL-100", "/stock/movements"],
            }
            office = []
            for username, paths in addresses.items():
                person = db.session.scalars(select(Person).where(Person.username == username)).one()
                office.append((*signed_in(person), paths))
        db.engine.dispose()
    return People(members[:WORKING], members[WORKING:], office)


@contextmanager
def served(folder: Path, processes: int) -> Iterator[tuple[int, list[Server]]]:
    """The port to ask, and the servers behind it."""
    os.environ["PORTAL_PROXIES"] = "1" if processes > 1 else "0"
    servers = [Server(folder, os.environ.get("PORTAL_DATABASE_URL")) for _n in range(processes)]
    proxy = None
    try:
        for server in servers:
            server.start()
        if processes > 1:
            from tests.test_processes import Proxy

            proxy = Proxy(folder, [server.port for server in servers])
        yield proxy.port if proxy else servers[0].port, servers
    finally:
        if proxy:
            proxy.stop()
        for server in servers:
            server.stop()


class Run:
    def __init__(self, port: int, servers: list[Server], people: People, seconds: float) -> None:
        self.port, self.servers, self.people, self.seconds = port, servers, people, seconds
        self.chance = random.Random(20261124)

    async def everything(self) -> None:
        crowd = f"{'CPU server, crowd':>18}{'each':>8}{'load':>7}"
        print(f"{'':44}{'a second':>9}{'p50 ms':>8}{'p95 ms':>8}  {'budget':22}{crowd}")
        await self.ask(Tally(), 3, self.callers(), pace=PAGES)  # warm
        with self.line(f"mixed, {RATE}/s asked for", f"{RATE}/s, p95 < {P95:.0f}") as tally:
            await self.ask(tally, self.seconds, self.callers(), pace=RATE, writing=WRITING)
        with self.line(f"mixed, {AT_ONCE} always asking", f">= {RATE}/s") as tally:
            await self.ask(tally, self.seconds, self.callers()[:AT_ONCE], writing=WRITING)
        with self.line(f"pages, {PAGES}/s") as alone:
            await self.ask(alone, self.seconds, self.callers(), pace=PAGES)
        photos = await self.beside_uploads(alone)
        print(f"{'':4}{photos} photos came whole meanwhile")
        await self.come_back()

    @contextmanager
    def line(self, name: str, budget: str = "") -> Iterator[Tally]:
        tally, start, crowd, server = Tally(), time.perf_counter(), time.process_time(), self.server_cpu()
        yield tally
        lasted = time.perf_counter() - start
        spent = self.server_cpu() - server
        used = f"{spent:.1f} s, {time.process_time() - crowd:.1f} s"
        each = f"{spent * 1000 / max(1, len(tally.waited)):.1f} ms"
        bad = {status: n for status, n in tally.answers.items() if status >= 300}
        print(
            f"{name:44}{len(tally.waited) / lasted:9.0f}{tally.p(50):8.0f}{tally.p(95):8.0f}  {budget:22}{used:>18}"
            f"{each:>8}{os.getloadavg()[0]:7.1f}{f'  refused: {bad}' if bad else ''}",
            flush=True,
        )

    def server_cpu(self) -> float:
        """Seconds of processor that the server processes have used."""
        used = 0
        for server in self.servers:
            assert server.process
            fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
            used += int(fields[11]) + int(fields[12])
        return used / os.sysconf("SC_CLK_TCK")

    def callers(self) -> list[Caller]:
        """Connections of all who work, field and office mixed; new ones for each kind of traffic."""
        field_ = [
            Caller(Phone(self.port, member.cookie, member.token), ["/", member.base, "/van"], member.base)
            for member in self.people.working
        ]
        office = [
            Caller(Phone(self.port, cookie, token), paths)
            for cookie, token, paths in self.people.office
            for _n in range(OFFICE)
        ]
        self.chance.shuffle(found := field_ + office)
        return found

    async def ask(
        self, tally: Tally, seconds: float, callers: list[Caller], pace: float = 0, writing: float = 0
    ) -> None:
        """Requests for so long: `pace` of them a second, each due at its moment whatever became of those before it;
        without a pace each caller asks again as soon as it was answered."""
        free: asyncio.Queue[Caller] = asyncio.Queue()
        for caller in callers:
            free.put_nowait(caller)
        share = writing * len(callers) / sum(bool(caller.base) for caller in callers)  # of those who can write
        start, running, number = time.perf_counter(), set(), 0
        while time.perf_counter() - start < seconds:
            due = start + number / pace if pace else 0.0
            if pace and (early := due - time.perf_counter()) > 0:
                await asyncio.sleep(early)
            caller = await free.get()
            number += 1
            running.add(task := asyncio.create_task(self.one(tally, caller, due or time.perf_counter(), share, free)))
            task.add_done_callback(running.discard)
        await asyncio.gather(*running)
        for caller in callers:
            caller.phone.close()

    async def one(self, tally: Tally, caller: Caller, due: float, share: float, free: "asyncio.Queue[Caller]") -> None:
        writes = caller.base and self.chance.random() < share
        status = await (caller.write(self.chance) if writes else caller.read(self.chance))
        tally.answers[status] += 1
        tally.waited.append((time.perf_counter() - due) * 1000)
        free.put_nowait(caller)

    async def beside_uploads(self, alone: Tally) -> int:
        """Asks for pages while phones upload one photo after the other; how many photos came."""
        pictures = [snapshot(number) for number in range(SLOW)]
        took = len(pictures[0]) / SLOWLY
        came: list[int] = []
        uploads = [
            asyncio.create_task(self.upload(member, picture, took * number / SLOW, came))
            for number, (member, picture) in enumerate(zip(self.people.away[:SLOW], pictures, strict=True))
        ]
        await asyncio.sleep(took)  # from here on all are uploading, each at another place of its photo
        before = len(came)
        with self.line(f"pages, {PAGES}/s, {SLOW} slow uploads", f"p95 < {alone.p(95) + MOVED:.0f}") as tally:
            await self.ask(tally, self.seconds, self.callers(), pace=PAGES)
        photos = len(came) - before
        for upload in uploads:
            upload.cancel()
        await asyncio.gather(*uploads, return_exceptions=True)
        return photos

    async def upload(self, member: Member, picture: bytes, pause: float, came: list[int]) -> None:
        phone = Phone(self.port, member.cookie, member.token)
        await asyncio.sleep(pause)
        while True:
            await phone.deliver(Entry(f"{member.base}/photos", {"label": "other"}, picture), SLOWLY)
            came.append(len(picture))

    async def come_back(self) -> None:
        """Two hundred phones with a day's entries each, all at the same moment."""
        end = now() - timedelta(minutes=1)
        phones = [
            (Phone(self.port, member.cookie, member.token), a_day(member.base, end)) for member in self.people.away
        ]
        with self.line(f"{len(phones)} phones back with 10 entries each", f"drained in < {DRAINED:.0f} s") as tally:
            start = time.perf_counter()
            await asyncio.gather(*(send_all(phone, entries, tally) for phone, entries in phones))
            lasted = time.perf_counter() - start
        answers: Counter[int | str] = sum((phone.answers for phone, _entries in phones), Counter())
        unadvised = sum(phone.without_advice for phone, _entries in phones)
        print(f"{'':4}drained in {lasted:.1f} s; answers {dict(answers)}, {unadvised} refusals that named no time")


async def send_all(phone: Phone, entries: list[Entry], tally: Tally) -> None:
    for entry in entries:
        start = time.perf_counter()
        answer = await phone.deliver(entry)
        tally.answers[answer.status] += 1
        tally.waited.append((time.perf_counter() - start) * 1000)
    phone.close()


if __name__ == "__main__":
    main()
