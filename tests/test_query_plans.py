"""Pages and entries reach the large tables by an index: no statement of theirs reads one from end to end.

What the planner would do is asked of the database itself, with the statement and the values that the page has sent.
PostgreSQL is told to avoid reading whole tables, so that it does so only where there is no other way.
"""

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from portal.calls.filters import cursor_text
from portal.clock import now
from portal.db import db
from portal.visits.views.lists import position_text
from tests.reports.steps import signed
from tests.test_statements import busy_day

LARGE = {
    "call", "visit", "assignment", "visit_event", "time_entry", "finding", "part_use", "photo", "movement", "report",
    "report_signature", "review", "sealed_document", "survey", "hand_over", "history", "equipment", "customer", "site",
    "contact", "public_link", "kept_paper", "receipt", "search_entry", "search_words_own",
}  # fmt: skip
SEARCHES = ["/search?q=虚构", "/search?q=跑", "/search?q=tm", "/search?q=虚构&kind=visit", "/search?q=JX-01"]
LOOKED_UP = [
    "/calls?q=虛構",
    "/calls?q=10000000001",
    "/calls/new?q=虛構",
    "/customers?q=虛構",
    "/equipment?q=虛構",
    "/reports?q=虛構",
]
PAGES = {
    "zhang": ["/", "{visit}", "{visit}/part-uses", "{visit}/findings", "{visit}/time-entries", "/van", "/reports",
              "/search", *SEARCHES],
    "sun": ["/calls", "/visits", "/follow-ups", "/calls/new", "/search", *SEARCHES, *LOOKED_UP],
    "zhao": ["/review", "/reports", "/reports/{report}", "/cases"],
    "qian": [
        "/stock", "/stock/items/TM-OIL-100", "/stock/items/TM-OIL-100?location=STORE-01", "/stock/movements",
        "/stock/movements?item=TM-OIL-100", "/stock/movements?location=STORE-01", "/stock/movements?kind=use",
        "/stock/movements?document=RK-01-2611-0001", "/stock/movements?from=2026-01-01&to=2026-02-01",
    ],
}  # fmt: skip
ENTRIES = {
    "part-uses": {"item": "TM-OIL-100", "quantity": "1", "old_part": "none"},
    "findings": {"note": "再听一次"},
    "pause": {"cause": "customer"},
}
NEWEST = re.compile(r"FROM movement\s+ORDER BY movement\.n DESC\s+LIMIT")  # the key itself, from its end
WHOLE_TABLE = {
    "sqlite": re.compile(r"SCAN (?:TABLE )?(\w+)(?: AS \w+)?(?! USING (?:COVERING )?INDEX)"),
    "postgresql": re.compile(r"Seq Scan on (\w+)"),
}


@contextmanager
def sent() -> Iterator[list[tuple[str, Any]]]:
    """The statements of a block with their values, once each."""
    found: dict[str, Any] = {}

    def keep(_connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, many: bool) -> None:
        if statement.startswith("SELECT") and not many:
            found.setdefault(statement, values)

    event.listen(db.engine, "before_cursor_execute", keep)
    statements: list[tuple[str, Any]] = []
    yield statements
    event.remove(db.engine, "before_cursor_execute", keep)
    statements += found.items()


def read_whole(statement: str, values: Any) -> list[str]:
    """The large tables that the database would read from end to end."""
    names = [name for line in plan_of(statement, values) for name in WHOLE_TABLE[db.engine.dialect.name].findall(line)]
    large = [name for name in names if table_behind(name, statement) in LARGE]
    return [name for name in large if not (name == "movement" and NEWEST.search(statement))]


def plan_of(statement: str, values: Any, off: tuple[str, ...] = ("seqscan",)) -> list[str]:
    """`off`: the ways that PostgreSQL takes only where there is no other."""
    engine = db.engine.dialect.name
    with db.engine.connect() as connection:
        for way in off if engine == "postgresql" else ():
            connection.execute(text(f"SET LOCAL enable_{way} = off"))
        explain = "EXPLAIN QUERY PLAN " if engine == "sqlite" else "EXPLAIN "
        plan = connection.exec_driver_sql(explain + statement, values).all()
        connection.rollback()
    return [str(row[-1]) for row in plan]


def table_behind(name: str, statement: str) -> str:
    """SQLite names a table by its alias."""
    found = re.search(rf"\b(\w+) AS \"?{name}\"?\b", statement)
    return found[1] if found else name


def complaints(statements: list[tuple[str, Any]]) -> list[str]:
    return [f"{name}: {statement}" for statement, values in statements for name in read_whole(statement, values)]


@pytest.mark.parametrize("username", PAGES)
def test_a_page_reads_no_large_table_from_end_to_end(world: Any, sign_in: Any, username: str) -> None:
    report = signed(world)
    base = busy_day(world, sign_in("zhang"))
    person = sign_in(username, "phone" if username == "zhang" else "laptop")
    found: list[str] = []
    for path in PAGES[username]:
        with sent() as statements:
            assert person.get(path.format(visit=base, report=report.number)).status == 200
        found += [f"{path} {complaint}" for complaint in complaints(statements)]
    assert not found, "\n\n".join(found)


def test_an_entry_reads_no_large_table_from_end_to_end(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    base = busy_day(world, zhang)
    for verb, fields in ENTRIES.items():
        with sent() as statements:
            assert zhang.post(f"{base}/{verb}", fields).status == 303
        assert not complaints(statements), "\n\n".join(complaints(statements))


@pytest.mark.parametrize(
    ("page", "place", "column"),
    [
        ("/reports", cursor_text, "submitted_at"),
        ("/calls", cursor_text, "reported_at"),
        ("/visits", position_text, "window_start"),
    ],
)
def test_a_later_page_begins_in_the_index(world: Any, sign_in: Any, page: str, place: Any, column: str) -> None:
    """Walking there from the newest row costs more with every page that one goes back."""
    zhao = sign_in("zhao")
    with sent() as statements:
        assert zhao.get(page, query_string={"before": place((now(), uuid.uuid4()))}).status == 200
    listed = [one for one in statements if column in one[0] and " LIMIT " in one[0].replace("\n", " ")]
    assert listed and all(begins_at(column, *one) for one in listed)


def begins_at(column: str, statement: str, values: Any) -> bool:
    """Whether an index on the column is entered at the last row of the page before."""
    wanted = {"sqlite": rf"{column}<\?\)", "postgresql": rf"Index Cond: .*{column} <= "}[db.engine.dialect.name]
    return any(re.search(wanted, line) for line in plan_of(statement, values, ("seqscan", "bitmapscan", "sort")))


def test_a_units_ending_is_looked_up_by_an_index(world: Any, sign_in: Any) -> None:
    end, zhang = world.visit().call.equipment.serial_no[-4:].lower(), sign_in("zhang")
    for code, status in ((end, 303), ("NO-SUCH-9999", 422)):
        with sent() as statements:
            assert zhang.post("/scan", {"code": code}).status == status
        assert not complaints(statements), "\n\n".join(complaints(statements))


def test_a_column_without_an_index_is_noticed(world: Any) -> None:
    with sent() as statements:
        db.session.execute(text("SELECT 1 FROM call WHERE description = caller_name"))
    db.session.rollback()
    assert complaints(statements)
