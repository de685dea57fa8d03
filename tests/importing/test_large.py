"""The long form: 50 000 rows with 500 wrong ones, killed half-way and run again, while others go on working."""

import os
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.customers.models import Customer
from portal.db import db
from portal.importing.models import Import, OutsideNumber, RefusedRow
from tests.conftest import LONG
from tests.importing.sheets import csv_bytes, customers
from tests.servers import ROOT

pytestmark = pytest.mark.skipif(not LONG, reason="only with --long")
ROWS, WRONG_EVERY = 50_000, 100
COMMAND = [sys.executable, "-m", "flask", "--app", "wsgi", "import", "customers"]


def started(file: Path, database_url: str, instance: Path) -> subprocess.Popen[str]:
    values = {"PORTAL_DATABASE_URL": database_url, "PORTAL_INSTANCE": str(instance)}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*COMMAND, str(file)], cwd=ROOT, env={**os.environ, **values}, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    )


def done_rows() -> int:
    db.session.rollback()
    run = db.session.scalars(select(Import).order_by(Import.created_at.desc())).first()
    return run.done_rows if run else 0


def how_many(*models: Any) -> list[int]:
    counts = [int(db.session.scalar(select(func.count()).select_from(model))) for model in models]
    db.session.rollback()  # outside of a request whoever reads holds up the writers
    return counts


def wait_for(rows: int, process: subprocess.Popen[str], meanwhile: Any) -> None:
    while done_rows() < rows:
        assert process.poll() is None
        meanwhile()


def test_killed_half_way_and_run_again_the_end_is_the_same_and_others_go_on(
    app: Flask, world: Any, sign_in: Any, database_url: str, tmp_path: Path
) -> None:
    file, before = tmp_path / "customers.csv", how_many(Customer)[0]
    file.write_bytes(csv_bytes(customers(ROWS, WRONG_EVERY)))
    qian, latencies = sign_in("qian", "laptop"), []
    slip = {"item": "TM-OIL-100", "quantity": "1", "unit_cost": "6", "to": "S1"}

    def receive() -> None:
        start = time.monotonic()
        assert qian.post("/stock/receipts", slip).status == 303
        latencies.append(time.monotonic() - start)
        qian.get("/stock")  # shows what was done: words that nobody reads would fill the cookie
        time.sleep(0.1)

    for _ in range(20):
        receive()
    quiet = sorted(latencies)
    latencies.clear()
    first = started(file, database_url, tmp_path)
    wait_for(ROWS // 2, first, receive)
    os.kill(first.pid, signal.SIGKILL)
    first.communicate()
    reached = done_rows()
    assert reached < ROWS
    began = time.monotonic()
    second = started(file, database_url, tmp_path)
    while second.poll() is None:
        receive()
    seconds = time.monotonic() - began
    lines = second.communicate()[0].splitlines()
    assert lines[-1] == "49500 new, 0 changed, 0 the same, 500 refused."
    assert len(lines) == 501 and lines[0] == "row 101: Phone: This is no phone number."
    end = [49_500, 500, 49_500 + before]
    assert how_many(OutsideNumber, RefusedRow, Customer) == end
    third = started(file, database_url, tmp_path)
    assert third.communicate()[0].splitlines()[-1] == "0 new, 0 changed, 49500 the same, 500 refused."
    assert how_many(OutsideNumber, Customer) == [end[0], end[2]]
    latencies.sort()
    print(
        f"\n{(ROWS - reached) / seconds:.0f} rows/s after the kill at {reached}; a POST of others: quiet median "
        f"{statistics.median(quiet) * 1000:.0f} ms, max {quiet[-1] * 1000:.0f}; meanwhile median "
        f"{statistics.median(latencies) * 1000:.0f} ms, p95 {latencies[int(len(latencies) * 0.95)] * 1000:.0f}, "
        f"max {latencies[-1] * 1000:.0f} of {len(latencies)}"
    )
