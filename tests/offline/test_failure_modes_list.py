"""`docs/failure-modes.md` is true: all 42 are there, and every test that it names exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.+) \|$", re.MULTILINE)
NAMED = re.compile(r"`(tests/[^`]+?)::([^`]+)`")
STEP = re.compile(r"real device: docs/devices\.md step (\d+)")
TITLE = re.compile(r'^test\("((?:[^"\\]|\\.)+)"', re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs/failure-modes.md").read_text("utf-8"))


@cache
def names_in(path: str) -> set[str]:
    """The names of a file's tests; for node their titles."""
    if not (ROOT / path).is_file():
        return set()
    text = (ROOT / path).read_text("utf-8")
    if path.endswith(".mjs"):
        return set(TITLE.findall(text))
    tree = ast.parse(text)
    return {one.name for one in tree.body if isinstance(one, ast.FunctionDef) and one.name.startswith("test_")}


def test_all_are_there_in_their_order() -> None:
    assert [int(number) for number, *_rest in ROWS] == list(range(1, 43))


@pytest.mark.parametrize(("number", "tried"), [(number, tried) for number, _what, _expected, tried in ROWS])
def test_each_is_tried_by_tests_that_exist(number: str, tried: str) -> None:
    named, steps = NAMED.findall(tried), STEP.findall(tried)
    assert named or steps, "nothing tries it"
    assert [(path, name) for path, name in named if name not in names_in(path)] == []
    left = re.sub(r"[,; ]", "", STEP.sub("", NAMED.sub("", tried)))
    assert not left, "something is named that this list cannot read"
    devices = (ROOT / "docs/devices.md").read_text("utf-8")
    assert all(f"\n| {step} | " in devices for step in steps)


def test_whoever_writes_a_test_under_a_number_names_it_in_the_list() -> None:
    listed = {int(number): tried for number, _what, _expected, tried in ROWS}
    for path in ("tests/offline/test_failure_modes.py", "tests/browser/test_failure_modes.py"):
        for name in names_in(path):
            assert f"`{path}::test_{name[5:7]}_" in listed[int(name[5:7])], name
