"""`script/serve --lan`, from the command to a phone that is signed in over https."""

import http.client
import io
import os
import re
import socket
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from portal import start
from portal.config import from_environment
from portal.lan import network
from portal.lan.opening import open_to_the_network
from tests.servers import ROOT, copy_instance

PASSWORD = "vier wagen im hof 31"
pytestmark = pytest.mark.skipif(not network.interfaces(), reason="this machine stands in no network")


def two_free_ports() -> int:
    """The first of two neighbours that nobody listens on."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("0.0.0.0", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("0.0.0.0", port + 1))
            except (OSError, OverflowError):
                continue
            return port


def environment(instance: Path, port: int, **more: str) -> dict[str, str]:
    own = {key: value for key, value in os.environ.items() if not key.startswith("PORTAL_")}
    return {**own, "PORTAL_INSTANCE": str(instance), "PORTAL_PORT": str(port), **more}


@contextmanager
def served(instance: Path, port: int, password: str = "") -> Iterator[str]:
    """What the start says, until it serves; `password` on its standard input."""
    command = ["script/serve", "--lan", *(["--password-stdin"] if password else [])]
    pipe = subprocess.PIPE
    with (
        (instance / "errors.log").open("w") as errors,
        subprocess.Popen(
            command, cwd=ROOT, env=environment(instance, port), stdin=pipe, stdout=pipe, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdin and process.stdout
        process.stdin.write(password + "\n")
        process.stdin.close()
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("Serving on"):
                break
        yield said
        process.terminate()
        assert process.wait(20) == 0, (instance / "errors.log").read_text()


def sign_in(address: str, trusting: ssl.SSLContext, password: str) -> http.client.HTTPResponse:
    host = address.removeprefix("https://").rstrip("/")
    form = urlencode({"username": "zhang", "password": password})
    with closing(http.client.HTTPSConnection(host, context=trusting, timeout=30)) as door:
        door.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        answer = door.getresponse()
        answer.read()
        return answer


def test_a_phone_comes_in_over_https_with_the_new_password_only(demo_instance: Path, tmp_path: Path) -> None:
    instance, port = copy_instance(demo_instance, tmp_path / "instance"), two_free_ports()
    with served(instance, port, PASSWORD) as said:
        own = str(network.interfaces()[0].ip)
        address, first = f"https://{own}:{port}/", f"http://{own}:{port + 1}/"
        assert f"Serving on {address}" in said
        assert f"Open {first} on the phone" in said
        assert "█" in said  # the code that a phone reads
        assert PASSWORD not in said
        assert "demo-2026" not in said

        with urllib.request.urlopen(first, timeout=20) as answer:
            page = answer.read().decode()
        assert all(f'lang="{tag}"' in page for tag in ("zh-Hans", "zh-Hant", "en", "es"))
        assert address in page
        fingerprint = re.search(r"SHA-256\): ([0-9A-F ]+)", said)
        assert fingerprint and fingerprint[1] in page
        with urllib.request.urlopen(f"{first}ca.crt", timeout=20) as answer:
            assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
            trusting = ssl.create_default_context(cadata=answer.read())
        with closing(http.client.HTTPConnection(own, port + 1, timeout=20)) as plain:
            plain.request("GET", "/visits?state=open")
            assert plain.getresponse().headers["Location"] == f"{address}visits?state=open"

        with urllib.request.urlopen(f"{address}login", context=trusting, timeout=30) as answer:
            assert "demo-2026" not in answer.read().decode()
            assert "Strict-Transport-Security" not in answer.headers
        refused = sign_in(address, trusting, "demo-2026")
        assert (refused.status, refused.headers.get("Set-Cookie")) == (422, None)
        entered = sign_in(address, trusting, PASSWORD)
        cookie = entered.headers["Set-Cookie"]
        assert entered.status == 303
        assert cookie.startswith("__Host-session=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        authority = (instance / "lan" / "ca.crt").read_bytes()

    with served(instance, port) as said:  # asks nothing any more, and the phones go on trusting it
        assert "with the password that was chosen" in said
        assert (instance / "lan" / "ca.crt").read_bytes() == authority
        assert sign_in(address, trusting, PASSWORD).status == 303


@pytest.mark.parametrize(
    ("given", "from_stdin", "said"),
    [
        ("", False, "--password-stdin"),
        ("short\n", True, "A password has 12"),
        ("password1234\n", True, "tried first"),
        ("", True, "A password has 12"),
    ],
)
def test_nothing_is_opened_without_a_good_password(
    monkeypatch: pytest.MonkeyPatch, given: str, from_stdin: bool, said: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    with pytest.raises(SystemExit, match=said):
        start.new_password(wants_demo=True, from_stdin=from_stdin)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORTAL_PORT": "0"}, "1 to 65534"),
        ({"PORTAL_PORT": "65535"}, "1 to 65534"),
        ({"PORTAL_TLS_CERT": "a", "PORTAL_TLS_KEY": "b"}, "PORTAL_HOST=0.0.0.0"),
        ({"PORTAL_PUBLIC_URL": "http://portal.example"}, "https"),
    ],
)
def test_what_cannot_be_opened_is_said_in_words(tmp_path: Path, settings: dict[str, str], said: str) -> None:
    found = from_environment({"PORTAL_INSTANCE": str(tmp_path), **settings})
    with pytest.raises(SystemExit, match=said):
        open_to_the_network(found, "")


def test_an_address_that_was_set_is_the_only_one_that_is_opened(tmp_path: Path) -> None:
    found = from_environment({"PORTAL_INSTANCE": str(tmp_path)})
    opening = open_to_the_network(found, "127.0.0.1")
    assert found["HOST"] == "127.0.0.1"
    assert any("https://127.0.0.1:8000/" in line for line in opening.words())
    assert found["SECURE"] and not found["HSTS"]


def test_the_password_goes_only_with_the_network(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["script/serve", "--password-stdin"])
    with pytest.raises(SystemExit):
        start.arguments()
    assert "goes with --lan" in capsys.readouterr().err
