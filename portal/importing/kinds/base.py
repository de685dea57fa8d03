"""What all kinds share: rows that were read, what is planned for each, and the batch that writes the plans of a chunk.

A planner looks up all that a chunk needs by a few set queries, compares, and collects inserts and updates; it writes
nothing until it is told to, so the preview, the trial and the import itself are the same code.
"""

import uuid
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar
from unicodedata import is_normalized

from sqlalchemy import insert, select

from portal import history
from portal.clock import now
from portal.db import db
from portal.forms import plain
from portal.importing.columns import Column, Ignored
from portal.importing.limits import CELL_LIMIT
from portal.importing.rules import Claim, Memory
from portal.importing.values import Unfit, shown

NEW, CHANGED, SAME, REFUSED = "new", "changed", "same", "refused"
OUTCOMES = (NEW, CHANGED, SAME, REFUSED)
Reason = list[Any]  # [field or "", name, values]


class Refused(Exception):
    """A row that cannot be taken, by what the database holds."""

    def __init__(self, field: str, name: str, **values: Any) -> None:
        super().__init__(name)
        self.reason: Reason = [field, name, values]


@dataclass
class Line:
    """A row of the file: its number, its cells, and what it says by field. Empty cells say nothing."""

    number: int
    cells: list[str]
    said: dict[str, Any]
    reasons: list[Reason] = field(default_factory=list)


@dataclass
class Plan:
    """What becomes of a row. `changes` are (field, before, after)."""

    line: Line
    outcome: str = SAME
    reasons: list[Reason] = field(default_factory=list)
    changes: list[tuple[str, Any, Any]] = field(default_factory=list)


class Kind(ABC):
    """What can be imported. `fields` of records in `columns`; `ignored` are columns that are left out with a reason."""

    name: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    ignored: ClassVar[tuple[Ignored, ...]] = ()
    needed: ClassVar[tuple[tuple[str, ...], ...]]  # of each group at least one column must be there

    @cached_property
    def fields(self) -> list[str]:
        return [column.field for column in self.columns]

    @cached_property
    def by_field(self) -> dict[str, Column]:
        return {column.field: column for column in self.columns}

    def column(self, field: str) -> Column | None:
        return self.by_field.get(field)

    def read(self, number: int, cells: Sequence[str], mapping: Sequence[str]) -> Line:
        """The row with its cells read; what is wrong with each is said, all of it at once."""
        line = Line(number, [cell[:CELL_LIMIT] for cell in cells], {})
        for name, cell in zip(mapping, cells, strict=False):
            if not name or not (typed := typed_text(cell)):
                continue
            try:
                line.said[name] = self.by_field[name].read(typed)
            except Unfit as unfit:
                line.reasons.append([name, unfit.reason, unfit.values])
        for group in self.needed:
            if not any(name in line.said for name in group) and not any(r[0] in group for r in line.reasons):
                line.reasons.append([group[0], "missing", {}])
        return line

    @abstractmethod
    def claims(self, said: Mapping[str, Any]) -> list[Claim]:
        """What a row says about which records, for finding contradictions."""

    @abstractmethod
    def planner(self, *, trial: bool) -> "Planner": ...


def typed_text(cell: str) -> str:
    """What was meant: without control characters, and without the apostrophe that keeps a cell from being computed."""
    text: str = cell if cell.isprintable() and is_normalized("NFC", cell) else plain(cell)
    return text[1:] if text[:1] == "'" and text[1:2] in tuple("=+-@＝＋－＠") else text


