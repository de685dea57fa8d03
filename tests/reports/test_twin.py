"""The report on a phone without signal is the server's to the letter: the same text to sign, the same lines to read."""

import json
import os
import random
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from typing import Any

import playwright
import pytest

from portal import clock
from portal.calls.operations import add_member
from portal.customers.models import ErrorCode
from portal.db import db
from portal.i18n import LOCALES
from portal.offline.facts import offline_facts
from portal.reports.content import compose
from portal.reports.offline import paper_words, report_for
from portal.reports.reading import Reading
from portal.reports.shown import as_payload, read_shown, shown_content
from portal.signing.rules import digest
from portal.visits import operations as visits
from portal.visits.models import OUTCOMES, PHOTO_LABELS
from portal.visits.rules import QUANTITIES
from tests.stock.tools import new_tool
from tests.visits.steps import picture

NODE = Path(playwright.__file__).parent / "driver" / "node"
VISITS = 1000 if os.environ.get("PORTAL_LONG") == "1" else 8
TEXTS = (
    "", "none", "清灰上油", "Cambié la correa; ajusté la tensión.\n\nProbado a 10 km/h.", "e\u0301 = é",
    "𠮷野家 👍🏽 ok", "W" * 60, "  \u00a0two\u2003spaces \x85 ", "a\u200bb \"quoted\" \\ back", "很长" * 200,
    "\u2028line", "x" * 25 + " " + "好" * 30,
)  # fmt: skip


def lines(payload: dict[str, Any]) -> list[list[str]]:
    """What `templates/handover/_read.html` shows, piece by piece."""
    reading = Reading(payload)
    rows = [[cell["label"], cell["value"]] for cell in map(as_cell, reading.in_short)]
    for row in reading.parts.table["rows"]:  # type: ignore[index]
        rows.append([row[1], row[2], row[8], row[9], f"{row[4]} {row[3]}", row[6]])
    rows += [[reading.caption(photo)] for photo in payload["photos"]]
    for block in reading.sheet:
        if block.key not in ("parts", "order"):
            rows.append([block.title])
            rows += [[cell["label"], cell["value"], cell.get("code") or ""] for cell in block.cells]
    return rows


def as_cell(pair: tuple[str, str]) -> dict[str, str]:
    return {"label": pair[0], "value": pair[1]}


def some_visit(world: Any, chance: random.Random, names: Iterator[int]) -> Any:
    zhang, li = world.person("zhang"), world.person("li")
    serial = chance.choice(("DF2401-0001", "DF2401-0003"))
    kind, grade = chance.choice(("repair", "maintain", "inspect")), chance.choice("ABCD")
    visit = world.visit(serial=serial, work_type=kind, service_class=grade, description=chance.choice(TEXTS) or "停")
    day = next(names)  # each on a day of its own: nobody works at two places at once
    begun = clock.now() - timedelta(
        days=VISITS - day, minutes=chance.randint(0, 600), microseconds=chance.randint(0, 10**9)
    )
    at = accumulate((timedelta(seconds=chance.randint(1, 3000) + chance.random()) for _ in range(20)), initial=begun)
    if chance.random() < 0.3:
        add_member(visit, li, person=world.person("sun"))
    visits.depart(visit, person=zhang, occurred_at=next(at))
    visits.arrive(visit, person=zhang, occurred_at=next(at))
    if chance.random() < 0.95:
        visits.start(visit, person=zhang, occurred_at=next(at))
        if chance.random() < 0.4:
            visits.pause(visit, person=zhang, cause=chance.choice(("parts", "break")), occurred_at=next(at))
            visits.start(visit, person=zhang, occurred_at=next(at))
        record(visit, zhang, chance, day)
        if visit.members and chance.random() < 0.8:
            started = begun + timedelta(seconds=chance.randint(60, 9000))
            span = {"started_at": started, "ended_at": started + timedelta(seconds=chance.randint(60, 9000))}
            visits.log_time(visit, kind="work", reason="补记", person=li, **span)
        if chance.random() < 0.8:
            visits.finish(visit, person=zhang, occurred_at=next(at))
        else:
            visits.pause(visit, person=zhang, cause="break", occurred_at=next(at))
    db.session.flush()
    return visit


