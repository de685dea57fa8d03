"""Headers, health, error pages, logs: what every answer must have, whoever asks for what."""

import gzip
import json
import logging
import uuid
from typing import Any

import pytest
from flask import Flask

from portal import compression, files
from portal.logs import JsonLines

pytestmark = pytest.mark.engine("sqlite")


@pytest.mark.parametrize("path", ["/login", "/", "/healthz", "/no-such-page", "/static/logo.svg", "/visits/x"])
def test_every_answer_carries_the_security_headers(sign_in: Any, path: str) -> None:
    page = sign_in().get(path)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["X-Request-Id"]


def test_personal_pages_are_never_stored(sign_in: Any) -> None:
    assert sign_in("zhang").get("/visits").headers["Cache-Control"] == "no-store"


def test_the_process_lives_and_is_ready(sign_in: Any) -> None:
    stranger = sign_in()
    assert stranger.get("/healthz").status == 200
    assert stranger.get("/readyz").json == {"missing": [], "ready": True}


def test_a_missing_file_store_is_named(app: Flask, sign_in: Any, tmp_path: Any) -> None:
    blocked = tmp_path / "not-a-folder"
    blocked.write_text("")
    app.config["FILES"] = blocked
    page = sign_in().get("/readyz")
    assert (page.status, page.json["missing"]) == (503, ["files"])


@pytest.mark.parametrize(
    ("path", "status"), [("/no-such-page", 404), ("/visits/no-uuid", 404), ("/healthz?x=%ff", 200)]
)
def test_wrong_addresses_get_a_page_with_words(sign_in: Any, path: str, status: int) -> None:
    page = sign_in("zhang").get(path)
    assert page.status == status
    if status == 404:
        assert page.one("h1").get_text(strip=True)
        assert page.all("main a[href]"), "no way on"


def test_a_wrong_method_says_so(sign_in: Any) -> None:
    page = sign_in("zhang").post("/visits")
    assert page.status == 405 and page.one("h1")


def test_too_large_a_form_names_the_limit(world: Any, sign_in: Any) -> None:
    zhang, visit = sign_in("zhang"), world.visit()
    claimed = {"CONTENT_LENGTH": str(17 * 1024 * 1024)}
    page = zhang.post(f"/visits/{visit.id}/photos", {"label": "before"}, environ_overrides=claimed)
    assert page.status == 413 and "15 MB" in page.text


def test_a_fault_of_ours_has_a_reference_and_no_inner_words(
    app: Flask, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    view = app.view_functions["visits.index"]

    def broken(**_values: Any) -> None:
        raise OSError("secret words")

    broken.access = view.access  # type: ignore[attr-defined]
    monkeypatch.setitem(app.view_functions, "visits.index", broken)
    page = sign_in("sun", "laptop").get("/visits")
    assert page.status == 500
    assert page.headers["X-Request-Id"] in page.text
    assert "secret words" not in page.response.get_data(as_text=True)


def test_logs_name_ids_and_routes_but_nobody(sign_in: Any, world: Any, caplog: pytest.LogCaptureFixture) -> None:
    visit = world.visit()
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(JsonLines().format(record))

    logger, handler = logging.getLogger("portal"), Keep()
    logger.addHandler(handler)
    try:
        zhang = sign_in("zhang")
        zhang.get(f"/visits/{visit.id}?q=Canary-Person")
        zhang.post(f"/visits/{visit.id}/findings", {"note": "Canary-Note", "internal_note": "Canary-Note"})
    finally:
        logger.removeHandler(handler)
    requests = [json.loads(line) for line in lines if json.loads(line)["event"] == "request"]
    assert any(line["route"] == "/visits/<uuid:visit_id>" and line["status"] == 200 for line in requests)
    assert all(line["request_id"] for line in requests)
    for word in ("Canary", "张演示", "zhang", "demo-2026", zhang.token()):
        assert word not in "".join(lines)


def test_a_file_is_stored_once_under_its_hash(app: Flask) -> None:
    first, again = files.keep(b"ink", "text/plain"), files.keep(b"ink", "text/plain")
    assert first == again
    assert files.read(first) == b"ink"
    assert len([p for p in app.config["FILES"].rglob("*") if p.is_file()]) == 1


def test_static_text_goes_out_small(app: Flask) -> None:
    client = app.test_client()
    plain = client.get("/static/css/kit.css", buffered=True)
    small = client.get("/static/css/kit.css", headers={"Accept-Encoding": "gzip, br"}, buffered=True)
    assert small.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in small.headers["Vary"]
    assert gzip.decompress(small.data) == plain.data and len(small.data) < len(plain.data) / 3
    assert "Content-Encoding" not in plain.headers
    asked = {"Accept-Encoding": "gzip", "If-None-Match": small.headers["ETag"]}
    again = client.get("/static/css/kit.css", headers=asked, buffered=True)
    assert again.status_code == 304


def test_a_page_goes_out_small_unless_its_address_could_ask_it_something(world: Any, sign_in: Any) -> None:
    """Beside a secret, what a stranger makes a page repeat must not show in its length."""
    zhao, small = sign_in("zhao", "laptop"), {"Accept-Encoding": "gzip, br"}
    plain, packed = zhao.get("/calls").response, zhao.client.get("/calls", headers=small)
    assert packed.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in packed.headers["Vary"]
    assert "Content-Encoding" not in plain.headers and "Accept-Encoding" in plain.headers["Vary"]
    assert "报修" in gzip.decompress(packed.data).decode() and len(packed.data) * 3 < len(plain.data)
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert len({len(compression.blurred(b"same" * 500)) for _ in range(60)}) > 10, "its length says little"
    form = {"csrf_token": zhao.token(), "entry_id": str(uuid.uuid4()), "description": "x"}
    refused = zhao.open("/calls/new", method="POST", data=form, headers=small)
    asked, missing = zhao.get("/calls?q=x", headers=small), zhao.get("/nothing", headers=small)
    assert [answer.status for answer in (asked, refused, missing)] == [200, 422, 404]
    for answer in (asked, refused, missing):
        assert answer.one("html") and "Content-Encoding" not in answer.headers
