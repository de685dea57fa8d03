"""Every route of the portal with somebody's records in its address, and the people who ask."""

from typing import Any, NamedTuple

from flask import Flask

from portal.accounts.models import Person as Employee
from portal.accounts.models import PersonRole
from portal.clock import now
from portal.db import db
from portal.permissions import GRANTS, Access, Role
from tests.security.estate import Estate, build

PEOPLE = {
    "zhang": {"technician"}, "sun": {"dispatcher"}, "zhao": {"supervisor"}, "he": {"manager"}, "qian": {"storekeeper"},
    "zhou": {"accountant"}, "admin": {"admin"}, "wu": {"technician", "supervisor"}, "xu": {"dispatcher", "storekeeper"},
}  # fmt: skip
OTHER_TESTS = {"accounts.logout": "ends the session: test_forms, and every page of the second test below"}


class Probe(NamedTuple):
    method: str
    endpoint: str
    address: str
    whose: str
    kind: str  # of the import that the address names, if it is about one
    has_form: bool


def build_all(app: Flask, world: Any) -> list[Probe]:
    """Every route with everybody's records; KeyError, and so a failure, for an argument that is in no table."""
    add_people(world)
    estates = {
        "zhang": (build(world, "zhang", "DF2401-0001", "GJ-1", "parts"), "parts"),
        "li": (build(world, "li", "DF2401-0003", "GJ-2", "customers"), "customers"),
        "wu": (build(world, "wu", "DF2401-0002", "GJ-3", "tools"), "tools"),
    }
    found = addresses(app, estates)
    db.session.commit()
    db.session.remove()
    return found


def addresses(app: Flask, estates: dict[str, tuple[Estate, str]]) -> list[Probe]:
    """Every route with each of the estates in it."""
    found = []
    urls = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        for whose, (estate, kind) in estates.items():
            if rule.endpoint in OTHER_TESTS or (not rule.arguments and whose != "zhang"):
                continue
            address = urls.build(rule.endpoint, estate.arguments(rule.endpoint, rule.arguments), force_external=False)
            methods = sorted((rule.methods or set()) & {"GET", "POST"})
            found += [
                Probe(method, rule.endpoint, address, whose if rule.arguments else "", kind, "POST" in methods)
                for method in methods
            ]
    return found


def who_may(app: Flask, probe: Probe) -> str:
    """The first of `PEOPLE` whom the view answers."""
    permission = getattr(app.view_functions[probe.endpoint], "access", Access(False)).permission
    roles = {role for grant in GRANTS[permission] for role in grant.roles} if permission else set(Role)
    return next(username for username in PEOPLE if roles & PEOPLE[username])


def add_people(world: Any) -> None:
    """Who takes calls and keeps the store; and a technician who is at no visit just now."""
    like = world.person("sun")
    for username, roles in (("xu", PEOPLE["xu"]), ("gao", {"technician"})):
        db.session.add(
            Employee(
                username=username, name=username.title(), password_hash=like.password_hash, pin_hash=like.pin_hash,
                branch_id=like.branch_id, created_at=now(), role_rows=[PersonRole(role=role) for role in roles],
            )
        )  # fmt: skip
    db.session.commit()
