"""The chain's head by mail, once a day: whoever keeps these letters can show later that the chain was not cut or made
anew since (reliability 2.3)."""

from flask import Flask, current_app
from sqlalchemy import func, select

from portal import jobs, mail
from portal.clock import now
from portal.db import db
from portal.i18n import DEFAULT, _, fmt, lazy, speaking
from portal.mail import Letter
from portal.signing.models import SealedDocument
from portal.signing.operations import last_place

HOUR_UTC = 16  # midnight in China: the working day is over


def init_app(app: Flask) -> None:
    if app.config["CHAIN_MAIL"]:
        jobs.daily("chain_head", hour_utc=HOUR_UTC)


@jobs.handler("chain_head", words=lazy("Letter with the head of the chain"), again=lazy("Send it again"))
def send_head(job: jobs.Job) -> None:
    if current_app.config["CHAIN_MAIL"]:
        with speaking(DEFAULT):
            written = head_letter()
        mail.send(written, mail.message_id(job))


def head_letter() -> Letter:
    place, moment = last_place(), now()
    day = fmt.date(moment)
    count = db.session.scalar(select(func.count()).select_from(SealedDocument)) or 0
    lines = [
        _("Keep this letter: it shows where the chain of sealed documents ended on this day."),
        _("Date: %(moment)s", moment=moment.isoformat(timespec="seconds")),
        _("Last document: %(n)s", n=place.n),
        _("Its link: %(link)s", link=place.link),
        _("Documents in all: %(count)s", count=count),
    ]
    return Letter(current_app.config["CHAIN_MAIL"], _("Head of the chain, %(day)s", day=day), "\n".join(lines))
