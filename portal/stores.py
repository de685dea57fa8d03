"""Where the bytes of files lie: a folder, or a bucket of an object store. `portal/files.py` is the door to it.

Content is addressed by its SHA-256, so it is only ever created: what lies under a name already is right when it hashes
to that name, and is put right when it does not. Both kinds have the same layout, `ab/cd/abcd…`.
"""

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from portal.errors import FileLost, StoreAway

CONNECT, ANSWER = timedelta(seconds=2), timedelta(seconds=5)
RETRIES: Any = {"max_retries": 2, "retry_timeout": timedelta(seconds=4)}
SLOW, REST = 1.0, 5.0  # a failure that took longer (s) leaves the bucket alone for so long (s)


class Store(Protocol):
    def write(self, digest: str, content: bytes) -> bool:
        """Keeps the bytes for good before it returns. True when they were wrong there and have been put right."""

    def content(self, digest: str) -> bytes:
        """The bytes, compared with their name. FileLost when they are gone or damaged."""

    def remove(self, digest: str) -> None: ...

    def listed(self) -> Iterator[tuple[str, datetime]]:
        """Every digest that has bytes here, and since when."""

    def check(self) -> None:
        """StoreAway unless it answers."""


@cache
def store_at(place: Path | str) -> Store:
    """The store for a folder, or for `s3://bucket/prefix`; made once a process."""
    return Folder(place) if isinstance(place, Path) else Bucket(place)


def key_of(digest: str) -> str:
    return f"{digest[:2]}/{digest[2:4]}/{digest}"


def is_right(digest: str, content: bytes) -> bool:
    return hashlib.sha256(content).hexdigest() == digest


def is_digest(name: str) -> bool:
    return len(name) == 64 and not set(name) - set("0123456789abcdef")


class Folder:
    """A folder of this machine, or one that is mounted. It is not obstore's, which does not wait for the disk."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        return self.root / key_of(digest)

    def write(self, digest: str, content: bytes) -> bool:
        path = self.path(digest)
        with self.answers():
            there = path.exists()
            if there and is_right(digest, path.read_bytes()):
                return False
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.tmp")
            with fresh.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            sync_folder(path.parent)
        return there

    def content(self, digest: str) -> bytes:
        with self.answers():
            try:
                content = self.path(digest).read_bytes()
            except FileNotFoundError:
                raise FileLost(digest, "is missing") from None
        if not is_right(digest, content):
            raise FileLost(digest, "is damaged")
        return content

    def remove(self, digest: str) -> None:
        with self.answers():
            self.path(digest).unlink(missing_ok=True)

    def listed(self) -> Iterator[tuple[str, datetime]]:
        with self.answers():
            for path in self.root.glob("??/??/*"):
                if is_digest(path.name):
                    yield path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC)

    def check(self) -> None:
        with self.answers():
            if not os.access(self.root, os.R_OK | os.W_OK | os.X_OK):
                raise StoreAway("the files folder may not be written")

    @contextmanager
    def answers(self) -> Iterator[None]:
        """A disk that is not mounted has lost nothing, and must not be written beside."""
        if not self.root.is_dir():
            raise StoreAway("the files folder is not there")
        try:
            yield
        except FileLost:
            raise
        except OSError as error:
            raise StoreAway(f"the files folder: {error.strerror}") from error


def sync_folder(folder: Path) -> None:
    """Makes a rename in it outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Bucket:
    """A bucket that speaks S3. Address and credentials are the usual AWS_* variables (README)."""

    def __init__(self, url: str) -> None:
        from obstore.store import S3Store  # only whoever uses it pays for it

        name, _, prefix = url.removeprefix("s3://").partition("/")
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        options: Any = {"connect_timeout": CONNECT, "timeout": ANSWER}
        chosen: dict[str, Any] = {}
        if endpoint:
            options["allow_http"] = endpoint.startswith("http://")
            chosen["endpoint"] = endpoint
        self.bucket = S3Store(
            name, prefix=prefix.strip("/") or None, client_options=options, retry_config=RETRIES, **chosen
        )
        self.rests_until = 0.0

    def write(self, digest: str, content: bytes) -> bool:
        from obstore.exceptions import AlreadyExistsError

        with self.answers():
            try:
                self.bucket.put(key_of(digest), content, mode="create", use_multipart=False)
                return False
            except AlreadyExistsError:
                if is_right(digest, self.bucket.get(key_of(digest)).bytes().to_bytes()):
                    return False
            self.bucket.put(key_of(digest), content, use_multipart=False)
            return True

    def content(self, digest: str) -> bytes:
        with self.answers():
            try:
                content = self.bucket.get(key_of(digest)).bytes().to_bytes()
            except FileNotFoundError:
                self.check()  # a bucket that is missing says the same
                raise FileLost(digest, "is missing") from None
        if not is_right(digest, content):
            raise FileLost(digest, "is damaged")
        return content

    def remove(self, digest: str) -> None:
        with self.answers():
            try:
                self.bucket.delete(key_of(digest))
            except FileNotFoundError:
                self.check()

    def listed(self) -> Iterator[tuple[str, datetime]]:
        with self.answers():
            for page in self.bucket.list():
                for found in page:
                    name = found["path"].rpartition("/")[2]
                    if is_digest(name):
                        yield name, found["last_modified"]

    def check(self) -> None:
        """Lists the first level, at most 256 names: signed, and a bucket that is missing is not an empty one."""
        with self.answers():
            self.bucket.list_with_delimiter()

    @contextmanager
    def answers(self) -> Iterator[None]:
        """Every failure but a lost file is the store's. One that hangs must not hang everybody: it gets a rest."""
        from obstore.exceptions import BaseError

        began = time.monotonic()
        if began < self.rests_until:
            raise StoreAway("the bucket did not answer a moment ago")
        try:
            yield
        except FileLost:
            raise
        except (BaseError, OSError) as error:
            ended = time.monotonic()
            self.rests_until = ended + REST if ended - began > SLOW else 0.0
            raise StoreAway(f"the bucket: {type(error).__name__} {in_one_line(error)}") from error


def in_one_line(error: Exception) -> str:
    return " ".join(str(error).split("Debug source")[0].split())[:300]
