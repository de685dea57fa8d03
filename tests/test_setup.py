"""What a fresh clone installs: locked with hashes, without addresses, and served exactly as it was fetched."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parent.parent
KINDS = ["setup", "node", "test", ""]


def requirements(kind: str, ending: str) -> Path:
    return ROOT / f"requirements{kind and '-' + kind}.{ending}"


def names(text: str) -> set[str]:
    """Package names at the starts of lines, as the index spells them."""
    found = re.findall(r"^([A-Za-z][\w.-]*)", text, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


@pytest.mark.parametrize("kind", KINDS)
def test_each_lock_covers_its_list_and_has_hashes(kind):
    lock = requirements(kind, "lock").read_text()
    assert names(requirements(kind, "in").read_text()) <= names(lock)
    for entry in re.split(r"\n(?=[a-z])", lock):
        assert "==" in entry.split()[0]
        assert "--hash=sha256:" in entry


@pytest.mark.parametrize("kind", KINDS)
def test_a_lock_has_the_versions_that_its_list_pins(kind):
    wanted = re.sub(r"\[\w+\]", "", requirements(kind, "in").read_text())
    pinned = re.findall(r"^\S+==\S+", wanted, re.MULTILINE)
    lock = requirements(kind, "lock").read_text().split()
    assert set(pinned) <= set(lock)


def test_test_tools_run_beside_the_versions_that_are_served():
    pinned = re.compile(r"^[a-z][\w.-]*(?:\[\w+\])?==\S+", re.MULTILINE)
    served = set(pinned.findall(requirements("", "lock").read_text()))
    assert served
    assert served <= set(pinned.findall(requirements("test", "lock").read_text()))


def test_no_lock_holds_an_address():
    for lock in [*ROOT.glob("*.lock"), ROOT / "package-lock.json"]:
        assert "://" not in lock.read_text()


def test_browser_libraries_are_pinned_exactly():
    wanted = json.loads((ROOT / "package.json").read_text())
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert locked[f"node_modules/{name}"]["version"] == version
        assert len(base64.b64decode(locked[f"node_modules/{name}"]["integrity"].removeprefix("sha512-"))) == 64


@pytest.mark.parametrize(
    ("served", "fetched"),
    [
        ("htmx.min.js", "htmx.org/dist/htmx.min.js"),
        ("signature_pad.umd.min.js", "signature_pad/dist/signature_pad.umd.min.js"),
    ],
)
def test_served_libraries_are_the_fetched_ones(served, fetched):
    served, fetched = ROOT / "static" / "vendor" / served, ROOT / "node_modules" / fetched
    assert hashlib.sha256(served.read_bytes()).digest() == hashlib.sha256(fetched.read_bytes()).digest()


def test_the_sprite_holds_every_listed_icon_and_nothing_that_runs():
    listed = set((ROOT / "static" / "icons.txt").read_text().split())
    sprite = ElementTree.parse(ROOT / "static" / "vendor" / "icons.svg").getroot()
    symbols = {symbol.get("id"): symbol for symbol in sprite}
    assert set(symbols) == listed
    for symbol in symbols.values():
        assert symbol.get("viewBox") == "0 0 24 24"
        assert len(symbol) > 0
    assert not [node for node in sprite.iter() if node.tag.endswith("script") or "style" in node.attrib]


def test_every_icon_that_a_template_names_is_listed():
    listed = set((ROOT / "static" / "icons.txt").read_text().split())
    used = set()
    for template in (ROOT / "templates").rglob("*.html"):
        used |= set(re.findall(r"""ui\.icon\(["']([a-z0-9-]+)["']""", template.read_text("utf-8")))
    assert used <= listed, f"add to static/icons.txt: {sorted(used - listed)}"


def test_a_wrong_icon_name_is_refused_by_name(tmp_path):
    attempt = "import setup; setup.symbol('no-such-icon')"
    done = subprocess.run([sys.executable, "-c", attempt], cwd=ROOT / "script", capture_output=True, text=True)
    assert done.returncode != 0
    assert "no-such-icon" in done.stderr


@pytest.mark.parametrize("script", ["script/serve", "script/test", ".ci/run"])
def test_scripts_may_be_run(script):
    assert os.access(ROOT / script, os.X_OK)
