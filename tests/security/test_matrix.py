"""Role × route × own or a stranger's record: who gets a page, who is refused, and for whom a record does not exist.

What is expected comes from `GRANTS`; `estate.py` says which record fills an address. Nothing ever answers 500. The
GET side is also a crawl of every page with records in it. POSTs carry a wrong token, so that they change nothing and
yet pass by every question of who may. Afterwards the database is as it was.
"""

import contextvars
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal import cli, create_app
from portal.calls.models import Visit
from portal.db import db
from portal.permissions import GRANTS, Access, Grant, Permission, Role, leads, own
from tests.conftest import ENGINES, LONG
from tests.databases import settings
from tests.page import Person
from tests.reports.steps import hand_to_customer
from tests.security.probes import OTHER_TESTS, PEOPLE, Probe
from tests.security.state import AT_FIRST_SIGHT, differences, whole

pytestmark = pytest.mark.engine(*(ENGINES if LONG else ("sqlite",)))
HELD = {leads, own}  # grants that hold for one's own visits only
OF_OTHERS_WORK = {  # a reviewer is never a technician of the visit; said here once more, not read from the table
    Permission.HELD_DECIDE, Permission.REPORT_REVIEW, Permission.REPORT_VOID, Permission.CASE_CLOSE,
    Permission.REPEAT_UNLINK,
}  # fmt: skip
IN_HAND = {"tools.reports", "tools.return_requests"}  # a technician speaks of what they hold
AMONG_OWN = {
    "reports.handover",
    "reports.resubmission",
    "offline.visit",
}  # the technician's own visits alone are looked through
OWN_VIEW = {"records.run": {"zhao", "he", "wu"}, "records.view_removal": {"zhao"}}  # kept by zhao; runs are shared
OF_CALLS = {"records.choice", "records.export", "records.views"}  # the list of calls is for who may see calls
OTHERWISE = {
    ("GET", "accounts.login"): 303,  # signed in already
    ("GET", "admin.logo"): 404,  # the company has none
    ("GET", "admin.setup"): 404,  # there are people
    ("POST", "admin.setup"): 404,
    ("GET", "link.signature"): 303,  # the survey comes first
    ("GET", "admin.codes"): 303,
    ("GET", "importing.show"): 303,  # its columns are to be checked
    ("GET", "importing.refused"): 404,  # it has not run
    ("GET", "offline.locked"): 404,  # nobody has chosen a PIN since phones can check one
    ("GET", "reports.resubmission"): 404,  # nothing was returned
    ("POST", "reports.resubmission"): 404,
}
OF_THE_DEVICE = {"device.manifest", "device.picture", "device.worker"}  # nobody's: the same for all
KEPT_BY_BROWSER = ("photo", "picture", "thumbnail", "logo", "scan", "calendar")  # calendars ask whether it changed


OWN_HAND_OVER = {
    ("GET", "handover.signature"): {303},  # the survey comes first
    ("GET", "handover.co_signature"): {303},  # and a signature before a second one
}
EMPTY = {
    "static": {200}, "healthz": {200}, "readyz": {200}, "accounts.login": {200, 303, 422},
    "accounts.language": {200, 303, 422}, "accounts.theme": {200, 422}, "accounts.thumb": {200, 422},
    "offline.not_here": {200}, "device.help": {200}, "device.manifest": {200}, "device.picture": {200, 404},
    "device.worker": {200},
}  # fmt: skip


def granted(app: Flask, username: str, endpoint: str) -> tuple[Permission | None, list[Grant]]:
    """What the view asks for, and by which lines of the table this person has it: the union over their roles."""
    permission = getattr(app.view_functions[endpoint], "access", Access(False)).permission
    return permission, [grant for grant in GRANTS[permission] if grant.roles & PEOPLE[username]] if permission else []


def expected(app: Flask, username: str, probe: Probe) -> set[int]:
    """Statuses that are right for this person."""
    method, endpoint, is_own = probe.method, probe.endpoint, probe.whose in ("", username)
    permission, grants = granted(app, username, endpoint)
    if permission and not grants:
        return {403}
    if endpoint in OF_CALLS and not any(grant.roles & PEOPLE[username] for grant in GRANTS[Permission.CALL_VIEW]):
        return {403}
    if username not in OWN_VIEW.get(endpoint, PEOPLE) or endpoint.startswith("handover."):
        return {404}  # of a hand-over: also its own technician in another session
    if endpoint == "held.seen" and not is_own:
        return {404}  # only its author has read what was decided
    in_the_field_only = PEOPLE[username] == {Role.TECHNICIAN}
    if not is_own and grants and all(grant.when in HELD for grant in grants):
        is_hidden = in_the_field_only or endpoint in AMONG_OWN
        return {404} if is_hidden else {403}  # whoever may see the visit in the other role learns that it is there
    if not is_own and in_the_field_only and (permission == Permission.FILE_VIEW or endpoint in IN_HAND):
        return {404}  # a technician's files are those of where they were sent
    if probe.kind not in ("parts", "tools") and only_for_the_store(endpoint, grants):
        return {404}
    if probe.whose == username and permission in OF_OTHERS_WORK:
        return {403}
    usual = {200} if method == "GET" else {400, 422}
    return {OTHERWISE[method, endpoint]} if (method, endpoint) in OTHERWISE else usual


