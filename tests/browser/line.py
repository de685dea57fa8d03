"""A poor line between browser and portal: a relay of bytes that is slow, holds answers back, and cuts some requests'
connections at a random place. It writes down what crosses it, of both ways."""

import random
import re
import select
import socket
import struct
import threading
import time
from collections import Counter
from contextlib import suppress

PIECE = 2048  # bytes that go at once
ANSWER = 0.2  # of the cuts fall into the answer: the work is done, and nobody is told; the others anywhere before it


class Cut(Exception):
    """The connection is cut here."""


class Line:
    """`url` is the portal for the browser. `loss`: the share of requests whose connection is cut; `rate`: bytes a
    second, for all connections together; `delay`: seconds that each answer is held back. All may be changed while it
    runs. `log`: each request's first line, the bytes that crossed of it and its answer, and whether it was cut."""

    def __init__(self, port: int, seed: int, *, rate: float | None = None, loss: float = 0, delay: float = 0) -> None:
        self.portal, self.seed, self.count = port, seed, Counter[str]()
        self.rate, self.loss, self.delay = rate, loss, delay
        self.log: list[tuple[str, int, bool]] = []
        self.lock, self.free = threading.Lock(), 0.0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self.listener.accept()
                threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client: socket.socket) -> None:
        """One request and its answer; then the connection ends, so that each request has one of its own."""
        used, head, cut = [0], b"", False
        with client:
            try:
                head = self.head(client)
                if head:
                    self.exchange(client, head, used)
            except (Cut, OSError):
                cut = True
                with suppress(OSError):  # a reset, as when the signal is gone
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if head:
            self.log.append((head.partition(b" HTTP/")[0].decode(), used[0], cut))

    @staticmethod
    def head(client: socket.socket) -> bytes:
        found = b""
        while b"\r\n\r\n" not in found:
            piece = client.recv(PIECE)
            if not piece:
                return b""
            found += piece
        return found

    def exchange(self, client: socket.socket, found: bytes, used: list[int]) -> None:
        head, _, body = found.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)^content-length: *(\d+)", head, re.MULTILINE)
        left = int(length[1]) if length else 0
        head = re.sub(rb"(?im)^connection: .*\r\n", b"", head + b"\r\n") + b"Connection: close\r\n\r\n"
        up, down = self.places(kind(head), len(head) + left)
        with socket.create_connection(("127.0.0.1", self.portal), 30) as portal:
            self.carry(head + body, portal, used, up)
            left -= len(body)
            while left > 0:
                piece = client.recv(min(PIECE, left))
                if not piece:
                    raise Cut
                left -= len(piece)
                self.carry(piece, portal, used, up)
            while not select.select([portal], [], [], 0.2)[0]:
                if gone(client):
                    raise Cut
            time.sleep(self.delay)
            sent = used[0]
            while piece := portal.recv(PIECE):
                limit = None if down is None else sent + int(down * max(len(piece), 1))
                self.carry(piece, client, used, limit)

    def places(self, what: str, request: int) -> tuple[int | None, float | None]:
        """Where this one is cut: after so many bytes of the request, or at such a share of the answer's first piece.
        The n-th request of its kind always fares the same, whatever else is under way: a run can be repeated."""
        with self.lock:
            self.count[what] += 1
            chance = random.Random(f"{self.seed} {what} {self.count[what]}")
        if chance.random() >= self.loss:
            return None, None
        if chance.random() < ANSWER:
            return None, chance.random()
        return int(chance.random() * request), None

    def carry(self, piece: bytes, to: socket.socket, used: list[int], limit: int | None) -> None:
        """Passes bytes on at the line's pace, up to where it is cut."""
        room = len(piece) if limit is None else max(0, min(len(piece), limit - used[0]))
        used[0] += room
        with self.lock:
            now = time.monotonic()
            wait = 0.0
            if self.rate:
                self.free = max(self.free, now) + room / self.rate
                wait = self.free - now
        time.sleep(wait)
        to.sendall(piece[:room])
        if room < len(piece):
            raise Cut


def kind(head: bytes) -> str:
    """Method and address of a request, without ids, digests and query."""
    return re.sub(r"[0-9a-f-]{32,}", "*", head.decode().split(" HTTP/")[0].partition("?")[0])


def gone(client: socket.socket) -> bool:
    """Whether the browser has closed its side."""
    return bool(select.select([client], [], [], 0)[0]) and not client.recv(1, socket.MSG_PEEK)
