"""The company: its first set-up, how it looks, and what it decides."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from flask import current_app
from sqlalchemy.exc import IntegrityError

from portal import files, history, settings
from portal.accounts import operations as accounts
from portal.accounts.models import Branch, Person
from portal.admin import codes
from portal.changing import ensure_seen
from portal.clock import day_bounds, now, today
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.numbering import NumberSeries
from portal.permissions import Permission, Role, may
from portal.settings import Definition
from portal.stock.models import Location

STORE_NAMES = {"zh_Hans": "{code} 仓库", "zh_Hant": "{code} 倉庫", "en": "Store {code}", "es": "Almacén {code}"}
LOOKS = ("company_name", "languages", "logo")
FIRST_SETUP = "setup"  # a series of one number: who draws it sets the portal up


def setup_code() -> str:
    """What only the owner of the server can read: made from its secret key, shown in groups of four, 60 bits."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    text = base64.b32encode(hmac.new(key, b"first set-up", hashlib.sha256).digest())[:12].decode()
    return "-".join(text[at : at + 4] for at in range(0, 12, 4))


def is_setup_code(given: str) -> bool:
    plain = re.sub(r"[\W_]+", "", given).upper()
    return hmac.compare_digest(plain.encode(), setup_code().replace("-", "").encode())


def establish(
    *,
    name: Mapping[str, str],
    languages: list[str],
    logo: bytes | None,
    hotline: str,
    branch_code: str,
    time_zone: str,
    username: str,
    person_name: str,
    roles: Iterable[str],
    password: str,
    pin: str,
    email: str = "",
    standard_codes: bool = False,
) -> Person:
    """The company, its first branch with a store, its first administrator and, if wanted, its code lists; once."""
    try:
        with db.session.begin_nested():
            db.session.add(NumberSeries(series=FIRST_SETUP, last=1))
    except IntegrityError:
        raise Conflict(lazy("The portal was set up already. Sign in.")) from None
    branch = accounts.add_branch(branch_code, dict(name), hotline, time_zone)
    everything = dict.fromkeys([Role.ADMIN.value, *roles])
    person = accounts.add_person(username, person_name, everything, branch, password, pin=pin, email=email)
    add_store(branch)
    history.record("set_up", branch, person_id=person.id, code=branch.code)
    change_look(name=name, languages=languages, logo=logo, person=person)
    if standard_codes:
        codes.take_standard_codes(person_id=person.id)
    return person


def open_branch(code: str, labels: dict[str, str], hotline: str, time_zone: str) -> Branch:
    """One more branch, with a store of its own."""
    try:
        with db.session.begin_nested():
            branch = accounts.add_branch(code, labels, hotline, time_zone)
    except IntegrityError:
        raise Conflict(lazy("There is a branch with this code."), field="code") from None
    add_store(branch)
    history.record("add_branch", branch, code=code)
    return branch


def add_store(branch: Branch) -> None:
    """The place that goods are received into."""
    names = {locale: words.format(code=branch.code) for locale, words in STORE_NAMES.items()}
    db.session.add(Location(code=f"STORE-{branch.code}", labels=names, kind="store"))
    db.session.flush()


def change_look(
    *,
    name: Mapping[str, str],
    languages: list[str],
    logo: bytes | None,
    person: Person,
    without_logo: bool = False,
    version: str = "",
) -> None:
    """Name, languages and logo of the house, from now on. `logo` is a picture as it was sent; None keeps the present
    one. `version`: the fingerprint of what whoever changes them saw."""
    ensure_seen(version, decided(*LOOKS))
    decide("company_name", dict(name), person=person)
    decide("languages", languages, person=person)
    if logo is not None:
        decide("logo", kept_logo(logo), person=person)
    elif without_logo:
        decide("logo", "", person=person)


def kept_logo(content: bytes) -> str:
    try:
        return files.keep(files.as_logo(content), "image/png")
    except Rejected as refusal:
        raise Rejected(refusal.message, field="logo") from None


def decided(*keys: str) -> dict[str, int | None]:
    """The last decision about each key, for a form to know whether there was one meanwhile."""
    newest = settings.newest_of(keys)
    return {key: newest[key].n if key in newest else None for key in keys}


def last_decision(*keys: str) -> tuple[str, datetime] | None:
    """Who decided last about one of them, and when."""
    latest = max(settings.newest_of(keys).values(), key=lambda row: row.n, default=None)
    person = db.session.get(Person, latest.person_id) if latest and latest.person_id else None
    return (person.name, latest.recorded_at) if latest and person else None


def decide(
    key: str, value: Any, *, person: Person, reason: str = "", day: date | None = None, version: str = ""
) -> bool:
    """What `key` is from that day on (from now on, if none is given or it is today); False when it is so already.
    `version`: the fingerprint of what whoever decides saw. Two who decide within the same moment are both kept."""
    definition = settings.DEFINITIONS[key]
    if not may_decide(person, definition):
        raise Conflict(lazy("A manager decides this."))
    ensure_seen(version, decided(key))
    start = beginning(day, person.branch.time_zone)
    before = settings.value_at(key, start or now())
    if before == value:
        return False
    row = settings.write(key, value, person_id=person.id, reason=reason, start=start)
    details = {"reason": reason} if reason else {}
    details |= {"from": row.effective_from.date().isoformat()} if start else {}
    before, after = {key: as_text(before)}, {key: as_text(value)}
    history.record_change("set_setting", row, before, after, person_id=person.id, **details)
    return True


def may_decide(person: Person, definition: Definition) -> bool:
    """R226: what binds the company towards customers is decided by a manager, and the row names them."""
    return may(Permission.RULE_CHANGE if definition.rule else Permission.SETTING_CHANGE, person=person)


def beginning(day: date | None, zone: str) -> datetime | None:
    if day is None or day == today(zone):
        return None
    if day < today(zone):
        raise Rejected(lazy("A change cannot begin in the past. Choose today or later."), field="effective_from")
    return day_bounds(day, zone)[0]


def as_text(value: Any) -> str:
    """As the history shows it."""
    if isinstance(value, dict):
        return " | ".join(f"{locale}: {words}" for locale, words in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)
