"""The authority of `--lan` vouches for this machine in local networks, for nothing else, and not for ever."""

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest
from cryptography import x509

from portal.lan import network
from portal.lan.authority import Authority, authority_of, is_good, renew

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOME = [IPv4Network("192.168.1.0/24")]
NAMES = [IPv4Address("192.168.1.20"), "werkstatt.local"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lan")


@pytest.fixture(scope="module")
def authority(folder: Path) -> Authority:
    return authority_of(folder, HOME, ["werkstatt"], datetime.now(UTC))


def shaken(server: Path, ca: Path, name: str) -> str:
    """Who a client that trusts `ca` finds at `name` behind the certificate in `server`; raises what it would say."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server)
    here, there = socket.socketpair()

    def greet() -> None:
        try:
            context.wrap_socket(there, server_side=True).close()
        except OSError:
            there.close()

    greeting = threading.Thread(target=greet)
    greeting.start()
    try:
        with ssl.create_default_context(cafile=str(ca)).wrap_socket(here, server_hostname=name) as secure:
            return str(secure.version())
    finally:
        here.close()
        greeting.join()


def test_it_is_made_once_for_ten_years_and_its_key_is_the_owners_alone(folder: Path, authority: Authority) -> None:
    again = authority_of(folder, [IPv4Network("10.9.0.0/16")], ["other"], datetime.now(UTC))
    assert again.der == authority.der
    certificate = authority.certificate
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc == timedelta(days=3652)
    assert stat.S_IMODE((folder / "authority.pem").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert b"PRIVATE" not in (folder / "ca.crt").read_bytes()


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    authority_of(tmp_path, HOME, [], NOW)
    (tmp_path / "authority.pem").chmod(0o644)
    authority_of(tmp_path, HOME, [], NOW)
    assert stat.S_IMODE((tmp_path / "authority.pem").stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["192.168.1.20", "werkstatt.local"])
def test_a_client_that_trusts_it_shakes_hands(folder: Path, authority: Authority, tmp_path: Path, name: str) -> None:
    renew(tmp_path / "server.pem", authority, NAMES, datetime.now(UTC))
    assert shaken(tmp_path / "server.pem", folder / "ca.crt", name) == "TLSv1.3"


@pytest.mark.parametrize("name", ["bank.example.com", IPv4Address("93.184.216.34")])
def test_it_cannot_pose_as_anybody_out_there(
    folder: Path, authority: Authority, tmp_path: Path, name: IPv4Address | str
) -> None:
    assert not authority.covers(name)
    renew(tmp_path / "server.pem", authority, [name], datetime.now(UTC))
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        shaken(tmp_path / "server.pem", folder / "ca.crt", str(name))


def test_a_network_with_public_addresses_is_covered_when_the_machine_stands_in_it(tmp_path: Path) -> None:
    own = authority_of(tmp_path, [IPv4Network("203.0.113.0/24"), *HOME], [], NOW)
    assert own.covers(IPv4Address("203.0.113.7"))
    assert not own.covers(IPv4Address("203.0.114.7"))


def test_the_certificate_is_renewed_when_addresses_change_or_its_end_is_near_and_only_then(
    authority: Authority, tmp_path: Path
) -> None:
    path = tmp_path / "server.pem"
    assert renew(path, authority, NAMES, NOW)
    first = path.read_bytes()
    assert not renew(path, authority, NAMES, NOW + timedelta(days=300))
    assert path.read_bytes() == first
    certificate = x509.load_pem_x509_certificate(first)
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc <= timedelta(days=398)
    assert renew(path, authority, [*NAMES, IPv4Address("10.0.0.4")], NOW)
    assert renew(path, authority, NAMES, NOW + timedelta(days=370))
    assert is_good(path, authority, NAMES, NOW + timedelta(days=371))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_certificate_of_another_authority_or_a_broken_one_is_replaced(authority: Authority, tmp_path: Path) -> None:
    path = tmp_path / "server.pem"
    renew(path, authority_of(tmp_path / "other", HOME, [], NOW), NAMES, NOW)
    assert renew(path, authority, NAMES, NOW)
    path.write_bytes(path.read_bytes()[:300])
    assert renew(path, authority, NAMES, NOW)


def test_a_damaged_or_ending_authority_is_said_in_words(tmp_path: Path) -> None:
    authority_of(tmp_path, HOME, [], NOW)
    with pytest.raises(SystemExit, match="comes to its end"):
        authority_of(tmp_path, HOME, [], NOW + timedelta(days=3400))
    (tmp_path / "authority.pem").write_text("nothing")
    with pytest.raises(SystemExit, match="Remove the folder"):
        authority_of(tmp_path, HOME, [], NOW)


def test_the_machines_addresses_are_those_that_others_can_reach() -> None:
    found = network.interfaces()
    assert not any(own.is_loopback or own.is_link_local for own in found)
    usual = network.usual_address()
    assert not usual or str(found[0].ip) == usual
