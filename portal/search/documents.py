"""What is found of each record and what a list shows of it, read from the records themselves, many at a time.

Personal words (contacts, their numbers, the caller) stand only in entries of kinds whose readers see them on the
record's own page.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Select, String, cast, func, select, union

from portal.accounts.models import Person
from portal.calls.models import Call, Member, Visit
from portal.customers.merged import merged_into
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.db import db
from portal.reports.models import Report
from portal.search import rules
from portal.search.folding import folded
from portal.signing.models import ErasedDocument
from portal.stock.models import Item
from portal.visits.models import Finding

Ids = Collection[uuid.UUID]
CUSTOMER, UNIT = Customer.__table__, Equipment.__table__
REMEMBERED = 10_000  # texts


class Document(NamedTuple):
    """An entry as it should be."""

    record_id: uuid.UUID
    code: str
    shown: dict[str, Any]
    moment: datetime | None
    tokens: str


def documents(kind: str, ids: Ids) -> list[Document]:
    """Those of the records that are there. A record that is missing here has no entry."""
    return list(READERS[kind](ids))


def every_id(kind: str) -> list[uuid.UUID]:
    """All records of a kind, the oldest first."""
    return [found for query in every_query(kind) for found in db.session.scalars(query)]


def every_query(kind: str) -> list[Select[Any]]:
    placed = select(Site.id).join(Customer).order_by(Customer.created_at, Customer.name, Site.name, Site.id)
    alone = select(Customer.id).where(*is_alone()).order_by(Customer.created_at, Customer.name, Customer.id)
    return {
        "customer": [placed, alone],
        "unit": [
            select(Equipment.id).where(Equipment.merged_into_id.is_(None)).order_by(Equipment.serial_no, Equipment.id)
        ],
        "visit": [select(Visit.id).order_by(Visit.created_at, Visit.id)],
        "report": [select(Report.visit_id).group_by(Report.visit_id).order_by(func.min(Report.submitted_at))],
        "call": [select(Call.id).order_by(Call.reported_at, Call.id)],
        "part": [select(Item.id).order_by(Item.code)],
        "person": [select(Person.id).order_by(Person.created_at, Person.username)],
    }[kind]


def is_alone() -> tuple[Any, ...]:
    """A customer without a site. One that was merged has none either, but it is the one that stays who is found."""
    return ~Customer.sites.any(), Customer.merged_into_id.is_(None)


def text(*texts: str | None) -> list[Sequence[str]]:
    """Each text's tokens. Equal ones stand once: a name is often the same in several languages."""
    return list({tokens_of(one): None for one in texts if one})


@lru_cache(maxsize=REMEMBERED)
def tokens_of(text: str) -> tuple[str, ...]:
    """Remembered, because the names of customers and products stand in very many entries."""
    return tuple(rules.tokens(folded(text)))


def names(labels: dict[str, Any] | None) -> list[str]:
    return [str(name) for _locale, name in sorted((labels or {}).items()) if name]


def number(code: str | None, *, serial: bool = False) -> tuple[str, ...]:
    return tuple(rules.code_tokens(folded(code or ""), serial=serial))


def exact(code: str) -> str:
    return rules.exact(folded(code))


def people(ids: Iterable[uuid.UUID | None]) -> list[str]:
    return [person_id.hex for person_id in ids if person_id]


def visited_by(place: Any, ids: Ids) -> dict[uuid.UUID, set[uuid.UUID]]:
    """Who has a visit there, leading or going along: `place` is the call's site or unit."""
    there = select(place).join(Visit, Visit.call_id == Call.id).where(place.in_(ids))
    led = there.add_columns(Visit.person_id).where(Visit.person_id.is_not(None))
    helped = there.add_columns(Member.person_id).join(Member, Member.visit_id == Visit.id)
    found: dict[uuid.UUID, set[uuid.UUID]] = defaultdict(set)
    for place_id, person_id in db.session.execute(union(led, helped)):
        found[place_id].add(person_id)
    return found


def members() -> Any:
    """Who goes along to a visit, as one text: the entry of a visit costs no statement for its team."""
    ids = func.aggregate_strings(cast(Member.person_id, String), ",")
    return select(ids).where(Member.visit_id == Visit.id).scalar_subquery()


def team_of(row: Any) -> list[str]:
    """Who leads the visit of a row of `of_visits`, and who goes along."""
    return people([row.person_id, *map(uuid.UUID, filter(None, (row.members or "").split(",")))])


