"""An authority of the portal's own, made once, and the certificate that it issues to this machine.

Whoever puts the authority on a phone trusts it with more than our pages, so it is bound by name constraints: it can
vouch for addresses of private networks, for those this machine stood in when it was made, and for local names. With
its key one could not pose as a bank.
"""

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFE = timedelta(days=3652)  # ten years: as long as phones go without being asked again
TERM = timedelta(days=397)  # phones take no certificate of a server that is good for more than 398 days
RENEWED = timedelta(days=30)  # so long before its end
AHEAD = timedelta(days=1)  # good from yesterday on: a phone's clock may be behind

PRIVATE = [
    IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8")
]
PRIVATE_6 = [IPv6Network(block) for block in ("fc00::/7", "fe80::/10", "::1/128")]  # else any address would do
LOCAL_NAMES = ("localhost", "local", "lan", "internal", "home.arpa")


@dataclass
class Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def fingerprint(self) -> str:
        """SHA-256 as phones show it."""
        return self.certificate.fingerprint(SHA256()).hex(" ").upper()

    def covers(self, name: IPv4Address | str) -> bool:
        """Whether it may vouch for an address or a name."""
        constraints = self.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
        for permitted in constraints.permitted_subtrees or ():
            if isinstance(name, str):
                if isinstance(permitted, x509.DNSName) and f".{name}".endswith(f".{permitted.value}"):
                    return True
            elif isinstance(permitted.value, IPv4Network) and name in permitted.value:
                return True
        return False

    def issued(self, certificate: x509.Certificate) -> bool:
        try:
            certificate.verify_directly_issued_by(self.certificate)
        except (ValueError, TypeError, InvalidSignature):
            return False
        return True


def authority_of(folder: Path, networks: Sequence[IPv4Network], hosts: Sequence[str], moment: datetime) -> Authority:
    """The one in `folder`, made at the first call. Ends the start when what lies there is none, or has ended."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "authority.pem"
    if not path.exists():
        keep(path, made(networks, hosts, moment), once=True)
    try:
        own = read(path)
    except (OSError, ValueError, TypeError) as error:
        raise SystemExit(f"{path} is not a certificate with its key. {ANOTHER.format(folder=folder)}") from error
    if own.certificate.not_valid_after_utc <= moment + TERM:
        raise SystemExit(f"The authority in {path} comes to its end. {ANOTHER.format(folder=folder)}")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        path.chmod(0o600)
    keep(folder / "ca.crt", own.certificate.public_bytes(Encoding.PEM))  # for programs, such as curl --cacert
    return own


ANOTHER = "Remove the folder {folder}: the next start makes another authority, which each phone must be told to trust."


def made(networks: Sequence[IPv4Network], hosts: Sequence[str], moment: datetime) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    year = f"{moment:%Y}-{x509.random_serial_number() % 10000:04}"  # two portals on one phone are told apart
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Service portal, local network {year}")])
    permitted: list[x509.GeneralName] = [x509.DNSName(host) for host in dict.fromkeys((*LOCAL_NAMES, *hosts))]
    foreign = [network for network in dict.fromkeys(networks) if not any(map(network.subnet_of, PRIVATE))]
    permitted += [x509.IPAddress(network) for network in [*PRIVATE, *foreign]]
    permitted += [x509.IPAddress(network) for network in PRIVATE_6]
    certificate = (
        begun(name, name, key, moment, LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .sign(key, SHA256())
    )
    return pem(key) + certificate.public_bytes(Encoding.PEM)


def read(path: Path) -> Authority:
    content = path.read_bytes()
    key = load_pem_private_key(content, None)
    certificate = x509.load_pem_x509_certificate(content)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise ValueError("key and certificate do not belong together")
    certificate.extensions.get_extension_for_class(x509.NameConstraints)
    return Authority(key, certificate)


def renew(path: Path, authority: Authority, names: Sequence[IPv4Address | str], moment: datetime) -> bool:
    """Makes `path` (certificate and key of the server in one file) good for `names`; says whether it had to."""
    if is_good(path, authority, names, moment):
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Service portal")])
    certificate = (
        begun(subject, authority.certificate.subject, key, moment, TERM)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([general(name) for name in names]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
        .sign(authority.key, SHA256())
    )
    keep(path, pem(key) + certificate.public_bytes(Encoding.PEM))
    return True


def is_good(path: Path, authority: Authority, names: Sequence[IPv4Address | str], moment: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        named = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    lasts = certificate.not_valid_before_utc <= moment < certificate.not_valid_after_utc - RENEWED
    return lasts and authority.issued(certificate) and set(named) == {general(name) for name in names}


def begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, moment: datetime, life: timedelta
) -> x509.CertificateBuilder:
    begin = moment.astimezone(UTC) - AHEAD
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def usage(**wanted: bool) -> x509.KeyUsage:
    kinds = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{kind: wanted.get(kind, False) for kind in kinds})


def general(name: IPv4Address | str) -> x509.GeneralName:
    return x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name)


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def keep(path: Path, content: bytes, once: bool = False) -> None:
    """Writes a whole file or none, readable by the owner only. `once`: what is there already stays."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
    if not once:
        fresh.replace(path)
        return
    with suppress(FileExistsError):  # two first starts at once agree on one
        os.link(fresh, path)
    fresh.unlink()
