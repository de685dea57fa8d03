"""Whatever people wrote, wherever the portal shows it: in a real browser it is text. No dialog, no script, no
request that the page did not make, no word from the content policy.

Every column for words of every table is filled (`WORDS`; the test fails for a new column that is named nowhere), so
the corpus also stands where no form would put it. Records that are sealed got their words before they were sealed.
"""

import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import JSON, String, Text, select, text, update
from werkzeug.serving import make_server

from portal.accounts.models import Branch
from portal.customers.models import CodeValue, Product, Site
from portal.db import Model, db
from portal.forms import plain
from portal.reports import operations as reports
from portal.reports.operations.signing import Mark
from portal.stock.models import Item
from tests.browser.conftest import Open
from tests.browser.conftest import sign_in as log_in
from tests.conftest import LONG
from tests.reports.printed import pages, stands_on
from tests.reports.steps import ANSWERS, INK, SIGNER, finished, session_of
from tests.security.corpus import CODE
from tests.security.estate import build
from tests.security.probes import PEOPLE, add_people, addresses, who_may
from tests.visits.steps import DIAGNOSIS

pytestmark = pytest.mark.engine("sqlite")
WORDS = {
    "waiting_entry": "label",
    "branch": "hotline", "call": "caller_name description", "calibration": "certificate_no laboratory",
    "contact": "name phone email", "customer": "name", "dispute": "words phone note",
    "equipment": "asset_tag location invoice_no",
    "finding": "note test_result outstanding internal_note stop_reason", "hand_over": "signer_name",
    "import_run": "file_name why", "job": "error", "merge": "gone_name reason", "merge_undoing": "reason",
    "movement": "serial_no reason", "paper": "title", "paper_removal": "reason",
    "part_use": "new_serial old_serial", "part_use_reversal": "reason", "person": "name email",
    "product": "brand model parameters standard", "public_link": "email signer_name", "reading": "point",
    "repeat_unlink": "reason", "report": "reason", "report_void": "reason", "resubmission": "note",
    "review": "note", "saved_view": "name", "setting": "reason",
    "site": "name address district access_note hazards", "time_entry": "reason",
    "tool": "spec brand maker_serial supplier laboratory note", "tool_decision": "note", "tool_report": "note",
    "tool_step": "note", "use_release": "reason", "use_stop": "reason",
    "visit": "instructions mend_note cancel_reason", "assignment": "reason", "bulk_run": "about",
    "held_entry": "why", "held_decision": "reason",
}  # fmt: skip
NO_WORDS = {  # numbers, codes, choices, digests, secrets; and what is sealed or made from other columns
    "about", "action", "address_hash", "answers", "backup_digest", "brand", "browser", "calibration_class",
    "calibration_state", "category", "cause", "cells", "channel", "code", "component", "condition", "content",
    "content_digest", "content_type", "csrf_token", "datum", "decision", "details", "device", "digest", "document",
    "edition", "error_code", "evidence", "evidence_digest", "family", "fields", "files", "ground", "handover_token",
    "headings", "items", "key", "kind", "label", "labels", "link", "listing", "locale", "location", "looks",
    "mapping",
    "method", "moved", "number", "old_part", "outcome", "part", "password_hash", "path", "payload", "phone_key",
    "pin_hash", "pin_verifier", "previous_link", "priority", "purpose", "quantity", "query", "reasons", "remedy",
    "request_id",
    "restored_at", "result", "results", "role", "salt", "sample", "scan", "secret_hash", "serial_end", "serial_key",
    "serial_no", "series", "service_class", "sha256", "shown", "signer_role", "source", "source_url", "state",
    "strokes", "subject_id", "subject_kind", "symptom", "tag_end", "thumbnail", "time_zone", "to_mend", "token",
    "token_hash", "tokens",
    "unit", "username", "value", "verb", "verify_hash", "version", "why", "work_type", "worker",
}  # fmt: skip
PHONE = {"visits.show", "visits.findings", "visits.part_uses", "visits.directions", "visits.van", "records.unit",
         "reports.handover", "reports.draft", "link.show", "copy.show"}  # fmt: skip
LAPTOP = {"calls.index": "sun", "calls.show": "sun", "records.customer": "zhao", "records.edit_customer": "zhao",
          "records.unit_papers": "zhao", "reports.review": "zhao", "reports.case": "zhao", "visits.stopped": "zhao",
          "records.merge_customers": "zhao", "records.view_removal": "zhao", "tools.show": "zhao",
          "stock.movements": "zhao", "importing.index": "zhao", "verify.show": "zhao"}  # fmt: skip
