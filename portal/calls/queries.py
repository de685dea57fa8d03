"""The register of calls, page by page, and what a dispatcher wants to know before sending somebody."""

import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import aliased, joinedload, lazyload, selectinload

from portal import finding, settings
from portal.accounts.models import Person, PersonRole
from portal.calls import rules
from portal.calls.models import Assignment, Call, Member, Visit, is_on_team
from portal.clock import day_bounds
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.customers.queries import in_phone, in_serial, of_phone
from portal.db import behind, db, read
from portal.i18n import current_locale, picked
from portal.permissions import Role

PAGE_SIZE = 50
OPEN, DONE = "open", "done"


@dataclass
class Filter:
    """What the register shows; None and empty mean all."""

    q: str = ""
    state: str = ""
    technician: uuid.UUID | None = None
    start: date | None = None
    end: date | None = None
    before: tuple[datetime, uuid.UUID] | None = None


def register(wanted: Filter, zone: str) -> tuple[list[Row[Any]], tuple[datetime, uuid.UUID] | None]:
    """Calls from the newest on, and where the next page begins (keyset: the last row's time and id)."""
    found = read(narrowed(register_query(current_locale()), wanted, zone))
    if len(found) <= PAGE_SIZE:
        return found, None
    last = found[PAGE_SIZE - 1]
    return found[:PAGE_SIZE], (last.reported_at, last.id)


@cache
def register_query(locale: str) -> Any:
    """A page of calls, each with its last visit, how many it has, and when its unit was called for before. Made once
    a language: making it costs more than running it."""
    every, before = aliased(Visit), aliased(Call)
    of_call = every.call_id == Call.id
    last = select(func.max(every.seq)).where(of_call).correlate(Call).scalar_subquery()
    same_unit = and_(before.equipment_id == Call.equipment_id, before.reported_at < Call.reported_at)
    return (
        select(
            Call.id, Call.number, Call.reported_at, Call.channel, Call.priority, Call.description, Call.service_class,
            Call.work_type, Call.customer_id, Customer.name.label("customer"), Site.name.label("site"), Site.time_zone,
            Contact.name.label("contact"), Contact.phone, picked(Product.labels, locale).label("product"),
            Equipment.serial_no, Visit.state, Visit.window_start, Visit.window_end, Person.name.label("technician"),
            select(func.count()).where(of_call).correlate(Call).scalar_subquery().label("visits"),
            select(func.max(before.reported_at)).where(same_unit).correlate(Call).scalar_subquery().label("before"),
        )
        .join(Customer, Customer.id == Call.customer_id)
        .join(Site, Site.id == Call.site_id)
        .outerjoin(Contact, Contact.id == Call.contact_id)
        .outerjoin(Equipment, Equipment.id == Call.equipment_id)
        .outerjoin(Product, Product.id == Equipment.product_id)
        .outerjoin(Visit, and_(Visit.call_id == Call.id, Visit.seq == last))
        .outerjoin(Person, Person.id == Visit.person_id)
        .order_by(Call.reported_at.desc(), Call.id.desc())
        .limit(PAGE_SIZE + 1)
    )  # fmt: skip


def called_again(calls: Iterable[Any]) -> set[uuid.UUID]:
    """再次叫修: the rows of the register whose unit was called for shortly before (domain 3.2)."""
    within = timedelta(days=settings.value("repeat_days"))
    return {call.id for call in calls if call.before and call.reported_at - within <= call.before}


def with_rows() -> list[Any]:
    return [
        joinedload(Call.customer),
        joinedload(Call.site),
        joinedload(Call.contact),
        joinedload(Call.equipment).joinedload(Equipment.product),
        selectinload(Call.visits).joinedload(Visit.person).lazyload(Person.role_rows),
    ]


def with_team() -> Any:
    return selectinload(Visit.members).joinedload(Member.person).load_only(Person.name)


def narrowed(query: Select[Call], wanted: Filter, zone: str) -> Select[Call]:
    if wanted.q:
        query = query.where(matches(wanted.q))
    if wanted.state:
        query = query.where(is_open() if wanted.state == OPEN else ~is_open())
    if wanted.technician:
        query = query.where(Call.visits.any(is_on_team(wanted.technician)))
    if wanted.start:
        query = query.where(Call.reported_at >= day_bounds(wanted.start, zone)[0])
    if wanted.end:
        query = query.where(Call.reported_at < day_bounds(wanted.end, zone)[1])
    if wanted.before:
        query = query.where(behind(wanted.before, Call.reported_at, Call.id))
    return query


def matches(words: str) -> Any:
    """By a call's own words or those of a visit of it, or by its place with the contacts there."""
    own = aliased(Call)
    placed = select(own.id)
    called = placed.join(Contact, Contact.site_id == own.site_id)
    ways = [
        finding.Way("call"),
        finding.Way("visit", select(Visit.call_id), Visit.id),
        finding.Way("customer", placed, own.site_id),
    ]
    units = [placed.where(own.equipment_id.in_(query)) for query in in_serial(select(Equipment.id), words)]
    parts = [*in_phone(called, words), *units]
    return finding.found(words, Call.id, ways, also=of_phone(called, words), otherwise=parts)


def is_open() -> Any:
    """The query's form of `rules.is_open`."""
    return or_(~Call.visits.any(Visit.state == "approved"), Call.visits.any(Visit.state.not_in(rules.CLOSED)))


def find_call(number: str) -> Call | None:
    query = (
        select(Call)
        .where(Call.number == number)
        .options(*with_rows(), joinedload(Call.branch), selectinload(Call.visits).selectinload(Visit.assignments))
        .options(selectinload(Call.visits).options(with_team()))
    )
    return db.session.scalars(query).unique().one_or_none()


