"""The index follows the records by itself.

The session is asked after each flush which rows it wrote, because every verb of every feature, of those to come too,
writes through it; the features below need not know that a search exists. Which entries follow is worked out and
written once, right before the transaction is committed: a row that was written ten times is indexed once, a
rollback takes the entry along, and what a refused verb wrote in its savepoint only costs a look at a record that is
not there. An UPDATE or DELETE of many rows at once is seen too, by the rows that its condition names, and an INSERT of
many (an import) by its values. Only what is written past the session itself (a COPY) has to be named with
`operations.index_rows`.

Much at once (a customer with thousands of visits gets another name) is left to a job, so that nobody waits for it: what
hangs on the changed record is found by its former words until then, the record itself at once.

Only attributes that an entry shows are watched, so that the hot entries of a visit (departure, parts, time, findings)
cost nothing here: findings are found with the report.
"""

import uuid
from collections import defaultdict
from typing import Any

from sqlalchemy import event, inspect, select, true
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction

from portal import jobs
from portal.accounts.models import Person
from portal.calls.models import Call, Member, Visit
from portal.customers.merged import staying
from portal.customers.models import Contact, Customer, Equipment, Product, Site
from portal.db import db
from portal.i18n import lazy
from portal.reports.models import Report
from portal.search.operations import chunks, index_together
from portal.search.rules import KINDS
from portal.signing.models import ErasedDocument
from portal.stock.models import Item

Touched = dict[Any, set[Any]]  # by class; by kind where the entry itself is known
Found = dict[str, set[uuid.UUID]]

WATCHED: dict[type[Any], tuple[str, ...]] = {
    Customer: ("name", "merged_into_id"),
    Site: ("name", "address", "district", "time_zone", "customer_id"),
    Contact: ("name", "phone", "email", "site_id"),
    Product: ("code", "labels", "brand", "model"),
    Equipment: ("serial_no", "asset_tag", "location", "product_id", "site_id", "merged_into_id"),
    Call: ("number", "customer_id", "site_id", "equipment_id", "description", "caller_name", "reported_at"),
    Visit: ("person_id", "window_start", "instructions", "call_id"),
    Member: ("visit_id", "person_id"),
    Report: ("number", "document_n", "submitted_at"),
    ErasedDocument: ("n",),
    Item: ("code", "labels"),
    Person: ("name", "username"),
}
# Whose entry it is; else the row's own id.
KEYS = {Contact: "site_id", Member: "visit_id", Report: "visit_id", ErasedDocument: "n"}
# Entries of where a row was.
PLACES = {"site_id": "customer", "customer_id": "customer", "equipment_id": "unit"}
KEPT: dict[type[Any], str] = {Customer: "customer", Equipment: "unit"}  # and of the entry that stayed, by the one gone
TABLES: dict[Any, type[Any]] = {model.__table__: model for model in WATCHED}
PENDING = "to_index"
AT_ONCE = 300  # entries of one kind that follow a name in the transaction itself
JOB = "index_search"
SHOWN_ELSEWHERE = (Customer, Site, Product)  # whose names stand in entries of many others


def watch() -> None:
    if not event.contains(db.session, "before_commit", write):
        event.listen(db.session, "after_flush", remember)
        event.listen(db.session, "do_orm_execute", remember_statement)
        event.listen(db.session, "before_commit", write)
        event.listen(db.session, "after_soft_rollback", forget)


def remember(session: Session, _context: Any) -> None:
    for row in session.new:
        note(session, row)
    for row in session.deleted:
        note(session, row, gone=True)
    for row in session.dirty:
        watched = WATCHED.get(type(row), ())
        if watched and any(inspect(row).attrs[name].history.has_changes() for name in watched):
            note(session, row)


def note(session: Session, row: Any, *, gone: bool = False) -> None:
    model = type(row)
    if model not in WATCHED:
        return
    pending = pending_of(session)
    pending[model].add(getattr(row, KEYS.get(model, "id")))
    for name, kind in places_of(model):
        history = inspect(row).attrs[name].history
        pending[kind].update(history.sum() if gone else history.deleted or ())


def places_of(model: type[Any]) -> list[tuple[str, str]]:
    """The attributes that say where a row is, each with the kind of the entries there."""
    found = [(name, kind) for name, kind in PLACES.items() if name in WATCHED[model]]
    return [*found, ("merged_into_id", KEPT[model])] if model in KEPT else found


def remember_statement(state: ORMExecuteState) -> None:
    """An UPDATE or DELETE with a condition: the rows that it is about to reach. An INSERT: the rows that it brings."""
    statement: Any = state.statement
    model = TABLES.get(statement.table) if getattr(statement, "is_dml", False) else None
    if model is None:
        return
    pending = pending_of(state.session)
    values = state.parameters if isinstance(state.parameters, list) else [state.parameters or {}]
    if statement.is_insert:
        rows: list[Any] = values if any(values) else [statement.compile().params]
        pending[model].update(row[KEYS.get(model, "id")] for row in rows)
        return
    places = places_of(model)
    columns = [getattr(model, KEYS.get(model, "id")), *(getattr(model, name) for name, _kind in places)]
    reached = select(*columns).where(statement.whereclause if statement.whereclause is not None else true())
    for given in values:
        for key, *before in state.session.execute(reached, given):
            pending[model].add(key)
            for (_name, kind), old in zip(places, before, strict=True):
                pending[kind].add(old)


