"""What the pages of the day, of a visit and of the office read: few statements, however many rows there are."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, String, Uuid, and_, bindparam, exists, func, or_, select, union_all
from sqlalchemy.orm import aliased, joinedload, selectinload, with_expression

from portal import receipts
from portal.accounts.models import Person
from portal.calls.models import Assignment, Call, Member, Repeat, RepeatUnlink, Visit, is_on_team
from portal.clock import day_bounds
from portal.customers.models import CodeValue, Contact, Customer, Equipment, ErrorCode, KnownFault, Product, Site
from portal.customers.queries import suits
from portal.db import Instant, behind, db, read, reads_only
from portal.permissions import Reader, Role
from portal.stock.models import Balance, Held, Item, Location
from portal.stock.queries import item_conditions
from portal.visits import rules
from portal.visits.models import (
    LEFT_OVER,
    THE_PERSON,
    THE_VISIT,
    Finding,
    PartUse,
    Photo,
    Reading,
    TimeEntry,
    VisitEvent,
)

# A list of ids is made of tables, not of mapped classes: it comes without a detour through the mapper.
VISIT: Any = Visit.__table__
ASSIGNMENT: Any = Assignment.__table__
MEMBER: Any = Member.__table__
PAGE_SIZE = 30
MOST_FOUND = 12
MOST_EARLIER = 3
LOOK_BACK = timedelta(days=14)  # whoever is taken off a visit was sent to it not long before
MOST_FOLLOW_UPS = 100
UNDER_WAY = ("en_route", "on_site", "working", "paused", "finished", "returned")


@cache
def with_place() -> tuple[Any, ...]:
    """What the visit page shows of its call. Made once, like the queries below: making them costs
    more than running them."""
    unit = joinedload(Visit.call).joinedload(Call.equipment).joinedload(Equipment.product)
    team = joinedload(Visit.members).joinedload(Member.person).load_only(Person.name)
    return *for_cards(), unit, joinedload(Visit.person).load_only(Person.name), team


def find_visit(visit_id: uuid.UUID, person: Person) -> Visit | None:
    """The visit with what its pages show of the call, if the person may see it."""
    values = {"visit_id": visit_id, "reader_id": person.id}
    found: Visit | None = db.session.scalars(visit_query(person.roles, reads_only()), values).unique().one_or_none()
    return found


@cache
def visit_query(roles: frozenset[Role], reads: bool) -> Select[Any]:
    """A request that only `reads` also learns what the visit has none of, and need not ask for it. One that writes may
    add the first one itself."""
    query = Visit.visible_to(Reader(roles)).where(Visit.id == bindparam("visit_id"))
    asked = [with_expression(Visit.has_held, exists().where(receipts.HeldEntry.record_id == Visit.id))]
    if reads:
        asked.append(with_expression(Visit.has_readings, exists().where(Reading.visit_id == Visit.id)))
        asked.append(with_expression(Visit.has_photos, exists().where(Photo.visit_id == Visit.id)))
    return query.options(*with_place(), *asked)


@cache
def for_cards() -> tuple[Any, ...]:
    """Without what the day's cards do not show: each table joined costs a list a tenth of a millisecond."""
    call = joinedload(Visit.call)
    return call.joinedload(Call.site), call.joinedload(Call.customer), call.joinedload(Call.contact)


def day_of(person: Person, start: datetime, end: datetime, *, places: bool = False) -> list[Visit]:
    """The visits that the technician leads or helps at, of the days from `start` to `end`, and whatever is older but
    not ended. With what their cards show; or, for a phone that keeps them, with their `places`."""
    visits = list(db.session.scalars(day_query(places), {"person_id": person.id, "start": start, "end": end}))
    helped = [visit.id for visit in visits if visit.person_id != person.id]
    if helped:  # most days have none: only then the teams are read
        db.session.scalars(teams_query(), {"visit_ids": helped}).all()
    return visits


@cache
def teams_query() -> Select[Any]:
    query = select(Visit).where(Visit.id.in_(bindparam("visit_ids", expanding=True)))
    return query.options(selectinload(Visit.members), joinedload(Visit.person).load_only(Person.name))


