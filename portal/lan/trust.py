"""The page that a phone can open before it trusts us: plain http, on a port of its own. It serves the authority's
certificate and the steps in four languages, and sends everything else to https."""

import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask
from markupsafe import Markup
from waitress.server import create_server
from werkzeug.wrappers import Request, Response

from portal.i18n import LOCALES, TAGS, speaking
from portal.lan.authority import Authority

CERTIFICATE, STYLE = "/ca.crt", "/trust.css"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class TrustPage:
    """`host` is where the portal is when a phone does not say what it asked for; `port`: of its https."""

    def __init__(self, app: Flask, authority: Authority, host: str, port: int) -> None:
        self.app = app
        self.authority = authority
        self.host = host
        self.port = port
        self.style = (app.jinja_env.get_template("lan/trust.css").render()).encode()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = self.answer(Request(environ))
        response.headers.extend(HEADERS)
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers={"Allow": "GET, HEAD"})
        if request.path == "/":
            return Response(self.page(self.portal(request)), mimetype="text/html")
        if request.path == CERTIFICATE:
            # This type makes an iPhone offer to install it; without a disposition, which would only store it.
            return Response(self.authority.der, content_type="application/x-x509-ca-cert")
        if request.path == STYLE:
            return Response(self.style, mimetype="text/css")
        asked = request.full_path.removesuffix("?")
        return Response(status=302, headers={"Location": self.portal(request).rstrip("/") + asked})

    def portal(self, request: Request) -> str:
        """The portal's address under the name that this phone found us by."""
        asked = re.fullmatch(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?", request.headers.get("Host", ""))
        return f"https://{asked[1] if asked else self.host}:{self.port}/"

    def page(self, portal: str) -> str:
        steps = self.app.jinja_env.get_template("lan/_steps.html")
        with self.app.app_context():
            languages = []
            for locale, name in LOCALES.items():
                with speaking(locale):
                    languages.append((TAGS[locale], name, Markup(steps.render(portal=portal, certificate=CERTIFICATE))))
            page = self.app.jinja_env.get_template("lan/trust.html")
            return page.render(portal=portal, languages=languages, style=STYLE, fingerprint=self.authority.fingerprint)


def serve_beside(page: TrustPage, host: str, port: int) -> None:
    """Opens the page in a thread of its own, which ends with the process. Ends the start when the port is taken."""
    try:
        server = create_server(page, host=host, port=port, threads=2, ident=None, max_request_body_size=1024)
    except OSError as error:
        raise SystemExit(
            f"Cannot listen on {host}, port {port}, for the page that phones open first: {error.strerror}.\n"
            "PORTAL_PORT=8010 takes 8010 and, for this page, 8011."
        ) from error
    threading.Thread(target=server.run, name="trust", daemon=True).start()
