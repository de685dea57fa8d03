"""Single doors that no sweep opens: guessing a password, secrets of one place at another, files beside the pages,
headers that a visitor can make up, and calls that our code must not contain."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import clock
from portal.reports import operations as reports
from tests.conftest import ENGINES, LONG
from tests.page import Page, Person
from tests.reports.steps import entrance, issued, unsigned
from tests.servers import ROOT

LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
BOTH = pytest.mark.engine(*(ENGINES if LONG else ("sqlite",)))
FORBIDDEN = {"eval", "exec", "render_template_string", "md5", "sha1", "system", "popen", "populate_obj"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "yaml", "random", "xml"}
KNOWN = {("demo", "random")}  # the made-up past


@BOTH
def test_a_robot_gets_few_guesses_in_an_hour(world: Any, sign_in: Any) -> None:
    """One account, one address, a robot that comes back as soon as it may."""
    robot, begun, judged = sign_in(), clock.now(), 0
    moment = begun
    while moment < begun + timedelta(hours=1):
        world.set_clock(moment)
        page = robot.open("/login", method="POST", data={"username": "zhao", "password": f"guess-number-{judged}"})
        assert page.status in (422, 429)
        judged += page.status == 422
        moment += timedelta(seconds=int(page.headers.get("Retry-After", 1)))
    assert 5 <= judged <= 20
    world.set_clock(begun + timedelta(hours=2))
    assert robot.sign_in("zhao").status == 303, "nobody is locked out for good"


@BOTH
def test_the_secret_of_one_place_opens_no_other(world: Any, sign_in: Any) -> None:
    report = unsigned(world)
    sign = entrance(issued(world, report)).split("/")[-1]
    verify = reports.verify_token(report.number, report.revision)
    zhang = sign_in("zhang")
    session = zhang.client.get_cookie("session").value
    visitor = sign_in()
    assert visitor.get(f"/s/{sign}").status == 200 and visitor.get(f"/verify/{verify}").status == 200
    for place in ("/s/{}", "/c/{}", "/verify/{}", "/calendar/{}.ics"):
        for secret in (sign, verify, session, zhang.token()):
            own = (place, secret) in (("/s/{}", sign), ("/verify/{}", verify))
            assert own or visitor.get(place.format(secret)).status == 404, place
    visitor.client.set_cookie("session", sign)
    assert visitor.get("/me").status == 303


@BOTH
def test_a_secret_with_any_letter_changed_opens_nothing(world: Any, sign_in: Any) -> None:
    secret = entrance(issued(world, unsigned(world))).split("/")[-1]
    visitor, moment = sign_in(), clock.now()
    for place, letter in enumerate(secret):
        world.set_clock(moment + timedelta(minutes=place))  # twenty wrong ones in a minute are the limit
        other = LETTERS[(LETTERS.find(letter) + 7) % len(LETTERS)]
        assert visitor.get(f"/s/{secret[:place]}{other}{secret[place + 1 :]}").status == 404
    assert visitor.get(f"/s/{secret}").status == 200
    assert len(secret) * 5 >= 130 - 4, "as many bits as nobody guesses"


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    "address",
    [
        "/.git/config", "/.env", "/instance/portal.sqlite", "/wsgi.py", "/static/", "/static/../wsgi.py", "/console",
        "/static/..%2f..%2fwsgi.py", "/static/%2e%2e/portal/config.py", "/static//etc/passwd", "/server-status",
        "/requirements.lock", "/templates/base.html", "/static/js/", "/debug", "/metrics", "/openapi.json",
    ],
)  # fmt: skip
def test_nothing_lies_beside_the_pages(sign_in: Any, address: str) -> None:
    for person in (sign_in(), sign_in("admin", "laptop")):
        page: Page = person.get(address)
        assert page.status in (404, 308) and "SECRET" not in page.response.get_data(as_text=True), address
        assert person.open(address, method="TRACE").status in (404, 405)


@pytest.mark.engine("sqlite")
def test_what_a_visitor_can_make_up_is_not_believed(app: Flask, sign_in: Any) -> None:
    visitor: Person = sign_in()
    made_up = {
        "X-Forwarded-For": "10.0.0.9", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
        "X-Real-Ip": "10.0.0.9", "Forwarded": "for=10.0.0.9;host=evil.example", "X-Original-Url": "/admin",
        "X-Http-Method-Override": "DELETE", "X-Rewrite-Url": "/admin",
    }  # fmt: skip
    page = visitor.get("/visits", headers=made_up)
    assert page.location and page.location.startswith("/login") and "evil" not in str(page.headers)
    for step in range(8):
        headers = made_up | {"X-Forwarded-For": f"10.0.0.{step}"}
        wrong = {"username": "zhao", "password": "wrong-words-1"}
        last = visitor.open("/login", method="POST", data=wrong, headers=headers)
    assert last.status == 429, "another made-up address does not begin the count anew"


@pytest.mark.engine("sqlite")
def test_a_field_sent_twice_counts_once(world: Any, sign_in: Any) -> None:
    sun: Person = sign_in("sun", "laptop")
    address = f"/customers/{world.site().customer_id}/edit"
    version = sun.get(address).value("version")
    sent = {"name": ["虚构甲", "虚构乙"], "kind": ["business", "nonsense"], "locale": "es", "version": [version, "9"]}
    page = sun.post(address, sent)
    assert page.status == 303, page.errors
    assert world.site().customer.name == "虚构甲"


def calls_in(path: Path) -> list[str]:
    """Names that are called or imported, and SQL that is put together from pieces."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found += [name] if name in FORBIDDEN else []
            found += ["shell"] if any(word.arg == "shell" for word in node.keywords) else []
        if isinstance(node, ast.Import | ast.ImportFrom):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            found += [module.split(".")[0] for module in modules if module.split(".")[0] in UNSAFE_MODULES]
    return found


def test_our_code_calls_nothing_that_runs_what_people_write() -> None:
    paths = [*(ROOT / "portal").rglob("*.py"), *(ROOT / "tools").rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for name in calls_in(path)
        if not any(place in path.parts and name == allowed for place, allowed in KNOWN)
    ]
    assert not found, found
    assert len(paths) > 200