@cache
def day_query(places: bool = False) -> Select[Any]:
    start = bindparam("start", type_=Instant())
    planned = and_(Visit.window_start >= start, Visit.window_start < bindparam("end", type_=Instant()))
    left_over = and_(Visit.state == "assigned", or_(Visit.window_start < start, Visit.window_start.is_(None)))
    wanted = or_(and_(Visit.state != "cancelled", planned), left_over, Visit.state.in_(UNDER_WAY))
    led = select(Visit.id).where(Visit.person_id == THE_PERSON)
    helped = select(Visit.id).join(Member, Member.visit_id == Visit.id).where(Member.person_id == THE_PERSON, wanted)
    # Searches by their own index: one condition with "or" would read all that a technician, or everybody, ever did.
    of_the_day, open_still = led.where(planned), led.where(Visit.state.in_(("assigned", *UNDER_WAY)))
    query = select(Visit).where(Visit.id.in_(union_all(of_the_day, open_still, helped)), wanted)
    return query.options(*(on_the_way() if places else on_cards())).order_by(Visit.window_start, Visit.created_at)


def on_cards() -> tuple[Any, ...]:
    """What a day's card shows, and no more: each column of a dozen visits costs."""
    call = joinedload(Visit.call)
    return (
        call.load_only(Call.number, Call.description, Call.priority),
        call.joinedload(Call.site).load_only(Site.name, Site.district, Site.time_zone),
        call.joinedload(Call.customer).load_only(Customer.name),
        call.joinedload(Call.contact).load_only(Contact.phone),
    )


def on_the_way() -> tuple[Any, ...]:
    """Where a visit is, and whom to call there."""
    call = joinedload(Visit.call)
    return (
        call.load_only(Call.number, Call.description, Call.priority),
        call.joinedload(Call.site).load_only(Site.name, Site.address, Site.time_zone),
        call.joinedload(Call.customer).load_only(Customer.name),
        call.joinedload(Call.contact).load_only(Contact.name, Contact.phone),
    )


def handed_on(person: Person, since: datetime) -> list[Row[Any]]:
    """Visits that the technician was taken off since then, newest first: who goes on with them, since when and why."""
    values = {"person_id": person.id, "since": since}
    left = list(db.session.scalars(left_query(), {"person_id": person.id, "since": since - LOOK_BACK}))
    if not left:
        return []
    found: list[Any] = list(db.session.execute(handed_on_query(), values | {"visit_ids": left}))
    return found


@cache
def left_query() -> Select[Any]:
    """Visits that the person was sent to lately and does not lead, nor help at. Usually none."""
    visit, sent, member = VISIT.c, ASSIGNMENT.c, MEMBER.c
    on_it = select(member.id).where(member.visit_id == visit.id, member.person_id == THE_PERSON)
    query = select(visit.id).join(ASSIGNMENT, sent.visit_id == visit.id)
    return query.where(
        sent.person_id == THE_PERSON,
        sent.assigned_at >= bindparam("since", type_=Instant()),
        sent.part != "away",
        visit.person_id != THE_PERSON,
        ~on_it.exists(),
    )


