"""The outbox in a real browser, by the failure modes of work without signal: the line breaks, the session ends,
two tabs, two people on one phone, a full disk. What must always hold: what a person was told is saved arrives, once."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Error, Page, Playwright, Route

from tests.browser import steps
from tests.browser.conftest import CHROMIUM, FLAGS, Open, sign_in
from tests.conftest import long_form
from tests.servers import Server, copy_instance

BOX = "(await import(document.querySelector(\"script[src$='/js/outbox.js']\").src)).currentBox()"
ANEW = """() => {
  document.querySelector("[data-entries] li").classList.add("old");
  document.dispatchEvent(new CustomEvent("outbox:changed", {detail: {count: 1, needs: 0}}));
}"""
SHOWN = """async () => {
  const { src } = document.querySelector("script[src$='/js/outbox.js']");
  const bar = await import(src.replace("outbox.js", "outbox/bar.js"));
  bar.show({ count: 1, oldest: new Date().toISOString() });
  bar.show({ count: 0 });
}"""
POSTS = "**/visits/*/part-uses"


@pytest.fixture(scope="module")
def portal(demo_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One portal for all tests of this module: each works with entries of its own."""
    running = Server(copy_instance(demo_instance, tmp_path_factory.mktemp("outbox") / "instance")).start()
    yield running
    running.stop()


def at_work(page: Page, username: str = "zhang") -> str:
    """Signs in and opens the form for any part of a visit."""
    sign_in(page, username)
    visit = page.locator(":is([data-state='working'], [data-state='assigned']) a[href^='/visits/']").first
    address = f"{visit.get_attribute('href')}/part-uses"
    open_form(page, address)
    return address


def open_form(page: Page, address: str) -> None:
    page.goto(f"{address}?item=TM-OIL-100")
    loaded(page, "bar")


def loaded(page: Page, module: str) -> None:
    found = f"performance.getEntriesByType('resource').some((one) => one.name.endsWith('/{module}.js'))"
    page.wait_for_function(f"() => {found}")


def save(page: Page, quantity: str) -> None:
    page.fill("#part-form [name=quantity]", quantity)
    steps.hit(page, page.locator("#part-form button[type=submit]"))


def save_unheard(page: Page, quantity: str) -> None:
    """Saves while nothing gets through; the page says so and has gone on to where the form leads."""
    save(page, quantity)
    page.wait_for_selector("#status .quiet")
    page.wait_for_selector("#outbox-bar a")


def save_offline(page: Page, quantity: str) -> None:
    page.context.set_offline(True)
    save(page, quantity)
    waits(page, 1)
    page.wait_for_selector("#status .quiet")


def ask(page: Page, what: str) -> Any:
    """Asks the page's outbox; again where the page was just leaving."""
    script = f"async () => {{ const box = {BOX}; return {what}; }}"
    for _try in range(5):
        page.wait_for_selector("script[src$='/js/outbox.js']", state="attached")
        try:
            return page.evaluate(script)
        except Error:
            page.wait_for_timeout(200)
    return page.evaluate(script)


def entries(page: Page) -> list[dict[str, Any]]:
    return list(ask(page, "await box.entries()"))


def waits(page: Page, count: int) -> None:
    """Until so many entries are on the phone."""
    for _try in range(150):
        if len(entries(page)) == count:
            break
        page.wait_for_timeout(100)
    assert len(entries(page)) == count


def arrived(page: Page, address: str, quantity: str) -> int:
    """How often a quantity stands among the parts of the visit, as the server shows them: to a page of its own, because
    the one that has saved goes on by itself."""
    page = page.context.new_page()
    page.goto(address)
    figures = page.locator("main ul.lines:not(.waiting) .figure").all_inner_texts()
    page.close()
    return figures.count(quantity)


def bar(page: Page) -> str:
    page.wait_for_selector("#outbox-bar a")
    return page.inner_text("#outbox-bar")


def test_offline_save_survives_relaunch(portal: Server, playwright: Playwright, tmp_path: Path) -> None:
    def launch() -> Any:
        where: dict[str, Any] = {"executable_path": CHROMIUM, "args": FLAGS, "base_url": portal.url, "locale": "en"}
        where["service_workers"] = "block"  # the store is what is tried
        return playwright.chromium.launch_persistent_context(tmp_path / "profile", **where)

    first = launch()
    page = first.pages[0]
    address = at_work(page)
    save_offline(page, "101")
    assert "1 thing waits" in bar(page)
    assert page.input_value("#part-form [name=quantity]") != "101"
    first.close()
    second = launch()
    page = second.pages[0]
    page.goto("/more")
    waits(page, 0)
    assert arrived(page, address, "101") == 1
    second.close()


