"""Flask without what this app never uses and each request would pay for."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class Messages(SecureCookieSessionInterface):
    """The cookie with messages for the next page: the signer is made only for a request that brings one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


class Portal(Flask):
    session_interface = Messages()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None of our functions is a coroutine: Flask need not ask each of them at each request."""
        return func

    def send_static_file(self, filename: str, version: str = "") -> Response:
        """`version` stands in the address of scripts, so that caches tell old from new; the file is today's."""
        return super().send_static_file(filename)


@contextmanager
def without_collector() -> Iterator[None]:
    """What a start makes stays for good: to look through it for garbage, again and again, is a fifth of the start."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
