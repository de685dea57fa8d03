"""The day on the phone in a real browser: put there with signal, read without, gone at sign-out. Besides the flight
mode of the browser the server itself is stopped, so that no answer can come from anywhere but the phone."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.relay import Relay
from tests.conftest import long_form
from tests.servers import Server

KEPT_PAGES = (
    "",
    "/directions",
    "/findings",
    "/part-uses",
    "/time-entries",
    "/pause",
    "/photos",
    "/readings",
    "/handover",
    "/report",
)
WHOLE = """async () => {
  for (const name of await caches.keys()) if (name.startsWith('day-')) {
    const listed = await (await caches.open(name)).match('/offline/today');
    if (listed) return await listed.json();
  }
  return null;
}"""


FIVE_AT_ONCE = """() => { const form = document.getElementById('unlock');
    for (let n = 0; n < 5; n++) { form.elements.pin.value = '0000'; form.requestSubmit(); } }"""
SEEN_AGO = """async (seconds) => (await caches.open('seen')).put('/offline/seen',
    new Response(String(Date.now() - seconds * 1000)))"""


def until(page: Page, script: str, seconds: float = 60) -> Any:
    """What the script gives, as soon as it is anything: it may have to wait for promises."""
    end = time.monotonic() + seconds
    while not (found := page.evaluate(script)):
        assert time.monotonic() < end, script
        page.wait_for_timeout(50)
    return found


def ready(page: Page) -> dict[str, Any]:
    """Today is opened, the worker stands, the day is whole; its list."""
    page.goto("/")
    until(page, "navigator.serviceWorker.controller !== null")
    listed: dict[str, Any] = until(page, WHOLE)
    return listed


def cached(page: Page, prefix: str = "day-") -> list[str]:
    names: list[str] = page.evaluate("caches.keys()")
    return [name for name in names if name.startswith(prefix)]


def cut_off(page: Page, server: Server) -> None:
    page.context.set_offline(True)
    server.stop()


@pytest.fixture
def own(open_page: Open, server: Server) -> Page:
    page = open_page(server.url, service_workers="allow")
    sign_in(page, "zhang")
    return page


def test_the_whole_day_opens_without_signal(own: Page, server: Server) -> None:
    listed = ready(own)
    visits = [visit for visit in listed["visits"] if visit["pages"]]
    assert visits and not listed["failed"]
    for visit in visits:
        expect(own.locator(f"[data-keeping='{visit['id']}']")).to_contain_text(re.compile(r"\d\d:\d\d"))
    cut_off(own, server)
    own.goto("/?src=pwa")
    expect(own.locator("main .as-of")).to_be_visible()
    expect(own.locator(f"[data-keeping='{visits[0]['id']}']")).to_contain_text(re.compile(r"\d\d:\d\d"))
    for path in KEPT_PAGES:
        own.goto(f"/visits/{visits[0]['id']}{path}")
        expect(own.locator("main .as-of")).to_have_count(1)
        assert own.get_attribute("html", "data-kept")
        assert own.evaluate("getComputedStyle(document.querySelector('.top')).display") != "inline", "no style sheet"
    own.goto(f"/visits/{visits[0]['id']}/part-uses?item=TM-OIL-100")
    expect(own.locator("main .as-of")).to_have_count(1)
    for path in ("/van", "/more", "/help/offline"):
        own.goto(path)
        expect(own.locator("main .as-of")).to_have_count(1)
    assert own.locator("main .line").count() > 10


@long_form
def test_a_phone_that_nobody_used_for_a_while_asks_for_the_pin_before_it_shows_a_kept_page(
    own: Page, server: Server
) -> None:
    own.goto("/me/pin")
    own.fill("[name=password]", "demo-2026")
    own.fill("[name=new_pin]", "1357")
    steps.press(own, own.locator("main form button[type=submit]").first)
    visit = next(visit for visit in ready(own)["visits"] if visit["pages"])
    cut_off(own, server)
    own.goto(visit["pages"][0])
    expect(own.locator("main .as-of")).to_be_visible()

    for ago in (16 * 60, -5 * 60):  # left alone, or with its clock put back
        own.evaluate(SEEN_AGO, ago)
        for path in (visit["pages"][0], "/", "/offline/outbox", "/customers"):
            own.goto(path)
            expect(own.locator("#unlock")).to_be_visible()
            assert visit["customer"] not in own.content()
        own.goto(visit["pages"][0])
        expect(own.locator("#unlock")).to_be_visible()
        own.fill("#unlock [name=pin]", "2468")
        own.locator("#unlock button").tap()
        expect(own.locator("#unlock [role=alert]")).to_contain_text("4")
        own.reload()
        own.fill("#unlock [name=pin]", "1357")
        own.locator("#unlock button").tap()
        expect(own.locator("main .as-of")).to_be_visible()
        assert visit["customer"] in own.content()

    own.evaluate(SEEN_AGO, 16 * 60)
    own.goto("/")
    own.evaluate(FIVE_AT_ONCE)  # side by side they count as many as one after the other
    expect(own.locator("#no-more-tries")).to_be_visible()
    own.reload()
    expect(own.locator("#no-more-tries")).to_be_visible()
    expect(own.locator("#unlock")).to_be_hidden()

    server.start()
    own.context.set_offline(False)
    own.goto("/")  # the server knows who it is: whoever was let in there has all tries again
    until(own, f"({WHOLE})().then((day) => day.looked > {time.time() * 1000 - 5000:.0f})")
    own.context.set_offline(True)
    own.evaluate(SEEN_AGO, 16 * 60)
    own.reload()
    expect(own.locator("#unlock")).to_be_visible()


@long_form
def test_touching_a_page_that_was_left_open_is_no_use_of_the_phone(own: Page, server: Server) -> None:
    """Whoever found the phone touches it before it can ask for the PIN."""
    own.goto("/me/pin")
    own.fill("[name=password]", "demo-2026")
    own.fill("[name=new_pin]", "1357")
    steps.press(own, own.locator("main form button[type=submit]").first)
    ready(own)
    cut_off(own, server)
    own.add_init_script("""globalThis.ago = 20 * 60000; const clock = Date.now; Date.now = () => clock() - ago;""")
    own.goto("/")
    expect(own.locator("main .as-of")).to_be_visible()
    own.wait_for_timeout(500)
    own.evaluate("globalThis.ago = 0")  # twenty minutes later
    own.touchscreen.tap(180, 400)
    own.wait_for_timeout(300)
    own.goto("/van")
    expect(own.locator("#unlock")).to_be_visible()


@long_form
def test_a_visit_that_is_not_here_still_says_where_it_is_and_whom_to_call(own: Page, server: Server) -> None:
    listed = ready(own)
    gone = next(visit for visit in listed["visits"] if visit["pages"] and visit["phone"])
    drop = """async ([name, paths]) => { const day = await caches.open(name);
        for (const path of paths) await day.delete(path); }"""
    own.evaluate(drop, [cached(own)[0], gone["pages"]])
    cut_off(own, server)
    own.goto(gone["pages"][0])
    for told in ("customer", "address", "phone"):
        expect(own.locator("main .card").first).to_contain_text(gone[told])
    href = own.get_attribute("main .card a[href^='tel:']", "href")
    assert href == f"tel:{gone['phone'].replace(' ', '')}"
    others = [visit for visit in listed["visits"] if visit["pages"] and visit is not gone]
    assert own.locator("main [data-kept] a").count() == len(others)
    own.goto("/customers")
    expect(own.locator("main h1")).to_have_count(1)
    expect(own.locator("main .card").first).to_be_hidden()


@long_form
def test_only_what_changed_is_fetched_again(own: Page, server: Server) -> None:
    listed = ready(own)
    visit, other = [visit["id"] for visit in listed["visits"] if visit["state"] == "assigned"][:2]
    kept = """async ([name, path]) => { const page = await (await caches.open(name)).match(path);
        return [page.headers.get('X-Kept-At'), (await page.text()).includes('data-state="en_route"')]; }"""

    def of(one: str) -> list[Any]:
        found: list[Any] = own.evaluate(kept, [cached(own)[-1], f"/visits/{one}"])
        return found

    before = of(other)
    own.goto(f"/visits/{visit}")
    steps.press(own, own.locator("form[action$='/departure'] button[type=submit]"))
    answered = "(visit) => document.dispatchEvent(new CustomEvent('outbox:answered', { detail: { entry: { visit } } }))"
    until(
        own,
        "import(document.querySelector('script[src*=\"/js/app.js\"]').src.replace('app.js', 'day.js')).then(() => 1)",
    )
    own.evaluate(answered, visit)  # as the outbox says it when an entry took effect
    end = time.monotonic() + 30
    while not of(visit)[1]:
        assert time.monotonic() < end
        own.wait_for_timeout(100)
    ready(own)
    expect(own.locator(f"[data-keeping='{other}']")).to_contain_text(re.compile(r"\d\d:\d\d"))
    assert of(other) == before


@long_form
def test_weak_signal_shows_what_is_kept_and_an_error_of_the_server_too(own: Page, server: Server) -> None:
    listed = ready(own)
    path = listed["visits"][0]["pages"][0]
    own.context.route(f"**{path}", lambda route: route.fulfill(status=502, body="bad gateway"))
    own.goto(path)
    expect(own.locator("main .as-of")).to_be_visible()
    own.context.unroute(f"**{path}")
    own.context.route(f"**{path}", lambda _route: None)  # no answer, ever
    own.goto(path)
    expect(own.locator("main .as-of")).to_be_visible()
    own.context.unroute(f"**{path}")
    own.locator("main .as-of a").click()
    expect(own.locator("main .as-of")).to_have_count(0)


@long_form
def test_nothing_of_the_day_shows_while_the_customer_holds_the_phone(own: Page, server: Server) -> None:
    """Handed over with signal, and then the signal goes: the kept pages are no way around the PIN."""
    listed = ready(own)
    path = listed["visits"][0]["pages"][0]
    own.context.route("**/h/held", lambda route: route.fulfill(status=200, body="<h1>…</h1>", content_type="text/html"))
    own.goto("/h/held")
    until(own, "caches.has('handed')")
    own.context.set_offline(True)
    own.goto(path)
    expect(own.locator("#stage h1")).to_have_text("暂时没有信号")
    assert listed["visits"][0]["customer"] not in own.inner_text("body")
    own.context.set_offline(False)
    own.wait_for_url(re.compile(r"/$"))  # by itself
    until(own, "caches.has('handed').then((has) => !has)")
    own.context.set_offline(True)
    own.goto(path)
    expect(own.locator("main .as-of")).to_be_visible()


def test_signing_out_takes_the_pages_and_leaves_the_stored_work(own: Page, server: Server) -> None:
    listed = ready(own)
    store = """() => new Promise((done, fail) => { const asked = indexedDB.open('outbox-test', 1);
        asked.onupgradeneeded = () => asked.result.createObjectStore('entry');
        asked.onsuccess = () => { asked.result.close(); done(); }; asked.onerror = fail; })"""
    own.evaluate(store)
    own.wait_for_load_state("networkidle")
    own.context.set_offline(True)
    own.goto("/more")
    own.locator("main form[action='/logout'] button").tap()
    expect(own.locator("#status .quiet")).to_be_visible()  # nobody signs out without signal, and the day stays
    assert cached(own)
    own.context.set_offline(False)
    steps.sign_out(own)
    assert "/login" in own.url
    assert not cached(own)
    assert "outbox-test" in own.evaluate("indexedDB.databases().then((all) => all.map((one) => one.name))")
    own.context.set_offline(True)
    own.goto(listed["visits"][0]["pages"][0])
    assert listed["visits"][0]["customer"] not in own.inner_text("body")


@long_form
def test_another_person_finds_nothing_of_the_first(own: Page, server: Server) -> None:
    listed = ready(own)
    own.context.clear_cookies()  # signed out elsewhere; the pages are still there
    assert cached(own)
    sign_in(own, "li")
    until(
        own,
        """async () => (await caches.keys()).filter((name) => name.startsWith('day-'))
        .every((name) => name.includes(document.documentElement.dataset.person))""",
    )
    theirs = ready(own)
    assert theirs["person"] != listed["person"]
    own.context.set_offline(True)
    shown = {visit["id"] for visit in theirs["visits"]}
    foreign = next(visit for visit in listed["visits"] if visit["id"] not in shown and visit["pages"])
    own.goto(foreign["pages"][0])
    expect(own.locator("main [data-other]")).to_be_visible()
    assert foreign["number"] not in own.inner_text("body")


@pytest.fixture
def relay(server: Server) -> Iterator[Relay]:
    running = Relay(server.port)
    yield running
    running.stop()


@pytest.fixture
def behind(open_page: Open, relay: Relay) -> Page:
    page = open_page(relay.url, service_workers="allow")
    sign_in(page, "zhang")
    return page


def another_version(page: Page, more: str = "") -> tuple[int, str]:
    text = re.sub(r'"version":"\w+"', '"version":"another"', page.request.get("/sw.js").text())
    return 200, text.replace('"files":[', f'"files":[{more}')


def update(page: Page) -> None:
    page.evaluate("void navigator.serviceWorker.getRegistration().then((one) => one.update()).catch(() => null)")


def test_a_new_version_waits_while_something_is_typed(behind: Page, relay: Relay) -> None:
    """Failure mode 29."""
    listed = ready(behind)
    visit = next(visit for visit in listed["visits"] if visit["state"] == "assigned")
    behind.goto(f"/visits/{visit['id']}/findings")
    behind.wait_for_load_state("networkidle")
    behind.locator("main textarea:visible").first.fill("half typed")
    old = cached(behind, "shell-")
    relay.says["/sw.js"] = another_version(behind)
    update(behind)
    behind.wait_for_selector("#status [data-newer] button")
    assert set(old) < set(cached(behind, "shell-"))
    assert behind.locator("main textarea:visible").first.input_value() == "half typed"
    with behind.expect_navigation():
        behind.locator("#status [data-newer] button").click()
    until(behind, "caches.has('shell-another')")
    until(behind, f"caches.has('{old[0]}').then((has) => !has)")


@long_form
def test_a_new_version_waits_while_something_is_typed_in_another_tab(behind: Page, relay: Relay) -> None:
    listed = ready(behind)
    visit = next(visit for visit in listed["visits"] if visit["state"] == "assigned")
    other = behind.context.new_page()
    other.goto(f"{relay.url}/visits/{visit['id']}/findings")
    other.wait_for_load_state("networkidle")
    other.locator("main textarea:visible").first.fill("half typed")
    old = cached(behind, "shell-")
    behind.bring_to_front()
    relay.says["/sw.js"] = another_version(behind)
    update(behind)
    behind.wait_for_selector("#status [data-newer] button")
    assert set(old) < set(cached(behind, "shell-"))
    other.locator("main textarea:visible").first.fill("")
    behind.reload()
    until(behind, f"caches.has('{old[0]}').then((has) => !has)")


@long_form
def test_a_new_version_begins_at_once_when_nothing_is_typed(behind: Page, relay: Relay) -> None:
    ready(behind)
    behind.wait_for_load_state("networkidle")
    old = cached(behind, "shell-")
    relay.says["/sw.js"] = another_version(behind)
    update(behind)
    until(behind, f"caches.has('{old[0]}').then((has) => !has)")
    assert cached(behind, "shell-") == ["shell-another"]
    assert not behind.locator("[data-newer]").count()


def test_a_new_version_that_is_not_whole_leaves_the_old_one_in_place(behind: Page, relay: Relay) -> None:
    """Failure mode 30."""
    listed = ready(behind)
    old = cached(behind, "shell-")
    relay.says["/sw.js"] = another_version(behind, '"/static/none-such.css",')
    failed = """navigator.serviceWorker.getRegistration().then((one) => new Promise((done) => {
        one.addEventListener('updatefound', () => {
          const worker = one.installing;
          worker.addEventListener('statechange', () => worker.state === 'redundant' && done(true));
        });
        one.update().catch(() => null);
    }))"""
    assert behind.evaluate(failed)
    assert cached(behind, "shell-") == old
    behind.context.set_offline(True)
    relay.stop()
    behind.goto(listed["visits"][0]["pages"][0])
    expect(behind.locator("main .as-of")).to_be_visible()


@long_form
def test_a_switched_off_worker_takes_itself_and_its_pages_away(behind: Page, relay: Relay) -> None:
    ready(behind)
    off = Path("static/js/worker-off.js").read_text("utf-8")
    relay.says["/sw.js"] = (200, off)
    update(behind)
    until(behind, "navigator.serviceWorker.getRegistrations().then((all) => all.length === 0)")
    until(behind, "caches.keys().then((all) => all.length === 0)")


@long_form
def test_in_wechat_it_says_to_open_the_browser(open_page: Open, server: Server) -> None:
    """Failure mode 41: the forms work, nothing is kept."""
    agent = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0.50"
    page = open_page(server.url, user_agent=agent, service_workers="allow")
    page.goto("/login")
    expect(page.locator("[data-online-only=wechat]")).to_be_visible()
    expect(page.locator("[data-online-only=browser]")).to_be_hidden()
    sign_in(page, "zhang")
    expect(page.locator("[data-online-only=wechat]")).to_be_visible()
    assert not page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)")
    steps.press(page, page.locator("form[action$='/departure'] button").first)
    page.wait_for_selector("[data-state='en_route']")
