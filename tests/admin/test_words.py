"""Permissions, conditions and verbs have words; the matrix is the table."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import portal
from portal.accounts.models import ROLE_NAMES
from portal.admin.views.permissions import matrix
from portal.admin.words import CONDITIONS, PERMISSIONS, SETTINGS, VERBS
from portal.permissions import GRANTS
from portal.settings import DEFINITIONS

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
