"""Several processes behind a proxy: four servers and two workers on PostgreSQL, nginx in front with the very
configuration that `deploy/` gives, but for addresses and certificate.

Sessions, entry ids, jobs, limits and locks hold across them, and a restart of one after the other drops nothing.
"""

import http.client
import json
import os
import re
import shutil
import subprocess
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from portal import jobs
from portal.db import db
from portal.jobs import Job
from portal.stock.models import Movement
from portal.throttle import MOST_WRONG
from portal.visits.models import PartUse
from tests import forks
from tests.jobs.mailserver import MailServer
from tests.page import within_one_minute
from tests.servers import ROOT, Server, free_port
from tests.world import PASSWORD

pytestmark = pytest.mark.engine("postgresql")
SERVERS, WORKERS, JOBS = 4, 2, 30
FIELDS = {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}
FORM = "application/x-www-form-urlencoded"


class Proxy:
    """nginx with `deploy/nginx.conf` on a port of its own, before as many servers as there are ports, four at most."""

    def __init__(self, folder: Path, ports: list[int]) -> None:
        self.port, self.folder = free_port(), folder
        config = (ROOT / "deploy" / "nginx.conf").read_text()
        config = re.sub(r"listen 443 ssl;", f"listen 127.0.0.1:{self.port};", config)
        config = re.sub(r"    ssl_\w+ [^;]*;\n", "", config)
        ports = list(ports)
        config = re.sub(r" *server 127\.0\.0\.1:80\d\d( .*\n)", lambda line: server_line(ports, line[1]), config)
        temporary = "".join(
            f"{kind}_temp_path {folder / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (folder / "nginx.conf").write_text(
            f"daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log; worker_processes 1;\n"
            f"events {{ worker_connections 512; }}\nhttp {{ access_log off;\n{temporary}{config}\n}}\n"
        )
        self.process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")])
        for _try in range(100):
            if self.answers():
                return
            time.sleep(0.1)
        raise AssertionError((folder / "nginx.log").read_text())

    def answers(self) -> bool:
        try:
            return ask(self.port, "/healthz")[0] == 200
        except OSError:
            return False

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