def earlier_calls(call: Call, most: int = 3) -> list[Call]:
    """Earlier calls for the same unit, newest first."""
    if call.equipment_id is None:
        return []
    query = (
        select(Call)
        .where(Call.equipment_id == call.equipment_id, Call.id != call.id, Call.reported_at <= call.reported_at)
        .options(selectinload(Call.visits))
        .order_by(Call.reported_at.desc(), Call.id.desc())
        .limit(most)
    )
    return list(db.session.scalars(query))


def repeats(calls: Iterable[Call]) -> dict[uuid.UUID, str]:
    """再次叫修: for each call whose unit was called for shortly before, that call's number (domain 3.2)."""
    calls, within = list(calls), timedelta(days=settings.value("repeat_days"))
    units = {call.equipment_id for call in calls if call.equipment_id}
    if not units:
        return {}
    since = min(call.reported_at for call in calls) - within
    query = (
        select(Call.equipment_id, Call.reported_at, Call.number)
        .where(Call.equipment_id.in_(units), Call.reported_at >= since)
        .order_by(Call.reported_at)
    )
    found: dict[uuid.UUID, str] = {}
    rows = db.session.execute(query).all()
    for call in calls:
        for unit, moment, number in rows:
            if unit == call.equipment_id and call.reported_at - within <= moment < call.reported_at:
                found[call.id] = number
    return found


def open_calls_at(site: Site, most: int = 5) -> list[Call]:
    """Calls for the site that are open still: the new call may be about the same thing."""
    query = (
        select(Call)
        .where(Call.site_id == site.id, is_open())
        .options(joinedload(Call.equipment).joinedload(Equipment.product))
        .order_by(Call.reported_at.desc(), Call.id.desc())
        .limit(most)
    )
    return list(db.session.scalars(query))


def last_class(site: Site) -> str | None:
    query = select(Call.service_class).where(Call.site_id == site.id).order_by(Call.reported_at.desc()).limit(1)
    return db.session.scalar(query)


def technicians() -> list[Person]:
    is_technician = Person.role_rows.any(PersonRole.role == Role.TECHNICIAN.value)
    query = select(Person).where(Person.active, is_technician).options(lazyload(Person.role_rows))
    return list(db.session.scalars(query.order_by(Person.username)))


def technician_names() -> list[tuple[str, str]]:
    """Whom a filter offers: id and name."""
    return [(str(one.id), one.name) for one in read(technician_names_query())]


@cache
def technician_names_query() -> Any:
    is_technician = Person.role_rows.any(PersonRole.role == Role.TECHNICIAN.value)
    return select(Person.id, Person.name).where(Person.active, is_technician).order_by(Person.username)


def find_technician(person_id: uuid.UUID) -> Person | None:
    return db.session.get(Person, person_id)


def visits_on(day: date, zone: str) -> Counter[uuid.UUID | None]:
    """How many visits each technician has on that day."""
    start, end = day_bounds(day, zone)
    that_day = (Visit.window_start >= start, Visit.window_start < end, Visit.state != "cancelled")
    led = select(Visit.person_id).where(*that_day)
    helped = select(Member.person_id).join(Visit, Visit.id == Member.visit_id).where(*that_day)
    return Counter(db.session.scalars(union_all(led, helped)))


def overlapping(visits: Iterable[Visit]) -> dict[uuid.UUID, dict[Person, list[Visit]]]:
    """For each visit that has not begun: who of its team, lead first, has other visits at the same time, and which."""
    planned = [v for v in visits if rules.is_movable(v.state) and v.person_id and v.window_start and v.window_end]
    found: dict[uuid.UUID, dict[Person, list[Visit]]] = {}
    for visit in planned:
        team = {one.id: one for one in (visit.person, *(member.person for member in visit.members)) if one}
        others: dict[uuid.UUID, list[Visit]] = {}
        for person_id, other in db.session.execute(elsewhere(visit, list(team))):
            others.setdefault(person_id, []).append(other)
        if others:
            found[visit.id] = {person: others[key] for key, person in team.items() if key in others}
    return found


def elsewhere(visit: Visit, people: list[uuid.UUID]) -> Select[Any]:
    """Who of these people leads, or goes along to, another visit at the time of this one."""
    then = (
        Visit.id != visit.id,
        Visit.state.not_in(rules.OVER),
        Visit.window_start < visit.window_end,
        Visit.window_end > visit.window_start,
    )
    led = select(Visit.id.label("visit_id"), Visit.person_id.label("person_id"))
    helped = select(Visit.id, Member.person_id).join(Member, Member.visit_id == Visit.id)
    sent = union_all(
        led.where(Visit.person_id.in_(people), *then), helped.where(Member.person_id.in_(people), *then)
    ).subquery()
    query = select(sent.c.person_id, Visit).join(sent, sent.c.visit_id == Visit.id)
    return query.options(joinedload(Visit.call).joinedload(Call.site)).order_by(Visit.window_start, Visit.id)


def find_visit(visit_id: uuid.UUID) -> Visit | None:
    query = (
        select(Visit)
        .where(Visit.id == visit_id)
        .options(joinedload(Visit.person), joinedload(Visit.call).options(*with_rows()[:4]), with_team())
    )
    return db.session.scalars(query).unique().one_or_none()


def people_of(call: Call) -> dict[uuid.UUID, Person]:
    """Who registered the call, and everybody its assignments name."""
    rows: list[Assignment] = [row for visit in call.visits for row in visit.assignments]
    ids = {call.registered_by_id} | {row.person_id for row in rows} | {row.assigned_by_id for row in rows}
    return {person.id: person for person in db.session.scalars(select(Person).where(Person.id.in_(ids)))}
