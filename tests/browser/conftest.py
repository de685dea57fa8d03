"""Real Chromium over a real server with the demonstration company. Every test also listens for console errors and
violations of the content security policy: either fails it."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from tests.conftest import LONG
from tests.databases import administer, own_name, postgres_url
from tests.servers import Server, copy_instance

WHOLE, QUICK = ("chromium", "chromium-browser"), ("chromium-headless-shell",)  # the same pages; one without windows
BROWSERS = (*WHOLE, *QUICK) if LONG else (*QUICK, *WHOLE)
CHROMIUM = os.environ.get("PORTAL_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--disable-dev-shm-usage",
]  # fmt: skip
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True, "is_mobile": True}
LAPTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE_AGENT = "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 Chrome/156.0.0.0 Mobile Safari/537.36"
TAGS = {"zh_Hans": "zh-CN", "zh_Hant": "zh-TW", "en": "en", "es": "es"}
EXPECTED = "Service Worker registration blocked", *(
    f"Failed to load resource: {what}"
    for what in (
        "the server responded with a status of 4", "the server responded with a status of 502",
        "net::ERR_INTERNET_DISCONNECTED", "net::ERR_CONNECTION_REFUSED",
        "net::ERR_FAILED", "net::ERR_CONNECTION_RESET", "net::ERR_EMPTY_RESPONSE",
        "net::ERR_CONTENT_LENGTH_MISMATCH",  # a test has cut the line
    )
)  # fmt: skip

if CHROMIUM is None:
    if os.environ.get("CI"):
        raise RuntimeError("no chromium on this machine: the browser tests cannot run")
    collect_ignore_glob = ["test_*.py"]
    print("\n*** No chromium on this machine: the BROWSER TESTS ARE LEFT OUT. ***\n")


@pytest.fixture
def server(demo_instance: Path, tmp_path: Path) -> Iterator[Server]:
    """The portal over a fresh copy of the demonstration company (SQLite)."""
    running = Server(copy_instance(demo_instance, tmp_path / "instance")).start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def reading_server(demo_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One for all tests of this worker that only look at pages."""
    running = Server(copy_instance(demo_instance, tmp_path_factory.mktemp("reading") / "instance")).start()
    yield running
    running.stop()


@pytest.fixture
def postgres_server(postgres: str, tmp_path: Path) -> Iterator[Server]:
    """The portal over the demonstration company on PostgreSQL."""
    name = own_name("browser")
    administer(postgres, f"CREATE DATABASE {name}")
    (tmp_path / "instance").mkdir()
    running = Server(tmp_path / "instance", postgres_url(postgres, name))
    running.flask("db", "upgrade")
    running.flask("demo", "load")
    running.start()
    yield running
    running.stop()
    administer(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with tempfile.TemporaryDirectory() as _profile:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Open]:
    """`open_page(server.url, phone=True, locale="es")` is a new browser window; closed and judged after the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def start(url: str, *, phone: bool = True, locale: str = "zh_Hans", script: bool = True, **more: Any) -> Page:
        more.setdefault("service_workers", "block")  # who needs no day on the phone need not wait for it
        shape: dict[str, Any] = {**PHONE, "user_agent": PHONE_AGENT} if phone else dict(LAPTOP)
        context = chromium.new_context(
            base_url=url,
            locale=TAGS[locale],
            java_script_enabled=script,
            timezone_id="Asia/Shanghai",
            **{**shape, **more},
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = context.new_page()
        listen(page, complaints)
        context.on("page", lambda other: listen(other, complaints))
        return page

    yield start
    for context in contexts:
        context.close()
    assert not complaints, "\n".join(complaints)


def listen(page: Page, complaints: list[str]) -> None:
    def console(message: Any) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            complaints.append(f"console on {page.url}: {message.text}")

    page.on("console", console)
    page.on("pageerror", lambda error: complaints.append(f"error on {page.url}: {error}"))


def sign_in(page: Page, username: str) -> None:
    """As the form does it, but without drawing the form: the browser has the cookie and shows Today."""
    form = {"username": username, "password": "demo-2026"}
    assert page.context.request.post("/login", form=form, max_redirects=0).status == 303
    page.goto("/")


def sign_in_by_form(page: Page, username: str) -> None:
    page.goto("/login")
    page.fill("[name=username]", username)
    page.fill("[name=password]", "demo-2026")
    page.locator("form[action^='/login'] button[type=submit]").click()
    page.wait_for_url(lambda url: "/login" not in url)
