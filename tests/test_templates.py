"""Rules for templates, styles and scripts that no page test would notice: sizes, forbidden attributes, raw text."""

import ast
import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment, meta

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OWN_JS = sorted((ROOT / "static" / "js").rglob("*.js"))
SCRIPT = re.compile(r"(?:ui\.script|asset)\(['\"]((?:js|vendor)/[\w./-]+\.js)['\"]")
MAPS = r"uri\.amap\.com|api\.map\.baidu\.com|maps\.apple\.com|www\.google\.com/maps"
FORBIDDEN = {
    r"\sstyle=": "inline style",
    r"\son[a-z]+=": "inline handler",
    r"<script(?![^>]*\ssrc=)": "inline script",
    r"hx-(on|boost|confirm|prompt|vals|vars|disable)\b": "an htmx attribute of the forbidden list",
    rf"https?://(?!{MAPS}|www\.w3\.org)": "a foreign address",
}


def compressed(paths: list[Path]) -> int:
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_a_template_holds_nothing_that_the_content_policy_forbids(path: Path) -> None:
    text = path.read_text("utf-8")
    for pattern, what in FORBIDDEN.items():
        assert not re.search(pattern, text), f"{what} in {path.name}"
    assert "|safe" not in text.replace(" ", "").replace("'type=\"module\"'|safe", "").replace(
        "'type=\"module\"'|safe", ""
    )


@pytest.mark.engine("sqlite")
def test_every_template_compiles(app: Flask) -> None:
    for path in TEMPLATES:
        app.jinja_env.get_template(str(path.relative_to(ROOT / "templates")))
    assert len(TEMPLATES) > 30


@pytest.mark.engine("sqlite")
def test_no_page_hides_what_all_templates_have(app: Flask) -> None:
    """A value given to one page by the name of a global that the frame uses would change the frame of that page."""
    frame = [path.read_text("utf-8") for path in TEMPLATES if path.parent.name in ("templates", "layouts")]
    shared = set().union(*(meta.find_undeclared_variables(Environment().parse(text)) for text in frame))
    shared &= set(app.jinja_env.globals)
    assert {"kept", "keeps_day", "nav"} <= shared
    for path in sorted((ROOT / "portal").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in ("page", "record_page"):
                hidden = shared & {word.arg for word in node.keywords}
                assert not hidden, f"{path.relative_to(ROOT)}:{node.lineno} hides {hidden}"


def test_pages_stay_light() -> None:
    assert compressed(sorted((ROOT / "static" / "css").glob("*.css"))) <= 12 * 1024
    frames = [path for path in TEMPLATES if path.name == "base.html" or path.parent.name == "layouts"]
    customers = ROOT / "templates" / "layouts" / "handover.html"
    shared = set().union(*(named(path) for path in frames if path != customers)) - {"js/shortcuts.js"}  # for laptops
    assert "js/outbox.js" in shared
    for path in TEMPLATES:
        bare = "layouts/handover.html" in path.read_text("utf-8")  # the customer's steps are without htmx
        frame = shared - {"vendor/htmx.min.js"} | named(customers) if bare else shared
        scripts = sorted(frame | named(path))
        assert compressed([ROOT / "static" / name for name in scripts]) <= 38 * 1024, (path.name, scripts)


def named(path: Path) -> set[str]:
    """The scripts that a template loads with its page; what scripts fetch later is not among them."""
    return set(SCRIPT.findall(path.read_text("utf-8")))


@pytest.mark.parametrize("path", ["outbox/errors.js", "handover/page.js"])
def test_errors_find_the_field_that_is_called_like_a_method(path: str) -> None:
    """A form's `elements` has an `item` of its own, and so has the form for parts."""
    script = (ROOT / "static" / "js" / path).read_text("utf-8")
    assert "elements.namedItem(name)" in script and "elements[name]" not in script


def test_our_scripts_build_no_markup_from_text() -> None:
    for path in OWN_JS:
        assert not re.search(
            r"\beval\(|innerHTML|insertAdjacentHTML|document\.write|new Function", path.read_text("utf-8")
        )