def pending_of(session: Session) -> Touched:
    found: Touched = session.info.setdefault(PENDING, defaultdict(set))
    return found


def write(session: Session) -> None:
    if session.in_nested_transaction():
        return  # a savepoint is being released; the transaction itself is still open
    session.flush()
    pending: Touched | None = session.info.pop(PENDING, None)
    if not pending:
        return
    found = entries_of(pending)
    own = at_once(pending, found)
    for kind in KINDS:
        if own[kind]:
            index_together(kind, own[kind])
        if later := found[kind] - own[kind]:
            index_later(kind, later)


def at_once(pending: Touched, found: Found) -> Found:
    """All of it, unless it is much: then what was itself written. Whose an entry is never waits, because that follows
    from visits and calls."""
    if all(len(ids) <= AT_ONCE for ids in found.values()):
        return found
    own = entries_of({model: ids for model, ids in pending.items() if model not in SHOWN_ELSEWHERE})
    own["customer"] = found["customer"]
    return own


def index_later(kind: str, ids: set[uuid.UUID]) -> None:
    for chunk in chunks(sorted(ids)):
        jobs.enqueue(JOB, key=f"{JOB}:{uuid.uuid4()}", kind_of_entries=kind, ids=[one.hex for one in chunk])


@jobs.handler(JOB, words=lazy("Keep the search in step"), repeatable=True)
def index_now(job: jobs.Job) -> None:
    index_together(job.payload["kind_of_entries"], [uuid.UUID(one) for one in job.payload["ids"]])


def forget(session: Session, ended: SessionTransaction) -> None:
    """When the transaction itself is rolled back. What was written before a refused verb's savepoint still counts."""
    if not ended.nested:
        forget_noted(session)


def forget_noted(session: Session) -> None:
    """For whoever has just brought the entries up to date."""
    session.info.pop(PENDING, None)


def entries_of(touched: Touched) -> Found:
    """Which entries show something of these rows, by kind."""
    found: Found = defaultdict(set)
    for kind in ("customer", "unit"):
        found[kind] |= touched.get(kind, set()) - {None}
    found["customer"] |= kept_by(Customer, touched)
    found["customer"] |= column(Site.id, Site.customer_id, found["customer"])
    found["unit"] |= kept_by(Equipment, touched)
    found["part"] |= touched.get(Item, set())
    found["person"] |= touched.get(Person, set())
    found["report"] |= touched.get(Report, set()) | visits_of_documents(touched.get(ErasedDocument, set()))
    customers, sites = touched.get(Customer, set()), touched.get(Site, set())
    found["customer"] |= customers | sites | touched.get(Contact, set())
    found["customer"] |= column(Site.customer_id, Site.id, sites)
    found["unit"] |= touched.get(Equipment, set()) | column(Equipment.id, Equipment.product_id, touched.get(Product))
    found["unit"] |= column(Equipment.id, Equipment.site_id, sites | column(Site.id, Site.customer_id, customers))
    calls = (
        touched.get(Call, set()) | column(Call.id, Call.customer_id, customers) | column(Call.id, Call.site_id, sites)
    )
    calls |= column(Call.id, Call.equipment_id, touched.get(Equipment, set()) | units_of(touched.get(Product)))
    visits = touched.get(Visit, set()) | touched.get(Member, set())
    found["call"] |= calls | column(Visit.call_id, Visit.id, visits)
    places = touched.get(Call, set()) | column(Visit.call_id, Visit.id, visits)
    found["customer"] |= column(Call.site_id, Call.id, places)
    found["unit"] |= column(Call.equipment_id, Call.id, places)
    found["visit"] |= visits | column(Visit.id, Visit.call_id, calls)
    found["report"] |= column(Report.visit_id, Report.visit_id, found["visit"])
    return found


def kept_by(model: type[Any], touched: Touched) -> set[Any]:
    """The entries that say what those of these rows said that were merged."""
    ids = list(touched.get(model, ()))
    return {kept for chunk in chunks(ids) for kept in staying(model.__table__, chunk).values()}


def units_of(products: set[Any] | None) -> set[Any]:
    return column(Equipment.id, Equipment.product_id, products)


def visits_of_documents(numbers: set[Any]) -> set[Any]:
    return column(Report.visit_id, Report.document_n, numbers)


def column(wanted: Any, key: Any, values: set[Any] | None) -> set[Any]:
    """The values of one column where another has one of these."""
    found: set[Any] = set()
    for chunk in chunks(list(values or ())):
        found.update(db.session.scalars(select(wanted).where(key.in_(chunk)).distinct()))
    return found - {None}
