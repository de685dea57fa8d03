"""What one process of the server takes: `python -m benchmarks.process`. Seconds until it answers, and the memory it
holds at its start, after pages, and at rest after papers were made, over the demonstration company on SQLite."""

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from benchmarks.__main__ import Visitor, company, report_numbers
from tests.servers import free_port

START, MEMORY = 2.0, 150  # budgets in seconds and MiB
PAGES = ("/review", "/calls", "/customers", "/equipment", "/reports", "/stock/movements", "/search?q=TM")
TIMES = 3  # each paper is read so often; its first reading makes it


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PORTAL_INSTANCE"] = folder
        os.environ.pop("PORTAL_DATABASE_URL", None)
        app = company(0, 0)
        with app.app_context():
            papers = [f"/reports/{number}.pdf" for number in report_numbers().values()]
        cookie, port = Visitor(app, "zhao").cookie, free_port()
        base = f"http://127.0.0.1:{port}"
        begun = time.perf_counter()
        server = subprocess.Popen(
            [sys.executable, "-m", "portal.server"],
            env={**os.environ, "PORTAL_PORT": str(port), "PORTAL_HOST": "127.0.0.1"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_for(base)
            show("answers after", time.perf_counter() - begun, "s", START)
            show("memory at its start", memory_of(server.pid), "MiB", MEMORY)
            read(base, PAGES, cookie)
            show("after pages", memory_of(server.pid), "MiB", MEMORY)
            read(base, papers * TIMES, cookie)
            show("at rest after papers", memory_of(server.pid), "MiB", MEMORY)
        finally:
            server.terminate()
            server.wait()


def wait_for(base: str) -> None:
    for _try in range(1000):
        try:
            urllib.request.urlopen(f"{base}/readyz").read()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.02)
    sys.exit("the server did not come up")


def read(base: str, paths: list[str] | tuple[str, ...], cookie: str) -> None:
    for path in paths:
        asked = urllib.request.Request(f"{base}{path}", headers={"Cookie": cookie, "User-Agent": "Mozilla/5.0"})
        urllib.request.urlopen(asked).read()


def memory_of(pid: int) -> float:
    """Resident, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS"))) / 1024


def show(what: str, figure: float, unit: str, most: float) -> None:
    print(f"{what:24}{figure:8.1f} {unit} of {most:g}{' *' if figure > most else ''}", flush=True)


if __name__ == "__main__":
    main()
