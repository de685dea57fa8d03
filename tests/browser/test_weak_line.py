"""A weak line: a page, a form without outbox and a part of a page say so after a while, and can be given up."""

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open, sign_in
from tests.conftest import long_form
from tests.servers import Server

BAR = "#status .quiet"
# While an answer is awaited its driver cannot ask the page: the page notes what it says, and taps.
NOTE = f"""name => {{
    const words = () => document.querySelector('{BAR}')?.textContent ?? '';
    const noted = [];
    setTimeout(() => noted.push(words()), 3000);
    setTimeout(() => {{
        noted.push(words());
        document.querySelector('{BAR} button')?.click();
        noted.push(words());
        localStorage.setItem(name, JSON.stringify(noted));
    }}, 4500);
}}"""

# htmx tells the console of each request that is given up: here that is what is wanted.
ABORTED = """() => {
    const error = console.error;
    console.error = (...said) => /^htmx:(sendAbort|afterRequest)\\b/.test(said[0]) || error(...said);
}"""


def given_up(page: Page, name: str, address: str, begin: str) -> None:
    """Begins something whose answer does not come. After four seconds the bar stands there; its button ends it all."""
    waiting: list[Route] = []
    page.wait_for_load_state("load")
    page.wait_for_timeout(300)
    page.route(address, lambda route: waiting.append(route))
    page.evaluate(NOTE, name)
    page.evaluate(f"setTimeout(() => {{ {begin} }})")
    page.wait_for_timeout(5000)
    page.wait_for_function("name => localStorage.getItem(name)", arg=name)
    before, then, after = page.evaluate("name => JSON.parse(localStorage.getItem(name))", name)
    assert not before
    assert "Slow connection. Still trying…" in then
    assert not after
    page.unroute(address)


def test_what_takes_long_says_so_and_can_be_given_up(server: Server, open_page: Open) -> None:
    page = open_page(server.url, locale="en")
    page.goto("/login")
    page.fill("[name=username]", "zhang")
    given_up(page, "form", "**/login**", "document.querySelector('main form[method=post]').requestSubmit()")
    assert page.input_value("[name=username]") == "zhang"

    sign_in(page, "zhang")
    given_up(page, "page", "**/van", "document.querySelector(\"a[href='/van']\").click()")
    assert page.url.rstrip("/") == server.url  # still here
    page.locator("a[href='/van']").first.tap()
    page.wait_for_url("**/van")


@long_form
def test_a_part_of_a_page_says_so_too_and_a_file_does_not(server: Server, open_page: Open) -> None:
    page = open_page(server.url, phone=False, locale="en")
    sign_in(page, "qian")
    page.goto("/stock/movements")
    page.evaluate(ABORTED)
    typed = "q.value = 'zzz'; q.dispatchEvent(new Event('input', { bubbles: true }))"
    given_up(page, "part", "**/search?**", f"const q = document.querySelector('header [name=q]'); {typed}")
    with page.expect_download():
        page.locator("a[href*='.csv']").first.click()
    page.wait_for_timeout(4300)
    expect(page.locator(BAR)).to_have_count(0)