@dataclass
class Batch:
    """Rows to write, in the order in which tables depend on each other, and what history says of them."""

    person_id: uuid.UUID | None
    source: str
    at: datetime = field(default_factory=now)
    inserts: dict[Any, list[dict[str, Any]]] = field(default_factory=dict)
    updates: list[tuple[Any, uuid.UUID, dict[str, Any]]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)

    def add(self, model: Any, line: Line, row: dict[str, Any]) -> None:
        self.inserts.setdefault(model, []).append(row)
        self.enter(f"add_{model.__tablename__}", model, row["id"], line)

    def change(
        self, model: Any, line: Line, row_id: uuid.UUID, values: dict[str, Any], told: Mapping[str, str]
    ) -> None:
        self.updates.append((model, row_id, values))
        self.enter(f"change_{model.__tablename__}", model, row_id, line, told)

    def enter(
        self, verb: str, model: Any, row_id: uuid.UUID, line: Line, told: Mapping[str, str] | None = None
    ) -> None:
        self.entries.append(
            {
                "recorded_at": self.at,
                "person_id": self.person_id,
                "verb": verb,
                "subject_kind": model.__tablename__,
                "subject_id": str(row_id),
                "details": {"import": self.source, "row": line.number, **(told or {})},
                "request_id": None,
            }
        )

    def write(self, tables: Iterable[Any]) -> None:
        """Everything at once, parents before children."""
        for model in tables:
            if rows := self.inserts.get(model):
                db.session.execute(insert(model.__table__), rows)
        for model in {model for model, _row_id, _values in self.updates}:
            self.write_changes(model)
        if self.entries:
            db.session.execute(history.ENTRY, self.entries)

    def write_changes(self, model: Any) -> None:
        """Through objects, so that whatever follows from a column (a key to search by) follows here as well."""
        changes = [(row_id, values) for changed, row_id, values in self.updates if changed is model]
        wanted = {row_id for row_id, _values in changes}
        found = {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(wanted)))}
        for row_id, values in changes:
            for name, value in values.items():
                setattr(found[row_id], name, value)
        db.session.flush()

    def touched(self) -> dict[str, list[uuid.UUID]]:
        """The ids of all that was added or changed, by table."""
        ids: dict[str, dict[uuid.UUID, None]] = {}
        for model, rows in self.inserts.items():
            ids.setdefault(model.__tablename__, {}).update((row["id"], None) for row in rows if "id" in row)
        for model, row_id, _values in self.updates:
            ids.setdefault(model.__tablename__, {})[row_id] = None
        return {table: list(found) for table, found in ids.items()}


class Planner(ABC):
    """Plans chunk after chunk. `made` holds the records of this chunk by the words of the file; a trial keeps them,
    because nothing of what it plans is in the database when the next chunk looks there. `joined` is what rows said about
    records that stand for several, because others were merged into them."""

    tables: ClassVar[tuple[Any, ...]] = ()  # parents before children
    subject: ClassVar[Any] = None  # a row that adds one of these is new

    def __init__(self, *, trial: bool) -> None:
        self.trial = trial
        self.made: dict[Any, Any] = {}
        self.joined = Memory()

    def plan(self, lines: Sequence[Line], batch: Batch) -> list[Plan]:
        if not self.trial:
            self.made = {}
        self.batch = batch
        self.look_up(lines)
        return [self.judged(line) for line in lines]

    def judged(self, line: Line) -> Plan:
        plan = Plan(line)
        try:
            self.plan_line(plan)
        except Refused as refused:
            return Plan(line, REFUSED, [refused.reason])
        return plan

    @abstractmethod
    def look_up(self, lines: Sequence[Line]) -> None: ...

    @abstractmethod
    def plan_line(self, plan: Plan) -> None:
        """Settles one row. Refuses before it adds anything to the batch."""

    def agree(self, line: Line, claims: Sequence[Claim]) -> None:
        """Two rows under different names may mean one record since a merge. Refuses the one that says otherwise: else
        the file would change the record back and forth each time it comes."""
        earlier = self.joined.contradiction(claims)
        if earlier is not None:
            raise Refused("", "contradiction", row=earlier)
        self.joined.keep(line.number, claims)

    def create(self, plan: Plan, model: Any, row: dict[str, Any]) -> dict[str, Any]:
        self.batch.add(model, plan.line, row)
        plan.outcome = NEW if model is self.subject else CHANGED if plan.outcome == SAME else plan.outcome
        return row

    def carry(
        self, plan: Plan, model: Any, record: dict[str, Any], said: Mapping[str, Any], names: Mapping[str, str]
    ) -> None:
        """Changes the record where the row says otherwise. `names` are columns by field."""
        different = {f: said[f] for f in names if f in said and record.get(names[f]) != said[f]}
        if not different:
            return
        told = {}
        for name, value in different.items():
            before = record.get(names[name])
            plan.changes.append((name, before, value))
            told[names[name]] = f"{shown(before)} → {shown(value)}"
        values = {names[name]: value for name, value in different.items()}
        record.update(values)
        self.batch.change(model, plan.line, record["id"], values, told)
        plan.outcome = CHANGED if plan.outcome == SAME else plan.outcome


def records(query: Any) -> list[dict[str, Any]]:
    """Rows as dictionaries: columns, not objects."""
    return [dict(row._mapping) for row in db.session.execute(query)]
