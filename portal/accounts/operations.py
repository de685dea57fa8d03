"""People, their secrets, and their sessions: the verbs."""

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError

from portal import db as database
from portal import history
from portal.accounts import rules
from portal.accounts.models import Branch, FailedTries, Person, PersonRole, SignIn, Specimen
from portal.accounts.secrets import hashed, matches, needs_rehash, new_token, pin_verifier, token_hash
from portal.changing import ensure_seen
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.history import HistoryEntry
from portal.i18n import lazy
from portal.mail import is_address
from portal.mailbox import NOT_AN_ADDRESS
from portal.permissions import Role

FORGET_AFTER = timedelta(days=1)
RECENT = 20  # sessions on a person's own page
DEFAULT_BRANCH = {"zh_Hans": "服务网点", "zh_Hant": "服務據點", "en": "Service centre", "es": "Centro de servicio"}


class TooManyTries(Rejected):
    """Wrong too often: wait `seconds` (429)."""

    def __init__(self, seconds: int) -> None:
        super().__init__(lazy("Too many failed tries. Wait %(seconds)s seconds, then try again.", seconds=seconds))
        self.seconds = seconds


@dataclass(frozen=True)
class PinCheck:
    """`ok`, or how many tries are left; none left: the password is needed."""

    ok: bool
    tries_left: int

    @property
    def exhausted(self) -> bool:
        return not self.ok and self.tries_left == 0


def add_branch(code: str, labels: dict[str, str], hotline: str = "", time_zone: str = "Asia/Shanghai") -> Branch:
    branch = Branch(code=code, labels=dict(labels), hotline=hotline, time_zone=time_zone)
    db.session.add(branch)
    db.session.flush()
    return branch


def add_person(
    username: str,
    name: str,
    roles: Iterable[Role | str],
    branch: Branch,
    password: str,
    *,
    pin: str | None = None,
    locale: str | None = None,
    email: str = "",
    demo: bool = False,
) -> Person:
    if not rules.is_username(username):
        raise Rejected(lazy("A username is made of small letters, digits, dots and dashes."), field="username")
    ensure_address(email)
    person = Person(
        username=username, name=name, branch=branch, locale=locale, email=email, demo=demo, created_at=now()
    )
    person.password_hash = password_hash(password, username)
    if pin:
        person.pin_hash, person.pin_verifier = pin_hash(pin), pin_verifier(pin)
    person.role_rows = [PersonRole(role=Role(role).value) for role in dict.fromkeys(roles)]
    try:
        with db.session.begin_nested():
            db.session.add(person)
    except IntegrityError:
        raise Conflict(lazy("This username is taken."), field="username") from None
    history.record("add_person", person, roles=",".join(sorted(person.roles)))
    return person


def ensure_address(email: str) -> None:
    """None at all, or one that letters can be sent to."""
    if email and not is_address(email):
        raise Rejected(NOT_AN_ADDRESS, field="email")


def set_email(person: Person, email: str) -> None:
    """Where the house writes to the person; empty: nowhere."""
    ensure_address(email)
    before, person.email = {"email": person.email}, email
    db.session.flush()
    history.record_change("set_email", person, before, {"email": email})


def password_hash(password: str, username: str = "") -> str:
    if not rules.is_password(password):
        raise Rejected(
            lazy("A password has at least %(least)s characters.", least=rules.MIN_PASSWORD), field="new_password"
        )
    if rules.is_guessable(password, username):
        raise Rejected(
            lazy("This password is among those that are tried first. Take several words that do not belong together."),
            field="new_password",
        )
    return hashed(password)


def pin_hash(pin: str) -> str:
    if not rules.is_pin(pin):
        raise Rejected(lazy("A PIN is 4 to 8 digits."), field="new_pin")
    return hashed(pin)


def keep_look(person: Person, listing: str, without: list[str], dense: bool) -> None:
    """How a list looks to this person from now on. A matter of taste: the history does not mention it."""
    person.looks = {**(person.looks or {}), listing: {"without": without, "dense": dense}}
    db.session.flush()


