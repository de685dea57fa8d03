"""Failure modes of work without signal that need a browser and stand in no other file; `docs/failure-modes.md` lists
them all."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Error, expect

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.test_outbox import arrived, at_work, loaded, save, waits
from tests.servers import Server, copy_instance

NO_STORE = "Object.defineProperty(globalThis, 'indexedDB', { value: undefined })"


@pytest.fixture(scope="module")
def portal(demo_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(copy_instance(demo_instance, tmp_path_factory.mktemp("modes") / "instance")).start()
    yield running
    running.stop()


def test_26_a_browser_that_stores_nothing_says_so_and_sends_at_once(portal: Server, open_page: Open) -> None:
    """Storage switched off, or a private window: no worker can be had, no database is there."""
    page = open_page(portal.url, locale="en")
    page.context.add_init_script(NO_STORE)
    page.goto("/login")
    expect(page.locator("[data-online-only=browser]")).to_be_visible()
    expect(page.locator("[data-online-only=wechat]")).to_be_hidden()
    sign_in(page, "zhang")
    expect(page.locator("[data-online-only=browser]")).to_be_visible()
    visit = page.locator(":is([data-state='working'], [data-state='assigned']) a[href^='/visits/']").first
    address = f"{visit.get_attribute('href')}/part-uses"
    page.goto(f"{address}?item=TM-OIL-100")
    with page.expect_navigation():
        save(page, "261")
    assert arrived(page, address, "261") == 1
    assert "stored" not in page.inner_text("#status").lower(), "nothing is promised that is not kept"


def test_34_a_page_that_the_camera_killed_is_offered_again_with_its_earlier_photos(
    portal: Server, open_page: Open, tmp_path: Path
) -> None:
    page = open_page(portal.url, locale="en")
    visit = at_work(page).removesuffix("/part-uses")
    page.goto(f"{visit}/findings")
    loaded(page, "drafts")
    page.fill("[name=test_result]", "two lines, half written")
    page.wait_for_timeout(900)
    page.goto(f"{visit}/photos")
    loaded(page, "rows")
    page.route(
        "**/visits/*/photos", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    Image.new("RGB", (1200, 900), (90, 90, 90)).save(tmp_path / "one.jpg")
    page.locator("input[type=file]").last.set_input_files(tmp_path / "one.jpg")
    page.wait_for_function("() => document.querySelectorAll('[data-waiting=photos] img:not([hidden])').length === 1")
    with page.expect_file_chooser():
        page.locator("label:has(input[type=file]), input[type=file]:visible").last.click()
    context = page.context
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")
    page = context.new_page()
    page.goto("/")
    expect(page.locator("[data-continue] a")).to_be_visible()
    steps.press(page, page.locator("[data-continue] a"))
    assert page.input_value("[name=test_result]") == "two lines, half written"
    page.goto(f"{visit}/photos")
    page.wait_for_selector("img[src*='/photos/']")
    waits(page, 0)  # the photo from before was kept, and is sent now: it may be shown before its receipt is read
