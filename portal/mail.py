"""Letters by SMTP: made, sent once, and refused in words that hold nothing about the receiver.

A letter is sent by a job (`portal/jobs.py`). Everything before the last dot of the letter can fail without harm and is
tried again; once the dot is out and no answer comes back, the server may have taken the letter, and a person decides.
Logs and jobs keep the server's numbers only: its texts repeat addresses.
"""

import ipaddress
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app

from portal import files, jobs
from portal.clock import now
from portal.db import let_go
from portal.forms import plain
from portal.i18n import lazy

TIMEOUT = 20.0  # seconds for each step of the talk with the server
LAST_TIMEOUT = 120.0  # for the answer to the whole letter: many servers look for viruses first (RFC 5321, 4.5.3.2)
ADDRESS_LIMIT = 200
SUBJECT_LIMIT, NAME_LIMIT = 300, 150
DEFAULT_PORTS = {"smtp": 25, "smtps": 465}
POLICY = SMTP.clone(cte_type="7bit")  # passes every server, however old
LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
HOST_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
STATUS = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")

NO_SERVER = lazy("no mail server is set")
NO_ANSWER = lazy("the mail server cannot be reached")
NO_SIGN_IN = lazy("the mail server does not accept the user or password")
NO_ENCRYPTION = lazy("the mail server offers no encryption, so the password was not sent")
NO_TRUST = lazy("the mail server's certificate is not trusted")
PUT_OFF = lazy("the mail server asks to try later")
REFUSED = lazy("the mail server refused the letter")
NO_ADDRESS = lazy("this is not an e-mail address")
CUT_OFF = lazy("the connection broke at the end: may have been sent")


class MailFailed(jobs.Failed):
    """Not sent; another try may succeed."""


class MailRefused(jobs.Refused):
    """Not sent, and the server will not take this letter."""


class MailUncertain(jobs.Uncertain):
    """The whole letter was handed over, but no answer came."""


@dataclass(frozen=True)
class Letter:
    """One letter to one address. `attachments` are (file name, media type, bytes)."""

    to: str
    subject: str
    text: str
    html: str | None = None
    attachments: list[tuple[str, str, bytes]] = field(default_factory=list)


def is_address(text: str) -> bool:
    """Whether this is one plain e-mail address that can be written to: at most 200 characters, no display name, a
    domain with a dot (also one in Chinese or another script)."""
    local, at, domain = text.rpartition("@")
    if not at or len(text) > ADDRESS_LIMIT or len(local) > 64 or not LOCAL_PART.fullmatch(local):
        return False
    labels = ascii_domain(domain).split(".")
    return len(labels) > 1 and all(map(HOST_LABEL.fullmatch, labels)) and not labels[-1].isdigit()


def ascii_domain(domain: str) -> str:
    """The domain as mail servers write it ("xn--…"), empty when it cannot be one."""
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


def is_configured() -> bool:
    return bool(current_app.config["SMTP_URL"])


def message_id(job: jobs.Job) -> str:
    """The same for every try of a job, so that a receiver can tell a repeat."""
    return f"<{job.id}@{sender().domain}>"


def sender() -> Address:
    """PORTAL_MAIL_FROM, else portal@ the public address or the mail server."""
    name, address = parseaddr(current_app.config["MAIL_FROM"])
    if not address:
        return Address(username="portal", domain=own_domain())
    local, _at, domain = address.rpartition("@")
    return Address(one_line(name, NAME_LIMIT), local, ascii_domain(domain) or domain)


def own_domain() -> str:
    hosts = [urlsplit(current_app.config[key]).hostname or "" for key in ("PUBLIC_URL", "SMTP_URL")]
    return next((ascii_domain(host) for host in hosts if is_address(f"portal@{host}")), "localhost")


def send(letter: Letter, message_id: str) -> None:
    """Hands the letter to the mail server. Returns when the server has taken it.

    Raises jobs.NotYet (no server is set), MailFailed, MailRefused or MailUncertain. To be called before anything is
    written to the database: an open transaction is let go.
    """
    if not is_configured():
        raise jobs.NotYet(NO_SERVER)
    if not is_address(letter.to):
        raise MailRefused(NO_ADDRESS)
    message = composed(letter, message_id)
    let_go()
    with talk() as server:
        hand_over(server, message, sender().addr_spec, receiver(letter.to).addr_spec)