@long_form
def test_a_session_that_ends_while_sending_loses_nothing(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    save_offline(page, "102")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.context.set_offline(False)
    page.wait_for_function("() => document.querySelector('#outbox-bar').innerText.includes('Sign in to send')")
    assert len(entries(page)) == 1
    page.clock.set_system_time(datetime.now(UTC) + timedelta(days=3, hours=1))  # and three days later
    page.evaluate("document.dispatchEvent(new CustomEvent('outbox:send'))")
    page.wait_for_function("() => document.querySelector('#outbox-bar').innerText.includes('3 days')")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.evaluate("document.dispatchEvent(new CustomEvent('outbox:send'))")
    waits(page, 0)
    assert arrived(page, address, "102") == 1


@pytest.mark.parametrize("liar", ["captive portal", "proxy"])
def test_an_answer_without_proof_acknowledges_nothing(portal: Server, open_page: Open, liar: str) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    quantity = "103" if liar == "proxy" else "104"

    def lie(route: Route) -> None:
        if liar == "proxy":
            route.fulfill(json={"ok": True, "state": "applied"})
        else:
            route.fulfill(body="<html>Welcome to our network", content_type="text/html")

    page.route(POSTS, lie)
    if liar != "proxy":
        page.route("**/offline/hello", lie)
    save_unheard(page, quantity)
    assert len(entries(page)) == 1
    page.unroute_all()
    page.evaluate("document.dispatchEvent(new CustomEvent('outbox:send'))")
    waits(page, 0)
    assert arrived(page, address, quantity) == 1


@long_form
def test_two_tabs_send_each_entry_once(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    other = page.context.new_page()
    open_form(other, address)
    page.context.set_offline(True)
    path = f"path: '{address}', fields: [['item', 'TM-OIL-100'], ['old_part', 'none'], ['quantity', '15' + n]]"
    ask(page, f"await Promise.all([...Array(8).keys()].map((n) => box.add({{ {path} }})))")
    page.context.set_offline(False)
    for tab in (page, other):
        tab.evaluate("document.dispatchEvent(new CustomEvent('outbox:send'))")
    waits(page, 0)
    waits(other, 0)
    assert [arrived(page, address, f"15{n}") for n in range(8)] == [1] * 8


@long_form
def test_a_double_tap_or_enter_and_a_tap_make_one_entry(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    at_work(page)
    page.context.set_offline(True)
    page.fill("#part-form [name=quantity]", "106")
    page.evaluate("""() => { const form = document.querySelector('#part-form');
        const button = form.querySelector('[type=submit]');
        button.click(); button.click(); form.requestSubmit(); }""")
    page.wait_for_selector("#status .quiet")
    assert len(entries(page)) == 1


def test_a_colleague_on_the_same_phone_neither_sees_nor_sends_it(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    save_offline(page, "107")
    page.context.clear_cookies()
    page.context.set_offline(False)
    sign_in(page, "li")
    page.goto("/offline/outbox")
    page.wait_for_selector("text=Another colleague has 1 entry on this phone")
    assert entries(page) == []
    assert "TM-OIL" not in page.inner_text("main")
    page.context.clear_cookies()
    sign_in(page, "zhang")
    waits(page, 0)
    assert arrived(page, address, "107") == 1


def test_signing_out_with_something_unsent_warns_and_keeps_it(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    page.route(POSTS, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    save_unheard(page, "108")
    page.goto("/more")
    button = page.locator("main form[action='/logout'] button")
    steps.hit(page, button)
    assert "1 thing is not sent yet" in page.inner_text("main form[action='/logout'] .banner")
    assert "/login" not in page.url
    steps.press(page, button)
    assert "/login" in page.url
    page.unroute_all()
    sign_in(page, "zhang")
    waits(page, 0)
    assert arrived(page, address, "108") == 1


@long_form
def test_what_was_tried_can_be_neither_undone_nor_mended_and_arrives_once(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    page.route(POSTS, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    save_unheard(page, "109")
    page.goto("/offline/outbox")
    row = page.locator("[data-entries] li")
    row.wait_for()
    assert "× 109" in row.inner_text()
    assert not row.locator("[data-undo]").is_visible()
    old = entries(page)[0]
    assert old["state"] == "frozen"
    assert not ask(page, f"await box.undo('{old['id']}')")
    assert not row.locator("[data-mend]").is_visible(), "mended, it could count twice"
    page.unroute_all()
    page.evaluate("document.dispatchEvent(new CustomEvent('outbox:send'))")
    waits(page, 0)
    assert arrived(page, address, "109") == 1


def test_a_full_phone_clears_no_form_and_sends_directly(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    page.evaluate("""() => { const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...given) {
            if (this.name === 'entry') throw new DOMException('full', 'QuotaExceededError');
            return put.apply(this, given); }; }""")
    page.context.set_offline(True)
    save(page, "112")
    page.wait_for_selector("#status .bad")
    assert "could not store" in page.inner_text("#status")
    assert page.input_value("#part-form [name=quantity]") == "112"
    page.context.set_offline(False)
    page.wait_for_function("() => !document.querySelector('#part-form').dataset.saving")
    with page.expect_navigation():
        save(page, "112")
    assert arrived(page, address, "112") == 1


@long_form
def test_a_store_that_the_system_closed_is_opened_again(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    ask(page, "(await box.connect()).close()")
    with page.expect_navigation():
        save(page, "113")
    assert arrived(page, address, "113") == 1


@long_form
def test_an_older_tab_yields_when_the_store_grows_and_all_entries_stay(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    save_offline(page, "114")
    version = page.evaluate("""async () => new Promise((done, fail) => {
        const name = 'outbox-' + document.documentElement.dataset.person;
        const request = indexedDB.open(name, 99);
        request.onupgradeneeded = () => request.result.createObjectStore('more');
        request.onblocked = () => fail(new Error('blocked'));
        request.onsuccess = () => { done(request.result.version); request.result.close(); }; })""")
    assert version == 99
    assert [entry["state"] for entry in entries(page)] == ["waiting"]
    page.context.set_offline(False)
    waits(page, 0)
    assert arrived(page, address, "114") == 1


@long_form
def test_a_photo_waits_with_its_preview_and_can_be_undone(portal: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page).replace("/part-uses", "/photos")
    page.goto(address)
    loaded(page, "rows")
    page.context.set_offline(True)
    for name, shade in (("one.jpg", 90), ("two.jpg", 160)):
        Image.new("RGB", (1800, 1200), (shade, shade, shade)).save(tmp_path / name)
        page.locator("input[type=file]").last.set_input_files(tmp_path / name)
    page.wait_for_function("() => document.querySelectorAll('[data-waiting=photos] img:not([hidden])').length === 2")
    page.locator("[data-waiting=photos] [data-undo]").first.click()
    page.wait_for_function("() => document.querySelectorAll('[data-waiting=photos] li').length === 1")
    with page.expect_navigation():
        page.context.set_offline(False)
    page.wait_for_selector("img[src*='/photos/']")
    assert page.locator("[data-waiting=photos] li").count() == 0
    assert entries(page) == []


@long_form
def test_a_half_filled_form_is_there_again_and_today_leads_back_to_it(portal: Server, open_page: Open) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page).replace("/part-uses", "/findings")
    page.goto(address)
    page.fill("[name=test_result]", "half a sentence")
    page.wait_for_timeout(900)
    page.goto("/")
    steps.press(page, page.locator("[data-continue] a"))
    page.wait_for_selector("main .banner time")
    assert page.input_value("[name=test_result]") == "half a sentence"
    steps.press(page, page.locator("main .banner button"))
    page.wait_for_load_state()
    assert page.input_value("[name=test_result]") == ""
    page.goto("/")
    assert page.locator("[data-continue] a").count() == 0


def test_a_refusal_is_drawn_beside_its_field_and_the_corrected_form_names_the_old_entry(
    portal: Server, open_page: Open
) -> None:
    page = open_page(portal.url, locale="en")
    address = at_work(page)
    save(page, "many")
    page.wait_for_selector(".error-summary")
    assert page.evaluate("document.activeElement.className") == "error-summary"
    assert "Quantity: Write a number" in page.inner_text(".error-summary")
    assert "Write a number" in page.inner_text(".field.bad .error")
    assert page.get_attribute("#part-form [name=quantity]", "aria-invalid") == "true"
    assert entries(page) == []
    page.evaluate(SHOWN)
    assert page.inner_text("#outbox-bar") == "", "not: everything is sent"
    with page.expect_navigation():
        save(page, "115")
    assert arrived(page, address, "115") == 1


def test_the_outbox_page_saves_a_file_that_the_office_can_load(portal: Server, open_page: Open, tmp_path: Path) -> None:
    page = open_page(portal.url, locale="en")
    at_work(page)
    page.route(POSTS, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    save_unheard(page, "116")
    page.goto("/offline/outbox")
    page.locator("[data-entries] li").wait_for()
    with page.expect_download() as download:
        page.locator("[data-export]").click()
    file = tmp_path / "unsent.json"
    download.value.save_as(file)
    saved = json.loads(file.read_text("utf-8"))
    assert saved["format"] == "portal-rescue-1"
    assert [entry["id"] for entry in saved["entries"]] == [entries(page)[0]["id"]]
    office = open_page(portal.url, phone=False, locale="en")
    sign_in(office, "zhao")
    office.goto("/held/rescue")
    office.set_input_files("[name=file]", file)
    steps.press(office, office.locator("main form button[type=submit]"))
    assert "1 entry waits in the inbox" in office.inner_text("main .banner")
    delete = page.locator("[data-entries] [data-delete]")
    delete.click()
    assert len(entries(page)) == 1
    page.evaluate(ANEW)
    page.wait_for_selector("[data-entries] li:not(.old) .btn-danger[data-delete]")  # drawn anew, it still asks
    delete.click()
    page.wait_for_selector("text=Everything is sent.")