def record(visit: Any, person: Any, chance: random.Random, name: int) -> None:
    text = lambda: chance.choice(TEXTS)  # noqa: E731
    codes = {"symptom": "TM-S03", "component": "TM-P01", "cause": "C99", "remedy": "A03"}
    stop = chance.random() < 0.2
    visits.save_findings(
        visit, person=person, note=text(), test_result=text(), outstanding=chance.choice(("none", "等 <b>电机</b> &")),
        outcome=chance.choice((None, *OUTCOMES)), error_code=chance.choice(("", "E07", "E99")),
        do_not_use=stop, stop_reason="勿用" if stop else "",
        **{kind: code for kind, code in codes.items() if chance.random() < 0.8},
    )  # fmt: skip
    for _ in range(chance.randint(0, 4)):
        item, count = chance.choice(
            (("TM-OIL-100", Decimal(chance.randint(1, 4000)) / 1000), ("TM-BELT-1300", Decimal(1)))
        )
        old, new = chance.choice(("", f"SN{name}" * 5)), chance.choice(("", f"N-{name}"))
        fate = chance.choice(("none", "returned", "waived"))
        visits.log_part_use(
            visit, item=item, quantity=count, old_part=fate, old_serial=old, new_serial=new, person=person
        )
    for _ in range(chance.randint(0, 5)):
        what, value = (
            chance.choice(list(QUANTITIES)),
            Decimal(chance.randint(-(10**9), 10**9)).scaleb(-chance.randint(0, 6)),
        )
        point, used = chance.choice(("", "电机 U 相")), chance.choice(("", "GJ-900"))
        visits.log_reading(
            visit,
            quantity=what,
            value=value,
            unit="" if QUANTITIES[what] else "x",
            point=point,
            instrument=used,
            person=person,
        )
    for _ in range(chance.randint(0, 2)):
        visits.add_photo(visit, photo=picture(), label=chance.choice(PHOTO_LABELS), person=person)


def on_the_phone(cases: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the phone's scripts make of the cases."""
    sent = "\n".join(json.dumps(case) for case in cases)
    script = Path(__file__).with_name("twin.mjs")
    done = subprocess.run([NODE, script], input=sent, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.split("\n") if line]


@pytest.mark.engine("sqlite")
def test_the_phone_writes_the_report_that_the_server_writes(app: Any, world: Any) -> None:
    chance = random.Random(20261130)
    new_tool(world, "GJ-900", category="measuring", interval_months=12, calibration_class="B")
    world.item("TM-OIL-100").unit = "l"  # measured, so that there are fractions to be written
    labels = {"zh_Hans": "过流", "en": "Over-current"}
    db.session.add(ErrorCode(brand="示范牌 DEMO-FIT", family="TM", code="E07", labels=labels))
    db.session.flush()
    names, cases, expected = iter(range(10**6)), [], []
    with app.test_request_context():
        for _ in range(VISITS):
            visit = some_visit(world, chance, names)
            facts, report = offline_facts(visit, world.person("zhang")), report_for(visit)
            for locale in LOCALES:
                payload = compose(visit, locale)
                words = {} if cases else {"words": paper_words()}
                cases.append({"facts": facts, "report": report, "locale": locale, **words})
                expected.append((shown_content(payload), lines(payload), payload))
    for (shown, rows, payload), found in zip(expected, on_the_phone(cases), strict=True):
        assert found["shown"] == shown
        assert found["digest"] == digest("", shown) and found["again"] == shown
        assert found["lines"] == rows
        read = read_shown(shown)
        assert read is not None, shown
        assert shown_content(as_payload(read, payload)) == shown
