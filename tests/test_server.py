"""A stop answers what is running; a server that cannot listen says so."""

import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.request import urlopen

import pytest

from portal.server import PATIENCE, Counted

ROOT = Path(__file__).parent.parent
SLOW_APP = """
import sys, time
from portal.server import serve

def slow(environ, start_response):
    sys.stdout.write("running\\n")  # one write: print makes two, and threads come in between
    sys.stdout.flush()
    time.sleep(0.8)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"done"]

serve(slow, "127.0.0.1", 0)
"""


@pytest.fixture
def slow_server():
    background = ["sh", "-c", 'trap "" INT; exec "$@"', "sh"]  # as a shell starts `script/serve &`
    command = [*background, sys.executable, "-c", SLOW_APP]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield process, re.search(r"http://\S+", process.stdout.readline())[0]
        process.kill()


def test_requests_in_flight_are_answered_before_the_server_stops(slow_server):
    process, address = slow_server
    answers = []

    def ask():
        with urlopen(address, timeout=10) as answer:
            answers.append(answer.read())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert process.stdout.readline() == "running\n"
    process.send_signal(signal.SIGTERM)
    for thread in threads:
        thread.join()
    assert answers == [b"done"] * 4
    assert process.wait(PATIENCE) == 0


def test_an_idle_server_stops_without_waiting(slow_server):
    process, _address = slow_server
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE - 1) == 0


def test_a_port_that_is_taken_is_said_in_words():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        attempt = f"from portal.server import serve; serve(None, '127.0.0.1', {port})"
        done = subprocess.run([sys.executable, "-c", attempt], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1, port {port}" in done.stderr


def test_a_failing_app_is_not_counted_as_running_for_ever():
    def fails(environ, start_response):
        raise RuntimeError

    counted = Counted(fails)
    with pytest.raises(RuntimeError):
        counted({}, lambda *_: None)
    assert counted.wait_until_idle(0)


def test_a_request_runs_until_its_answer_is_closed():
    counted = Counted(lambda environ, start_response: [b"body"])
    answer = counted({}, lambda *_: None)
    assert not counted.wait_until_idle(0)
    answer.close()
    assert counted.wait_until_idle(0)
