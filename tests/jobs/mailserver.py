"""A real SMTP server for tests: keeps what it takes, answers as it is told, can be away and come back."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from tests.servers import free_port

TAKEN = "250 2.0.0 Taken"


class MailServer:
    """`letters` are the messages it took, in order. `at_receiver` and `at_letter` are its answers."""

    def __init__(self) -> None:
        self.port = free_port()
        self.letters: list[EmailMessage] = []
        self.at_receiver = "250 2.1.5 Known"
        self.at_letter: Callable[[Any], str] = lambda _connection: TAKEN
        self.sign_ins: list[tuple[bytes, bytes]] = []
        self.needs_password = False
        self.seen = threading.Event()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @contextmanager
    def up(self) -> Iterator["MailServer"]:
        sign_in = {"auth_require_tls": False, "authenticator": self.authenticate} if self.needs_password else {}
        controller = Controller(self, hostname="127.0.0.1", port=self.port, **sign_in)
        controller.start()
        try:
            yield self
        finally:
            controller.stop()

    def hold_answers(self) -> threading.Event:
        """From now on letters are taken, but not answered until the event is set."""
        released = threading.Event()

        def answer(_connection: Any) -> str:
            released.wait(30)
            return TAKEN

        self.at_letter = answer
        return released

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        self.sign_ins.append((login.login, login.password))
        return AuthResult(success=login.password == b"p@ss", handled=False)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.at_receiver.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.at_receiver

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        self.seen.set()
        return self.at_letter(server.transport)

    def subjects(self) -> list[str]:
        return [str(letter["Subject"]) for letter in self.letters]
