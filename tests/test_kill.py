"""SIGKILL in the middle of writes: what was acknowledged is there once; the rest can be sent again, once."""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import func, select

from portal.db import db
from portal.receipts import Receipt
from portal.stock.models import Balance
from portal.visits.models import PartUse
from tests.conftest import LONG
from tests.servers import ROOT, free_port

KILLS = 100 if LONG else 25  # on each database
WRITERS = 3
FIELDS = {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"}


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


class Phone:
    """Sends entries until told to stop, and remembers which were acknowledged."""

    def __init__(self, port: int, cookie: str, token: str, path: str) -> None:
        self.port, self.cookie, self.token, self.path = port, cookie, token, path
        self.sent: list[str] = []
        self.acknowledged: set[str] = set()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def work(self) -> None:
        while not self.stopped.is_set():
            entry_id = str(uuid.uuid4())
            while not self.stopped.is_set() and not self.reached():
                time.sleep(0.02)
            self.sent.append(entry_id)
            self.send(entry_id)

    def reached(self) -> bool:
        """Whether anybody listens: an entry that never left the phone would prove nothing."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def send(self, entry_id: str) -> int | None:
        body = urlencode({"csrf_token": self.token, "entry_id": entry_id, **FIELDS})
        headers = {
            "Cookie": f"session={self.cookie}",
            "X-Outbox": "1",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("POST", self.path, body, headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError):
            return None
        finally:
            connection.close()
        if response.status in (200, 201) and answer["entry_id"] == entry_id:
            self.acknowledged.add(entry_id)
        return response.status


def wait_for(port: int) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.01)
        finally:
            connection.close()
    raise AssertionError("the server did not come up")


def test_what_was_acknowledged_survives_every_kill_once(
    app: Flask, world: Any, sign_in: Any, database_url: str, tmp_path: Path
) -> None:
    zhang = sign_in("zhang")
    visit = world.visit()
    for verb in ("departure", "arrival", "start"):
        assert zhang.post(f"/visits/{visit.id}/{verb}").status == 303
    cookie, token, path = zhang.client.get_cookie("session").value, zhang.token(), f"/visits/{visit.id}/part-uses"
    in_van = db.session.get_one(Balance, (world.item().id, world.van().id)).quantity
    db.session.rollback()
    nursery, chance = Nursery(database_url, tmp_path), random.Random(20261123)
    phones = [Phone(nursery.port, cookie, token, path) for _ in range(WRITERS)]
    try:
        for phone in phones:
            phone.thread.start()
        for _kill in range(KILLS):
            server = nursery.start()
            wait_for(nursery.port)
            time.sleep(chance.uniform(0.1, 0.7))
            os.kill(server, signal.SIGKILL)
        for phone in phones:
            phone.stopped.set()
            phone.thread.join()
        server = nursery.start()
        wait_for(nursery.port)
        early = {entry_id for phone in phones for entry_id in phone.acknowledged}
        present = {str(entry_id) for entry_id in db.session.scalars(select(Receipt.entry_id))}
        db.session.rollback()
        assert early <= present, "an acknowledged entry is gone"
        sent = [(phone, entry_id) for phone in phones for entry_id in phone.sent]
        again = {phone.send(entry_id) for phone, entry_id in sent}
        assert again <= {200, 201}
        os.kill(server, signal.SIGTERM)
    finally:
        for phone in phones:
            phone.stopped.set()
        nursery.close()
    db.session.rollback()
    assert len(early) > KILLS
    assert db.session.scalar(select(func.count()).select_from(PartUse)) == len(sent)
    left = db.session.get_one(Balance, (world.item().id, world.van().id)).quantity
    assert left == in_van - len(sent)
    result = app.test_cli_runner().invoke(args=["ledger", "check"])
    assert result.exit_code == 0, result.output
