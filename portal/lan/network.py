"""How this machine is called in its network: addresses and names that a phone there can reach."""

import re
import socket
from collections.abc import Iterator
from ipaddress import IPv4Interface, ip_address

import ifaddr

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"


def interfaces() -> list[IPv4Interface]:
    """The machine's addresses with their networks: first the one that the way out of the network begins with."""
    usual = usual_address()
    return sorted(set(all_interfaces()), key=lambda own: (str(own.ip) != usual, own))


def all_interfaces() -> Iterator[IPv4Interface]:
    for adapter in ifaddr.get_adapters():
        for own in adapter.ips:
            if own.is_IPv4:
                interface = IPv4Interface(f"{own.ip}/{own.network_prefix}")
                if not interface.is_loopback and not interface.is_link_local:
                    yield interface


def usual_address() -> str:
    """Asks the system how it would reach an address far away; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("198.18.0.1", 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def names() -> list[str]:
    """The host name, and as phones find it without a name server (mDNS)."""
    host = socket.gethostname().lower().rstrip(".")
    if not re.fullmatch(rf"{LABEL}(\.{LABEL})*", host) or is_address(host):
        return []
    return list(dict.fromkeys((host, f"{host.partition('.')[0]}.local")))


def is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
