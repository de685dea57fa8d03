"""Whole addresses: the public one if it is set, else the one that was asked for, else where the portal listens."""

import pytest
from flask import Flask

from portal.addresses import absolute

pytestmark = pytest.mark.engine("sqlite")


def test_the_public_address_goes_before_the_requests(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://10.0.0.5:8000"):
        assert absolute("/s/x") == "http://10.0.0.5:8000/s/x"
        app.config["PUBLIC_URL"] = "https://service.example.com"
        assert absolute("/s/x") == "https://service.example.com/s/x"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("0.0.0.0", "127.0.0.1"),
        ("::", "127.0.0.1"),
        ("::1", "[::1]"),
        ("portal.lan", "portal.lan"),
    ],
)
def test_a_worker_names_where_the_portal_listens(app: Flask, host: str, address: str) -> None:
    app.config.update(HOST=host, PORT=8000)
    assert absolute("/c/x") == f"http://{address}:8000/c/x"
