"""https of the portal's own: real handshakes, the visitor's address, plain http sent on, slow phones, a clean stop."""

import http.client
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from portal.config import from_environment
from portal.front import CONNECTIONS, Front, redirection
from portal.lan.authority import Authority, authority_of, renew
from portal.server import PATIENCE

ROOT = Path(__file__).parent.parent.parent
APP = """
import sys, time
from pathlib import Path
from portal import front, server
from portal.server import serve

def app(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        sys.stdout.write("running\\n")
        sys.stdout.flush()
        time.sleep(0.8)
    body = environ["wsgi.input"].read()
    told = " ".join(environ[name] for name in ("wsgi.url_scheme", "REMOTE_ADDR", "SERVER_PORT", "HTTP_HOST"))
    told += f" {len(body)}"
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [told.encode(), b"x" * 300_000 if environ["PATH_INFO"] == "/much" else b""]

listen = server.listen
def listen_and_say(*arguments, **more):
    inner = listen(*arguments, **more)
    print("inner", inner.effective_port, flush=True)
    return inner
server.listen = listen_and_say
front.LOOK_AGAIN = 0.1
file = Path(sys.argv[1])
serve(app, "127.0.0.1", 0, tls=(file, file))
"""


@dataclass
class Secured:
    process: "subprocess.Popen[str]"
    port: int
    inner: int
    folder: Path
    authority: Authority

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "ca.crt"))

    def ask(self, path: str = "/", body: bytes | None = None) -> str:
        door = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.trusting(), timeout=20)
        with closing(door):
            door.request("POST" if body else "GET", path, body, {"X-Forwarded-For": "6.6.6.6"})
            return door.getresponse().read().decode()


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with serving(tmp_path_factory.mktemp("front")) as running:
        yield running