@cache
def handed_on_query() -> Any:  # a Select of more columns than its type can name
    """The act is the last row of the lead (who took over), or the row that took a member off."""
    later, act = aliased(Assignment), aliased(Assignment)
    lead, by = aliased(Person), aliased(Person)
    mine = or_(act.part == "lead", and_(act.part == "away", act.person_id == THE_PERSON))
    newer = select(later.id).where(
        later.visit_id == Visit.id,
        later.assigned_at > act.assigned_at,
        or_(later.part == "lead", and_(later.part == "away", later.person_id == THE_PERSON)),
    )
    return (
        select(
            Visit.id, Customer.name.label("customer"), Site.time_zone, Call.number, Visit.seq, lead.name.label("lead"),
            by.name.label("by"), act.assigned_at, act.reason,
        )
        .select_from(act)
        .join(Visit, Visit.id == act.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .join(Customer, Customer.id == Call.customer_id)
        .join(Site, Site.id == Call.site_id)
        .outerjoin(lead, lead.id == Visit.person_id)
        .join(by, by.id == act.assigned_by_id)
        .where(
            act.visit_id.in_(bindparam("visit_ids", expanding=True)),
            act.assigned_at >= bindparam("since", type_=Instant()), mine, ~newer.exists(),
        )
        .order_by(act.assigned_at.desc())
        .limit(MOST_FOUND)
    )  # fmt: skip


def last_sign(entry: TimeEntry) -> datetime | None:
    """When the entry's person last recorded anything at its visit after it began."""
    values = {"visit_id": entry.visit_id, "person_id": entry.person_id, "since": entry.started_at}
    found: datetime | None = read(last_sign_query(), values)[0].moment
    return found


@cache
def last_sign_query() -> Any:
    signs = union_all(
        *(
            select(func.max(table.occurred_at).label("moment")).where(
                table.visit_id == bindparam("visit_id", type_=Uuid()),
                table.person_id == bindparam("person_id", type_=Uuid()),
                table.occurred_at > bindparam("since", type_=Instant()),
            )
            for table in (VisitEvent, PartUse, Photo, Finding)
        )
    ).subquery()
    return select(func.max(signs.c.moment, type_=Instant()).label("moment"))


def equipment_history(visit: Visit) -> list[Row[Any]]:
    """The unit's last three visits before this one, those that it repeats first: what was found and done."""
    if visit.call.equipment_id is None:
        return []
    before = visit.window_start or visit.created_at
    values = {"equipment_id": visit.call.equipment_id, "visit_id": visit.id, "before": before}
    found: list[Any] = list(db.session.execute(history_query(), values))
    return found


@cache
def history_query() -> Select[Any]:
    symptom, remedy = aliased(CodeValue), aliased(CodeValue)
    return (
        select(
            Visit.id, Visit.seq, Visit.person_id, Visit.window_start, Visit.state, Call.number, Finding.outcome,
            symptom.labels.label("symptom"), remedy.labels.label("remedy"), Finding.note,
            Repeat.id.label("repeat_id"), Repeat.days,
        )
        .join(Call, Call.id == Visit.call_id)
        .outerjoin(Finding, and_(Finding.visit_id == Visit.id, Finding.version == newest_version(Visit.id)))
        .outerjoin(symptom, and_(symptom.kind == "symptom", symptom.code == Finding.symptom))
        .outerjoin(remedy, and_(remedy.kind == "remedy", remedy.code == Finding.remedy))
        .outerjoin(Repeat, and_(Repeat.earlier_id == Visit.id, Repeat.visit_id == THE_VISIT, holds()))
        .where(Visit.id.in_(union_all(of_the_unit(), linked())), Visit.id != THE_VISIT)
        .where(Visit.state.in_(rules.ENDED_STATES))
        .order_by(Repeat.id.is_(None), Visit.window_start.desc())
        .limit(MOST_EARLIER)
    )  # fmt: skip


def of_the_unit() -> Select[Any]:
    before = bindparam("before", type_=Instant())
    query = select(Visit.id).join(Call, Call.id == Visit.call_id)
    return query.where(Call.equipment_id == bindparam("equipment_id"), Visit.window_start < before)


def linked() -> Select[Any]:
    """What the visit repeats may be told of another row of the same machine."""
    return select(Repeat.earlier_id).where(Repeat.visit_id == THE_VISIT, holds())


def holds() -> Any:
    return ~exists().where(RepeatUnlink.repeat_id == Repeat.id)


def newest_version(visit_id: Any) -> Any:
    """The newest version of a visit's findings, as part of a larger query."""
    own = aliased(Finding)
    return select(func.max(own.version)).where(own.visit_id == visit_id).scalar_subquery()


def code_lists(visit: Visit, recorded: Iterable[str] = ()) -> dict[str, list[Row[Any]]]:
    """Symptoms, components, causes and remedies that suit the unit's family. Codes with their labels: they are many,
    and whole objects would cost twice as much. A retired one is offered only where it is `recorded` already."""
    lists: dict[str, list[Row[Any]]] = {}
    for value in read(codes_query(), {"recorded": list(recorded), "family": family_of(visit)}):
        lists.setdefault(value.kind, []).append(value)
    return lists


@cache
def codes_query() -> Any:
    query = select(CodeValue.kind, CodeValue.code, CodeValue.labels, CodeValue.retired_at)
    kept = or_(CodeValue.retired_at.is_(None), CodeValue.code.in_(bindparam("recorded", expanding=True)))
    query = query.where(kept, suits(CodeValue, bindparam("family", type_=String())))
    return query.order_by(CodeValue.position, CodeValue.code)


def family_of(visit: Visit) -> str | None:
    unit = visit.call.equipment
    return unit.product.family if unit else None


def known_faults(visit: Visit) -> list[KnownFault]:
    query = select(KnownFault).where(KnownFault.family == family_of(visit), KnownFault.retired_at.is_(None))
    query = query.order_by(KnownFault.position)
    return list(db.session.scalars(query)) if family_of(visit) else []


def error_codes(visit: Visit) -> list[ErrorCode]:
    """The maker's own error codes: the same number means other things on other brands."""
    unit = visit.call.equipment
    if unit is None:
        return []
    own = (ErrorCode.brand == unit.product.brand, ErrorCode.family == unit.product.family)
    query = select(ErrorCode).where(*own, ErrorCode.retired_at.is_(None)).order_by(ErrorCode.code)
    return list(db.session.scalars(query))


def parts_like(words: str, van: Location | None) -> list[Held]:
    """Parts whose number or name has the words in it, with what the van holds; those in the van first."""
    here = and_(Balance.item_id == Item.id, Balance.location_id == (van.id if van else None))
    held = func.coalesce(Balance.quantity, 0, type_=Balance.quantity.type)
    query = (
        select(Item, held)
        .outerjoin(Balance, here)
        .where(Item.kind == "part", Item.active, *item_conditions(words, "", None))
        .order_by(held.desc(), Item.code)
        .limit(MOST_FOUND)
    )
    return [Held(item, quantity) for item, quantity in db.session.execute(query)]


@dataclass(frozen=True)
class Wanted:
    """Which visits the office looks at; `before` is where the page before ended."""

    day: date | None = None
    technician_id: uuid.UUID | None = None
    state: str = ""
    before: tuple[datetime, uuid.UUID] | None = None


def visit_rows(person: Person, wanted: Wanted, zone: str) -> tuple[list[Row[Any]], tuple[datetime, uuid.UUID] | None]:
    """A page of visits that the person may see, latest window first, and where the next page begins."""
    rows: list[Any] = list(db.session.execute(listed(person, wanted, zone).limit(PAGE_SIZE + 1)))
    if len(rows) <= PAGE_SIZE:
        return rows, None
    return rows[:PAGE_SIZE], (rows[PAGE_SIZE - 1].window_start, rows[PAGE_SIZE - 1].id)


def listed(person: Person, wanted: Wanted, zone: str) -> Any:  # a Select of more columns than its type can name
    """All visits that fit and that the person may see, latest window first."""
    seen = narrowed(Visit.visible_to(person), wanted, zone)
    query: Any = (
        seen.join(Call, Call.id == Visit.call_id)
        .join(Site, Site.id == Call.site_id)
        .join(Customer, Customer.id == Call.customer_id)
        .outerjoin(Person, Person.id == Visit.person_id)
        .outerjoin(Equipment, Equipment.id == Call.equipment_id)
        .outerjoin(Product, Product.id == Equipment.product_id)
        .with_only_columns(
            Visit.id, Visit.seq, Visit.state, Visit.window_start, Visit.window_end, Call.number,
            Call.description, Call.service_class, Call.priority, Customer.name.label("customer"),
            Site.name.label("site"), Site.time_zone, Person.name.label("technician"), Product.labels.label("product"),
            Equipment.serial_no,
        )
        .order_by(Visit.window_start.desc(), Visit.id.desc())
    )  # fmt: skip
    return query


def narrowed(query: Select[Any], wanted: Wanted, zone: str) -> Select[Any]:
    query = query.where(Visit.window_start.is_not(None))
    if wanted.day:
        start, end = day_bounds(wanted.day, zone)
        query = query.where(Visit.window_start >= start, Visit.window_start < end)
    if wanted.technician_id:
        query = query.where(is_on_team(wanted.technician_id))
    if wanted.state:
        query = query.where(Visit.state == wanted.state)
    if wanted.before:
        query = query.where(behind(wanted.before, Visit.window_start, Visit.id))
    return query


def follow_ups() -> list[Row[Any]]:
    """Visits that ended with something left to do and have no later visit on their call: oldest first."""
    later = aliased(Visit)
    followed = select(later.id).where(later.call_id == Visit.call_id, later.seq > Visit.seq, later.state != "cancelled")
    ended = Visit.state.concat("").in_(rules.ENDED_STATES)  # nearly all visits have: no index of states leads here
    left = select(Finding.visit_id).where(LEFT_OVER).correlate(None)
    query = (
        select(
            Visit.id, Visit.seq, Visit.state, Visit.window_start, Call.number, Finding.outcome, Finding.outstanding,
            Customer.name.label("customer"), Site.name.label("site"), Site.time_zone, Person.name.label("technician"),
        )
        .join(Call, Call.id == Visit.call_id)
        .join(Site, Site.id == Call.site_id)
        .join(Customer, Customer.id == Call.customer_id)
        .join(Finding, and_(Finding.visit_id == Visit.id, Finding.version == newest_version(Visit.id)))
        .outerjoin(Person, Person.id == Visit.person_id)
        .where(Visit.id.in_(left), LEFT_OVER, ended, ~followed.exists())
        .order_by(Visit.window_start, Visit.id)
        .limit(MOST_FOLLOW_UPS)
    )  # fmt: skip
    found: list[Any] = list(db.session.execute(query))
    return found


def names_of(person_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    wanted = set(person_ids)
    if not wanted:
        return {}
    return {row.id: row.name for row in db.session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))}
