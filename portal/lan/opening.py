"""What `--lan` does around a start: a certificate for today's addresses, and the words that get a phone in."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Any

import segno
from flask import Flask

from portal.addresses import ALL_INTERFACES
from portal.lan import network, trust
from portal.lan.authority import Authority, authority_of, renew
from portal.server import address_of


@dataclass
class Opening:
    """The portal's https for the local network. `certificate` holds key and certificate in one file."""

    authority: Authority
    certificate: Path
    host: str  # as it was set, or every address
    shown: str  # the address that phones get
    port: int

    @property
    def page_port(self) -> int:
        """Of the page that phones open first."""
        return self.port + 1

    def renew(self) -> bool:
        """Makes the certificate good for the machine's addresses of now; says whether it had to."""
        return renew(self.certificate, self.authority, names_for(self.host, self.authority), datetime.now(UTC))

    def serve_page(self, app: Flask) -> None:
        page = trust.TrustPage(app, self.authority, self.shown, self.port)
        trust.serve_beside(page, self.host, self.page_port)

    def words(self) -> Iterator[str]:
        page, portal = address_of(self.shown, self.page_port), address_of(self.shown, self.port, "https")
        code = io.StringIO()
        segno.make(page, error="m").terminal(code, compact=True)
        yield f"The portal is open to this network at {portal} A phone must first trust its certificate:"
        yield code.getvalue().rstrip("\n")
        yield f"1. Open {page} on the phone (or scan the code); it shows these steps in four languages."
        yield "2. iPhone: in Safari, Download the certificate, Allow; Settings > Profile Downloaded > Install; then"
        yield "   Settings > General > About > Certificate Trust Settings: switch it on."
        yield "   Android: in Chrome, Download the certificate; Settings > Security > Encryption & credentials >"
        yield "   Install a certificate > CA certificate > Install anyway; choose ca.crt."
        yield f"3. Open {portal} There must be no warning."
        yield f"The certificate's fingerprint (SHA-256): {self.authority.fingerprint}"
        others = [str(own.ip) for own in network.interfaces() if str(own.ip) != self.shown and self.is_everywhere]
        if others:
            yield f"This machine is also {', '.join(others)}."

    @property
    def is_everywhere(self) -> bool:
        return self.host in ALL_INTERFACES


def open_to_the_network(settings: dict[str, Any], host: str) -> Opening:
    """Changes `settings` so that the portal serves https on `host`, or on all addresses when that is empty."""
    port = settings["PORT"]
    if not 0 < port < 65535:
        raise SystemExit(
            "--lan needs a PORTAL_PORT from 1 to 65534: phones must find it again, and the page that they open first\n"
            "is at the next higher one."
        )
    if settings["TLS"]:
        raise SystemExit(
            "--lan makes a certificate of its own. With PORTAL_TLS_CERT leave it out: PORTAL_HOST=0.0.0.0 opens the\n"
            "portal to the network with the certificate that you have."
        )
    if settings["PUBLIC_URL"].startswith("http://"):
        raise SystemExit("--lan speaks https: PORTAL_PUBLIC_URL must begin with https:// too, or be left out.")
    host = host or "0.0.0.0"
    folder = settings["INSTANCE"] / "lan"
    networks = [own.network for own in network.interfaces()]
    authority = authority_of(folder, networks, network.names(), datetime.now(UTC))
    opening = Opening(authority, folder / "server.pem", host, shown_for(host), port)
    if not authority.covers(ip_address(opening.shown) if network.is_address(opening.shown) else opening.shown):  # type: ignore[arg-type]
        raise SystemExit(
            f"The authority in {folder} was made in another network and may not vouch for {opening.shown}. Remove the\n"
            "folder: the next start makes another authority, which each phone must be told to trust."
        )
    opening.renew()
    files = (opening.certificate, opening.certificate)
    settings.update(HOST=host, TLS=files, SECURE=True, HSTS=False, LAN=opening.shown)
    return opening


def shown_for(host: str) -> str:
    if host not in ALL_INTERFACES:
        return host
    found = network.interfaces()
    if not found:
        raise SystemExit("This machine stands in no network (it has no address but its own), so no phone can reach it.")
    return str(found[0].ip)


def names_for(host: str, authority: Authority) -> list[IPv4Address | str]:
    """All that a phone may call this machine and the authority may vouch for."""
    found: list[Any] = [own.ip for own in network.interfaces()]
    found += [IPv4Address("127.0.0.1"), *network.names(), "localhost"]
    if host not in ALL_INTERFACES:
        found.append(ip_address(host) if network.is_address(host) else host.lower())
    return list(dict.fromkeys(name for name in found if authority.covers(name)))
