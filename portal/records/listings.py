"""The portal's lists, as far as saved views, bulk actions and export go: whom a list answers, which parameters filter
it, and for those whose rows are ticked or taken away from here, what their columns are called and the rows that fit.

The rows are chosen by the list's own filter, so that a file holds what is on the screen.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from flask import request
from flask_login import current_user
from sqlalchemy import func, select

from portal import sheets
from portal.accounts.models import Person
from portal.calls import queries as calls
from portal.calls.filters import FilterForm
from portal.calls.models import Call, Visit
from portal.calls.words import CUSTOMER_KINDS, class_word, state_word, work_type_word
from portal.customers.models import Customer, Equipment, Product, Site
from portal.db import db
from portal.i18n import LOCALES, lazy, pick
from portal.permissions import Permission
from portal.records import queries as files
from portal.records.forms import CustomerFilters, UnitFilters
from portal.records.words import FIELDS
from portal.reports import queries as reports
from portal.reports.forms import CaseFilters, ReportFilters
from portal.reports.models import Dispute, Report
from portal.reports.words import OUTCOMES_OF_CASES
from portal.stock.forms import FilterForm as MovementFilters
from portal.stock.forms import StockFilters
from portal.stock.tools.forms import FilterForm as ToolFilters
from portal.visits import queries as visits
from portal.visits.forms import VisitFilters
from portal.visits.views.lists import wanted_by

CHUNK = 1000
Cell = Callable[[Any], Any]


@dataclass(frozen=True)
class Listing:
    """`filters`: names of the parameters that choose rows; `form`: this request's filter, which words them; `shows`:
    values of the parameter `show` that stand as tabs of their own beside the saved views."""

    name: str
    endpoint: str
    permission: Permission
    filters: tuple[str, ...]
    form: Callable[[], Any]
    shows: dict[str, Any] = field(default_factory=dict, kw_only=True)

    @property
    def kept(self) -> dict[str, Any]:
        """The filter of this request, without what is empty."""
        return {name: request.args[name] for name in self.filters if request.args.get(name)}


@dataclass(frozen=True)
class Table(Listing):
    """A list whose rows can be ticked, and taken away as a file. `key`: the column that names a row; `whole`: rows with
    what the page reads beside them."""

    rows: Callable[[], Any]
    key: Any
    columns: tuple[tuple[Any, Cell], ...]
    action: str = ""  # assign | approve
    acting: Permission | None = None
    whole: Callable[[Sequence[Any]], Iterable[Any]] = iter

    def query(self, ids: Iterable[uuid.UUID] | None = None) -> Any:
        """All rows that the address asks for, or those of them that were chosen."""
        found = self.rows()
        return found if ids is None else found.where(self.key.in_(list(ids)))

    def count(self) -> int:
        return db.session.scalar(select(func.count()).select_from(self.rows().order_by(None).subquery())) or 0

    def ids(self, most: int) -> list[uuid.UUID]:
        return [row.id for row in db.session.execute(self.rows().limit(most))]

    @property
    def head(self) -> list[str]:
        return [str(name) for name, _cell in self.columns]

    def cells(self, ids: Iterable[uuid.UUID] | None = None) -> Iterator[list[Any]]:
        """The rows of a file, read in pieces."""
        for rows in db.session.execute(self.query(ids).execution_options(yield_per=CHUNK)).partitions():
            for row in self.whole(rows):
                yield [cell(row) for _name, cell in self.columns]


def of(name: str) -> Cell:
    return lambda row: getattr(row, name)


def at_site(name: str) -> Cell:
    """A time as it was at the row's site."""
    return lambda row: sheets.at_place(getattr(row, name), row.time_zone)


def at_home(name: str) -> Cell:
    """A time as it was where the reader works."""
    return lambda row: sheets.at_place(getattr(row, name), current_user.branch.time_zone)


def with_surroundings(rows: Sequence[Any]) -> Iterator[Any]:
    """Customers with their places, units and open calls."""
    around = files.around([row.id for row in rows])
    return (SimpleNamespace(**row._asdict(), **vars(around[row.id])) for row in rows)


