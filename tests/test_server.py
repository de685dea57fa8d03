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

from portal.server import PATIENCE, Counted, listen

ROOT = Path(__file__).parent.parent
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
END = b"0\r\n\r\n"
TWO_ENDS = {  # headers that a proxy may read otherwise than the server, and the bytes that follow them
    "a length that covers more": (
        b"Content-Length: %d\r\nTransfer-Encoding: chunked" % len(END + HIDDEN),
        END + HIDDEN,
    ),
    "a length that covers less": (b"Transfer-Encoding: chunked\r\nContent-Length: 3", b"1\r\nZ\r\n" + END + HIDDEN),
    "a tab before the chunks": (b"Transfer-Encoding:\tchunked\r\nContent-Length: 5", END + HIDDEN),
    "two lengths": (b"Content-Length: 0\r\nContent-Length: %d" % len(HIDDEN), HIDDEN),
    "a space before the colon": (b"Transfer-Encoding : chunked\r\nContent-Length: 0", END + HIDDEN),
    "an encoding nobody knows": (b"Transfer-Encoding: xchunked\r\nContent-Length: 5", END + HIDDEN),
    "a length with a sign": (b"Content-Length: +0", HIDDEN),
    "a line that ends otherwise": (b"Content-Length: 0\nTransfer-Encoding: chunked", END + HIDDEN),
    "a chunk that hides its end": (b"Transfer-Encoding: chunked", b"0;a=\n5\r\n\r\n" + HIDDEN),
}
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


@pytest.fixture
def reached():
    """A server, and the paths of the requests that its app got."""
    paths = []

    def app(environ, start_response):
        paths.append(environ["PATH_INFO"])
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]

    standing = listen(app, "127.0.0.1", 0)
    thread = threading.Thread(target=standing.run, daemon=True)
    thread.start()
    yield standing.effective_port, paths
    standing.trigger.pull_trigger(standing.close)


def said_to(port, head, body):
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        line.sendall(b"POST /first HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n" + body)
        answer = b""
        while piece := line.recv(4096):
            answer += piece
        return answer


@pytest.mark.parametrize("way", TWO_ENDS)
def test_a_request_that_could_end_at_two_places_is_refused_with_all_that_follows(way, reached):
    port, paths = reached
    answer = said_to(port, *TWO_ENDS[way])
    assert answer.split()[1] in (b"400", b"501")
    assert answer.count(b"HTTP/1.") == 1
    assert paths == []


def test_a_request_in_chunks_alone_is_taken(reached):
    port, paths = reached
    answer = said_to(port, b"Connection: close\r\nTransfer-Encoding: chunked", b"1\r\nZ\r\n" + END)
    assert answer.endswith(b"ok")
    assert paths == ["/first"]