def sign_in(username: str, password: str, *, address: str, device: str, browser: str = "") -> tuple[SignIn, str]:
    """A new session and the token for its cookie. A wrong name and a wrong password look the same."""
    username = rules.plain_username(username)
    person = db.session.scalars(select(Person).where(Person.username == username, Person.active)).one_or_none()
    check_password(person, password, username=username, address=address)
    assert person is not None
    token, moment = new_token(), now()
    if person.one_time_until and person.one_time_until <= moment:
        raise Rejected(
            lazy("This one-time password has run out. Ask an administrator for a new one."), field="password"
        )
    session = SignIn(
        token_hash=token_hash(token),
        person=person,
        csrf_token=secrets.token_urlsafe(24),
        device=device,
        browser=browser,
        created_at=moment,
        last_seen_at=moment,
        pin_failures=0,
    )
    db.session.add(session)
    db.session.flush()
    history.record("sign_in", session, person_id=person.id, device=device)
    return session, token


def check_password(person: Person | None, password: str, *, username: str, address: str) -> None:
    """Raises Rejected when it is wrong, TooManyTries while failed tries slow this account and address down."""
    key = token_hash(f"{username}\n{address}")
    refuse_while_blocked(key)
    if not matches(person.password_hash if person else None, password[: rules.MAX_PASSWORD]):
        database.afterwards(lambda: count_failure(key))
        raise Rejected(lazy("Username or password is wrong."), field="password")
    db.session.execute(delete(FailedTries).where(FailedTries.key == key))
    if person and needs_rehash(person.password_hash):
        person.password_hash = hashed(password)


def refuse_while_blocked(key: str) -> None:
    tries = db.session.get(FailedTries, key, populate_existing=True)
    if tries and tries.blocked_until and tries.blocked_until > now():
        raise TooManyTries(int((tries.blocked_until - now()).total_seconds()) + 1)


def count_failure(key: str) -> None:
    """One more failure in a row. Runs in a transaction of its own, so that it outlives the refusal."""
    moment = now()
    insert = pg_insert if db.session.get_bind().dialect.name == "postgresql" else sqlite_insert
    db.session.execute(delete(FailedTries).where(FailedTries.blocked_until < moment - FORGET_AFTER))
    db.session.execute(insert(FailedTries).values(key=key, count=0).on_conflict_do_nothing(index_elements=["key"]))
    tries = db.session.scalars(select(FailedTries).where(FailedTries.key == key).with_for_update()).one()
    tries.count += 1
    tries.blocked_until = moment + rules.pause_after(tries.count)


def check_pin(session: SignIn, pin: str) -> PinCheck:
    """Asks the PIN of a session's owner. The right one wakes an idle session; five wrong ones need the password.

    A wrong PIN is counted even though the page that refuses it is rolled back.
    """
    db.session.flush()
    db.session.refresh(session, with_for_update={"of": SignIn})
    left = rules.PIN_TRIES - session.pin_failures
    if left <= 0:
        return PinCheck(False, 0)
    if matches(session.person.pin_hash, pin[: rules.MAX_PASSWORD]):
        wake(session)
        if session.person.pin_verifier is None:  # the PIN is older than verifiers are
            person_id = session.person_id
            database.afterwards(lambda: keep_verifier(person_id, pin))
        return PinCheck(True, rules.PIN_TRIES)
    session_id = session.id
    database.afterwards(lambda: count_wrong_pin(session_id))
    return PinCheck(False, left - 1)


def keep_verifier(person_id: uuid.UUID, pin: str) -> None:
    made = pin_verifier(pin)
    db.session.execute(
        update(Person).where(Person.id == person_id, Person.pin_verifier.is_(None)).values(pin_verifier=made)
    )


def count_wrong_pin(session_id: uuid.UUID) -> None:
    values = {"pin_failures": SignIn.pin_failures + 1}
    db.session.execute(update(SignIn).where(SignIn.id == session_id).values(values))


def wake(session: SignIn) -> None:
    """The person showed who they are: the session is fresh again."""
    session.pin_failures = 0
    session.last_seen_at = now()


def renew(session: SignIn) -> str:
    """Another token for the same session, because the person has just shown who they are: whoever holds the old
    cookie is signed out."""
    token = new_token()
    session.token_hash = token_hash(token)
    return token


def sign_out(session: SignIn) -> None:
    session.ended_at = session.ended_at or now()
    history.record("sign_out", session)