def ask(
    port: int, path: str, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> tuple[int, bytes, http.client.HTTPMessage]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        body = urlencode(fields) if fields is not None else None
        kind = {"Content-Type": FORM} if body else {}
        connection.request("POST" if body else "GET", path, body, {**kind, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def server_line(ports: list[int], rest: str) -> str:
    return f"    server 127.0.0.1:{ports.pop()}{rest}" if ports else ""


House = tuple[Proxy, list[Server], MailServer]


@pytest.fixture
def house(world: Any, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    if shutil.which("nginx") is None:
        if os.environ.get("CI"):
            pytest.fail("nginx is not installed")
        pytest.skip("nginx is not installed: several processes behind a proxy CANNOT BE TESTED on this machine")
    db.session.commit()
    letters = MailServer()
    monkeypatch.setenv("PORTAL_PROXIES", "1")
    monkeypatch.setenv("PORTAL_SMTP_URL", letters.url)
    servers = [Server(tmp_path, database_url) for _n in range(SERVERS)]
    environment = servers[0].environment
    command = ["flask.cli", "--app", "wsgi", "work"]
    workers = [forks.start(environment, tmp_path / "worker.log", *command) for _n in range(WORKERS)]
    try:
        with ThreadPoolExecutor(SERVERS) as pool:
            list(pool.map(Server.start, servers))
        proxy = Proxy(tmp_path, [server.port for server in servers])
        with letters.up():
            yield proxy, servers, letters
        proxy.stop()
    finally:
        for worker in workers:
            worker.terminate()
            worker.wait(20)
        for server in servers:
            server.stop()


class Visitor:
    """A person with a browser, who reaches whichever process the proxy gives them."""

    def __init__(self, port: int, username: str) -> None:
        self.port = port
        words = {"username": username, "password": PASSWORD}
        status, _body, headers = ask(port, "/login", words, {"User-Agent": "Mobile"})
        assert status == 303
        cookies = [cookie.split(";")[0] for cookie in headers.get_all("Set-Cookie") or []]
        self.headers = {"Cookie": "; ".join(cookies), "User-Agent": "Mobile"}
        self.token = re.search(rb'name="csrf_token" value="([^"]+)"', self.get("/me/signature")[1])[1].decode()  # type: ignore[index]

    def get(self, path: str) -> tuple[int, bytes, http.client.HTTPMessage]:
        return ask(self.port, path, headers=self.headers)

    def post(self, path: str, fields: dict[str, str], entry_id: str | None = None) -> tuple[int, bytes]:
        words = {"csrf_token": self.token, "entry_id": entry_id or str(uuid.uuid4()), **fields}
        status, body, _headers = ask(self.port, path, words, self.headers | {"X-Outbox": "1"})
        return status, body


def test_four_processes_are_one_portal(house: House, world: Any) -> None:
    proxy, servers, letters = house
    zhang = Visitor(proxy.port, "zhang")
    base = f"/visits/{world.visit().id}"
    db.session.commit()
    for server in servers:  # a session made through one process is known to all
        assert ask(server.port, "/", headers=zhang.headers)[0] == 200
    for verb in ("departure", "arrival", "start"):
        assert zhang.post(f"{base}/{verb}", {})[0] == 201

    entry = str(uuid.uuid4())
    with ThreadPoolExecutor(10) as pool:  # the same entry ten times at once, over all processes
        answers = list(pool.map(lambda _n: zhang.post(f"{base}/part-uses", FIELDS, entry), range(10)))
    assert Counter(status for status, _body in answers) == {201: 1, 200: 9}
    assert db.session.scalar(select(func.count()).select_from(PartUse)) == 1
    db.session.rollback()

    within_one_minute()
    guesses = [ask(proxy.port, f"/verify/{'a' * 25}{n % 10}")[0] for n in range(MOST_WRONG + 2)]
    assert guesses.count(404) == MOST_WRONG and guesses[-1] == 429  # counted together, for the visitor's own address
    spoofed = ask(proxy.port, "/verify/" + "a" * 26, headers={"X-Forwarded-For": "203.0.113.9"})[0]
    assert spoofed == 429  # the proxy's word counts, not the visitor's

    for number in range(JOBS):
        jobs.enqueue("mail", key=f"once-{number}", to="a@example.com", subject=f"Letter {number}", text="…")
    db.session.commit()
    sent = select(func.count()).where(Job.state == jobs.DONE, Job.key.like("once-%"))
    wait_for(lambda: db.session.scalar(sent) == JOBS)
    assert sorted(letters.subjects()) == sorted(f"Letter {number}" for number in range(JOBS))
    restart_one_after_the_other(servers, zhang, base)


def wait_for(done: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not done():
        db.session.rollback()
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.2)
    db.session.rollback()


def restart_one_after_the_other(servers: list[Server], zhang: Visitor, base: str) -> None:
    """While four people read and write, nothing is dropped, and nothing is there twice."""
    before = db.session.scalar(select(func.count()).select_from(PartUse)) or 0
    db.session.rollback()
    stop, answers, sent = threading.Event(), [], []

    def work() -> None:
        while not stop.is_set():
            answers.append(zhang.get(base)[0])
            status, body = zhang.post(f"{base}/part-uses", FIELDS)
            answers.append(status)
            sent.append(json.loads(body)["entry_id"])
            time.sleep(0.05)  # the servers that start need the processor too

    threads = [threading.Thread(target=work) for _n in range(4)]
    for thread in threads:
        thread.start()
    for server in servers:
        server.stop()
        server.start()
    stop.set()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 201}, Counter(answers)
    used = db.session.scalar(select(func.count()).select_from(PartUse))
    assert used == before + len(set(sent)) and len(sent) > 20
    assert used == db.session.scalar(select(func.count()).where(Movement.kind == "use"))
