"""Letters as paragraphs, the same words twice: plain, and with links that can be tapped; and what became of one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from portal import jobs, mail
from portal.i18n import TAGS, current_locale, lazy
from portal.mail import Letter

STATES: dict[str, tuple[Any, str]] = {
    # state: (word, kind of tag)
    "sent": (lazy("Sent"), "good"),
    "queued": (lazy("Queued"), "info"),
    "no_server": (lazy("No mail server is set"), "warn"),
    "again": (lazy("Failed, is tried again"), "warn"),
    "stuck": (lazy("Not sent"), "bad"),
    "aside": (lazy("Not sent again"), "neutral"),  # somebody has looked whether it arrived, and decided to leave it
    "not_sent": (lazy("Not sent"), "neutral"),
}


@dataclass(frozen=True)
class Paragraph:
    words: str
    address: str = ""

    @property
    def plain(self) -> str:
        return f"{self.words}\n{self.address}" if self.address else self.words

    @property
    def html(self) -> Markup:
        link = Markup('<br><a href="{0}">{0}</a>').format(self.address) if self.address else ""
        return Markup("<p>{}{}</p>").format(self.words, link)


def written(to: str, subject: str, paragraphs: list[Paragraph], paper: tuple[str, bytes] | None = None) -> Letter:
    """A letter in the language that is spoken now."""
    body = Markup("\n").join(paragraph.html for paragraph in paragraphs)
    html = Markup('<!doctype html>\n<html lang="{}"><meta charset="utf-8"><title>{}</title><body>\n{}\n</body></html>')
    return Letter(
        to=to,
        subject=subject,
        text="\n\n".join(paragraph.plain for paragraph in paragraphs),
        html=html.format(TAGS[current_locale()], subject, body),
        attachments=[(paper[0], "application/pdf", paper[1])] if paper else [],
    )


@dataclass(frozen=True)
class Fate:
    """What became of a letter. `at` is when it was sent or is tried next; `why` is the last failure in the reader's
    language."""

    state: str
    at: datetime | None = None
    why: str = ""

    @property
    def word(self) -> str:
        return str(STATES[self.state][0])

    @property
    def kind(self) -> str:
        return STATES[self.state][1]


def fate(job: jobs.Job) -> Fate:
    """Read from the job that carries the letter."""
    why = jobs.error_words(job.error)
    if job.state == jobs.DONE:
        return Fate("sent", job.finished_at)
    if job.state == jobs.STUCK:
        return Fate("stuck", job.finished_at, why)
    if job.state == jobs.ASIDE:
        return Fate("aside", job.finished_at, why)
    if not mail.is_configured():
        return Fate("no_server")
    if job.state == jobs.WAITING and job.attempts:
        return Fate("again", job.due_at, why)
    return Fate("queued")
