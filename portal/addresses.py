"""Whole addresses for letters and QR codes, which people open outside of the page that shows them."""

from flask import current_app, has_request_context, request

ALL_INTERFACES = ("0.0.0.0", "::", "")


def absolute(path: str) -> str:
    """The address of `path` (from the portal's root, "/s/…"): under PORTAL_PUBLIC_URL, else where the page at hand was
    asked for; a worker, which was asked by nobody, names the address that the portal listens on."""
    if current_app.config["PUBLIC_URL"]:
        return str(current_app.config["PUBLIC_URL"]) + path
    if has_request_context():
        return request.url_root.rstrip("/") + path
    return own_address() + path


def own_address() -> str:
    host = str(current_app.config["LAN"] or current_app.config["HOST"])
    host = "127.0.0.1" if host in ALL_INTERFACES else f"[{host}]" if ":" in host else host
    scheme = "https" if current_app.config["TLS"] else "http"
    return f"{scheme}://{host}:{current_app.config['PORT']}"
