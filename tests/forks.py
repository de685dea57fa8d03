"""Servers of tests as forks of one process that has imported the portal already: a start takes a third of the time.

Run as a process of its own (`python -m tests.forks`): reads lines of JSON `{"environment": {…}, "log": path}`, forks
`portal.server` with them, and prints the process id. Each makes its own app after the fork, as `python -m
portal.server` does; that command itself is started by `tests/test_server.py` and `tests/test_start.py`.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent


class Fork:
    """A running server; what `subprocess.Popen` offers of it."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"the server did not end within {seconds} s")
            time.sleep(0.01)


@cache
def parent() -> "subprocess.Popen[str]":
    """One for each test process; ends with it, because its input ends."""
    pipe = subprocess.PIPE
    process = subprocess.Popen([sys.executable, "-m", "tests.forks"], cwd=ROOT, stdin=pipe, stdout=pipe, text=True)

    def close() -> None:
        process.communicate()

    atexit.register(close)
    return process


def start(environment: dict[str, str], log: Path) -> Fork:
    process = parent()
    assert process.stdin and process.stdout
    process.stdin.write(json.dumps({"environment": environment, "log": str(log)}) + "\n")
    process.stdin.flush()
    return Fork(int(process.stdout.readline()))


def main() -> None:
    import portal.server

    portal.server.create_app()  # for nobody: it imports whatever an app needs
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who ended is gone at once
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.environ.clear()
            os.environ.update(order["environment"])
            log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            for stream in (1, 2):
                os.dup2(log, stream)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            try:
                portal.server.main()
            finally:
                os._exit(0)
        print(child, flush=True)


if __name__ == "__main__":
    main()
