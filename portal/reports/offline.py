"""What a phone keeps of a visit so that the customer can read, answer and sign without signal.

`handover_for` is who signs, where that leads and what takes the phone back; `report_for` all that
`static/js/handover/compose.js` needs to write the report that `content.compose` would, from the facts of the visit and
what waits in the phone. Nothing here writes: tokens are made from the key.
"""

import base64
from functools import cache
from typing import Any

import segno
from sqlalchemy import func, select

from portal import sealing, settings
from portal.accounts.models import Person, SignIn
from portal.accounts.rules import PIN_TRIES
from portal.addresses import absolute
from portal.calls.models import Visit
from portal.clock import now
from portal.customers.models import CodeValue, Equipment, ErrorCode
from portal.db import db
from portal.i18n import LOCALES, label, speaking
from portal.money import CURRENCY
from portal.reports import survey as questionnaire
from portal.reports import tickets
from portal.reports.content import GUARANTEED, at_place, number, of_call, of_equipment
from portal.reports.models import HandOver
from portal.reports.operations.handing import next_revision
from portal.reports.paper.labels import ENUMS, FIELDS, LANGUAGES, Words
from portal.reports.paper.words import WORDS
from portal.reports.statement import CURRENT
from portal.stock.words import unit_word
from portal.visits.models import Finding, latest_finding, live_part_uses
from portal.visits.rules import CODE_NAMES

AT_ONCE = 4  # hand-overs that a phone may do before it hears of us again


def handover_for(visit: Visit, person: Person, session: SignIn) -> dict[str, Any]:
    """Whoever leads the visit may hand it over; for anybody else there is nothing here."""
    if not visit.is_led_by(person):
        return {}
    done = used_tickets(visit, person)
    ready = [tickets.ticket(visit.id, person.id, n) for n in range(done, min(done + AT_ONCE, len(tickets.COUNTERS)))]
    verify = absolute(f"/verify/{tickets.receipt_token(visit.id)}")
    call, key = visit.call, sealing.newest_key()
    contacts = call.site.contacts
    known = call.contact or next(iter(contacts), None)
    return {
        "token": ready[0] if ready else None,
        "tokens": ready,
        "revision": next_revision(visit),
        "verify": verify,
        "qr": segno.make(verify, error="m", micro=False).svg_data_uri(border=2, scale=4),
        "locale": call.customer.locale,
        "locales": LOCALES,
        "company": {locale: label(call.branch, locale) for locale in LOCALES},
        "signer": str(known.id) if known else None,
        "signers": [{"id": str(one.id), "name": one.name, "role": one.role} for one in contacts],
        "statement": CURRENT,
        "survey": questionnaire.VERSION,
        "asked": [one.name for one in questionnaire.asked({"service_class": call.service_class})],
        "pin": pin_of(person, session),
        "key": {"id": key.id, "public": base64.b64encode(key.public).decode()},
    }


def pin_of(person: Person, session: SignIn) -> dict[str, Any] | None:
    """What the phone compares the PIN with, and how many tries are left in which session; None where there is no PIN to
    compare."""
    left = max(PIN_TRIES - session.pin_failures, 0)
    return {**person.pin_verifier, "tries": left, "session": str(session.id)} if person.pin_verifier else None


def used_tickets(visit: Visit, person: Person) -> int:
    of_phone = (HandOver.visit_id == visit.id, HandOver.person_id == person.id, HandOver.offline)
    return db.session.scalar(select(func.count()).select_from(HandOver).where(*of_phone)) or 0


def report_for(visit: Visit) -> dict[str, Any]:
    """Everything of the report that no entry of a phone changes, in each language, and the tables for the rest."""
    found, unit = latest_finding(visit), visit.call.equipment
    lead = visit.person
    return {
        "zone": visit.zone,
        "currency": CURRENCY,
        "revision": next_revision(visit),
        "lead": {"id": str(lead.id), "name": lead.name} if lead else None,
        "head": {locale: of_call(visit, locale) | of_equipment(unit, locale) for locale in LOCALES},
        "guaranteed": list(GUARANTEED),
        "guarantee_days": settings.value_at("guarantee_days", now()),
        "codes": labels_of(found),
        "error_codes": error_codes(unit),
        "items": items_used(visit),
        "as_of": at_place(now(), visit.zone),
    }


def labels_of(found: Finding | None) -> dict[str, dict[str, Any]]:
    """Labels of the codes that the diagnosis has now, which a form may not offer any more."""
    named = {name: code for name in CODE_NAMES if found and (code := getattr(found, name))}
    if not named:
        return {}
    query = select(CodeValue.kind, CodeValue.code, CodeValue.labels).where(CodeValue.code.in_(named.values()))
    return {kind: {code: labels} for kind, code, labels in db.session.execute(query) if named.get(kind) == code}


def error_codes(unit: Equipment | None) -> dict[str, Any]:
    """The maker's codes with the meaning that they have on this brand and family."""
    if unit is None or unit.product is None:
        return {}
    product = unit.product
    query = select(ErrorCode.code, ErrorCode.labels).where(
        ErrorCode.brand == product.brand, ErrorCode.family == product.family
    )
    return {row.code: row.labels for row in db.session.execute(query)}


def items_used(visit: Visit) -> dict[str, dict[str, Any]]:
    """Parts that were logged already: the phone's own list may not have them any more."""
    return {use.item.code: item_of(use.item) for use in live_part_uses(visit)}


def item_of(item: Any) -> dict[str, Any]:
    units = {}
    for locale in LOCALES:
        with speaking(locale):
            units[locale] = unit_word(item.unit)
    return {"name": item.labels, "unit": units, "list_price": number(item.list_price)}


@cache
def paper_words() -> dict[str, Any]:
    """The paper's own words in all languages, for `static/js/handover/reading.js`."""
    return {
        "fields": {name: in_all(texts) for name, texts in FIELDS.items()},
        "words": {name: in_all(texts) for name, texts in WORDS.items()},
        "enums": {
            name: {value: in_all(texts) for value, texts in values.items()}
            for name, values in ENUMS.items()
        },
    }  # fmt: skip


def in_all(texts: Words) -> dict[str, str]:
    return dict(zip(LANGUAGES, texts, strict=True))
