"""Canonical JSON, digests and links."""

from typing import Any

import pytest

from portal.signing import rules


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [True, None, "x"]}, '{"a":[true,null,"x"],"b":1}'),
        ({"字": "跑带"}, '{"字":"跑带"}'),
        ((1, 2), "[1,2]"),
        ({"e": "e\u0301"}, '{"e":"é"}'),
    ],
)
def test_equal_values_have_one_text(value: Any, text: str) -> None:
    assert rules.canonical(value) == text


@pytest.mark.parametrize("value", [1.0, {"a": [0.5]}, {1: "a"}, object(), float("nan")])
def test_what_has_no_one_text_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        rules.canonical(value)


def test_composed_and_decomposed_text_get_the_same_digest() -> None:
    salt = "00" * 16
    assert rules.digest(salt, rules.canonical("é")) == rules.digest(salt, rules.canonical("e\u0301"))
    assert rules.digest(salt, "a") != rules.digest("01" * 16, "a")


def test_a_link_depends_on_every_part_of_it() -> None:
    title = [1, "id", "service_report", "FW-01", 1, "2026-11-23T10:00:00.000000+00:00"]
    links = {
        rules.link("key", "prev", title, ["d1", "d2"]),
        rules.link("KEY", "prev", title, ["d1", "d2"]),
        rules.link("key", "other", title, ["d1", "d2"]),
        rules.link("key", "prev", title, ["d2", "d1"]),
        *(rules.link("key", "prev", [*title[:n], "x", *title[n + 1 :]], ["d1", "d2"]) for n in range(len(title))),
    }
    assert len(links) == 4 + len(title)