def read_customers(ids: Ids) -> Iterable[Document]:
    """A customer is found by each of its sites, also by the names of entries that were merged into it; one that has
    none yet by itself."""
    contacts: dict[uuid.UUID, list[Any]] = defaultdict(list)
    chosen = select(Contact.site_id, Contact.name, Contact.phone, Contact.email).where(Contact.site_id.in_(ids))
    for contact in db.session.execute(chosen.order_by(Contact.name, Contact.id)):
        contacts[contact.site_id].append(contact)
    visitors = visited_by(Call.site_id, ids)
    query = select(
        Site.id, Site.name, Site.address, Site.district, Site.customer_id, Customer.name.label("customer"),
        Customer.created_at,
    ).join(Customer, Customer.id == Site.customer_id)  # fmt: skip
    rows = list(db.session.execute(query.where(Site.id.in_(ids))))
    former = former_names({row.customer_id for row in rows})
    for row in rows:
        reached = [word for one in contacts[row.id] for word in (*text(one.name, one.email), number(one.phone))]
        yield Document(
            row.id,
            "",
            shown(row.customer, row.name, row.address, id=row.customer_id),
            row.created_at,
            rules.line(
                [*text(row.customer, row.name, row.address, row.district, *former[row.customer_id]), *reached],
                people(visitors.get(row.id, ())),
            ),
        )
    alone = select(Customer.id, Customer.name, Customer.created_at).where(Customer.id.in_(ids), *is_alone())
    without_site = list(db.session.execute(alone))
    former = former_names({row.id for row in without_site})
    for customer_id, name, created_at in without_site:
        fields = text(name, *former[customer_id])
        yield Document(customer_id, "", shown(name, id=customer_id), created_at, rules.line(fields))


def former_names(ids: Ids) -> dict[uuid.UUID, list[str]]:
    """The names of entries that were merged into these customers."""
    found = merged_into(CUSTOMER, ids, CUSTOMER.c.name) if ids else {}
    return {one: [row.name for row in found.get(one, ())] for one in ids}


def read_units(ids: Ids) -> Iterable[Document]:
    """A unit is found by its plates, and by those of entries that were merged into it."""
    former = merged_into(UNIT, ids, UNIT.c.serial_no, UNIT.c.asset_tag)
    visitors = visited_by(Call.equipment_id, ids)
    query = (
        select(
            Equipment.id, Equipment.serial_no, Equipment.asset_tag, Equipment.location, Product.labels,
            Product.code, Product.brand, Product.model, Site.name.label("site"), Customer.name.label("customer"),
        )
        .join(Product, Product.id == Equipment.product_id)
        .join(Site, Site.id == Equipment.site_id)
        .join(Customer, Customer.id == Site.customer_id)
        .where(Equipment.id.in_(ids), Equipment.merged_into_id.is_(None))
    )  # fmt: skip
    for row in db.session.execute(query):
        codes = [number(row.serial_no, serial=True), number(row.asset_tag), number(row.code), number(row.model)]
        for gone in former.get(row.id, ()):
            codes += [number(gone.serial_no, serial=True), number(gone.asset_tag)]
        words = text(*names(row.labels), row.brand, row.customer, row.site, row.location)
        yield Document(
            row.id,
            exact(row.serial_no),
            shown(row.labels, row.serial_no, row.customer, row.site, id=row.id, serial_no=row.serial_no),
            None,
            rules.line([*codes, *words], people(visitors.get(row.id, ()))),
        )


def of_visits(ids: Ids) -> Any:
    """Visits with what visits and reports are found by."""
    return (
        select(
            Visit.id, Visit.seq, Visit.person_id, members().label("members"), Visit.window_start, Visit.instructions,
            Call.number, Call.description, Call.caller_name, Customer.name.label("customer"), Site.name.label("site"),
            Site.time_zone, Equipment.serial_no, Product.labels, Product.model,
        )
        .join(Call, Call.id == Visit.call_id)
        .join(Site, Site.id == Call.site_id)
        .join(Customer, Customer.id == Call.customer_id)
        .outerjoin(Equipment, Equipment.id == Call.equipment_id)
        .outerjoin(Product, Product.id == Equipment.product_id)
        .where(Visit.id.in_(ids))
    )  # fmt: skip