def call_rows() -> Any:
    query: Any = (
        select(
            Call.id, Call.number, Call.reported_at, Call.description, Call.service_class, Call.work_type,
            Call.priority, Customer.name.label("customer"), Site.name.label("site"), Site.address, Site.time_zone,
            Product.model, Equipment.serial_no,
        )
        .join(Customer, Customer.id == Call.customer_id)
        .join(Site, Site.id == Call.site_id)
        .outerjoin(Equipment, Equipment.id == Call.equipment_id)
        .outerjoin(Product, Product.id == Equipment.product_id)
        .order_by(Call.reported_at.desc(), Call.id.desc())
    )  # fmt: skip
    return calls.narrowed(query, FilterForm().wanted(), current_user.branch.time_zone)


def visit_filters() -> VisitFilters:
    filters = VisitFilters(request.args)
    filters.technician.choices = calls.technician_names()
    return filters


def visit_rows() -> Any:
    person: Any = current_user
    filters = VisitFilters(request.args)
    return visits.listed(person, wanted_by(filters), person.branch.time_zone)


def report_rows() -> Any:
    filters, person = ReportFilters(), current_user
    wanted = reports.Wanted(q=(filters.q.data or "")[:100], state=filters.chosen_state)
    return reports.listed(person, wanted)


def case_rows() -> Any:
    filters = CaseFilters()
    return (
        select(
            Dispute.id, Report.number, Dispute.opened_at, Dispute.words, Dispute.phone, Dispute.closed_at,
            Dispute.outcome, Dispute.note, Customer.name.label("customer"), Person.name.label("technician"),
            Site.time_zone,
        )
        .join(Report, Report.id == Dispute.report_id)
        .join(Visit, Visit.id == Report.visit_id)
        .join(Call, Call.id == Visit.call_id)
        .join(Customer, Customer.id == Call.customer_id)
        .join(Site, Site.id == Call.site_id)
        .outerjoin(Person, Person.id == Visit.person_id)
        .where(*reports.cases_that_fit(filters.words, filters.chosen_state))
        .order_by(Dispute.opened_at.desc(), Dispute.id)
    )  # fmt: skip


def movement_filters() -> MovementFilters:
    return MovementFilters(current_user.branch.time_zone)


