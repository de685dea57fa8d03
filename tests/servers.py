"""Real servers for tests: the portal as a process of its own, on a port of its own."""

import os
import shutil
import signal
import socket
import time
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests import forks
from tests.databases import TEMPLATE_CACHE

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`portal.server` over an instance folder, a process of its own; `kill` is SIGKILL, `stop` is SIGTERM."""

    instance: Path
    database_url: str | None = None
    port: int = field(default_factory=free_port)
    process: forks.Fork | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        values = {"PORTAL_INSTANCE": str(self.instance), "PORTAL_PORT": str(self.port), "PORTAL_HOST": "127.0.0.1"}
        if self.database_url:
            values["PORTAL_DATABASE_URL"] = self.database_url
        return {**os.environ, **values}

    def flask(self, *words: str) -> str:
        """Runs a `flask` command of the portal and returns what it printed."""
        code, said = forks.run(self.environment, *words)
        assert code == 0, said
        return said

    def start(self) -> "Server":
        own = self.instance / "templates"
        if not own.is_symlink():  # compiled once for all servers of tests, not by each of them
            shutil.rmtree(own, ignore_errors=True)
            TEMPLATE_CACHE.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):  # another server of this instance was quicker
                own.symlink_to(TEMPLATE_CACHE)
        self.process = forks.start(self.environment, self.instance / "server.log")
        self.wait()
        return self

    def wait(self, seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process and self.process.poll() is None, (self.instance / "server.log").read_text()[-3000:]
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise AssertionError("the server did not come up")

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def stop(self) -> None:
        self.end(signal.SIGTERM)

    def end(self, number: int) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(20)


def copy_instance(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target
