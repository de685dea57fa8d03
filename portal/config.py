"""Settings: PORTAL_* variables, and the secrets that the instance folder keeps.

Secrets are made once, readable by the owner only, and live beside the database, never in the code.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MEGABYTE = 1024 * 1024
UPLOAD_LIMIT = 16 * MEGABYTE  # one photo of 15 MB (contract: photos) and its form


def from_environment(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The app's configuration from PORTAL_* variables; unset ones get the documented defaults."""
    instance = Path(environ.get("PORTAL_INSTANCE") or "instance").absolute()
    instance.mkdir(parents=True, exist_ok=True, mode=0o700)
    public_url = environ.get("PORTAL_PUBLIC_URL", "").rstrip("/")
    return {
        "INSTANCE": instance,
        "HOST": environ.get("PORTAL_HOST") or "127.0.0.1",
        "PORT": int(environ.get("PORTAL_PORT") or 8000),
        "DATABASE_URL": environ.get("PORTAL_DATABASE_URL") or f"sqlite:///{instance / 'portal.sqlite'}",
        "SECRET_KEY": environ.get("PORTAL_SECRET_KEY") or kept_secret(instance / "secret.key"),
        "SEAL_CERTIFICATE": Path(seal).absolute() if (seal := environ.get("PORTAL_SEAL_CERTIFICATE")) else None,
        "SEAL_PASSWORD": environ.get("PORTAL_SEAL_PASSWORD") or None,
        "SIGNING_KEY": kept_secret(instance / "signing.key"),
        "FILES": instance / "files",
        "TEMPLATE_CACHE": instance / "templates",  # compiled templates, by content; may be removed at any time
        "PUBLIC_URL": public_url,
        "SECURE": public_url.startswith("https://"),
    }


def kept_secret(path: Path) -> str:
    """The secret in `path`, made at the first call. Two processes starting at once agree on one."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32))
    return path.read_text("ascii").strip()