def only_for_the_store(endpoint: str, grants: list[Grant]) -> bool:
    return endpoint.startswith("importing.") and bool(grants) and all(grant.when for grant in grants)


def worth_asking(app: Flask, username: str, probe: Probe) -> bool:
    """Whose records are tried: one's own and a stranger's. Where no line of the table speaks of the record, they
    are all strangers' to an office, and the ordinary run asks for one of them, and once where the role is refused by
    the gate before any view; the long form asks for all."""
    own_one = username if username in ("zhang", "wu") else "li"
    permission, grants = granted(app, username, probe.endpoint)
    asked = {"", own_one}
    if own_one != "li" or any(grant.when for grant in grants):
        asked |= {"li", "zhang"} if own_one == "li" else {"li"}
    refused_twice = permission and not grants and probe.method == "GET" and probe.has_form
    return LONG or (probe.whose in asked and not refused_twice)


def ask(person: Person, address: str, method: str) -> TestResponse:
    """The bare answer: parsing a thousand pages is other tests' business."""
    values = {"csrf_token": "wrong"} if method == "POST" else None
    run = contextvars.Context().run
    return run(person.client.open, address, method=method, data=values, buffered=True)  # type: ignore[arg-type]


def test_the_matrix_has_no_hole(app: Flask, probes: list[Probe], sign_in: Any) -> None:
    people: dict[str, Person] = {username: sign_in(username, "laptop") for username in PEOPLE}
    wrong, before = [], whole()
    db.session.remove()
    for username, person in people.items():
        for probe in probes:
            if not worth_asking(app, username, probe):
                continue
            answer, right = ask(person, probe.address, probe.method), expected(app, username, probe)
            what = f"{username} {probe.method} {probe.address} ({probe.endpoint}, of {probe.whose or 'nobody'})"
            if answer.status_code not in right:
                wrong.append(f"{what}: {answer.status_code}, not {sorted(right)}")
            wrong += [f"{what}: {missing}" for missing in missing_headers(answer, probe.endpoint)]
    assert not wrong, "\n".join(wrong)
    written = [row for row in differences(before, whole()) if row.split(":")[0] not in AT_FIRST_SIGHT]
    assert not written, "a GET, or a POST with a wrong token, wrote something"


