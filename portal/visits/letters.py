"""停止使用: the letter that tells the customer's contact at once that a unit must not be used (SR-09).

Its job writes it when it is sent, so that a queue holds no name.
"""

import uuid

from portal import jobs, letters, mail
from portal.calls.models import Visit
from portal.customers.models import UseStop
from portal.db import db
from portal.i18n import _, fmt, label, lazy, speaking
from portal.letters import Fate, Paragraph
from portal.mail import Letter

KIND = "use_stop"
NOT_SENT = "not_sent"  # in a job that is done: the unit was released, or nobody can be written to any more


def tell_customer(stop: UseStop, visit: Visit) -> None:
    """Enqueues the letter in the transaction of the stop, if the contact has an address."""
    if visit.call.contact is not None and visit.call.contact.email:
        jobs.enqueue(KIND, key=f"{KIND}:{stop.id}", about=about(stop), stop=str(stop.id))


def about(stop: UseStop) -> str:
    return f"{KIND}:{stop.id}"


@jobs.handler(KIND, words=lazy("Letter: a unit must not be used"), again=lazy("Send it again"))
def send_stop(job: jobs.Job) -> None:
    """Payload: stop. A unit that was released meanwhile is not warned about."""
    stop = db.session.get_one(UseStop, uuid.UUID(job.payload["stop"]))
    visit = db.session.get_one(Visit, stop.source_id)
    contact = visit.call.contact
    if contact is None or not contact.email or stop.release is not None:
        job.payload = job.payload | {NOT_SENT: True}
        return
    with speaking(visit.call.customer.locale):
        letter = stop_letter(stop, visit, contact.email)
    mail.send(letter, mail.message_id(job))


def stop_letter(stop: UseStop, visit: Visit, email: str) -> Letter:
    call, unit = visit.call, stop.equipment
    name = f"{label(unit.product)} {unit.product.model}" if unit else _("the machine of %(number)s", number=call.number)
    plate = " · ".join(filter(None, [unit.serial_no, unit.location])) if unit else ""
    provider, hotline = label(call.branch), call.branch.hotline
    return letters.written(
        email,
        _("Do not use: %(unit)s", unit=name),
        [
            Paragraph(_("Dear %(name)s,", name=call.contact.name if call.contact else call.customer.name)),
            Paragraph(_("This unit must not be used until we tell you that it is safe again:")),
            Paragraph(" · ".join(filter(None, [name, plate, call.site.name]))),
            Paragraph(_("What was found: %(reason)s", reason=stop.reason)),
            Paragraph(
                _(
                    "Found on %(when)s by %(name)s, %(provider)s. Keep people away from it: fence it off or lock it.",
                    when=fmt.datetime(stop.recorded_at, visit.zone),
                    name=stop.person.name,
                    provider=provider,
                )
            ),
            Paragraph(_("Questions? Call %(provider)s: %(hotline)s", provider=provider, hotline=hotline)),
        ],
    )


def fate_of(stop: UseStop) -> Fate | None:
    """What became of the letter; None when nobody could be written to."""
    found = jobs.about(about(stop))
    if not found:
        return None
    fate = letters.fate(found[0])
    if fate.state == "sent" and found[0].payload.get(NOT_SENT):
        return Fate("not_sent", fate.at, _("The unit was released before the letter went out."))
    return fate
