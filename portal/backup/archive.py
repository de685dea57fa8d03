"""The backup's file: a tar that is written and read as a stream, and proves itself.

```
README.txt                 what this is, and how to treat it
secrets/signing.key …      the keys
chain.head                 the chain's head as it was kept apart
rows/TABLE/000001.gz …     rows as JSON lines
files/ab/cd/abcd…          the stored files, each under its SHA-256
manifest.json              the last member: counts and SHA-256 of everything before it
```

A file that breaks off has no manifest. Nothing is read into memory but one member at a time.
"""

import gzip
import hashlib
import io
import json
import os
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = "portal-backup-1"
MANIFEST, README = "manifest.json", "README.txt"
LARGEST = 256 * 1024 * 1024  # of one member; ours are far smaller, and a hostile one must not fill the memory
WORDS = """This is a whole backup of an after-sales service portal.

IT HOLDS SECRETS AND PERSONAL DATA: the keys that seal reports, password hashes, customers' names, addresses, telephone
numbers, signatures and photos. Whoever has this file can read all of it, and can seal in the company's name. Keep it
encrypted, apart from the portal, readable by few, and no longer than needed.

Restore:  .venv/bin/flask --app wsgi restore FILE     (into an empty place; see the portal's README)
It does not hold the settings (PORTAL_* and AWS_* variables) and the company's certificate for printed reports.
"""


class Damaged(Exception):
    """The file is no whole backup: what is wrong with it."""


@dataclass
class Manifest:
    """What a backup says of itself. `members`: SHA-256 of all but the stored files, whose names say it."""

    made_at: str
    revision: str
    engine: str
    epoch: int
    chain_n: int
    chain_link: str
    format: str = FORMAT
    tables: dict[str, list[str]] = field(default_factory=dict)  # table: its columns
    rows: dict[str, int] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    files_digest: str = ""  # SHA-256 over their names, one after the other
    missing: list[str] = field(default_factory=list)  # files that the rows name and the store had lost

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1, sort_keys=True)

    def digest(self) -> str:
        return hashlib.sha256(self.text().encode()).hexdigest()


class Writer:
    """Adds members one after the other; `finish` closes with the manifest."""

    def __init__(self, tar: tarfile.TarFile, manifest: Manifest) -> None:
        self.tar, self.manifest, self.names = tar, manifest, hashlib.sha256()
        self.add(README, WORDS.encode())

    def add(self, name: str, content: bytes) -> None:
        self.manifest.members[name] = hashlib.sha256(content).hexdigest()
        self.put(name, content)

    def add_rows(self, table: str, names: list[str], parts: Iterator[list[list[Any]]]) -> None:
        self.manifest.tables[table], self.manifest.rows[table] = names, 0
        for number, part in enumerate(parts, 1):
            lines = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in part)
            self.add(f"rows/{table}/{number:06d}.gz", gzip.compress(lines.encode("utf-8", "surrogatepass"), 6, mtime=0))
            self.manifest.rows[table] += len(part)

    def add_file(self, digest: str, content: bytes) -> None:
        self.put(f"files/{digest[:2]}/{digest[2:4]}/{digest}", content)
        self.manifest.files += 1
        self.manifest.bytes += len(content)
        self.names.update(digest.encode())

    def finish(self) -> None:
        self.manifest.files_digest = self.names.hexdigest()
        self.put(MANIFEST, self.manifest.text().encode())

    def put(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = len(content), 0o600, int(time.time())
        self.tar.addfile(member, io.BytesIO(content))
        self.tar.members.clear()  # type: ignore[attr-defined]  # else it remembers every one


@contextmanager
def written(path: Path, manifest: Manifest) -> Iterator[Writer]:
    """A new file for its owner only; on the disk when the block ends."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        with tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            yield Writer(tar, manifest)
        file.flush()
        os.fsync(file.fileno())


def members(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and content of every member, in order. Damaged when it is no such file or breaks off."""
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined]
                content = tar.extractfile(member) if member.isreg() and member.size <= LARGEST else None
                if content is None:
                    raise Damaged(f"{member.name} is no member of a backup")
                yield member.name, content.read()
    except (tarfile.TarError, EOFError) as error:
        raise Damaged(f"it cannot be read to its end ({error})") from None


def verified(path: Path) -> Manifest:
    """Reads all of it and compares it with its manifest. Damaged says what is wrong."""
    found: dict[str, str] = {}
    names, count, size, manifest = hashlib.sha256(), 0, 0, None
    for name, content in members(path):
        if manifest is not None:
            raise Damaged("something stands behind its end")
        digest = hashlib.sha256(content).hexdigest()
        if name == MANIFEST:
            manifest = manifest_of(content)
        elif name.startswith("files/"):
            if name != f"files/{digest[:2]}/{digest[2:4]}/{digest}":
                raise Damaged(f"{name} is not what was stored")
            names.update(digest.encode())
            count, size = count + 1, size + len(content)
        elif name in found:
            raise Damaged(f"{name} is there twice")
        else:
            found[name] = digest
    if manifest is None:
        raise Damaged("it breaks off: the manifest at its end is missing")
    if found != manifest.members:
        wrong = sorted(dict(found.items() ^ manifest.members.items()))
        raise Damaged(f"{wrong[0]} is missing or is not what was written")
    if (count, size, names.hexdigest()) != (manifest.files, manifest.bytes, manifest.files_digest):
        raise Damaged("stored files are missing or were exchanged")
    return manifest


def manifest_of(content: bytes) -> Manifest:
    try:
        values = json.loads(content)
        if values.get("format") != FORMAT:
            raise Damaged(f"its format is {values.get('format')!r}, which this version of the portal does not know")
        return Manifest(**values)
    except (ValueError, TypeError, AttributeError):
        raise Damaged("its manifest cannot be read") from None


def rows_in(content: bytes) -> list[list[Any]]:
    lines = gzip.decompress(content).decode("utf-8", "surrogatepass").split("\n")
    return [json.loads(line) for line in lines if line]