def test_every_route_is_in_the_matrix_or_named_with_a_reason(app: Flask, probes: list[Probe]) -> None:
    asked = {(probe.method, probe.endpoint) for probe in probes}
    routes = {
        (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {endpoint for _method, endpoint in routes - asked} == set(OTHER_TESTS)
    assert set(Role) == {Role(role) for roles in PEOPLE.values() for role in roles}


def test_in_the_customers_hands_nothing_but_the_hand_over_answers(
    app: Flask, world: Any, probes: list[Probe], sign_in: Any
) -> None:
    phone = sign_in("zhang")
    ready = next(probe for probe in probes if probe.endpoint == "reports.handover" and probe.whose == "zhang")
    visit = db.session.get(Visit, uuid.UUID(ready.address.split("/")[2]))
    held = hand_to_customer(phone, visit)
    before, wrong, own_pages = whole(), [], 0
    db.session.remove()
    for probe in probes:
        address, answers = probe.address, {423} if probe.method == "POST" else {303}
        if getattr(app.view_functions[probe.endpoint], "during_handover", False) or probe.endpoint == "static":
            own_one = probe.endpoint.startswith("handover.") and probe.whose == "zhang"
            if own_one:
                address = held + "/" + "/".join(address.split("/")[3:])
                own_pages += 1
            usual = {200} if probe.method == "GET" else {400}
            answers = OWN_HAND_OVER.get((probe.method, probe.endpoint), usual) if own_one else {404}
            answers = usual if not probe.endpoint.startswith("handover.") else answers
        answer = ask(phone, address.rstrip("/") or "/", probe.method)
        if answer.status_code not in answers:
            wrong.append(f"{probe.method} {address}: {answer.status_code}, not {sorted(answers)}")
        if answers == {303} and not str(answer.location).startswith(held):
            wrong.append(f"{probe.method} {address} leads to {answer.location}")
    assert not wrong, "\n".join(wrong)
    assert not differences(before, whole())
    assert own_pages == 10


def test_an_empty_portal_offers_its_set_up_and_nothing_else(tmp_path: Path, probes: list[Probe], engine: str) -> None:
    """The same addresses, before there is anybody: signing in leads to the set-up, and no record exists."""
    app = create_app(settings(f"sqlite:///{tmp_path / 'empty.sqlite'}", tmp_path))
    with app.app_context():
        cli.upgrade()
        before, stranger, wrong = whole(), Person(app, "laptop"), []
        for probe in probes:
            if probe.whose in ("li", "wu"):  # twenty wrong secrets in a minute are the limit
                continue
            access = getattr(app.view_functions[probe.endpoint], "access", Access(False))
            answer = ask(stranger, probe.address, probe.method)
            if access.signed_in:
                right = answer.status_code == 303 and str(answer.location).startswith("/login")
            elif probe.endpoint == "admin.setup":
                right = answer.status_code == (200 if probe.method == "GET" else 422)
            elif probe.endpoint in EMPTY:
                right = answer.status_code in EMPTY[probe.endpoint]
            else:
                right = answer.status_code == 404
            if not right:
                wrong.append(f"{probe.method} {probe.address}: {answer.status_code} {answer.location}")
            wrong += [f"{probe.address}: {missing}" for missing in missing_headers(answer, probe.endpoint)]
        assert not wrong, "\n".join(wrong)
        assert not differences(before, whole())
        assert stranger.get("/login").location == "/setup"
        db.session.remove()
        db.engine.dispose()


def test_signed_out_people_get_the_same_headers_and_no_record(probes: list[Probe], sign_in: Any, app: Flask) -> None:
    stranger = sign_in()
    for probe in probes:
        if probe.whose == "wu" and not LONG:
            continue
        answer = ask(stranger, probe.address, probe.method)
        assert not missing_headers(answer, probe.endpoint), f"{probe.method} {probe.address}"
        if getattr(app.view_functions[probe.endpoint], "access", Access(False)).signed_in:
            assert answer.status_code == 303 and answer.location.startswith("/login"), f"{probe.method} {probe.address}"


def missing_headers(answer: TestResponse, endpoint: str) -> list[str]:
    heads, wrong = answer.headers, []
    policy = heads.get("Content-Security-Policy", "")
    if "default-src 'none'" not in policy or "unsafe" in policy:
        wrong.append("policy")
    if heads.get("X-Content-Type-Options") != "nosniff" or heads.get("X-Frame-Options") != "DENY":
        wrong.append("nosniff or frames")
    if heads.get("Referrer-Policy") not in ("same-origin", "no-referrer"):
        wrong.append("referrer")
    if answer.status_code == 200 and answer.mimetype.startswith("text/") and "charset=utf-8" not in answer.content_type:
        wrong.append("charset")
    cache = heads.get("Cache-Control", "")
    kept = endpoint in {"static", *OF_THE_DEVICE} or (
        endpoint.split(".")[-1].endswith(KEPT_BY_BROWSER) and "private" in cache
    )
    if "no-store" not in cache and not (kept and answer.status_code == 200):
        wrong.append(f"cache: {cache!r}")
    return wrong


def test_with_a_public_https_address_cookies_are_bound_to_it(app: Flask, sign_in: Any) -> None:
    app.config.update(SECURE=True, HSTS=True, SESSION_COOKIE_SECURE=True, PUBLIC_URL="https://localhost")
    person = sign_in()
    sent = {"username": "zhao", "password": "demo-2026"}
    page = person.open("/login", method="POST", data=sent, base_url="https://localhost")
    chosen = person.open("/theme", method="POST", data={"theme": "light"}, base_url="https://localhost")
    cookies = page.headers.getlist("Set-Cookie")
    assert any(one.startswith("__Host-session=") and "Path=/" in one and "Domain" not in one for one in cookies)
    for one in cookies + chosen.headers.getlist("Set-Cookie"):
        assert "Secure" in one and "HttpOnly" in one and "SameSite=Lax" in one, one.split("=")[0]
    assert int(page.headers["Strict-Transport-Security"].split("max-age=")[1].split(";")[0]) >= 31536000
