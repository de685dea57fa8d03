"""A pattern made ready for the database: what all its visits have in common stands there as it will be stored, and
each row is picked out of one dictionary with the values of a visit."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

from portal.demo.past.ledger import Thing
from portal.demo.past.patterns import Pattern, Row
from portal.demo.past.texts import day_gap
from portal.demo.past.writing import Clock, columns_of, stored

Values = dict[Any, Any]
YEAR_ONE = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Sheet:
    """`moments`: each with its distance in days and its time as text; `gaps`: the days that the texts name; `parts`:
    what is used, how much, when, and under which name the row asks for the movement's number."""

    pattern: Pattern
    constants: Values
    rows: tuple[tuple[str, Callable[[Values], tuple[Any, ...]]], ...]
    own: tuple[str, ...]
    moments: tuple[tuple[timedelta, int, str], ...]
    gaps: tuple[tuple[str, int], ...]
    parts: tuple[tuple[Thing, int, timedelta, str], ...]


def sheet(pattern: Pattern, things: dict[str, Thing], clock: Clock) -> Sheet:
    used = [used_row(number, pattern, things) for number in range(len(pattern.parts))]
    wanted = [*pattern.rows, *used, *acts(pattern)]
    constants: Values = {}
    rows = tuple((row.table, itemgetter(*keys(number, row, constants))) for number, row in enumerate(wanted))
    moments = {moment for row in wanted for moment in row.moments.values()}
    distances = {*pattern.content.distances, *pattern.evidence.distances}
    return Sheet(
        pattern=pattern,
        constants=constants,
        rows=rows,
        own=(*pattern.own, *(row.names["id"] for row in used)),
        moments=tuple((moment, moment.days, of_day(moment, clock)) for moment in sorted(moments)),
        gaps=tuple((day_gap(distance), distance) for distance in sorted(distances)),
        parts=tuple(
            (things[part.item], int(part.quantity * 1000), part.moment, row.names["movement_n"])
            for part, row in zip(pattern.parts, used, strict=True)
        ),
    )


def used_row(number: int, pattern: Pattern, things: dict[str, Thing]) -> Row:
    part = pattern.parts[number]
    names = part.row.names | {"id": f"part{number}", "movement_n": f"movement{number}"}
    return replace(part.row, fixed=part.row.fixed | {"item_id": things[part.item].id}, names=names)


def acts(pattern: Pattern) -> list[Row]:
    """The four acts of the history that pages ask for."""
    return [
        Row(
            table="history",
            fixed={"verb": verb, "subject_kind": kind, "request_id": None},
            names={"person_id": person, "subject_id": f"{kind}_text", "details": details},
            moments={"recorded_at": moment},
        )
        for verb, kind, person, moment, details in (
            ("register_call", "call", "clerk", timedelta(), "call_details"),
            ("plan_visit", "visit", "clerk", timedelta(), "technician_details"),
            ("sign_report", "report", "technician", pattern.sealed, "report_details"),
            ("approve", "report", "reviewer_id", pattern.sealed, "report_details"),
        )
    ]


def keys(number: int, row: Row, constants: Values) -> list[Any]:
    """What each column is called in the dictionary; what never changes is put into `constants`."""
    found: list[Any] = []
    for column in columns_of(row.table):
        key: Any = row.names.get(column, row.moments.get(column))
        if key is None:
            key = number, column
            constants[key] = stored(row.table, column, row.fixed[column])
        found.append(key)
    return found


def of_day(moment: timedelta, clock: Clock) -> str:
    """The part behind the date, with the space before it."""
    return clock.text(YEAR_ONE + (moment - timedelta(days=moment.days)))[10:]
