"""The short cuts of `portal.pagecode` show what Jinja would show."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from jinja2 import Environment
from markupsafe import Markup, escape

from portal.i18n import lazy
from portal.pagecode import prepare, shown

VALUES = [
    "<b>&'\"",
    "停机",
    "",
    Markup("<i>&amp;</i>"),
    Markup("<i>%s</i>") % "<",
    7,
    Decimal("1.50"),
    None,
    True,
    ["<"],
]
TEMPLATES = [
    "{{ value }}",
    "{{ plain(value) }}{{ plain(value, end='<') }}{{ plain(*[value]) }}{{ plain(**{'value': value}) }}",
    "{{ ui.strong(value) }}|{{ ui.strong(value)|upper }}|{{ ui.strong(value) ~ value }}",
    "{% macro own(x) %}<p>{{ x }}</p>{% endmacro %}{{ own(value) }}{{ own(own(value)) }}",
    "{% macro box() %}<p>{{ caller() }}</p>{% endmacro %}{% call box() %}{{ plain(value) }}{% endcall %}",
    "{% for one in [value, value] %}{{ loop.index }}{{ plain(one) }}{{ record.show(one) }}{% endfor %}",
    "{% set kept %}<u>{{ value }}</u>{% endset %}{{ kept }}{{ value|string|replace('<', '&') }}",
    "{% block part %}{{ plain(value) }}{% endblock %}{{ missing }}{{ value if not value }}",
]


def plain(value: Any, end: str = "") -> str:
    return f"{value}{end}"


def strong(value: Any) -> Markup:
    return Markup("<strong>{}</strong>").format(value)


@pytest.fixture(scope="module")
def environments() -> tuple[Environment, Environment]:
    usual, ours = Environment(autoescape=True), Environment(autoescape=True)
    for environment in (usual, ours):
        environment.globals.update(plain=plain, ui=SimpleNamespace(strong=strong), record=SimpleNamespace(show=plain))
    prepare(ours)
    return usual, ours


@pytest.mark.parametrize("source", TEMPLATES)
@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_template_shows_what_jinja_shows(environments: Any, source: str, value: Any) -> None:
    usual, ours = (environment.from_string(source).render(value=value) for environment in environments)
    assert ours == usual


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("value", [*VALUES, lazy("Today"), lazy("the maker's <b>")], ids=repr)
def test_output_is_escaped_as_everywhere(app: Flask, value: Any) -> None:
    with app.test_request_context("/"):
        assert shown(value) == escape(value)
        assert app.jinja_env.from_string("{{ value }}").render(value=value) == escape(value)


@pytest.mark.engine("sqlite")
def test_what_was_typed_into_words_is_escaped(app: Flask) -> None:
    with app.test_request_context("/"):
        words = lazy("Choose %(name)s", name="<b>")
        assert str(words).endswith("<b>") and str(escape(words)).endswith("&lt;b&gt;")
        assert app.jinja_env.from_string("{{ words }}").render(words=words).endswith("&lt;b&gt;")


def test_a_text_file_is_not_escaped() -> None:
    environment = Environment(autoescape=False)
    prepare(environment)
    assert environment.from_string("{{ value }}").render(value="<&>") == "<&>"
