"""Mass assignment: each form is sent twice from the same state, once as a browser would, once with every column of
every table as a further field. The database ends the same, whatever the further fields say."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import JSON, Boolean, Date, Integer, Numeric, Uuid

from portal.clock import now
from portal.db import Instant, Model, db
from tests.conftest import long_form
from tests.importing.sheets import csv_bytes
from tests.importing.sheets import customers as customer_rows
from tests.page import PASSWORD, PIN, Page, Person
from tests.reports.steps import ANSWERS, STROKES, answer, finished, hand_to_customer, sign
from tests.security.probes import PEOPLE, Probe, who_may
from tests.stock.tools import new_tool
from tests.test_bad_input import fields
from tests.visits.steps import picture

pytestmark = pytest.mark.engine("sqlite")  # what fields a form has is no matter of the database
NO_EFFECT = {  # sent all the same, and nothing may differ
    "admin.setup": "there are people; `tests/admin/test_setup.py`",
    "calls.member_away": "nobody is there to be taken away; a reason is all it asks",
    "importing.resumption": "a button; nothing was broken off",
    "held.seen": "a button; nothing was decided",
    "jobs.leave": "a button; nothing failed",
    "jobs.retry": "a button; nothing failed",
    "offline.have": "asked by scripts, with the token in a header; `tests/offline/test_waiting.py`",
    "offline.piece": "bytes, sent by scripts, with the token in a header; `tests/offline/test_pieces.py`",
    "offline.waiting": "told by scripts, with the token in a header; `tests/offline/test_waiting.py`",
    "reports.correction": "of an approved report; the same form as the return",
    "link.signature": "the survey comes first; the same fields as in the hand-over",
    "reports.erasure": "of an approved report; a reason and the number again are all it asks",
    "reports.renewal": "a button; nothing was signed without a connection",
    "reports.resubmission": "nothing was returned; a note is all it asks",
    "verify.check": "stores nothing",
    "visits.clock_stop": "a button for the other technician's clock",
    "visits.leaving": "a button for a second technician",
    "visits.start": "a button; it was pressed before",
    "visits.no_parts": "a button; parts were used",
}
ASK_AS = {"records.view_removal": "zhao"}  # whose view it is
OWN_AS_WELL = {  # fields of the form that it shows to some, or in some state, or that are no form's of a page
    "accounts.language": {"locale"},
    "visits.part_uses": {"new_serial", "old_serial"},
    "visits.findings": {"use_again", "outstanding"},  # nothing left, or what is
    "visits.photos": {"occurred_at"},
    "reports.approval": {"acknowledged"},
    "records.views": {"name"},
}
ALIEN = "00000000-0000-4000-8000-00000a11e000"
OFTEN = {"role": "admin", "roles": "admin", "state": "closed", "locale": "es", "kind": "scrap", "result": "approved"}
CELLS_APART = {  # of the sent body, and made anew for each request
    "receipt": {"sha256"}, "history": {"request_id"}, "person": {"pin_verifier"},
}  # fmt: skip
SECRETS = re.compile(r"\$argon2[^'\"]*|(?<=:0:)[0-9a-f]{8}|[0-9A-Za-z_-]{20,}")


@long_form
def test_no_form_takes_more_than_its_own_fields(app: Flask, world: Any, probes: list[Probe], sign_in: Any) -> None:
    world.set_clock(now())
    people = {username: sign_in(username, "laptop") for username in PEOPLE}
    stage = Stage(world, sign_in)
    copy = Copy(str(db.engine.url.database))
    more, found, idle = further_fields(copy), [], []
    for probe in probes:
        whose = "li" if probe.endpoint.startswith("importing.") else "zhang"  # an import whose columns are all there
        if probe.method != "POST" or probe.whose not in ("", whose):
            continue
        person = stage.people.get(probe.endpoint) or people[ASK_AS.get(probe.endpoint) or who_may(app, probe)]
        probe = probe._replace(address=stage.places.get(probe.endpoint, probe.address))
        values = fill(person, probe, stage)
        plain, usual = send(person, probe, values), copy.changes()
        copy.put_back()
        others = {name: value for name, value in more.items() if name not in OWN_AS_WELL.get(probe.endpoint, ())}
        rich, odd = send(person, probe, {**others, **values}), copy.changes()
        copy.put_back()
        if plain.status != 303 and probe.endpoint not in NO_EFFECT:
            what = f"{probe.endpoint} {probe.address}: {plain.status} {plain.errors} {sorted(values)}"
            idle.append(f"without effect, so it says nothing: {what}")
        if plain.status != rich.status:
            found.append(f"{probe.endpoint}: {plain.status} became {rich.status} {rich.errors}")
        found += [f"{probe.endpoint}: {row[:300]}" for row in sorted([*(usual - odd), *(odd - usual)])]
    assert not found + idle, "\n".join(found + idle)


class Stage:
    """What some forms need to take effect: another address, another page to be found on, other values."""

    def __init__(self, world: Any, sign_in: Any) -> None:
        fresh, van, day = world.visit("gao"), world.van().code, f"{now() + timedelta(days=2):%Y-%m-%d}"
        new_tool(world, "GJ-8")
        db.session.commit()
        reading, answered, signed = (self.handed(world, sign_in, n) for n in (10, 12, 14))
        answer(*answered), answer(*signed), sign(*signed)
        self.people = {"handover.survey": reading[0], "handover.release": reading[0]}
        gao = sign_in("gao", "laptop")
        self.people |= {"visits.departure": gao, "visits.arrival": gao}
        self.people |= {"handover.signature": answered[0], "handover.co_signature": signed[0]}
        self.places = {
            "handover.survey": f"{reading[1]}/survey", "handover.release": f"{reading[1]}/release",
            "handover.signature": f"{answered[1]}/signature", "handover.co_signature": f"{signed[1]}/co-signature",
            "tools.hand_outs": "/tools/GJ-8/hand-outs", "tools.moves": "/tools/GJ-8/moves",
            "stock.reversal": "/stock/movements/7/reversal",
            "admin.remove_usual_part": "/admin/usual-parts/IN-01/TM-OIL-100/removal",
        }  # fmt: skip
        self.places |= {f"visits.{verb}": f"/visits/{fresh.id}/{verb}" for verb in ("departure", "arrival")}
        self.places |= {"calls.assign": f"/calls/visits/{fresh.id}/assignment"}
        self.places |= {"calls.cancel": f"/calls/visits/{fresh.id}/cancellation"}
        self.pages = {
            "calls.new": "/calls/new?new=1", "records.assign_many": f"/lists/visits/choice?id={fresh.id}",
            "records.move_unit": f"?site={world.site('Gimnasio').id}",
        }  # fmt: skip
        began = now() - timedelta(hours=40)
        ended = began + timedelta(hours=1)
        password = {"password": PASSWORD, "new_password": "another-long-one-7", "again": "another-long-one-7"}
        link = {"strokes": STROKES, "agree": "on", "witness": None, "typed_name": None}
        self.filled: dict[str, dict[str, Any]] = {
            "accounts.login": {"username": "zhang", "password": PASSWORD}, "accounts.language": {"locale": "es"},
            "accounts.theme": {"theme": "light"}, "accounts.thumb": {"thumb": "left"}, "accounts.unlock": {"pin": PIN},
            "accounts.pin": {"password": PASSWORD, "new_pin": "8642", "again": "8642"}, "accounts.password": password,
            "accounts.signature": {"strokes": STROKES}, "handover.survey": ANSWERS, "handover.release": {"pin": PIN},
            "handover.signature": link, "handover.co_signature": link, "link.signature": link,
            "stock.receipts": {"item": "TM-KEY", "unit_cost": "8"}, "stock.issues": {"item": "TM-KEY", "to": van},
            "stock.returns": {"item": "TM-OIL-100", "from": van}, "tools.registration": {"number": "GJ-9"},
            "tools.reports": {"kind": "parts_missing"}, "visits.findings": {"use_again": None, "outstanding": None},
            "visits.scan": {"code": "DF2401-0001", "photo": None}, "records.views": {"name": "虚构"},
            "visits.time_entries": {"started_at": began.isoformat(), "ended_at": ended.isoformat()},
            "tools.hand_outs": {"due_back": day}, "admin.usual_parts": {"item": "TM-KEY"},
            "importing.new": {"file": csv_bytes(customer_rows(2)), "kind": "customers"},
            "admin.new_branch": {"code": "02"}, "admin.setting": {"effective_from": day},
            "held.rescue": {"file": rescue_bytes(world)}, "held.elsewhere": {"number": world.visit().number},
            "reports.erasure": {"number": "FW-01-2611-0001"},
        }  # fmt: skip

    def handed(self, world: Any, sign_in: Any, earlier: int) -> tuple[Person, str]:
        phone = sign_in("gao")
        return phone, hand_to_customer(phone, finished(world, username="gao", earlier=earlier))


def rescue_bytes(world: Any) -> bytes:
    entry = {"id": ALIEN, "path": f"/visits/{ALIEN}/departure", "fields": []}
    told = {"format": "portal-rescue-1", "person": str(world.person("zhang").id), "entries": [entry]}
    return json.dumps(told).encode()


class Copy:
    """The database as it was, and what differs from it now. The database itself compares the two: it reads a thousand
    rows in the time in which Python reads ten."""

    def __init__(self, path: str) -> None:
        db.session.commit()
        db.session.remove()
        self.path = Path(path)
        with sqlite3.connect(path) as connection:
            self.content = connection.serialize()
        connection.close()
        self.before = self.path.with_name("before.sqlite")
        self.before.write_bytes(self.content)
        self.known = {ALIEN, ALIEN.replace("-", "")}
        for _table, row in self.compared("SELECT {columns} FROM before.{table}"):
            self.known.update(SECRETS.findall(str(row)))

    def put_back(self) -> None:
        db.session.remove()
        db.engine.dispose()
        for rest in self.path.parent.glob(f"{self.path.name}-*"):
            rest.unlink()
        self.path.write_bytes(self.content)

    def compared(self, question: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
        """What `question` finds, table by table; the database of now is `main`, that of then `before`."""
        with self.both() as connection:
            for table, names in columns().items():
                asked = question.format(columns=", ".join(map(quoted, names)), table=quoted(table))
                for row in connection.execute(asked):
                    yield table, row

    @contextmanager
    def both(self) -> Iterator[sqlite3.Connection]:
        db.session.remove()
        with sqlite3.connect(self.path) as connection:
            connection.execute("ATTACH ? AS before", (str(self.before),))
            yield connection
        connection.close()

    def changes(self) -> Counter[str]:
        """Rows that came and went, in words. Ids, secrets and digests that were not there before read alike: they
        are random. Every table has a key, so no row is there twice: where no row came and there are as many as before,
        none went."""
        found: Counter[str] = Counter()
        with self.both() as connection:
            for table, names in columns().items():
                of, cells = quoted(table), ", ".join(map(quoted, names))
                difference = f"SELECT {cells} FROM %s.{of} EXCEPT SELECT {cells} FROM %s.{of}"
                came = connection.execute(difference % ("main", "before")).fetchall()
                count = f"SELECT (SELECT count(*) FROM main.{of}) = (SELECT count(*) FROM before.{of})"
                same = not came and connection.execute(count).fetchone()[0]
                went = [] if same else connection.execute(difference % ("before", "main")).fetchall()
                for sign, rows in (("-", went), ("+", came)):
                    found.update(
                        f"{sign} {table} {dict(zip(names, map(self.masked, row), strict=True))}" for row in rows
                    )
        return found

    def masked(self, cell: Any) -> str:
        return SECRETS.sub(lambda match: match[0] if match[0] in self.known else "new", str(cell))


@cache
def columns() -> dict[str, list[str]]:
    return {
        table.name: [one.name for one in table.columns if one.name not in CELLS_APART.get(table.name, ())]
        for table in Model.metadata.sorted_tables
    }


def quoted(name: str) -> str:
    return f'"{name}"'


def further_fields(copy: Copy) -> dict[str, str]:
    """Every column of every table, with a value that could be meant: somebody else's id, a price, a day long past."""
    found: dict[str, str] = {"roles": "admin", "technician_id": ALIEN}
    with sqlite3.connect(copy.path) as connection:
        for table in Model.metadata.sorted_tables:
            for column in table.columns:
                found[column.name] = OFTEN.get(column.name) or alien(column, connection)
    connection.close()
    return found


