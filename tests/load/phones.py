"""Many phones in one thread: plain HTTP over asyncio's streams, so that the crowd costs little beside the server that
it is sent to. A phone does what the outbox promises: in order, the same entry again until there is proof.
"""

import asyncio
import hashlib
import json
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from portal.receipts import content_digest

AGENT = "Mozilla/5.0 (Linux; Android 14; Pixel 7) Chrome/131.0 Mobile Safari/537.36"
BOUNDARY = "------a-photo-of-the-load-tests"
AGAIN = {429, 502, 503, 504}  # what load may answer: the entry is kept and sent again
PATIENCE = 60.0  # seconds that a phone waits for an answer
STEPS = 0.25  # seconds between two pieces of a slow upload


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Entry:
    """A form as it waits in a phone. It freezes at its first try: the id never changes."""

    path: str
    fields: dict[str, str]
    photo: bytes | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def sha256(self) -> str:
        return content_digest(self.path, list(self.fields.items()), [("photo", self.photo)] if self.photo else None)

    def body(self, token: str) -> tuple[str, bytes]:
        """(content type, bytes) of the form as a browser sends it."""
        fields = {"csrf_token": token, "entry_id": self.id, **self.fields}
        if self.photo is None:
            return "application/x-www-form-urlencoded", urlencode(fields).encode()
        parts = [
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="p.jpg"\r\n'
        parts += [f"{head}Content-Type: image/jpeg\r\n\r\n".encode(), self.photo, f"\r\n--{BOUNDARY}--\r\n".encode()]
        return f"multipart/form-data; boundary={BOUNDARY}", b"".join(parts)


class Lost(Exception):
    """The connection broke. When something was `sent`, nobody knows whether the entry arrived."""

    def __init__(self, error: Exception, *, sent: bool) -> None:
        super().__init__(repr(error))
        self.sent = sent


class Phone:
    """One session on one connection that is kept open. `answers` counts what came, and what did not."""

    def __init__(self, port: int, cookie: str, token: str, patience: float = PATIENCE) -> None:
        self.port, self.cookie, self.token, self.patience = port, cookie, token, patience
        self.answers: Counter[int | str] = Counter()
        self.longest_pause = 5.0  # seconds
        self.without_advice = 0  # refusals for load that did not say when to come again
        self.stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Answer:
        return await self.ask("GET", path)

    async def post(self, entry: Entry, bytes_per_second: float = 0) -> Answer:
        """One try. With `bytes_per_second` the body goes out in small pieces, as over a bad network."""
        kind, body = entry.body(self.token)
        return await self.ask("POST", entry.path, {"Content-Type": kind, "X-Outbox": "1"}, body, bytes_per_second)

    async def deliver(self, entry: Entry, bytes_per_second: float = 0) -> Answer:
        """The same entry again until there is proof. Waits as the answer says, else longer each time."""
        pause = min(0.1, self.longest_pause)
        while True:
            try:
                answer = await self.post(entry, bytes_per_second)
            except Lost as lost:
                self.answers["lost" if lost.sent else "not reached"] += 1
            else:
                self.answers[answer.status] += 1
                if answer.status not in AGAIN:
                    return proved(entry, answer)
                advice = answer.headers.get("retry-after")
                self.without_advice += advice is None
                pause = float(advice or pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, self.longest_pause)

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b"", rate: float = 0
    ) -> Answer:
        lines = {"Host": "portal", "Cookie": f"session={self.cookie}", "User-Agent": AGENT, **(headers or {})}
        if method == "POST":
            lines["Content-Length"] = str(len(body))
        head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        sent = False
        try:
            async with asyncio.timeout(self.patience + (len(body) / rate if rate else 0)):
                reader, writer = await self.connect()
                sent = True
                if not rate:
                    writer.write(f"{head}\r\n".encode() + body)
                else:
                    writer.write(f"{head}\r\n".encode())
                    await trickle(writer, body, rate)
                await writer.drain()
                return await self.receive(reader)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            self.close()
            raise Lost(error, sent=sent) from error

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.stream is None or self.stream[1].is_closing() or self.stream[0].at_eof():
            self.close()
            self.stream = await asyncio.open_connection("127.0.0.1", self.port, limit=2**20)
        return self.stream

    async def receive(self, reader: asyncio.StreamReader) -> Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.rstrip().split("\r\n")
        version, status = first.split(" ")[:2]
        headers = {name.lower(): value.strip() for name, _colon, value in (line.partition(":") for line in rest)}
        length = headers.get("content-length")
        body = await reader.readexactly(int(length)) if length is not None else await reader.read()
        if version == "HTTP/1.0" or length is None or headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(int(status), headers, body)

    def close(self) -> None:
        if self.stream is not None:
            self.stream[1].close()
        self.stream = None


async def trickle(writer: asyncio.StreamWriter, body: bytes, rate: float) -> None:
    size = max(1, int(rate * STEPS))
    for start in range(0, len(body), size):
        writer.write(body[start : start + size])
        await writer.drain()
        await asyncio.sleep(STEPS)


def proved(entry: Entry, answer: Answer) -> Answer:
    """The answer, when it echoes the entry's id and content. Anything else proves nothing and ends the test."""
    said = answer.json
    if answer.status not in (200, 201, 202) or (said["entry_id"], said["sha256"]) != (entry.id, entry.sha256):
        raise AssertionError(f"{entry.path} {entry.fields} answered {answer.status}: {answer.body[:500]!r}")
    return answer


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
