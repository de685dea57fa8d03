"""Role × route × own or a stranger's record: who gets a page, who is refused, and for whom a record does not exist.

What is expected comes from `GRANTS`; `estate.py` says which record fills an address. Nothing ever answers 500. The
GET side is also a crawl of every page with records in it. POSTs carry a wrong token, so that they change nothing and
yet pass by every question of who may.
"""

import contextvars
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from portal.db import db
from portal.permissions import GRANTS, Access, Permission, leads, of_the_store, own
from tests.page import Person
from tests.security.estate import build

pytestmark = pytest.mark.engine("sqlite")
PEOPLE = {"zhang": "technician", "sun": "dispatcher", "zhao": "supervisor", "he": "manager", "qian": "storekeeper",
          "zhou": "accountant", "admin": "admin"}  # fmt: skip
HELD = {leads, own, of_the_store}  # grants that hold for one's own records only
BY_QUERY = {("technician", Permission.FILE_VIEW)}  # where they were sent: `records.queries` finds nothing else
IN_HAND = {"tools.reports", "tools.return_requests"}  # a technician speaks of what they hold
OUT_OF_REACH = ("handover.", "admin.setup", "accounts.logout")  # need a hand-over or an empty portal; end the session
OWN_VIEW = {"records.run": {"zhao", "he"}, "records.view_removal": {"zhao"}}  # kept by zhao
OF_CALLS = {"records.choice", "records.export", "records.views"}  # the list of calls is for who may see calls
OTHERWISE = {
    ("GET", "accounts.login"): 303,  # signed in already
    ("GET", "admin.logo"): 404,  # the company has none
    ("GET", "link.signature"): 303,  # the survey comes first
    ("GET", "admin.codes"): 303,
    ("GET", "importing.show"): 303,  # its columns are to be checked
    ("GET", "importing.refused"): 404,  # it has not run
    ("GET", "reports.resubmission"): 404,  # nothing was returned
    ("POST", "reports.resubmission"): 404,
}
KEPT_BY_BROWSER = ("photo", "thumbnail", "logo", "scan", "calendar")  # pictures; calendars ask whether it changed
Probe = tuple[str, str, str, bool]  # method, endpoint, address, whether the record is the person's own


@pytest.fixture
def probes(app: Flask, world: Any) -> list[Probe]:
    """Every route with both records; KeyError, and so a failure, for an argument that is in no table."""
    mine = build(world, "zhang", "DF2401-0001", "GJ-1", "parts")
    other = build(world, "li", "DF2401-0003", "GJ-2", "customers")
    found = []
    urls = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith(OUT_OF_REACH):
            continue
        for estate in (mine, other) if rule.arguments else (mine,):
            values = estate.arguments(rule.endpoint, rule.arguments)
            address = urls.build(rule.endpoint, values, force_external=False)
            methods = sorted((rule.methods or set()) & {"GET", "POST"})
            found += [(method, rule.endpoint, address, estate is mine) for method in methods]
    db.session.commit()
    db.session.remove()
    return found


def expected(app: Flask, username: str, method: str, endpoint: str, is_own: bool) -> set[int]:
    """Statuses that are right for this person."""
    role, permission = PEOPLE[username], getattr(app.view_functions[endpoint], "access", Access(False)).permission
    grants = [grant for grant in GRANTS[permission] if role in grant.roles] if permission else []
    if permission and not grants:
        return {403}
    if endpoint in OF_CALLS and not any(role in grant.roles for grant in GRANTS[Permission.CALL_VIEW]):
        return {403}
    if username not in OWN_VIEW.get(endpoint, PEOPLE):
        return {404}
    own_only = (bool(grants) and all(grant.when in HELD for grant in grants)) or (role, permission) in BY_QUERY
    own_only = own_only or (role == "technician" and endpoint in IN_HAND)
    if own_only and not is_own:
        return {404}
    usual = {200} if method == "GET" else {400, 422}
    return {OTHERWISE[method, endpoint]} if (method, endpoint) in OTHERWISE else usual


def ask(person: Person, address: str, method: str) -> TestResponse:
    """The bare answer: parsing a thousand pages is other tests' business."""
    values = {"csrf_token": "wrong"} if method == "POST" else None
    run = contextvars.Context().run
    return run(person.client.open, address, method=method, data=values, buffered=True)  # type: ignore[arg-type]


def test_the_matrix_has_no_hole(app: Flask, probes: list[Probe], sign_in: Any) -> None:
    wrong = []
    for username in PEOPLE:
        person = sign_in(username, "laptop")
        db.session.remove()
        for method, endpoint, address, is_own in probes:
            answer, right = ask(person, address, method), expected(app, username, method, endpoint, is_own)
            what = f"{username} {method} {address} ({'own' if is_own else 'foreign'})"
            if answer.status_code not in right:
                wrong.append(f"{what}: {answer.status_code}, not {sorted(right)}")
            wrong += [f"{what}: {missing}" for missing in missing_headers(answer, endpoint)]
    assert not wrong, "\n".join(wrong)
    assert len(probes) > 300


def test_signed_out_people_get_the_same_headers_and_no_record(probes: list[Probe], sign_in: Any, app: Flask) -> None:
    stranger = sign_in()
    for method, endpoint, address, _own in probes:
        answer = ask(stranger, address, method)
        assert not missing_headers(answer, endpoint), f"{method} {address}"
        if getattr(app.view_functions[endpoint], "access", Access(False)).signed_in:
            assert answer.status_code == 303 and answer.location.startswith("/login"), f"{method} {address}"


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
    kept = endpoint == "static" or (endpoint.split(".")[-1].endswith(KEPT_BY_BROWSER) and "private" in cache)
    if "no-store" not in cache and not (kept and answer.status_code == 200):
        wrong.append(f"cache: {cache!r}")
    return wrong


def test_with_a_public_https_address_cookies_are_bound_to_it(app: Flask, sign_in: Any) -> None:
    app.config.update(SECURE=True, SESSION_COOKIE_SECURE=True, PUBLIC_URL="https://localhost")
    person = sign_in()
    sent = {"username": "zhao", "password": "demo-2026"}
    page = person.open("/login", method="POST", data=sent, base_url="https://localhost")
    chosen = person.open("/theme", method="POST", data={"theme": "light"}, base_url="https://localhost")
    cookies = page.headers.getlist("Set-Cookie")
    assert any(one.startswith("__Host-session=") and "Path=/" in one and "Domain" not in one for one in cookies)
    for one in cookies + chosen.headers.getlist("Set-Cookie"):
        assert "Secure" in one and "HttpOnly" in one and "SameSite=Lax" in one, one.split("=")[0]
    assert int(page.headers["Strict-Transport-Security"].split("max-age=")[1].split(";")[0]) >= 31536000
