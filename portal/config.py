"""Settings: PORTAL_* variables, and the secrets that the instance folder keeps.

Secrets are made once, readable by the owner only, and live beside the database, never in the code.
"""

import os
import re
import secrets
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

MEGABYTE = 1024 * 1024
UPLOAD_LIMIT = 16 * MEGABYTE  # one photo of 15 MB (contract: photos) and its form


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The app's configuration from PORTAL_* variables; unset ones get the documented defaults."""
    instance = Path(environ.get("PORTAL_INSTANCE") or "instance").absolute()
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    public_url = environ.get("PORTAL_PUBLIC_URL", "").rstrip("/")
    tls = tls_files(environ.get("PORTAL_TLS_CERT", ""), environ.get("PORTAL_TLS_KEY", ""), public_url)
    return {
        "INSTANCE": instance,
        "HOST": environ.get("PORTAL_HOST") or "127.0.0.1",
        "PORT": int(environ.get("PORTAL_PORT") or 8000),
        "DATABASE_URL": environ.get("PORTAL_DATABASE_URL") or f"sqlite:///{instance / 'portal.sqlite'}",
        "SECRET_KEY": environ.get("PORTAL_SECRET_KEY") or kept_secret(instance / "secret.key"),
        "SEAL_CERTIFICATE": Path(seal).absolute() if (seal := environ.get("PORTAL_SEAL_CERTIFICATE")) else None,
        "SEAL_PASSWORD": environ.get("PORTAL_SEAL_PASSWORD") or None,
        "SIGNING_KEY": kept_secret(instance / "signing.key"),
        "FILES": files_place(environ.get("PORTAL_FILES_URL", ""), instance),
        "TEMPLATE_CACHE": instance / "templates",  # compiled templates, by content; may be removed at any time
        "PROXIES": count(environ.get("PORTAL_PROXIES", ""), "PORTAL_PROXIES"),
        "PUBLIC_URL": public_url,
        "TLS": tls,
        "SECURE": public_url.startswith("https://") or tls is not None,
        "HSTS": public_url.startswith("https://"),  # only under a name that was meant to last
        "LAN": "",  # the host that phones know, with `script/serve --lan`
        "SMTP_URL": smtp_url(environ.get("PORTAL_SMTP_URL", "")),
        "MAIL_FROM": mail_from(environ.get("PORTAL_MAIL_FROM", "")),
        "CHAIN_MAIL": chain_mail(environ.get("PORTAL_CHAIN_MAIL", "")),
        "WORKER": switch(environ.get("PORTAL_WORKER", ""), "PORTAL_WORKER"),
    }


def count(text: str, name: str) -> int:
    """A number from 0 to 9; 0 when unset. Ends the start when it is anything else."""
    if text and not re.fullmatch(r"[0-9]", text):
        raise SystemExit(f"{name} is a number from 0 to 9.")
    return int(text or 0)


def switch(text: str, name: str) -> bool:
    """True unless it says `off`. Ends the start when it says anything but on or off."""
    if text not in ("", "on", "off"):
        raise SystemExit(f"{name} is on or off.")
    return text != "off"


def tls_files(certificate: str, key: str, public_url: str) -> tuple[Path, Path] | None:
    """The files to serve https with. Ends the start when one is missing, or when people would be sent past it."""
    if not certificate and not key:
        return None
    if not certificate or not key:
        raise SystemExit("PORTAL_TLS_CERT and PORTAL_TLS_KEY go together: the files of a certificate and of its key.")
    if public_url.startswith("http://"):
        raise SystemExit(
            "With PORTAL_TLS_CERT the portal speaks https: PORTAL_PUBLIC_URL must begin with https:// too."
        )
    return Path(certificate).absolute(), Path(key).absolute()


def files_place(text: str, instance: Path) -> Path | str:
    """The folder of the files, or `s3://bucket/prefix` as it was given. Ends the start when it is neither."""
    parts = urlsplit(text)
    if not text:
        return instance / "files"
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return Path(unquote(parts.path))
    plain = not parts.query and not parts.fragment and "@" not in parts.netloc
    if parts.scheme == "s3" and plain and re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", parts.netloc):
        return text.rstrip("/")
    raise SystemExit(
        "PORTAL_FILES_URL is not a place for files. It is written file:///srv/portal-files (a folder that is there),\n"
        "or s3://bucket/prefix; the object store's address and credentials are the usual AWS_* variables."
    )


def smtp_url(text: str) -> str:
    """The address of the mail server as it was given, or "". Ends the start when it cannot be one.

    The text is never repeated in the message, because it may hold a password.
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("smtp", "smtps") and parts.hostname and parts.port != 0
        good = good and bool(parts.username) == bool(parts.password)
        good = good and parts.path in ("", "/") and not parts.query and not parts.fragment
    except ValueError:
        good = False
    if not good or any(character.isspace() for character in text):
        raise SystemExit(
            "PORTAL_SMTP_URL is not the address of a mail server. It is written smtp://user:password@host:port, or\n"
            "smtps://… for TLS from the start; without user and password if the server asks for none. Characters such\n"
            "as @ : / # in user or password are written %40 %3A %2F %23."
        )
    return text


def mail_from(text: str) -> str:
    """The sender of mail as it was given, or "". Ends the start when there is no address in it."""
    _name, address = parseaddr(text)
    if text and not re.fullmatch(r"[\w.+=~-]+@[^\s@<>()\",:;\\\[\]]+", address, re.ASCII):
        raise SystemExit(
            "PORTAL_MAIL_FROM is not the address of a sender. It is written portal@example.com, or\n"
            "Name <portal@example.com>."
        )
    return text


def chain_mail(text: str) -> str:
    """Whom the chain's head is mailed to, or "". Ends the start when it is not a plain address."""
    name, address = parseaddr(text)
    if text and (name or address != text or address.count("@") != 1 or not all(address.split("@"))):
        raise SystemExit("PORTAL_CHAIN_MAIL is not an e-mail address, such as archive@example.com.")
    return text


def kept_secret(path: Path) -> str:
    """The secret in `path`, made at the first call. Two processes starting at once agree on one."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text("ascii").strip()
