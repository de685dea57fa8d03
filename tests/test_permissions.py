"""Every route says whom it answers. That it keeps its word to each role is asked by `tests/security/test_matrix.py`."""

from typing import Any

import pytest
from flask import Flask

from portal.accounts.models import PersonRole
from portal.db import transaction
from portal.permissions import GRANTS, Access, Permission, Role
from tests.conftest import LONG

UUID = "00000000-0000-4000-8000-000000000001"
SAMPLES = {"UUIDConverter": UUID, "IntegerConverter": "999999999"}


def routes(app: Flask) -> list[tuple[str, str, Access]]:
    """(method, address, access) of all routes but static files."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint == "static":
            continue
        view: Any = app.view_functions[rule.endpoint]
        values = {name: SAMPLES.get(type(rule._converters[name]).__name__, "none-such") for name in rule.arguments}
        address = app.url_map.bind("localhost").build(rule.endpoint, values, force_external=False)
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            found.append((method, address, getattr(view, "access", None)))
    return found


@pytest.mark.engine("sqlite")
def test_every_route_says_whom_it_answers(app: Flask) -> None:
    silent = [(method, address) for method, address, access in routes(app) if access is None]
    assert not silent
    assert len(routes(app)) > 30


def test_every_permission_is_granted_to_somebody() -> None:
    assert set(GRANTS) == set(Permission)
    assert all(grants and all(grant.roles for grant in grants) for grants in GRANTS.values())


@pytest.mark.engine("sqlite")
def test_signed_out_entries_are_told_so_and_kept_by_the_phone(app: Flask, sign_in: Any) -> None:
    stranger = sign_in()
    for method, address, access in routes(app):
        if access.signed_in and method == "POST":
            page = stranger.open(address, method=method, headers={"X-Outbox": "1"})
            assert (page.status, page.json["state"]) == (401, "signed_out")


@pytest.mark.engine("postgresql")  # the matrix of tests/security asks the same and more on SQLite
@pytest.mark.parametrize("username", ["zhang", "sun", "zhao", "qian", "zhou", "admin"])
def test_a_role_opens_its_pages_on_postgresql_and_no_others(
    app: Flask, world: Any, sign_in: Any, username: str
) -> None:
    roles = world.person(username).roles
    person = sign_in(username)
    for method, address, access in routes(app):
        if method != "GET" or access.permission is None or access.permission not in GRANTS:
            continue
        allowed = any(grant.roles & roles for grant in GRANTS[access.permission])
        if not allowed and not LONG:
            continue  # refused before the database is asked for more than who it is
        page = person.get(address)
        assert (page.status == 403) != allowed, f"{username} {method} {address}: {page.status}"
        assert page.status < 500


@pytest.mark.engine("sqlite")
def test_no_role_reads_and_writes_everything() -> None:
    for role in Role:
        assert not all(any(role in grant.roles for grant in grants) for grants in GRANTS.values())


def test_a_role_that_was_taken_away_counts_from_the_next_request_on(world: Any, sign_in: Any) -> None:
    """Also in the navigation, which is drawn once for all people of the same roles."""
    zhang = sign_in("zhang")
    assert zhang.get("/van").status == 200 and zhang.get("/me").all(".nav a[href='/van']")
    with transaction():
        world.person("zhang").role_rows = [PersonRole(role=Role.STOREKEEPER.value)]
    assert zhang.get("/van").status == 403 and zhang.get("/stock/movements").status == 200
    assert not zhang.get("/me").all(".nav a[href='/van']") and zhang.get("/me").all(".nav a[href='/stock']")


def test_a_person_without_any_role_may_nothing(world: Any, sign_in: Any) -> None:
    zhang = sign_in("zhang")
    with transaction():
        world.person("zhang").role_rows = []
    assert zhang.get("/van").status == 403