def alien(column: Any, connection: sqlite3.Connection) -> str:
    kind = column.type
    if isinstance(kind, Uuid):
        target = next((key.column for key in column.foreign_keys), None)
        newest = f"SELECT max({quoted(target.name)}) FROM {quoted(target.table.name)}" if target is not None else ""
        row = connection.execute(newest).fetchone() if newest else None
        return str(uuid.UUID(row[0])) if row and row[0] else ALIEN
    if isinstance(kind, Boolean):
        return "1"
    if isinstance(kind, Integer | Numeric):
        return "77"
    if isinstance(kind, Instant):
        return "2001-01-01T00:00:00+00:00"
    if isinstance(kind, Date):
        return "2001-01-01"
    return '{"en": "ALIEN"}' if isinstance(kind, JSON) else "ALIEN-WORDS"


def fill(person: Person, probe: Probe, stage: Stage) -> dict[str, Any]:
    """The form as a browser shows it, with something in each empty field."""
    place = stage.pages.get(probe.endpoint, probe.address)
    page = person.get(probe.address + place if place.startswith("?") else place)
    values: dict[str, Any] = {}
    for form in page.all("form[method=post]"):
        if str(form["action"]).split("?")[0] == probe.address and not values:
            values = fields(form) | dict(typed(form))
    return {name: v for name, v in {**values, **stage.filled.get(probe.endpoint, {})}.items() if v is not None}


