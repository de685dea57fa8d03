"""Servers and commands of tests as forks of one process that has imported the portal already: a start takes a third of
the time.

Run as a process of its own (`python -m tests.forks`): reads lines of JSON `{"environment": {…}, "log": path, "words":
[…]}`, forks the module that the first word names, and prints the process id. Each makes its own app after the fork, as
`python -m portal.server` and `flask --app wsgi` do; that those start as processes is tried by `tests/test_server.py`,
`tests/test_start.py`, `tests/jobs/test_worker.py` and `tests/backup/test_backup.py`.
"""

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import portal.server

ROOT = Path(__file__).parent.parent


class Fork:
    """A running server or command; what `subprocess.Popen` offers of it."""

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

    def terminate(self) -> None:
        if self.poll() is None:
            self.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self.poll() is None:
            if time.monotonic() > end:
                raise TimeoutError(f"the process did not end within {seconds} s")
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


def start(environment: dict[str, str], log: Path, *words: str) -> Fork:
    """`python -m` with these words, or the server."""
    process = parent()
    assert process.stdin and process.stdout
    process.stdin.write(
        json.dumps({"environment": environment, "log": str(log), "words": words or ["portal.server"]}) + "\n"
    )
    process.stdin.flush()
    return Fork(int(process.stdout.readline()))


def run(environment: dict[str, str], *words: str, seconds: float = 300) -> tuple[int, str]:
    """Runs `flask` with these words to its end: how it ended, and what it said; if badly, with its errors."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "said"
        start(environment, log, "flask.cli", "--app", "wsgi", *words).wait(seconds)
        told = log.with_suffix(".code")
        code = int(told.read_text()) if told.exists() else -1
        return code, log.read_text() + (log.with_suffix(".errors").read_text() if code else "")


def main() -> None:
    portal.server.create_app()  # for nobody: it imports whatever an app needs
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who ended is gone at once
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            try:
                become(Path(order["log"]), order["environment"], order["words"])
            finally:
                os._exit(0)
        print(child, flush=True)


def become(log: Path, environment: dict[str, str], words: list[str]) -> None:
    """What a process does that was started with these."""
    os.environ.clear()
    os.environ.update(environment)
    apart = words[0] != "portal.server"  # what it says, and its errors
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(said, 1)
    os.dup2(os.open(log.with_suffix(".errors"), os.O_WRONLY | os.O_CREAT) if apart else said, 2)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = list(words)
    code = ended(import_module(words[0]).main)
    sys.stdout.flush()
    sys.stderr.flush()
    if apart:
        log.with_suffix(".code").write_text(str(code))


def ended(main: Any) -> int:
    """The code that a process ends with whose main function this is; words instead of a code are said."""
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    main()