def read_visits(ids: Ids) -> Iterable[Document]:
    for row in db.session.execute(of_visits(ids)):
        name = f"{row.number}/{row.seq}"
        words = text(
            row.customer, row.site, row.description, row.caller_name, row.instructions, *names(row.labels), row.model
        )
        yield Document(
            row.id,
            exact(name),
            shown(row.customer, name, row.site, row.description[:120], zone=row.time_zone, id=row.id),
            row.window_start,
            rules.line([number(name), number(row.serial_no, serial=True), *words], team_of(row)),
        )


def read_reports(ids: Ids) -> Iterable[Document]:
    """The newest revision of each visit's report, with the diagnosis. An emptied one is found by its number alone."""
    erased = select(ErasedDocument.n).where(ErasedDocument.n == Report.document_n).exists()
    query = select(Report.visit_id, Report.number, Report.submitted_at, erased.label("erased"))
    reports = {row.visit_id: row for row in db.session.execute(query.where(newest(Report, Report.revision, ids)))}
    columns = (Finding.visit_id, Finding.error_code, Finding.note, Finding.test_result, Finding.outstanding)
    findings = {row.visit_id: row for row in db.session.execute(
        select(*columns).where(newest(Finding, Finding.version, ids))
    )}  # fmt: skip
    for row in db.session.execute(of_visits(list(reports))):
        report, found = reports[row.id], findings.get(row.id)
        fields: list[Sequence[str]] = [number(report.number)]
        facts = [report.number]
        if not report.erased:
            fields += [number(row.serial_no, serial=True), number(row.number)]
            fields += text(row.customer, row.site, *names(row.labels), row.model, *(found[1:] if found else ()))
            facts += [row.customer, row.site]
        yield Document(
            row.id,
            exact(report.number),
            shown(*facts, zone=row.time_zone, number=report.number),
            report.submitted_at,
            rules.line(fields, team_of(row)),
        )


def newest(model: Any, version: Any, ids: Ids) -> Any:
    """The rows of these visits that no later version has replaced."""
    latest = select(model.visit_id, func.max(version).label("last")).where(model.visit_id.in_(ids))
    last = latest.group_by(model.visit_id).subquery()
    return select(last.c.last).where(last.c.visit_id == model.visit_id, last.c.last == version).exists()


def read_calls(ids: Ids) -> Iterable[Document]:
    """A call is found by its words until a visit of it can be found by them; by its number always."""
    query = (
        select(
            Call.id, Call.number, Call.description, Call.caller_name, Call.reported_at,
            Call.visits.any().label("planned"),
            Customer.name.label("customer"), Site.name.label("site"), Site.time_zone, Equipment.serial_no,
        )
        .join(Site, Site.id == Call.site_id)
        .join(Customer, Customer.id == Call.customer_id)
        .outerjoin(Equipment, Equipment.id == Call.equipment_id)
        .where(Call.id.in_(ids))
    )  # fmt: skip
    for row in db.session.execute(query):
        fields: list[Sequence[str]] = []
        if not row.planned:
            words = text(row.customer, row.site, row.description, row.caller_name)
            fields = [number(row.number), number(row.serial_no, serial=True), *words]
        yield Document(
            row.id,
            exact(row.number),
            shown(row.customer, row.number, row.site, row.description[:120], zone=row.time_zone, number=row.number),
            row.reported_at,
            rules.line(fields),
        )


def read_parts(ids: Ids) -> Iterable[Document]:
    for row in db.session.execute(select(Item.id, Item.code, Item.labels).where(Item.id.in_(ids))):
        fields = [number(row.code), *text(*names(row.labels))]
        yield Document(row.id, exact(row.code), shown(row.labels, row.code, code=row.code), None, rules.line(fields))


def read_people(ids: Ids) -> Iterable[Document]:
    query = select(Person.id, Person.username, Person.name, Person.created_at).where(Person.id.in_(ids))
    for row in db.session.execute(query):
        fields = [number(row.username), *text(row.name)]
        facts = shown(row.name, row.username, id=row.id, username=row.username)
        yield Document(row.id, exact(row.username), facts, row.created_at, rules.line(fields))


def shown(title: Any, *detail: Any, zone: str = "", **link: Any) -> dict[str, Any]:
    """What a list shows: texts, or labels by language; `link` is what an address is made of."""
    facts = [one for one in detail if one]
    return {"title": title, "detail": facts, "zone": zone, "link": {name: str(value) for name, value in link.items()}}


READERS: dict[str, Callable[[Ids], Iterable[Document]]] = {
    "customer": read_customers,
    "unit": read_units,
    "visit": read_visits,
    "report": read_reports,
    "call": read_calls,
    "part": read_parts,
    "person": read_people,
}
