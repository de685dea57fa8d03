"""The house's order, read from the source: features import downwards, rules know no framework."""

import ast
from pathlib import Path

import pytest

import portal

ROOT = Path(portal.__file__).parent
INNER = ["rules", "models", "operations", "forms", "views"]
MODULES = [p for p in sorted(ROOT.rglob("*.py")) if "migrations" not in p.parts]
FRAMEWORK = ("flask", "sqlalchemy", "wtforms", "werkzeug", "jinja2", "portal")
SHARED = {p.stem for p in ROOT.glob("*.py")}


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def feature_of(name: str) -> str | None:
    parts = name.split(".")
    return parts[1] if parts[0] == "portal" and len(parts) > 1 and parts[1] in portal.FEATURES else None


def location(path: Path) -> list[str]:
    return list(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: "/".join(location(p)))
def test_imports_go_down_the_list_of_features(path: Path) -> None:
    here = location(path)[0]
    wanted = {feature_of(name) for name in imports(path)} - {None}
    if here in portal.FEATURES:
        allowed = set(portal.FEATURES[: portal.FEATURES.index(here) + 1])
        assert wanted <= allowed, f"{here} imports {wanted - allowed}"
    elif here in SHARED - {"__init__", "start"}:  # these two put the house together
        assert not wanted, f"the shared module {here} imports {wanted}"


@pytest.mark.parametrize("path", [p for p in MODULES if p.stem == "rules"], ids=lambda p: p.parent.name)
def test_rules_use_the_standard_library_only(path: Path) -> None:
    framework = {name for name in imports(path) if name.split(".")[0] in FRAMEWORK}
    assert not framework


@pytest.mark.parametrize("feature", portal.FEATURES)
def test_inside_a_feature_nothing_imports_backwards(feature: str) -> None:
    for level, name in enumerate(INNER):
        path = ROOT / feature / f"{name}.py"
        if not path.exists():
            continue
        later = {f"portal.{feature}.{other}" for other in INNER[level + 1 :]}
        assert not imports(path) & later, f"{feature}/{name} imports {imports(path) & later}"


@pytest.mark.parametrize("feature", portal.FEATURES)
def test_a_feature_says_what_it_is_and_is_used(feature: str) -> None:
    package = ROOT / feature / "__init__.py"
    docstring = ast.get_docstring(ast.parse(package.read_text("utf-8"))) or ""
    assert len(docstring) > 60


def test_every_package_is_a_feature_or_known() -> None:
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py")}
    assert packages == set(portal.FEATURES) | {"backup", "demo", "lan"}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: "/".join(location(p)))
def test_nobody_but_the_database_module_commits(path: Path) -> None:
    calls = [
        node
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("session.commit")
    ]
    assert not calls or path.name == "db.py"