def end_sessions(
    person: Person, *, but: SignIn | None = None, device: str | None = None, moment: datetime | None = None
) -> int:
    """Ends the person's live sessions, all or all `but` one, or those on one kind of `device`; says how many."""
    query = update(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    if but is not None:
        query = query.where(SignIn.id != but.id)
    if device is not None:
        query = query.where(SignIn.device == device)
    ended = db.session.execute(query.values(ended_at=moment or now()).returning(SignIn.id)).all()
    return len(ended)


def live_sessions(person: Person) -> list[SignIn]:
    query = select(SignIn).where(SignIn.person_id == person.id, SignIn.ended_at.is_(None))
    found = db.session.scalars(query.order_by(SignIn.last_seen_at.desc(), SignIn.id))
    return [session for session in found if session.is_live()]


def recent_sessions(person: Person) -> list[SignIn]:
    """The person's newest sessions, live or ended."""
    own = select(SignIn).where(SignIn.person_id == person.id).order_by(SignIn.last_seen_at.desc(), SignIn.id)
    return list(db.session.scalars(own.limit(RECENT)))


def set_pin(person: Person, pin: str) -> None:
    person.pin_hash, person.pin_verifier = pin_hash(pin), pin_verifier(pin)
    history.record("set_pin", person)


def set_password(person: Person, password: str) -> None:
    person.password_hash = password_hash(password, person.username)
    person.one_time_until = None
    history.record("set_password", person)


def set_locale(person: Person, locale: str) -> None:
    person.locale = locale


def forget_failures(username: str) -> None:
    """Lifts the slow-down everywhere. Its keys hide names and addresses, so it is lifted for all accounts."""
    db.session.execute(delete(FailedTries))


def is_nobody_here() -> bool:
    """Whether the portal has no people yet."""
    return db.session.scalar(select(Person.id).limit(1)) is None


def change_branch(branch: Branch, *, labels: dict[str, str], hotline: str, time_zone: str, version: str = "") -> None:
    """Name, hotline and time zone from now on; papers that were sealed keep what was on them. The code stays, because
    document numbers hold it. `version`: the fingerprint of what whoever changes them saw."""
    db.session.refresh(branch, with_for_update=True)
    before = facts_of(branch)
    ensure_seen(version, before)
    branch.labels, branch.hotline, branch.time_zone = dict(labels), hotline, time_zone
    db.session.flush()
    history.record_change("change_branch", branch, before, facts_of(branch))


def facts_of(branch: Branch) -> dict[str, str]:
    names = {f"name {locale}": words for locale, words in branch.labels.items()}
    return {**names, "hotline": branch.hotline, "time_zone": branch.time_zone}


def to_be_warned() -> list[Person]:
    """Those whom danger concerns at once, by name: supervisors and dispatchers who work here."""
    roles = [Role.SUPERVISOR.value, Role.DISPATCHER.value]
    query = select(Person).where(
        Person.active, Person.id.in_(select(PersonRole.person_id).where(PersonRole.role.in_(roles)))
    )
    return list(db.session.scalars(query.order_by(Person.name, Person.id)))


def last_change(row: Any) -> tuple[str, datetime] | None:
    """Who did something to the row last, and when."""
    query = (
        select(Person.name, HistoryEntry.recorded_at)
        .join(Person, Person.id == HistoryEntry.person_id)
        .where(HistoryEntry.subject_kind == row.__tablename__, HistoryEntry.subject_id == str(row.id))
        .order_by(HistoryEntry.n.desc())
        .limit(1)
    )
    found = db.session.execute(query).first()
    return (found.name, found.recorded_at) if found else None


def first_branch(code: str | None = None) -> Branch | None:
    query = select(Branch).order_by(Branch.code)
    return db.session.scalars(query.where(Branch.code == code) if code else query).first()


def end_session(person: Person, session_id: uuid.UUID) -> SignIn | None:
    """Ends one of the person's own sessions; None when it is not theirs or has ended."""
    session = db.session.get(SignIn, session_id)
    if session is None or session.person_id != person.id or session.ended_at is not None:
        return None
    sign_out(session)
    return session


def keep_specimen(person: Person, strokes: list[Any]) -> Specimen:
    """The person's signature as it will stand under the reports of visits that they finish from now on."""
    specimen = Specimen(person_id=person.id, strokes=strokes, recorded_at=now())
    db.session.add(specimen)
    db.session.flush()
    history.record("keep_specimen", person, person_id=person.id)
    return specimen


def specimen_of(person: Person) -> Specimen | None:
    """The newest one."""
    found: Specimen | None = db.session.scalar(specimen_query(), {"person_id": person.id})
    return found


@cache
def specimen_query() -> Select[Any]:
    """Made once: whoever is about to finish a visit asks it with each page."""
    own = select(Specimen).where(Specimen.person_id == bindparam("person_id"))
    return own.order_by(Specimen.recorded_at.desc()).limit(1)