def composed(letter: Letter, message_id: str) -> EmailMessage:
    message = EmailMessage(policy=POLICY)
    message["From"] = sender()
    message["To"] = receiver(letter.to)
    message["Subject"] = one_line(letter.subject, SUBJECT_LIMIT)
    message["Date"] = format_datetime(now())
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"  # keeps absence notices from answering
    message.set_content(plain(letter.text) + "\n")
    if letter.html is not None:
        message.add_alternative(plain(letter.html) + "\n", subtype="html")
    for name, media_type, content in letter.attachments:
        maintype, _slash, subtype = media_type.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=one_line(name, NAME_LIMIT))
    return message


def receiver(address: str) -> Address:
    local, _at, domain = address.rpartition("@")
    return Address(username=local, domain=ascii_domain(domain))


def one_line(text: str, limit: int) -> str:
    """No line end survives, so that nothing typed by a person can become a header."""
    return " ".join(plain(text).split())[:limit]


@contextmanager
def talk() -> Iterator[smtplib.SMTP]:
    """A connection to the mail server, encrypted if it can be, signed in if we have a user."""
    address = urlsplit(current_app.config["SMTP_URL"])
    server = connected(address)
    try:
        yield server
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def connected(address: SplitResult) -> smtplib.SMTP:
    host, port = address.hostname or "", address.port or DEFAULT_PORTS[address.scheme]
    with troubles():
        if address.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=trusted(is_here(host)))
        else:
            server = smtplib.SMTP(host, port, timeout=TIMEOUT)
        try:
            prepare(server, address)
        except BaseException:
            server.close()
            raise
    return server


def prepare(server: smtplib.SMTP, address: SplitResult) -> None:
    host = address.hostname or ""
    encrypted = address.scheme == "smtps"
    server.ehlo_or_helo_if_needed()
    if not encrypted and server.has_extn("starttls"):
        server.starttls(context=trusted(is_here(host)))
        server.ehlo_or_helo_if_needed()
        encrypted = True
    if not address.username:
        return
    if not encrypted and not is_here(host):
        raise MailFailed(NO_ENCRYPTION)
    server.login(unquote(address.username), unquote(address.password or ""))


@cache
def trusted(here: bool) -> ssl.SSLContext:
    """Certificates are checked, but for a relay on this very machine, where they prove nothing. Made once, because
    reading the system's certificates takes longer than a letter.
    """
    context = ssl.create_default_context()
    if here:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def hand_over(server: smtplib.SMTP, message: EmailMessage, sender: str, receiver: str) -> None:
    """The envelope and the letter. smtplib's own `sendmail` does not say whether the letter was out when it failed."""
    content = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
    with troubles():
        expect(server.mail(sender), 250)
        expect(server.rcpt(receiver), 250, 251)
        expect(server.docmd("DATA"), 354)
        server.send(content + b".\r\n")
    try:
        if server.sock:
            server.sock.settimeout(LAST_TIMEOUT)
        answer = server.getreply()
    except (smtplib.SMTPException, OSError):
        raise MailUncertain(CUT_OFF) from None
    expect(answer, 250)
    jobs.had_effect()


def expect(answer: tuple[int, bytes], *good: int) -> None:
    """MailRefused for a final no (5xx) and MailFailed for a temporary one, with the server's numbers."""
    code, text = answer
    if code in good:
        return
    status = STATUS.match(text)
    numbers = f"{code} {status[1].decode('ascii')}" if status else str(code)
    if 500 <= code < 600:
        raise MailRefused(REFUSED, numbers)
    raise MailFailed(PUT_OFF if code > 0 else NO_ANSWER, numbers)


@contextmanager
def troubles() -> Iterator[None]:
    """What goes wrong before the letter is out, in our words. A wrong setting is no fault of the letter's: it is tried
    again, so that it goes out once the setting is mended."""
    try:
        yield
    except smtplib.SMTPAuthenticationError as error:
        raise MailFailed(NO_SIGN_IN, str(error.smtp_code)) from None
    except ssl.SSLCertVerificationError:
        raise MailFailed(NO_TRUST) from None
    except smtplib.SMTPResponseException as error:
        raise MailFailed(PUT_OFF, str(error.smtp_code)) from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailFailed(NO_ANSWER, type(error).__name__) from None


@jobs.handler("mail", words=lazy("Mail"), again=lazy("Send it again"))
def deliver(job: jobs.Job) -> None:
    """Payload: to, subject, text, html (optional), attachments: [{name, type, digest}] of `portal.files`."""
    send(letter_of(job.payload), message_id(job))
    job.payload = {}  # it holds personal data, and nobody needs it any more


def letter_of(payload: dict[str, Any]) -> Letter:
    parts = [(part["name"], part["type"], files.read(part["digest"])) for part in payload.get("attachments", [])]
    return Letter(payload["to"], payload["subject"], payload["text"], payload.get("html"), parts)
