"""停止使用: the letters that tell the customer's contact, supervisors and dispatchers at once that a unit must not be
used (SR-09).

A letter's job writes it when it is sent, so that a queue holds no name and no address.
"""

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from portal import jobs, letters, mail
from portal.accounts.models import Person
from portal.accounts.operations import to_be_warned
from portal.addresses import absolute
from portal.calls.models import Visit
from portal.customers.models import UseStop
from portal.db import db
from portal.i18n import _, fmt, label, lazy, offered, speaking
from portal.letters import Fate, Paragraph
from portal.mail import Letter

KIND, OFFICE_KIND = "use_stop", "use_stop_office"
NOT_SENT = "not_sent"  # in a job that is done: the unit was released, or nobody can be written to any more


def tell_customer(stop: UseStop, visit: Visit) -> None:
    """Enqueues the letter in the transaction of the stop, if the contact has an address."""
    if visit.call.contact is not None and visit.call.contact.email:
        jobs.enqueue(KIND, key=f"{KIND}:{stop.id}", about=about(stop), stop=str(stop.id))


def tell_office(stop: UseStop) -> None:
    """A letter of their own to each supervisor and dispatcher who has an address; the others see it on their pages."""
    for person in to_be_warned():
        if person.email:
            jobs.enqueue(
                OFFICE_KIND,
                key=f"{OFFICE_KIND}:{stop.id}:{person.id}",
                about=about(stop),
                stop=str(stop.id),
                person=str(person.id),
            )


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


@jobs.handler(OFFICE_KIND, words=lazy("Letter to the office: a unit must not be used"), again=lazy("Send it again"))
def send_to_office(job: jobs.Job) -> None:
    """Payload: stop, person. Whoever has left or has no address any more is not written to."""
    stop = db.session.get_one(UseStop, uuid.UUID(job.payload["stop"]))
    person = db.session.get_one(Person, uuid.UUID(job.payload["person"]))
    if not person.active or not person.email or stop.release is not None:
        job.payload = job.payload | {NOT_SENT: True}
        return
    with speaking(person.locale or offered()[0]):
        letter = office_letter(stop, db.session.get_one(Visit, stop.source_id), person)
    mail.send(letter, mail.message_id(job))


def office_letter(stop: UseStop, visit: Visit, person: Person) -> Letter:
    """What a supervisor has to know: which unit, where, why, whom to call, and where to clear it."""
    call = visit.call
    contact = " ".join(filter(None, [call.contact.name, call.contact.phone])) if call.contact else _("none")
    place = (call.customer.name, call.site.name)
    return letters.written(
        person.email,
        _("Do not use: %(unit)s", unit=unit_name(stop, visit)),
        [
            Paragraph(_("%(name)s has said that this unit must not be used:", name=stop.person.name)),
            Paragraph(" · ".join(filter(None, [unit_name(stop, visit), plate(stop), *place]))),
            Paragraph(_("What was found: %(reason)s", reason=stop.reason)),
            Paragraph(_("Contact there: %(contact)s", contact=contact)),
            Paragraph(_("Visit %(number)s:", number=visit.number), absolute(f"/visits/{visit.id}")),
        ],
    )


def stop_letter(stop: UseStop, visit: Visit, email: str) -> Letter:
    call, name = visit.call, unit_name(stop, visit)
    provider, hotline = label(call.branch), call.branch.hotline
    return letters.written(
        email,
        _("Do not use: %(unit)s", unit=name),
        [
            Paragraph(_("Dear %(name)s,", name=call.contact.name if call.contact else call.customer.name)),
            Paragraph(_("This unit must not be used until we tell you that it is safe again:")),
            Paragraph(" · ".join(filter(None, [name, plate(stop), call.site.name]))),
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


def unit_name(stop: UseStop, visit: Visit) -> str:
    unit = stop.equipment
    if unit is None:
        return _("the machine of %(number)s", number=visit.call.number)
    return f"{label(unit.product)} {unit.product.model}"


def plate(stop: UseStop) -> str:
    unit = stop.equipment
    return " · ".join(filter(None, [unit.serial_no, unit.location])) if unit else ""


@dataclass(frozen=True)
class Told:
    """What became of the letters about a stop: the contact's, and those of the office by name. None, and nothing, where
    nobody could be written to."""

    contact: Fate | None
    office: list[tuple[str, Fate]]


def told_about(stop: UseStop) -> Told:
    sent = jobs.about(about(stop))
    contact = next((fate_of(job) for job in sent if job.kind == KIND), None)
    to_office = {uuid.UUID(job.payload["person"]): fate_of(job) for job in sent if job.kind == OFFICE_KIND}
    if not to_office:
        return Told(contact, [])
    names = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(to_office)).order_by(Person.name))
    return Told(contact, [(row.name, to_office[row.id]) for row in names])


def fate_of(job: jobs.Job) -> Fate:
    fate = letters.fate(job)
    if fate.state == "sent" and job.payload.get(NOT_SENT):
        return Fate("not_sent", fate.at, _("It was not needed any more when its turn came."))
    return fate
