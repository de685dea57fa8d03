"""Permissions, conditions and verbs have words; the matrix is the table."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import portal
from portal import history
from portal.accounts.models import ROLE_NAMES
from portal.admin.details import HIDDEN, NAMES
from portal.admin.views.permissions import matrix
from portal.admin.words import CONDITIONS, PERMISSIONS, SETTINGS, VERBS
from portal.db import db
from portal.importing.words import OUTCOMES
from portal.permissions import GRANTS
from portal.records.operations.editing import FIELDS
from portal.settings import DEFINITIONS
from portal.stock.tools.operations import REGISTER

ROOT = Path(portal.__file__).parent
WRITERS = ("history.record", "history.record_change")


def constants(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from constants(node.body)
        yield from constants(node.orelse)


def verbs_in(path: Path) -> Iterator[str]:
    """Verbs handed to the history, also through a function of the same module that takes `verb`."""
    tree = ast.parse(path.read_text("utf-8"))
    passing = {
        function.name: [argument.arg for argument in function.args.args].index("verb")
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and "verb" in [argument.arg for argument in function.args.args]
    }
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
        if ast.unparse(call.func) in WRITERS:
            first = call.args[0]
            yield from constants(named.get(first.id, first) if isinstance(first, ast.Name) else first)
        elif isinstance(call.func, ast.Name) and len(call.args) > passing.get(call.func.id, 99):
            yield from constants(call.args[passing[call.func.id]])


def test_each_verb_of_the_history_has_words() -> None:
    used = {verb for path in ROOT.rglob("*.py") if path.name != "history.py" for verb in verbs_in(path)}
    assert {"correct_time", "return_report", "add_customer", "sign_in", "demo.told_for", "lose_phone"} <= used
    assert len(used) > 50
    assert not used - set(VERBS), "add them to portal/admin/words.py"


def test_each_field_of_the_history_has_words_or_is_not_told() -> None:
    """Those that are named where the history is written, and the columns of records whose changes it keeps."""
    written = {
        argument.arg
        for path in ROOT.rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in WRITERS
        for argument in call.keywords
        if argument.arg
    }
    assert {"reason", "technician", "certificate"} <= written
    changed = {"product"} | {name for names in FIELDS.values() for name in names} | set(REGISTER) | set(OUTCOMES)
    told = (written | changed) - HIDDEN - {"person_id", "product_id"}
    assert not told - set(NAMES), "add them to portal/admin/details.py"


@pytest.mark.engine("sqlite")
def test_the_history_speaks_in_words_and_leaves_what_it_does_not_know(world: Any, sign_in: Any) -> None:
    sun, visit = world.person("sun"), world.visit()
    history.record("advance", visit, person_id=sun.id, before="assigned", state="en_route")
    history.record("save_findings", visit, person_id=sun.id, symptom="TM-S03", outcome="fixed", component="XX-99")
    history.record("future_verb", visit, person_id=sun.id, colour="teal", shared=True, stop=visit.id)
    history.record("add_person", sun, person_id=sun.id, roles="dispatcher,technician")
    db.session.commit()
    text = sign_in("he", "laptop").get("/admin/history?person=sun").one("tbody").get_text(" ", strip=True)
    for words in (
        "已派工",
        "途中",
        "TM-S03 跑带打滑、停顿",
        "XX-99",
        "future verb",
        "colour teal",
        "派工员 · 技术员",
    ):
        assert words in text, words
    for raw in ("en_route", "assigned", "dispatcher", "True", str(visit.id)):
        assert raw not in text, raw


def test_each_permission_condition_and_setting_has_words() -> None:
    assert set(PERMISSIONS) == set(GRANTS)
    assert {grant.when.__name__ for grants in GRANTS.values() for grant in grants if grant.when} == set(CONDITIONS)
    assert set(SETTINGS) == set(DEFINITIONS)


@pytest.mark.engine("sqlite")
def test_the_matrix_is_the_table_that_decides(world: Any, sign_in: Any) -> None:
    page = sign_in("he", "laptop").get("/admin/permissions")
    rows = page.all("tbody tr")
    assert len(rows) == len(GRANTS)
    for row, grants in zip(rows, GRANTS.values(), strict=True):
        for cell, role in zip(row.select("td"), ROLE_NAMES, strict=True):
            granted = any(role in grant.roles for grant in grants)
            assert (cell.get_text(strip=True) != "–") == granted
    own = dict(matrix())[str(PERMISSIONS[next(iter(GRANTS))])]
    assert own[0] == str(CONDITIONS["own"]) and own[1] not in ("", own[0])
