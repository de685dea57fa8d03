from datetime import timedelta

import pytest

from portal.accounts import rules
from portal.accounts.views import local_path


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 30), (6, 60), (7, 120), (9, 480), (10, 900), (11, 900), (10_000, 900)]
)
def test_five_failures_in_a_row_pause_30_seconds_doubling_to_15_minutes(failures: int, seconds: int) -> None:
    assert rules.pause_after(failures) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("sun", True),
        ("孙", True),
        ("a.b-c_1", True),
        ("Sun", False),
        (" sun", False),
        ("", False),
        ("a b", False),
        ("a" * 61, False),
    ],
)
def test_usernames_are_plain(text: str, good: bool) -> None:
    assert rules.is_username(text) == good


@pytest.mark.parametrize(
    ("text", "good"),
    [("2468", True), ("12345678", True), ("123", False), ("123456789", False), ("12a4", False), ("２４６８", False)],
)
def test_a_pin_is_four_to_eight_digits(text: str, good: bool) -> None:
    assert rules.is_pin(text) == good


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/visits?x=1", "/visits?x=1"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        ("/\t/evil.example", "/"),
        ("visits", "/"),
        ("", "/"),
        (None, "/"),
        ("/" + "x" * 600, "/"),
    ],
)
def test_only_paths_of_this_portal_are_gone_back_to(app: object, wanted: str | None, path: str) -> None:
    with app.test_request_context():  # type: ignore[attr-defined]
        assert local_path(wanted) == path
