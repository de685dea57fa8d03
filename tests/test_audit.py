"""`script/audit`: only an answer about every package counts as an audit."""

import importlib.util
import json
import sys
from typing import Any

import pytest

from tests.servers import ROOT


def load() -> Any:
    spec = importlib.util.spec_from_file_location("audit", ROOT / "script" / "audit.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["audit"] = module
    spec.loader.exec_module(module)
    return module


audit = load()
GOOD = {"name": "flask", "version": "3.1.2", "vulns": []}
BAD = {"name": "pillow", "version": "12.2", "vulns": [{"id": "PYSEC-2026-1", "fix_versions": ["12.3"]}]}
PASSED_OVER = {"name": "jinja2", "skip_reason": "Dependency not found on PyPI and could not be audited"}
NPM = {"vulnerabilities": {}, "metadata": {"dependencies": {"total": 4}}}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([GOOD], 0, "1 packages audited, 0 advisories"),
        ([GOOD, BAD], 1, "2 packages audited, 1 advisories"),
        ([GOOD, PASSED_OVER], 2, "NOT AUDITED: 1 of 2 packages: data out of reach"),
        ([PASSED_OVER], 2, "NOT AUDITED"),
        ([], 2, "NOT AUDITED"),
        ([BAD, PASSED_OVER], 1, "NOT AUDITED"),
    ],
)
def test_a_package_that_was_passed_over_is_not_audited(packages: list[Any], code: int, words: str) -> None:
    verdict = audit.read_python("requirements.lock", json.dumps({"dependencies": packages}), "")
    assert audit.exit_code([verdict]) == code and words in verdict.words()


@pytest.mark.parametrize("out", ["", "oops", "[]", '{"error": {"summary": ""}}', '{"message": "405"}', "{}"])
def test_no_answer_is_said_and_never_passes(out: str) -> None:
    for read in (audit.read_python, audit.read_npm):
        verdict = read("a lock", out, "no such host\n")
        assert audit.exit_code([verdict]) == 2
        assert "NOT AUDITED: data out of reach (no such host)" in verdict.words()


def test_npm_answers_for_all_its_packages() -> None:
    assert audit.exit_code([audit.read_npm("p", json.dumps(NPM), "")]) == 0
    found = audit.read_npm("p", json.dumps(NPM | {"vulnerabilities": {"htmx.org": {"severity": "high"}}}), "")
    assert audit.exit_code([found]) == 1 and found.advisories == ["htmx.org: high"]


def test_one_clean_lock_does_not_hide_an_unknown_one() -> None:
    clean, unknown = audit.Verdict("a", 3), audit.Verdict("b", unknown="data out of reach")
    assert audit.exit_code([clean]) == 0 and audit.exit_code([clean, unknown]) == 2
