"""What an administrator does with people. These rules hold always:

- Nobody changes their own roles, resets their own secrets here, or ends their own employment: another administrator
  does. So no administrator raises themselves, and whoever helps them stands in the history.
- There is always an active administrator: the last one keeps the role and stays.
- Whoever gets other roles, a reset or the end is signed out everywhere at once.
- A password that an administrator makes is good once, for three days, and must be changed by its owner.
"""

import secrets
from collections.abc import Iterable

from sqlalchemy import select

from portal import history
from portal.accounts import operations, rules
from portal.accounts.models import Branch, Person, PersonRole, SignIn
from portal.accounts.secrets import hashed
from portal.changing import ensure_seen
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.i18n import lazy
from portal.permissions import Role

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken when it is read aloud or copied
GROUPS, GROUP = 4, 4


def take_on(
    username: str, name: str, roles: Iterable[str], branch: Branch, *, locale: str | None = None, email: str = ""
) -> tuple[Person, str]:
    """A new person, and the one-time password to hand to them."""
    password = one_time_password()
    person = operations.add_person(username, name, some_roles(roles), branch, password, locale=locale, email=email)
    person.one_time_until = now() + rules.ONE_TIME_LIFE
    return person, password


def change_person(
    person: Person,
    *,
    name: str,
    roles: Iterable[str],
    branch: Branch,
    locale: str | None,
    email: str,
    version: str = "",
    by: Person,
) -> None:
    """Other roles end the person's sessions, so that the next one begins with what they may do now. `version`: the
    fingerprint of what whoever changes them saw."""
    db.session.refresh(person, with_for_update={"of": Person})
    db.session.refresh(person, ["role_rows"])
    ensure_seen(version, standing(person))
    operations.ensure_address(email)
    wanted = frozenset(Role(role) for role in some_roles(roles))
    before = standing(person)
    moved = wanted != person.roles
    if moved:
        refuse_oneself(person, by)
        if Role.ADMIN in person.roles - wanted:
            keep_an_administrator(person)
        kept = [row for row in person.role_rows if row.role in wanted]
        fresh = wanted - {Role(row.role) for row in kept}
        person.role_rows = kept + [PersonRole(role=role.value) for role in sorted(fresh)]
    person.name, person.branch, person.locale, person.email = name, branch, locale, email
    db.session.flush()
    history.record_change("change_person", person, before, standing(person))
    if moved:
        operations.end_sessions(person)


def standing(person: Person) -> dict[str, str]:
    """What the history compares."""
    return {
        "name": person.name,
        "roles": ", ".join(sorted(person.roles)),
        "branch": person.branch.code,
        "language": person.locale or "",
        "email": person.email,
    }


def reset_password(person: Person, *, by: Person) -> str:
    """A one-time password, known to nobody but whoever reads this answer."""
    refuse_oneself(person, by)
    ensure_active(person)
    password = one_time_password()
    person.password_hash, person.one_time_until = hashed(password), now() + rules.ONE_TIME_LIFE
    operations.end_sessions(person)
    history.record("reset_password", person)
    return password


def reset_pin(person: Person, *, by: Person) -> None:
    """Takes the PIN away: until the person sets another one, an idle phone and a hand-over ask for the password."""
    refuse_oneself(person, by)
    ensure_active(person)
    person.pin_hash = person.pin_verifier = None
    operations.end_sessions(person, device="phone")
    history.record("reset_pin", person)


def end_employment(person: Person, *, by: Person) -> int:
    """The person cannot sign in any more; says how many sessions that ended. What they did stays theirs."""
    refuse_oneself(person, by)
    ensure_active(person)
    if Role.ADMIN in person.roles:
        keep_an_administrator(person)
    person.active = False
    ended = operations.end_sessions(person)
    history.record("end_employment", person, sessions=ended)
    return ended


def resume_employment(person: Person, *, by: Person) -> str:
    """The person is back, with a one-time password."""
    refuse_oneself(person, by)
    if person.active:
        raise Conflict(lazy("This was done already."))
    person.active = True
    history.record("resume_employment", person)
    return reset_password(person, by=by)


def lose_phone(person: Person) -> int:
    """Signs the person out on all phones at once; says on how many. Their next request is told to sign in."""
    ended = operations.end_sessions(person, device="phone")
    history.record("lose_phone", person, sessions=ended)
    return ended


def sign_out_computers(person: Person, *, but: SignIn) -> int:
    """As `lose_phone`, on all computers; the session at hand stays, where somebody signs themselves out."""
    ended = operations.end_sessions(person, but=but, device="laptop")
    history.record("sign_out_computers", person, sessions=ended)
    return ended


def some_roles(roles: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(roles))
    if not found:
        raise Rejected(lazy("Tick at least one role."), field="roles")
    return found


def refuse_oneself(person: Person, by: Person) -> None:
    if person.id == by.id:
        raise Conflict(lazy("Nobody does this for themselves. Ask another administrator."))


def ensure_active(person: Person) -> None:
    if not person.active:
        raise Conflict(lazy("This person has left."))


def keep_an_administrator(person: Person) -> None:
    """Refuses what would leave nobody in charge. The rows are locked: two administrators cannot remove each other."""
    query = (
        select(Person.id)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.role == Role.ADMIN.value, Person.active)
        .order_by(Person.id)
        .with_for_update()
    )
    if set(db.session.scalars(query)) <= {person.id}:
        raise Conflict(lazy("This is the last administrator. Make another person one first."))


def one_time_password() -> str:
    """Such as `k7mq-…`: four groups, 79 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _letter in range(GROUP)) for _group in range(GROUPS))
