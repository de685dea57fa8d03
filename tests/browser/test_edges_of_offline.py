"""Where offline work meets sessions, other tabs, second taps and a full phone: each was a way to lose the thread."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.test_day import ready
from tests.browser.test_flight_mode import all_is_sent, hand_over, kept_in_the_outbox, on_the_glass
from tests.browser.test_kept_visit import diagnose
from tests.browser.test_main_job import CUSTOMER
from tests.conftest import long_form
from tests.servers import Server

CLICK_TWICE = "(name) => { const one = document.querySelector(name); one.click(); one.click(); }"


def finished_visit(page: Page, server: Server) -> str:
    ready(page)
    return server.url + str(page.locator("[data-state=finished] a[href^='/visits/']").first.get_attribute("href"))


def all_sessions_rest(server: Server) -> None:
    """As after a quarter of an hour without a request."""
    long_ago = (datetime.now(UTC) - timedelta(minutes=30)).strftime("%Y-%m-%d %H:%M:%S.%f")
    with closing(sqlite3.connect(server.instance / "portal.sqlite", timeout=20)) as db, db:
        db.execute("UPDATE sign_in SET last_seen_at = ?", (long_ago,))


def test_the_signal_is_back_but_the_session_rests_and_the_customer_still_goes_on(
    server: Server, open_page: Open
) -> None:
    """The server asks for the PIN, the lock leads back: nobody may be caught between the two."""
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    visit = finished_visit(page, server)
    page.context.set_offline(True)
    hand_over(page, visit)
    all_sessions_rest(server)
    page.context.set_offline(False)
    for address in (f"{server.url}/h/offline", visit, "/"):
        page.goto(address)
        on_the_glass(page, "read")
    page.context.clear_cookies()  # and when the session has ended
    page.reload()
    on_the_glass(page, "read")
    page.goto("/")
    on_the_glass(page, "read")


@long_form
def test_a_second_tap_makes_no_second_hand_over_answer_or_signature(server: Server, open_page: Open) -> None:
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    visit = finished_visit(page, server)
    page.context.set_offline(True)
    page.goto(f"{visit}/handover")
    steps.pick(page, "locale", "en")
    page.evaluate(CLICK_TWICE, "button[form=handover]")
    on_the_glass(page, "read")
    steps.hit(page, page.locator("#actions button"))
    on_the_glass(page, "survey")
    for name, value in steps.ANSWERS.items():
        steps.pick(page, name, value)
    page.evaluate(CLICK_TWICE, "#actions button")
    on_the_glass(page, "sign")
    steps.draw(page)
    steps.pick(page, "agree")
    page.evaluate(CLICK_TWICE, "#actions button")
    on_the_glass(page, "done")
    page.fill("[name=pin]", steps.PIN)
    page.evaluate(CLICK_TWICE, "#release button")
    page.wait_for_url(visit)
    done = sorted(one["action"] for one in kept_in_the_outbox(page))
    assert done == ["handover", "release", "signature", "survey"]
    page.context.set_offline(False)
    all_is_sent(page)


@long_form
def test_other_tabs_are_led_to_the_customers_surface(server: Server, open_page: Open) -> None:
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    visit = finished_visit(page, server)
    other = page.context.new_page()
    other.goto(f"{visit}/part-uses")
    page.context.set_offline(True)
    hand_over(page, visit)
    on_the_glass(other, "read")


@long_form
def test_whoever_cannot_sign_out_without_signal_can_still_read_their_work(server: Server, open_page: Open) -> None:
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    visit = next(one for one in ready(page)["visits"] if one["pages"] and CUSTOMER in one["customer"])["pages"][0]
    page.context.set_offline(True)
    page.goto(visit)
    for verb, state in (("departure", "en_route"), ("arrival", "on_site"), ("start", "working")):
        steps.press(page, page.locator(f".action-bar form[action$='/{verb}'] button").first)
        page.wait_for_selector(f"p.row[data-state='{state}']")
    diagnose(page, visit)
    page.evaluate("document.dispatchEvent(new CustomEvent('outbox:send'))")  # tried once: sealed from here on
    page.goto("/")
    out = page.locator("form[action='/logout'] button").last
    page.locator("details.account summary").tap()
    out.tap()
    expect(page.locator("form[action='/logout'] [data-text]")).to_be_visible()
    out.tap()
    expect(page.locator("#status")).to_contain_text("No connection", timeout=15_000)
    page.goto(f"{visit}/findings")
    expect(page.locator("[name=test_result]")).to_have_value("10 km/h, 10 min")


@long_form
def test_a_phone_that_is_nearly_full_says_so_beside_what_waits(server: Server, open_page: Open) -> None:
    page = open_page(server.url, locale="en", service_workers="allow")
    page.add_init_script("navigator.storage.estimate = async () => ({ quota: 1000, usage: 970 })")
    sign_in(page, "zhang")
    visit = next(one for one in ready(page)["visits"] if one["pages"] and CUSTOMER in one["customer"])["pages"][0]
    page.goto(visit)
    page.context.set_offline(True)
    steps.press(page, page.locator(".action-bar form[action$='/departure'] button").first)
    page.wait_for_selector("p.row[data-state='en_route']")
    expect(page.locator("#outbox-bar")).to_contain_text("almost full")


@long_form
def test_a_full_phone_says_so_to_the_customer_and_does_not_stay_locked(server: Server, open_page: Open) -> None:
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    visit = finished_visit(page, server)
    page.context.set_offline(True)
    hand_over(page, visit)
    page.evaluate("""() => { const put = IDBObjectStore.prototype.put;
        IDBObjectStore.prototype.put = function (...given) {
            if (this.name === 'entry') throw new DOMException('full', 'QuotaExceededError');
            return put.apply(this, given); }; }""")
    steps.hit(page, page.locator("#actions button"))
    on_the_glass(page, "survey")
    for name, value in steps.ANSWERS.items():
        steps.pick(page, name, value)
    steps.hit(page, page.locator("#actions button"))
    expect(page.locator("#status")).to_contain_text("could not be stored")
    steps.hit(page, page.locator("#stage [data-go=reread]"))
    steps.hit(page, page.locator("#stage [data-go=pin]"))
    page.fill("[name=pin]", steps.PIN)
    page.locator("[name=pin]").press("Enter")
    page.wait_for_url(visit)


@long_form
def test_a_page_that_the_browser_brings_back_is_asked_for_again_while_the_customer_has_the_phone(
    server: Server, open_page: Open
) -> None:
    """The driver's browser keeps no pages for Back itself: the page is told as such a browser would tell it."""
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    visit = finished_visit(page, server)
    page.goto(visit)
    page.wait_for_load_state("networkidle")
    brought_back = "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    page.evaluate(f"document.body.dataset.mark = 'same'; {brought_back}")
    page.wait_for_timeout(500)
    expect(page.locator("body[data-mark]")).to_have_count(1)  # nobody has the phone but its owner
    page.context.set_offline(True)
    page.evaluate("caches.open('handed')")
    with page.expect_navigation():
        page.evaluate(f"void {brought_back}")
    expect(page.locator("#stage h1")).to_have_text("No signal right now")
    assert visit.rsplit("/", 1)[-1] not in page.content()