STRANGE = """() => [...document.querySelectorAll('*')].filter(e =>
    e.matches('iframe, object, embed, base, math, marquee, portal, plaintext, #evil, xss, x-y, hx-partial') ||
    e.matches('meta[http-equiv=refresh]') || window.evil ||
    [...e.attributes].some(a => /^(on|hx-on|data-hx-on|srcdoc)/.test(a.name) ||
      (/^(href|src|action|formaction|xlink:href)$/.test(a.name) &&
       /^\\s*(javascript|vbscript|data:text)/i.test(a.value)))
  ).map(e => e.outerHTML.slice(0, 160))"""


def texts(turn: int) -> Iterator[str]:
    """Six of the corpus at a time, another six for each cell; in `turn` each cell begins elsewhere."""
    place = turn
    while True:
        yield plain(" ".join(CODE[(place * 6 + n) % len(CODE)] for n in range(6)))
        place += 1


def test_every_column_for_words_is_filled() -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | Text | JSON)
        and column.name not in WORDS.get(table.name, "").split()
        and column.name not in NO_WORDS
    ]
    assert not silent


@pytest.fixture
def served(app: Flask) -> Iterator[str]:
    """The very app of this test on a port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("turn", range(len(CODE) // 6 + 1) if LONG else [0])
def test_nothing_that_was_typed_runs(
    app: Flask, world: Any, served: str, open_page: Open, sign_in: Any, turn: int
) -> None:
    words = texts(turn)
    write_what_is_sealed(world, words)
    add_people(world)
    probes = addresses(app, {"zhang": (build(world, "zhang", "DF2401-0001", "GJ-1", "parts"), "parts")})
    number, remarks = sealed_report(world, next(words))
    write_the_rest(words)
    paper = pages(sign_in("zhao", "laptop").get(f"/reports/{number}.pdf").response.get_data())
    assert stands_on(remarks, paper), "the paper shows the very words"
    gets = [probe for probe in probes if probe.method == "GET"]
    if LONG:
        walks = {name: [p.address for p in gets if who_may(app, p) == name] for name in PEOPLE}
    else:
        walks = {name: [p.address for p in gets if LAPTOP.get(p.endpoint) == name] for name in ("sun", "zhao")}
    walks["zhao"] += [f"/reports/{number}", f"/search?q={quote('script')}"]
    shown = sum(walk(open_page(served, phone=False), username, there) for username, there in walks.items())
    on_the_phone = [p.address for p in gets if p.endpoint in PHONE or (LONG and who_may(app, p) == "zhang")]
    shown += walk(open_page(served), "zhang", on_the_phone)
    assert shown > 20, "pages with words of the corpus in plain sight"


def write_what_is_sealed(world: Any, words: Iterator[str]) -> None:
    """Names and places as they are sealed later, and found by the search."""
    for site in db.session.scalars(select(Site)):
        site.customer.name, site.address, site.access_note, site.hazards = (next(words) for _n in range(4))
        for contact in site.contacts:
            contact.name = next(words)
    for model in (Product, Item, CodeValue, Branch):
        for row in db.session.scalars(select(model)).unique():
            row.labels = {language: next(words) for language in row.labels}
    db.session.commit()


def sealed_report(world: Any, words: str) -> tuple[str, str]:
    visit = finished(world, username="gao", findings=DIAGNOSIS | {"test_result": words})
    session = session_of(world, "gao")
    given = reports.hand_over(visit, **SIGNER | {"signer_name": words}, person=session.person, session=session)
    reports.answer_survey(given, ANSWERS)
    report = reports.sign_report(given, Mark(strokes=INK), remarks=words)
    db.session.commit()
    return report.number, words


def write_the_rest(words: Iterator[str]) -> None:
    """Into every column for words, also of what is never changed: its guards are taken off meanwhile."""
    db.session.remove()
    with db.engine.begin() as connection:
        guards = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for name, _sql in guards:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        for table in Model.metadata.sorted_tables:
            for name in WORDS.get(table.name, "").split():
                connection.execute(update(table).values({name: next(words)}))
        for _name, sql in guards:
            connection.exec_driver_sql(sql)


def walk(page: Page, username: str, there: list[str]) -> int:
    """Opens the pages as this person; how many show words of the corpus. Console and policy are listened to by
    `open_page`."""
    shown = 0
    seen: list[str] = []
    page.on("dialog", lambda dialog: (seen.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: seen.append(request.url) if is_strange(request.url) else None)
    log_in(page, username)
    for address in there:
        answer = page.goto(address)
        assert answer is not None and answer.status in (200, 404), f"{address}: {answer and answer.status}"
        found = page.evaluate(STRANGE)
        assert not found, f"{address} for {username}: {found}"
        shown += bool(page.evaluate("/alert\\(1\\)|script|evil/.test(document.body.innerText)"))
    assert not seen, f"{username}: {seen}"
    return shown


def is_strange(asked: str) -> bool:
    """A request to anywhere else, or to where a stolen click would lead."""
    place = urlsplit(asked)
    return place.scheme in ("http", "https") and (place.hostname != "127.0.0.1" or "logout" in place.path)
