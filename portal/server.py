"""Serves the portal: `python -m portal.server`.

One process, eight threads. Waitress reads a whole request before it takes a thread, so that a slow phone with a
photo holds up nobody. At SIGTERM running requests are answered first: an acknowledged entry is never cut off.
"""

import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from waitress.server import create_server
from werkzeug.wsgi import ClosingIterator

from portal import create_app, memory
from portal.config import UPLOAD_LIMIT
from portal.db import db
from portal.epoch import ensure_whole
from portal.framing import Channel
from portal.front import Front
from portal.schema import ensure_current

THREADS = 8
LOCAL = "127.0.0.1"  # behind the front nobody else may ask
PATIENCE = 10.0  # seconds that a stop waits for running requests
LAST_BYTES = 0.3  # seconds for the answers to leave the buffers

FORWARDED = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Counted:
    """A WSGI app that knows how many of its requests are running."""

    def __init__(self, app: WsgiApp) -> None:
        self.app = app
        self.running = 0
        self.changed = threading.Condition()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.count(+1)
        try:
            answer = self.app(environ, start_response)
        except BaseException:
            self.count(-1)
            raise
        return ClosingIterator(answer, lambda: self.count(-1))

    def count(self, step: int) -> None:
        with self.changed:
            self.running += step
            self.changed.notify_all()

    def wait_until_idle(self, seconds: float) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.running == 0, seconds)


def main() -> None:
    app = create_app()
    ensure_whole(app.config["INSTANCE"])
    with app.app_context():
        ensure_current()
        db.engine.dispose()
    serve(app, app.config["HOST"], app.config["PORT"], app.config["PROXIES"], tls=app.config["TLS"])


def serve(
    app: WsgiApp,
    host: str,
    port: int,
    proxies: int = 0,
    *,
    tls: tuple[Path, Path] | None = None,
    renew: Callable[[], bool] | None = None,
    known_as: str = "",
) -> None:
    """Runs until SIGTERM or Ctrl-C. Port 0 takes any free one. `proxies`: how many stand in front and are believed;
    `tls`: files of certificate and key; `renew`: makes them anew when it is time; `known_as`: the host to print."""
    memory.keep_small()
    counted = Counted(app)
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a full queue is load, not news
    front = None
    try:
        if tls:
            front = Front(open_door(host, port), *tls, renew)
            server = listen(counted if proxies else front.known(counted), LOCAL, 0, proxies, scheme="https")
        else:
            server = listen(counted, host, port, proxies)
    except OSError as error:
        sys.exit(f"Cannot listen on {host}, port {port}: {error.strerror}. PORTAL_PORT=8001 takes another port.")
    signal.signal(signal.SIGTERM, stopper(counted, server, front))
    gc.collect()
    gc.freeze()  # what start-up made stays: the collector need not walk it again during requests
    if front:
        front.start(LOCAL, server.effective_port)
    for address in [address_of(known_as or host, front.port, "https")] if front else addresses(host, server):
        print(f"Serving on {address} (Ctrl-C stops)", flush=True)
    server.run()


def open_door(host: str, port: int) -> socket.socket:
    """The public port, when waitress does not open it itself."""
    family, _kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(address[:2], family=family, backlog=1024)


def listen(app: WsgiApp, host: str, port: int, proxies: int = 0, scheme: str = "http") -> Any:
    believed: dict[str, Any] = {
        "trusted_proxy": "*",
        "trusted_proxy_count": proxies,
        "trusted_proxy_headers": FORWARDED,
    }
    server = create_server(
        app,
        host=host,
        port=port,
        threads=THREADS,
        ident=None,
        url_scheme=scheme,
        # Above the app's own limit, so that a picture too large gets the app's page, which says the limit.
        max_request_body_size=4 * UPLOAD_LIMIT,
        connection_limit=500,
        channel_timeout=60,
        clear_untrusted_proxy_headers=True,
        **(believed if proxies else {}),
    )
    for door in doors(server):
        door.channel_class = Channel
    return server


def stopper(counted: Counted, server: Any, front: Front | None = None) -> Callable[[int, FrameType | None], None]:
    """The SIGTERM handler: lets nobody new in, so that a proxy goes elsewhere at once, and waits in a thread of its
    own, because the main thread still has to send the answers.

    A second SIGTERM stops at once. SIGINT would not do for that: whoever is started in the background ignores it.
    """

    main_thread = threading.get_ident()

    def drain() -> None:
        counted.wait_until_idle(PATIENCE)
        time.sleep(LAST_BYTES)
        signal.pthread_kill(main_thread, signal.SIGTERM)  # wakes it from waiting for connections

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, stop_now)
        if front:
            front.close()
        close_doors(server)
        threading.Thread(target=drain, name="drain", daemon=True).start()

    return stop


def close_doors(server: Any) -> None:
    """New connections are refused from here on; those that stand are served to their end."""
    for door in doors(server):
        door.accepting = False
        door.socket.shutdown(socket.SHUT_RDWR)


def doors(server: Any) -> list[Any]:
    """What listens: one, or several for a name with several addresses."""
    sockets = getattr(server, "map", None) or server._map
    return [door for door in sockets.values() if door.accepting]


def stop_now(_number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit


def addresses(host: str, server: Any) -> Iterator[str]:
    """What to type into a browser. A name such as localhost may stand for several addresses."""
    found = getattr(server, "effective_listen", None) or [(server.effective_host, server.effective_port)]
    for real_host, port in found:
        yield address_of(host if len(found) == 1 else real_host, port)


def address_of(host: str, port: int, scheme: str = "http") -> str:
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}/"


if __name__ == "__main__":
    main()
