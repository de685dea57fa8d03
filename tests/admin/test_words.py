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
from portal.importing.kinds import KINDS
from portal.importing.words import OUTCOMES
from portal.permissions import GRANTS
from portal.records import words as records
from portal.records.operations.editing import FIELDS
from portal.settings import DEFINITIONS
from portal.stock.tools.operations import REGISTER

ROOT = Path(portal.__file__).parent
WRITERS = ("history.record", "history.record_change")
ON_FILES = {"customer", "site", "contact", "equipment"}  # the records whose changes their file tells
IMPORTED = {model.__tablename__ for kind in KINDS.values() for model in kind.planner(trial=True).tables
            if "id" in model.__table__.c}  # fmt: skip
BUILT = {  # where verbs are built from the name of a table, and of which ones
    "records/operations/editing.py": {row.__tablename__ for row in FIELDS},
    "importing/kinds/base.py": IMPORTED,
}


def texts(node: ast.expr, tables: set[str]) -> Iterator[str]:
    """The texts that an expression may be; what it builds from the name of a table, of these tables."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body, tables)
        yield from texts(node.orelse, tables)
    elif isinstance(node, ast.JoinedStr):
        parts = [part.value if isinstance(part, ast.Constant) else ast.unparse(part) for part in node.values]
        assert len(parts) == 2 and ".__tablename__" in parts[1] and tables, f"{parts}: name its tables in BUILT"
        yield from (parts[0] + table for table in tables)


def verbs_in(path: Path) -> Iterator[str]:
    """Verbs handed to the history, also through a function of the same module that takes `verb`."""
    tree, tables = ast.parse(path.read_text("utf-8")), BUILT.get(path.relative_to(ROOT).as_posix(), set())
    passing = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            names = [argument.arg for argument in function.args.args if argument.arg != "self"]
            passing |= {function.name: names.index("verb")} if "verb" in names else {}
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args):
        called = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
        own = isinstance(call.func, ast.Name) or ast.unparse(call.func) == f"self.{called}"
        if ast.unparse(call.func) in WRITERS:
            first = call.args[0]
            yield from texts(named.get(first.id, first) if isinstance(first, ast.Name) else first, tables)
        elif own and len(call.args) > passing.get(called, 99):
            yield from texts(call.args[passing[called]], tables)


def verbs_below(*folders: str) -> set[str]:
    paths = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return {verb for path in paths if path.name != "history.py" or path.parent != ROOT for verb in verbs_in(path)}


def test_each_verb_of_the_history_has_words() -> None:
    used = verbs_below("")
    assert {"correct_time", "return_report", "add_customer", "sign_in", "demo.told_for", "lose_phone"} <= used
    assert {"add_item", "change_product", "change_site"} <= used
    assert len(used) > 50
    assert not used - set(VERBS), "add them to portal/admin/words.py"


def test_each_verb_of_a_file_has_words_there() -> None:
    """Papers have lines of their own, views belong to lists, and products and parts have no file."""
    elsewhere = {"add_paper", "remove_paper", "save_view", "remove_view"}
    elsewhere |= {f"{verb}_{table}" for verb in ("add", "change") for table in IMPORTED - ON_FILES}
    used = verbs_below("customers", "records", "importing/kinds") - elsewhere
    assert {"stop_use", "release_use", "merge", "change_contact"} <= used
    assert not used - set(records.VERBS), "add them to portal/records/words.py"


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
    imported = {column.field for kind in KINDS.values() for column in kind.columns} | {"row"}
    told = (written | changed | imported) - HIDDEN - {"person_id", "product_id"}
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
