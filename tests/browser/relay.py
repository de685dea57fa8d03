"""A relay in front of the portal that answers some addresses itself: what a new version of the house would say, before
there is one. The browser's own interception does not see how a service worker is updated."""

import http.client
import threading
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class Relay:
    """`url` is the portal's address for the browser; `says["/sw.js"] = (200, text)` is what it says there instead."""

    def __init__(self, port: int) -> None:
        self.says: dict[str, tuple[int, str]] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(port, self.says))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def handler(port: int, says: dict[str, tuple[int, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path in says:
                status, text = says[path]
                self.reply(status, [("Content-Type", "text/javascript"), ("Cache-Control", "no-cache")], text.encode())
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as asked:
                asked.request(self.command, self.path, body, dict(self.headers.items()))
                answer = asked.getresponse()
                headers = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP]
                content = answer.read()
            self.reply(answer.status, headers, content)

        do_POST = do_GET

        def reply(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            with suppress(ConnectionError):  # the page that asked may be gone
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_words: Any) -> None:
            """Quiet."""

    return Handler