@contextmanager
def serving(folder: Path) -> Iterator[Secured]:
    authority = authority_of(folder, [IPv4Network("127.0.0.0/8")], [], datetime.now(UTC))
    file = folder / "server.pem"
    renew(file, authority, [IPv4Address("127.0.0.1")], datetime.now(UTC))
    command = [sys.executable, "-c", APP, str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        inner = int(process.stdout.readline().split()[1])
        address = re.search(r"https://127\.0\.0\.1:(\d+)/", process.stdout.readline())
        assert address
        yield Secured(process, int(address[1]), inner, folder, authority)
        process.kill()


def test_what_is_asked_over_tls_reaches_the_app_as_it_was_asked(secured: Secured) -> None:
    told = secured.ask()
    assert told == f"https 127.0.0.1 {secured.port} 127.0.0.1:{secured.port} 0"
    assert secured.ask(body=b"p" * 2_000_000).endswith(" 2000000")
    assert len(secured.ask("/much")) > 300_000


def test_who_does_not_trust_the_authority_gets_nothing(secured: Secured) -> None:
    stranger = http.client.HTTPSConnection("127.0.0.1", secured.port, context=ssl.create_default_context())
    with closing(stranger), pytest.raises(ssl.SSLCertVerificationError):
        stranger.request("GET", "/")
    assert secured.ask()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_tls_is_refused(secured: Secured) -> None:
    old = secured.trusting()
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with closing(socket.create_connection(("127.0.0.1", secured.port))) as plain, pytest.raises(ssl.SSLError):
        old.wrap_socket(plain, server_hostname="127.0.0.1").close()


def test_past_the_front_nobody_is_answered(secured: Secured) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", secured.inner)) as door:
        door.request("GET", "/", headers={"X-Forwarded-For": "6.6.6.6"})
        assert door.getresponse().status == 403


def test_plain_http_is_sent_to_https(secured: Secured) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", secured.port)) as door:
        door.request("GET", "/visits?state=open")
        answer = door.getresponse()
    assert answer.status == 302
    assert answer.headers["Location"] == f"https://127.0.0.1:{secured.port}/visits?state=open"


@pytest.mark.parametrize(
    "head",
    [
        b"POST /login HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a/b@c\r\n\r\n",
        b"GET http://other/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"\x00\x01 nonsense\r\n\r\n",
    ],
)
def test_what_cannot_be_sent_on_is_refused(head: bytes) -> None:
    assert redirection(head).startswith(b"HTTP/1.1 400 ")


def test_phones_that_say_nothing_or_half_a_thing_hold_nobody_up(secured: Secured) -> None:
    waiting = [socket.create_connection(("127.0.0.1", secured.port)) for _ in range(60)]
    for number, phone in enumerate(waiting):
        if number % 2:
            phone.sendall(b"\x16\x03\x01")
    half = [secured.trusting().wrap_socket(
        socket.create_connection(("127.0.0.1", secured.port)), server_hostname="127.0.0.1"
    ) for _ in range(20)]  # fmt: skip
    for phone in half:
        phone.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\nfirst")
    begun = time.monotonic()
    assert secured.ask().startswith("https")
    assert time.monotonic() - begun < 5  # the eight threads were free; alone it takes milliseconds
    for phone in [*waiting, *half]:
        phone.close()
    assert len(waiting) + len(half) < CONNECTIONS


def test_a_stop_answers_what_runs_and_lets_nobody_new_in(tmp_path: Path) -> None:
    with serving(tmp_path) as secured:
        stop_with_requests_running(secured)


def stop_with_requests_running(secured: Secured) -> None:
    answers: list[str] = []
    asking = [threading.Thread(target=lambda: answers.append(secured.ask("/slow"))) for _ in range(4)]
    for one in asking:
        one.start()
    assert secured.process.stdout
    for _ in asking:
        assert secured.process.stdout.readline() == "running\n"
    secured.process.send_signal(signal.SIGTERM)
    for one in asking:
        one.join()
    assert [answer.split()[0] for answer in answers] == ["https"] * 4
    assert secured.process.wait(PATIENCE) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", secured.port))


def test_a_renewed_certificate_serves_without_a_new_start(secured: Secured) -> None:
    def named() -> tuple[str, ...]:
        with socket.create_connection(("127.0.0.1", secured.port)) as plain, secured.trusting().wrap_socket(
            plain, server_hostname="127.0.0.1"
        ) as shaken:  # fmt: skip
            certificate = shaken.getpeercert()
            assert certificate
            return tuple(str(value) for _kind, value in certificate["subjectAltName"])  # type: ignore[misc]

    assert named() == ("127.0.0.1",)
    names = [IPv4Address("127.0.0.1"), IPv4Address("192.168.4.4")]
    renew(secured.folder / "server.pem", secured.authority, names, datetime.now(UTC))
    end = time.monotonic() + 20
    while len(named()) == 1 and time.monotonic() < end:
        time.sleep(0.1)
    assert named() == ("127.0.0.1", "192.168.4.4")


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        ("server.pem", "missing.pem", "No such file"),
        ("server.pem", "other.pem", "do not belong together"),
        ("nonsense.pem", "nonsense.pem", "cannot be used"),
    ],
)
def test_files_that_do_not_fit_are_said_in_words(tmp_path: Path, certificate: str, key: str, said: str) -> None:
    authority = authority_of(tmp_path, [], [], datetime.now(UTC))
    for name in ("server.pem", "other.pem"):
        renew(tmp_path / name, authority, ["localhost"], datetime.now(UTC))
    (tmp_path / "nonsense.pem").write_text("nonsense")
    with socket.socket() as door, pytest.raises(SystemExit, match=said):
        Front(door, tmp_path / certificate, tmp_path / key)


@pytest.mark.parametrize(
    "settings",
    [
        {"PORTAL_TLS_CERT": "a.pem"},
        {"PORTAL_TLS_KEY": "a.pem"},
        {"PORTAL_TLS_CERT": "a.pem", "PORTAL_TLS_KEY": "a.pem", "PORTAL_PUBLIC_URL": "http://portal.example"},
    ],
)
def test_settings_that_contradict_each_other_end_the_start(tmp_path: Path, settings: dict[str, str]) -> None:
    with pytest.raises(SystemExit, match="PORTAL_TLS_CERT"):
        from_environment({"PORTAL_INSTANCE": str(tmp_path), **settings})


@pytest.mark.parametrize(("public_url", "lasting"), [("", False), ("https://portal.example", True)])
def test_own_https_makes_cookies_secure_and_only_a_lasting_name_is_pinned(
    tmp_path: Path, public_url: str, lasting: bool
) -> None:
    files = {"PORTAL_TLS_CERT": "a.pem", "PORTAL_TLS_KEY": "b.pem", "PORTAL_PUBLIC_URL": public_url}
    found = from_environment({"PORTAL_INSTANCE": str(tmp_path), **files})
    assert found["SECURE"]
    assert found["HSTS"] == lasting
