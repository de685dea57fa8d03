"""TLS in front of waitress, which speaks none: takes it off each connection and hands the bytes on, to a door of
waitress that only this machine can reach and that answers nobody else.

The standard library's asyncio does the work, in a thread of its own, and nothing here reads HTTP: a slow phone costs a
few kilobytes and no thread, and what a browser and waitress say to each other stays one conversation. Whom a
connection came from is not written into it either: waitress is asked at a port of our own, and `Front.visitors` knows
who stands behind each.

Who speaks plain http to the port is sent to https.
"""

import asyncio
import errno
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

PATIENCE = 10  # seconds for a first word, a handshake, a goodbye
STALLED = 60  # seconds in which a phone takes nothing of its answer
CONNECTIONS = 500
PIECE = 64 * 1024
HEAD = 8 * 1024  # bytes of a plain request that are looked at
LOOK_AGAIN = 60  # seconds between two looks at the certificate
HANDSHAKE = b"\x16"  # how every TLS connection begins
CLOSED = (errno.EINVAL, errno.EBADF)

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def context_for(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or newer with this certificate. Ends the start when the files do not fit."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        load(context, certificate, key)
    except OSError as error:  # ssl.SSLError is one
        reason = "key and certificate do not belong together" if "MISMATCH" in str(error) else error.strerror or error
        raise SystemExit(
            f"PORTAL_TLS_CERT ({certificate}) and PORTAL_TLS_KEY ({key}) cannot be used: {reason}.\n"
            "They are PEM files: the certificate with those between it and its authority, the key without a password."
        ) from error
    return context


def load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    context.load_cert_chain(certificate, key, password=lambda: "")  # nobody is there to be asked for one


class Front:
    """The public port. `renew` is asked once a minute and says whether the certificate's files are new."""

    def __init__(self, door: socket.socket, certificate: Path, key: Path, renew: Callable[[], bool] | None = None):
        self.door = door
        self.files = (certificate, key)
        self.context = context_for(certificate, key)
        self.seen = self.stamp()
        self.renew = renew or self.is_newer
        self.visitors: dict[str, str] = {}
        self.inner: tuple[str, int] = ("", 0)
        self.pairs: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        return int(self.door.getsockname()[1])

    def start(self, host: str, port: int) -> None:
        """From here on connections are taken and handed on to waitress at `host` and `port`."""
        self.inner = (host, port)
        threading.Thread(target=lambda: asyncio.run(self.run()), name="front", daemon=True).start()

    def close(self) -> None:
        """New connections are refused from here on; those that stand are served to their end."""
        with suppress(OSError):
            self.door.shutdown(socket.SHUT_RDWR)

    async def run(self) -> None:
        self.door.setblocking(False)
        watch = asyncio.create_task(self.watch())
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, address = await loop.sock_accept(self.door)
            except OSError as error:
                if error.errno in CLOSED:
                    break
                await asyncio.sleep(0.1)  # no more files may be opened just now
                continue
            if len(self.pairs) >= CONNECTIONS:
                connection.close()
                continue
            pair = asyncio.create_task(self.serve(connection, str(address[0])))
            self.pairs.add(pair)
            pair.add_done_callback(self.pairs.discard)
        watch.cancel()
        while self.pairs:
            await asyncio.wait(self.pairs)

    async def watch(self) -> None:
        """A certificate that was renewed serves from the next connection on."""
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            with suppress(OSError):  # half written: the old one goes on
                if await asyncio.to_thread(self.renew):
                    load(self.context, *self.files)

    def stamp(self) -> tuple[int, ...]:
        return tuple(path.stat().st_mtime_ns for path in self.files)

    def is_newer(self) -> bool:
        before, self.seen = self.seen, self.stamp()
        return self.seen != before

    async def serve(self, connection: socket.socket, visitor: str) -> None:
        """One connection from its first byte to its end. Whatever breaks on the way ends this one alone."""
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                speaks_tls = await asyncio.wait_for(first_byte(connection), PATIENCE) == HANDSHAKE
                reader, writer = await opened(connection, self.context if speaks_tls else None)
            except BaseException:
                connection.close()
                raise
            try:
                if speaks_tls:
                    await self.hand_on(reader, writer, visitor)
                else:
                    writer.write(redirection(await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)))
            except asyncio.LimitOverrunError:
                pass  # no browser's request
            finally:
                await farewell(writer)

    async def hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, visitor: str) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(*self.inner)
        own_port = str(inner_writer.get_extra_info("sockname")[1])
        self.visitors[own_port] = visitor
        try:
            ways = [asyncio.create_task(pump(reader, inner_writer)), asyncio.create_task(pump(inner_reader, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        finally:
            await farewell(inner_writer)
            del self.visitors[own_port]

    def known(self, app: WsgiApp) -> WsgiApp:
        """The app as waitress asks it behind the front: with the visitor's address, and for nobody who came past it."""

        def ask(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            visitor = self.visitors.get(environ["REMOTE_PORT"])
            if visitor is None:
                start_response("403 Forbidden", [("Content-Type", "text/plain"), ("Content-Length", "0")])
                return []
            environ["REMOTE_ADDR"] = environ["REMOTE_HOST"] = visitor
            environ["SERVER_PORT"] = str(self.port)
            return app(environ, start_response)

        return ask


async def first_byte(connection: socket.socket) -> bytes:
    """What the other side begins with, left where it is."""
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    said = loop.create_future()

    def answer() -> None:
        if not said.done():
            said.set_result(None)

    loop.add_reader(connection, answer)
    try:
        await said
    finally:
        loop.remove_reader(connection)
    return connection.recv(1, socket.MSG_PEEK)


async def opened(
    connection: socket.socket, context: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """As `asyncio.start_server` makes them, for a connection that was accepted already."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=HEAD if context is None else PIECE)
    protocol = asyncio.StreamReaderProtocol(reader)
    patience = {} if context is None else {"ssl_handshake_timeout": PATIENCE, "ssl_shutdown_timeout": PATIENCE}
    transport, _protocol = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context, **patience)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while piece := await reader.read(PIECE):
        writer.write(piece)
        await asyncio.wait_for(writer.drain(), STALLED)


async def farewell(writer: asyncio.StreamWriter) -> None:
    """Sends what is still to be sent and closes."""
    writer.close()
    try:
        await asyncio.wait_for(writer.wait_closed(), STALLED)
    except (OSError, TimeoutError):
        writer.transport.abort()


def redirection(head: bytes) -> bytes:
    """The answer to a plain request: the same address with https. A form that was sent plainly is not sent on."""
    asked = re.match(rb"(GET|HEAD) (/[\x21-\x7e]*) HTTP/1\.[01]\r\n", head)
    host = re.search(rb"\r\n[Hh]ost: *([A-Za-z0-9.:\[\]-]+) *\r\n", head)
    if asked is None or host is None:
        return b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    where = b"https://" + host[1] + asked[2]
    return (
        b"HTTP/1.1 302 Found\r\nLocation: " + where + b"\r\nCache-Control: no-store\r\n"
        b"Content-Length: 0\r\nConnection: close\r\n\r\n"
    )
