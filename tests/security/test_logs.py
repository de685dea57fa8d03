"""What is written down and taken away: no log names anybody, no line is forged, no cell of a sheet is a formula."""

import csv
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest
from flask import Flask
from sqlalchemy import select

from portal import jobs
from portal.db import db
from portal.logs import JsonLines
from portal.worker import Worker
from tests.conftest import ENGINES, LONG
from tests.reports.steps import answer, entrance, finished, hand_to_customer, issued, release, sign, unsigned
from tests.stock.tools import new_tool
from tests.visits.steps import send_photo

pytestmark = pytest.mark.engine(*(ENGINES if LONG else ("sqlite",)))
NAME, PHONE, EMAIL, WORDS = "Canary-Person", "100 7777 0001", "canary@example.com", "Canary-Words"
STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line that any logger of this process writes meanwhile."""
    kept: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(JsonLines().format(record) if record.name == "portal" else record.getMessage())

    handler, loggers = Keep(), [logging.getLogger("portal"), logging.getLogger("werkzeug")]
    for logger in loggers:
        logger.addHandler(handler)
    yield kept
    for logger in loggers:
        logger.removeHandler(handler)


def test_no_canary_in_any_log_after_a_whole_journey(app: Flask, world: Any, sign_in: Any, lines: list[str]) -> None:
    contact = world.site().contacts[0]
    contact.name, contact.phone, contact.email = NAME, PHONE, EMAIL
    link = issued(world, unsigned(world), signer_name=NAME, email=EMAIL)
    visit, zhang, stranger = finished(world, earlier=2), sign_in("zhang"), sign_in()
    stranger.open("/login", method="POST", data={"username": NAME, "password": "Canary-Password"})
    stranger.get(f"/login?next=/visits/{NAME}")
    address = hand_to_customer(zhang, visit, signer_name=NAME)
    answer(zhang, address)
    sign(zhang, address, remarks=WORDS)
    release(zhang, address)
    base = f"/visits/{world.visit().id}"
    zhang.post(f"{base}/findings", {"note": WORDS, "internal_note": WORDS})
    send_photo(zhang, base)
    sun, admin = sign_in("sun", "laptop"), sign_in("admin", "laptop")
    sun.get(f"/search?q={NAME}"), sun.get(f"/calls?q={PHONE}")
    guest = [stranger.get(entrance(link)), stranger.get(f"/s/{NAME}"), stranger.get(f"/{NAME}")]
    db.session.commit()
    Worker(app).drain()
    shown = admin.get("/jobs").text + "".join(job.about + job.error for job in db.session.scalars(select(jobs.Job)))
    written = "".join(lines)
    assert any(json.loads(line)["event"] == "request" for line in lines if line.startswith("{"))
    secrets = [NAME, PHONE, EMAIL, WORDS, "Canary", "demo-2026", zhang.token(), entrance(link), address]
    secrets.append(zhang.client.get_cookie("session").value)
    assert not [secret for secret in secrets if secret in written]
    assert not [secret for secret in (NAME, PHONE, EMAIL, entrance(link)) if secret in shown]
    assert not [page.status for page in guest[1:] if PHONE in page.text or EMAIL in page.text]


def test_nobody_writes_a_line_into_the_log(sign_in: Any, lines: list[str]) -> None:
    person, forged = sign_in(), '\r\n{"event": "forged", "at": "now"}\x1b[31m\x00'
    person.open("/login", method="POST", data={"username": forged, "password": forged})
    person.get("/visits/%0d%0a%7B%22event%22:%22forged%22%7D")
    person.get("/s/%0d%0aforged?x=%0d%0aforged")
    person.get("/login", headers={"User-Agent": "forged \x1b[31m", "X-Request-Id": "forged", "X-Forwarded-For": "f"})
    person.open("/login", method="POST", data={"x": forged}, content_type="text/forged")
    assert lines and all("forged" not in line and "\n" not in line and "\x1b" not in line for line in lines)


@pytest.mark.parametrize("start", STARTS)
def test_no_list_that_is_taken_away_computes(world: Any, sign_in: Any, start: str) -> None:
    evil = f"{start}1+1|cmd"
    visit, tool = finished(world, earlier=1), new_tool(world, "GJ-1")
    call, customer, unit = visit.call, visit.call.customer, visit.call.equipment
    call.description = call.caller_name = customer.name = call.site.name = unit.location = unit.serial_no = evil
    world.person("zhang").name = evil
    for item in (tool.item, world.item()):
        item.labels = dict.fromkeys(item.labels, evil)
    db.session.commit()
    he = sign_in("he", "laptop")
    found = 0
    sheets = ["/tools.csv", "/tools.xlsx", "/stock/movements.csv", "/stock/movements.xlsx"]
    sheets += ["/stock/file.csv", "/stock/file.xlsx"]
    sheets += [f"/lists/{name}/file.{kind}" for name in LISTS for kind in ("csv", "xlsx")]
    for address in sheets:
        page = he.get(address)
        assert page.status == 200, address
        for cell, is_formula in cells(page.response.get_data(), address):
            found += "1+1|cmd" in cell
            assert not is_formula, f"{cell!r} in {address}"
    assert found > 10


LISTS = ("visits", "calls", "reports", "customers", "equipment")


def cells(content: bytes, address: str) -> list[tuple[str, bool]]:
    """Text cells, and whether a spreadsheet would compute them."""
    if address.endswith("csv"):
        rows = csv.reader(io.StringIO(content.decode("utf-8-sig")))
        return [(cell, "cmd" in cell and cell.startswith(STARTS)) for row in rows for cell in row]
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [(str(cell.value), cell.data_type == "f") for row in sheet.iter_rows() for cell in row]