LISTINGS: dict[str, Listing] = {
    one.name: one
    for one in (
        Table(
            "customers", "records.customers", Permission.FILE_LIST, ("q", "kind", "place", "open"),
            CustomerFilters, lambda: files.customers(CustomerFilters().wanted()), Customer.id,
            (
                (FIELDS["name"], of("name")),
                (FIELDS["kind"], lambda row: str(CUSTOMER_KINDS.get(row.kind, row.kind))),
                (lazy("Places"), lambda row: "; ".join(row.places)),
                (lazy("Units"), of("units")),
                (lazy("Open calls"), of("open_calls")),
                (FIELDS["locale"], lambda row: LOCALES.get(row.locale, row.locale)),
                (lazy("Since"), at_home("created_at")),
            ),
            whole=with_surroundings,
        ),
        Table(
            "equipment", "records.equipment", Permission.FILE_LIST,
            ("q", "customer", "family", "product", "from", "to"),
            UnitFilters, lambda: files.units(UnitFilters().wanted()), Equipment.id,
            (
                (FIELDS["serial_no"], of("serial_no")),
                (FIELDS["product"], lambda row: pick(row.product)),
                (lazy("Model"), of("model")),
                (lazy("Brand"), of("brand")),
                (FIELDS["customer"], of("customer")),
                (FIELDS["site"], of("site")),
                (FIELDS["location"], of("location")),
                (FIELDS["asset_tag"], of("asset_tag")),
                (FIELDS["manufactured_on"], of("manufactured_on")),
                (FIELDS["purchased_on"], of("purchased_on")),
                (FIELDS["installed_on"], of("installed_on")),
            ),
        ),
        Table(
            "calls", "calls.index", Permission.CALL_VIEW, ("q", "state", "technician", "from", "to"),
            FilterForm, call_rows, Call.id,
            (
                (lazy("Call"), of("number")),
                (lazy("Reported at"), at_site("reported_at")),
                (FIELDS["customer"], of("customer")),
                (FIELDS["site"], of("site")),
                (FIELDS["address"], of("address")),
                (lazy("Model"), of("model")),
                (FIELDS["serial_no"], of("serial_no")),
                (lazy("What the customer says"), of("description")),
                (lazy("Class"), lambda row: class_word(row.service_class)),
                (lazy("Kind of work"), lambda row: work_type_word(row.work_type)),
            ),
        ),
        Table(
            "visits", "visits.index", Permission.VISIT_VIEW, ("date", "technician", "state"),
            visit_filters, visit_rows, Visit.id,
            (
                (lazy("Work order"), lambda row: f"{row.number}/{row.seq}"),
                (lazy("Planned from"), at_site("window_start")),
                (lazy("Planned until"), at_site("window_end")),
                (lazy("State"), lambda row: state_word(row.state)),
                (lazy("Technician"), of("technician")),
                (FIELDS["customer"], of("customer")),
                (FIELDS["site"], of("site")),
                (FIELDS["product"], lambda row: pick(row.product)),
                (FIELDS["serial_no"], of("serial_no")),
                (lazy("What the customer says"), of("description")),
            ),
            "assign", Permission.VISIT_ASSIGN,
        ),
        Table(
            "reports", "reports.index", Permission.REPORT_VIEW, ("q", "state"), ReportFilters, report_rows, Report.id,
            (
                (lazy("Report"), of("number")),
                (lazy("Revision"), of("revision")),
                (lazy("Sealed"), at_site("submitted_at")),
                (lazy("State"), lambda row: state_word(row.state)),
                (FIELDS["customer"], of("customer")),
                (FIELDS["site"], of("site")),
                (lazy("Technician"), of("technician")),
                (lazy("Call"), of("call")),
            ),
            "approve", Permission.REPORT_REVIEW,
        ),
        Table(
            "cases", "reports.cases", Permission.CASE_VIEW, ("q", "state"), CaseFilters, case_rows, Dispute.id,
            (
                (lazy("Report"), of("number")),
                (lazy("Told on"), at_site("opened_at")),
                (FIELDS["customer"], of("customer")),
                (lazy("The customer's words"), of("words")),
                (FIELDS["phone"], of("phone")),
                (lazy("Technician"), of("technician")),
                (lazy("Closed"), at_site("closed_at")),
                (lazy("What came of it"), lambda row: str(OUTCOMES_OF_CASES.get(row.outcome, ""))),
                (lazy("Note"), of("note")),
            ),
        ),
        Listing(
            "stock", "stock.index", Permission.STOCK_VIEW, ("q", "location", "show"), StockFilters,
            shows=StockFilters.SHOWN,
        ),
        Listing(
            "movements", "stock.movements", Permission.STOCK_VIEW,
            ("item", "location", "kind", "person", "from", "to", "document"), movement_filters,
        ),
        Listing(
            "tools", "tools.index", Permission.TOOL_VIEW,
            ("q", "category", "state", "holder", "calibration", "show"), ToolFilters,
            shows=ToolFilters.SHOWN,
        ),
    )
}  # fmt: skip
BY_ENDPOINT = {one.endpoint: one for one in LISTINGS.values()}


def kept_words(listing: Listing) -> list[tuple[str, str]]:
    """The filter of this request as the list's own form words it."""
    if not listing.kept:
        return []
    fields = {field.name: field for field in listing.form()}
    return [(str(fields[name].label.text), worded(fields[name], value)) for name, value in listing.kept.items()]


def worded(field: Any, value: str) -> str:
    words = {key: word for key, word, *_more in field.iter_choices()} if hasattr(field, "iter_choices") else {}
    return str(words.get(value, value))