def typed(form: Any) -> Any:
    for field in form.select("input[name], textarea[name], select[name]"):
        kind = field.get("type", "text" if field.name == "input" else field.name)
        if kind == "select" and not field.select("option[selected]"):
            yield field["name"], next((str(o["value"]) for o in field.select("option") if o["value"]), "")
        elif kind == "file":
            yield field["name"], picture()
        elif kind == "date":
            yield field["name"], field.get("value") or f"{now():%Y-%m-%d}"
        elif kind in ("text", "search", "textarea", "tel", "email") and not (field.get("value") or field.get_text()):
            sample = {"tel": "100 0000 0009", "email": "a@example.com"}.get(kind, "虚构")
            yield field["name"], "1" if field.get("inputmode") in ("decimal", "numeric") else sample


def send(person: Person, probe: Probe, values: dict[str, Any]) -> Page:
    name_of_file = "x.csv" if probe.endpoint == "importing.new" else "x.jpg"
    sent = {
        name: (io.BytesIO(value), name_of_file) if isinstance(value, bytes) else value
        for name, value in values.items()
        if name not in ("csrf_token", "entry_id")
    }
    more = {"content_type": "multipart/form-data"} if any(isinstance(v, bytes) for v in values.values()) else {}
    session = person.client.get_cookie("session")
    page = person.post(probe.address, sent, entry_id=str(uuid.UUID(int=7, version=4)), **more)
    person.client.set_cookie("session", session.value)  # signing in and a new password make another
    return page
