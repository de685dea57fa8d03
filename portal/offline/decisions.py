"""What a supervisor does about a held entry. One decision for each, and for good: it takes effect, takes effect at
another visit, or does not, with words that its author reads. Nothing is ever removed.
"""

from dataclasses import dataclass

from sqlalchemy import select

from portal import history
from portal.accounts.models import Person
from portal.calls.models import Call, Visit
from portal.clock import now
from portal.db import db
from portal.errors import Conflict, Rejected
from portal.held import APPLIED, DECLINED, ELSEWHERE, HeldDecision, HeldNotice, Rescue
from portal.i18n import lazy
from portal.offline.replay import take_effect
from portal.offline.targets import IN_THE_FIELD, Target, target_of
from portal.permissions import may
from portal.receipts import APPLIED as TOOK_EFFECT
from portal.receipts import SEALED_BY, HeldEntry, Receipt


@dataclass
class Matter:
    """A held entry with the visit that it is about, as permissions ask of it."""

    entry: HeldEntry
    author: Person
    visit: Visit | None

    def was_worked_on_by(self, person: Person) -> bool:
        """Nobody decides about what they sent themselves, or about a visit that they were sent to."""
        own = self.entry.person_id == person.id
        return own or (self.visit is not None and self.visit.was_worked_on_by(person))


def apply(matter: Matter, *, version: str = "", person: Person) -> HeldDecision:
    """The entry takes effect as its author's, at its own time."""
    lock(matter.entry)
    ensure_is_its_authors(matter.entry, person)
    ensure_may_take_effect(target_of(matter.entry.path), matter.author, person)
    location = take_effect(matter.entry, matter.author, matter.entry.path, version)
    return applied(matter, APPLIED, matter.entry.path, location, person)


def apply_elsewhere(matter: Matter, visit: Visit, *, person: Person) -> HeldDecision:
    """The entry takes effect at another visit: the author had the wrong one open, or the work was moved there."""
    lock(matter.entry)
    target = target_of(matter.entry.path)
    if target is None or not target.is_of_visit:
        raise Rejected(lazy("This entry does not belong to a visit alone. It cannot be applied to another one."))
    if target.record_id == visit.id:
        raise Rejected(lazy("This is the visit that it was sent for. Choose another one."), "number")
    if visit.was_worked_on_by(person):
        raise Rejected(lazy("You worked at that visit yourself. Somebody else decides about it."), "number")
    ensure_is_its_authors(matter.entry, person)
    ensure_may_take_effect(target, matter.author, person)
    path = target.elsewhere(visit.id)
    location = take_effect(matter.entry, matter.author, path)
    return applied(matter, ELSEWHERE, path, location, person)


def decline(matter: Matter, reason: str, *, person: Person) -> HeldDecision:
    """The entry does not take effect. It stays in the inbox with the reason, and its author is told."""
    lock(matter.entry)
    return decided(matter, DECLINED, person, reason=reason)


def take_note(entry: HeldEntry) -> None:
    """The author has read what was decided. Reading it twice changes nothing."""
    found = db.session.get(HeldDecision, entry.id)
    if found is None:
        raise Conflict(lazy("Nothing was decided about it yet."))
    if db.session.get(HeldNotice, entry.id) is None:
        db.session.add(HeldNotice(held_id=entry.id, recorded_at=now()))
        db.session.flush()


def lock(entry: HeldEntry) -> None:
    """Of two supervisors the second one waits here, and is told what the first decided."""
    db.session.execute(select(HeldEntry.id).where(HeldEntry.id == entry.id).with_for_update())
    if db.session.scalar(select(HeldDecision.held_id).where(HeldDecision.held_id == entry.id)) is not None:
        raise Conflict(lazy("Somebody else decided about this entry meanwhile. It stays at that."))


def ensure_is_its_authors(entry: HeldEntry, person: Person) -> None:
    """An entry speaks in its author's name. A file and an envelope say whose they are, but anybody could have written
    that: so whoever loaded a file does not also let its entries take effect, and what was sealed by somebody else than
    its sender takes effect only when it comes from that person."""
    if any(name == SEALED_BY for name, _value in entry.fields):
        raise Rejected(lazy("Somebody else than its sender sealed it. It takes effect only when its author sends it."))
    rescue = db.session.get(Rescue, entry.rescue_id) if entry.rescue_id else None
    if rescue is not None and rescue.person_id == person.id:
        raise Rejected(lazy("You loaded the file that it came with. Somebody else decides whether it takes effect."))


def ensure_may_take_effect(target: Target | None, author: Person, person: Person) -> None:
    """Work in the field is true whatever its author's role is today. Any other form takes effect only where author
    and supervisor might both have sent it themselves: nobody gains a right by way of the inbox."""
    if target is None:
        raise Rejected(lazy("There is no form at this entry's address any more."))
    if target.was_signed:
        raise Rejected(
            lazy("What a customer answers and signs is not applied by somebody else. Ask the customer again by link.")
        )
    if target.permission in IN_THE_FIELD:
        return
    permission = target.permission
    if permission is None or not (may(permission, person=author) and may(permission, person=person)):
        raise Rejected(lazy("This form is not for you and its author both. It cannot be applied from here."))


def applied(matter: Matter, kind: str, path: str, location: str, person: Person) -> HeldDecision:
    """Also the receipt says so now: the phone that asks again is told where its entry went. The receipt of other
    content under the same id stays as it is."""
    entry = matter.entry
    receipt = db.session.get(Receipt, entry.entry_id)
    if receipt is not None and (receipt.sha256, receipt.person_id) == (entry.sha256, entry.person_id):
        receipt.state, receipt.status, receipt.location, receipt.why = TOOK_EFFECT, 303, location[:500], None
    return decided(matter, kind, person, path=path, location=location[:500])


def decided(
    matter: Matter,
    kind: str,
    person: Person,
    *,
    reason: str = "",
    path: str | None = None,
    location: str | None = None,
) -> HeldDecision:
    decision = HeldDecision(
        held_id=matter.entry.id,
        person_id=person.id,
        kind=kind,
        reason=reason,
        path=path,
        location=location,
        recorded_at=now(),
    )
    db.session.add(decision)
    db.session.flush()
    history.record("decide_held", matter.entry, person_id=person.id, decision=kind, owner=matter.entry.person_id)
    return decision


def find_other_visit(number: str) -> Visit | None:
    """The visit with a work order's number and its turn, as pages show it: `JX-01-2611-0001/2`; without a turn the
    newest visit of that call."""
    order, _slash, turn = number.strip().upper().rpartition("/") if "/" in number else (number.strip().upper(), "", "")
    query = select(Visit).join(Call, Call.id == Visit.call_id).where(Call.number == order)
    if turn:
        if not (turn.isascii() and turn.isdigit() and len(turn) < 5):
            return None
        query = query.where(Visit.seq == int(turn))
    return db.session.scalars(query.order_by(Visit.seq.desc()).limit(1)).first()
