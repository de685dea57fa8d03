"""A visit on a phone without signal: what waits is counted in, so that the next step and the totals are right."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import steps
from tests.browser.conftest import Open, sign_in
from tests.browser.test_day import cut_off, ready
from tests.conftest import long_form
from tests.servers import Server

CUSTOMER = "甲示例"


@pytest.fixture
def phone(open_page: Open, server: Server) -> Page:
    """A phone that has the day, without signal from here on."""
    page = open_page(server.url, locale="en", service_workers="allow")
    sign_in(page, "zhang")
    ready(page)
    cut_off(page, server)
    return page


def save(page: Page, selector: str) -> None:
    """Taps a button whose entry is stored on the phone and waits for the page that comes after it."""
    steps.press(page, page.locator(selector).first)


def verbs(page: Page) -> list[str]:
    """The buttons of the action bar by their address, the next step first."""
    page.wait_for_selector(".action-bar[data-for]")
    controls = page.locator(".action-bar :is(form, a.btn)").all()
    addresses = [one.get_attribute("action") or one.get_attribute("href") or "" for one in controls]
    return [address.split("/")[-1] for address in addresses]


def task(page: Page, n: int) -> str:
    return " ".join(page.locator(".tasks > li").nth(n).inner_text().split())


@long_form
def test_the_day_s_way_without_signal(phone: Page) -> None:
    page = phone
    visit = steps.open_visit(page, CUSTOMER)
    for verb, state, following in (
        ("departure", "en_route", ["arrival"]),
        ("arrival", "on_site", ["start", "finish"]),
        ("start", "working", ["finish", "pause"]),
    ):
        save(page, f".action-bar form[action$='/{verb}'] button")
        page.wait_for_selector(f"p.row[data-state='{state}']")
        assert verbs(page) == following
    assert "Work 0 min" in task(page, 3)
    use_a_part(page, visit)
    diagnose(page, visit)
    page.goto(visit)
    page.wait_for_selector(".action-bar[data-for]")
    assert "Fixed" in task(page, 0)
    assert "1 line" in task(page, 2)
    assert "Finish the work." in task(page, 5)
    save(page, ".action-bar form[action$='/finish'] button")
    page.wait_for_selector("p.row[data-state='finished']")
    for _time in ("now", "opened again"):
        assert verbs(page) == ["handover", "start"]
        assert "Ready" in task(page, 5)
        assert page.locator(".tasks > li").nth(5).locator("a").get_attribute("href") == f"{path(visit)}/handover"
        assert page.locator("#events [data-new]").count() == 4
        page.reload()
        page.wait_for_selector("p.row[data-state='finished']")


LONELY = """[...document.querySelectorAll('#main h2')]
    .filter((title) => !title.hidden && (title.nextElementSibling?.matches('h2') ?? true))
    .map((title) => title.textContent)"""
ALONE = """[...document.querySelectorAll('#main h2 + article.card[data-state=assigned]')]
    .find((card) => card.nextElementSibling?.matches('h2') ?? true)?.querySelector('a.card-link').href"""


@long_form
def test_a_heading_goes_with_its_only_card(phone: Page) -> None:
    page = phone
    page.goto("/")
    visit = page.evaluate(ALONE)
    assert visit, "no card stands alone under its heading: the company tells another story now"
    page.goto(visit)
    save(page, ".action-bar form[action$='/departure'] button")
    page.goto("/")
    expect(page.locator("article.card-current a.card-link")).to_have_attribute("href", path(visit))
    assert page.evaluate(LONELY) == []


@long_form
def test_what_waits_can_be_had_back_and_a_button_that_is_refused_says_why(phone: Page) -> None:
    page = phone
    visit = steps.open_visit(page, CUSTOMER)
    for verb in ("departure", "arrival"):
        save(page, f".action-bar form[action$='/{verb}'] button")
    page.goto("/")
    card = page.locator("article.card-current")
    expect(card.locator("a.card-link")).to_have_attribute("href", path(visit))
    expect(card).to_have_attribute("data-state", "on_site")
    one_part(page, visit)
    other = page.locator("article.card[data-state='assigned'] a.card-link").first
    steps.press(page, other)
    save(page, ".action-bar form[action$='/departure'] button")
    page.goto(visit)
    page.wait_for_selector("p.row[data-state='on_site']")
    expect(page.locator(".action-bar")).to_contain_text("Your clock runs elsewhere")
    assert "start" not in verbs(page)


def one_part(page: Page, visit: str) -> None:
    """A part that asks for its serial number, chosen on the kept page; then taken back before it is sent."""
    page.goto(f"{visit}/part-uses")
    link = page.locator("a.part-card[href*='item=']", has_text="serial number").first
    name = link.locator(".strong").inner_text()
    steps.press(page, link)
    expect(page.locator("h1")).to_have_text(name)
    page.fill("#part-form [name=new_serial]", "DF-77")
    save(page, "#part-form button[type=submit]")
    page.goto(f"{visit}/part-uses")
    expect(page.locator(".heading p.muted").first).to_have_text("1 line")
    steps.hit(page, page.locator("[data-waiting] [data-undo]").first)
    expect(page.locator(".heading p.muted").first).to_have_text("Nothing yet.")
    page.goto("/")


def use_a_part(page: Page, visit: str) -> None:
    page.goto(f"{visit}/part-uses")
    code = page.locator("form:has(button.part-card) [name=item]").first.get_attribute("value")
    before = held(page, code)
    save(page, f"form:has([name=item][value='{code}']) button.part-card")
    page.goto(f"{visit}/part-uses")
    expect(page.locator(f"[data-van='{code}']").first).to_have_text(re.compile(rf"^Van {before - 1} \w+$"))
    expect(page.locator(".heading p.muted").first).to_have_text("1 line")
    expect(page.locator("#no-parts")).to_be_hidden()


def held(page: Page, code: str | None) -> int:
    return int(page.locator(f"[data-van='{code}']").first.inner_text().split()[1])


def diagnose(page: Page, visit: str) -> None:
    page.goto(f"{visit}/findings")
    steps.hit(page, page.locator("a.part-card[data-fills]").first)
    assert page.input_value("[name=remedy]")
    page.fill("[name=test_result]", "10 km/h, 10 min")
    steps.pick(page, "outcome", "fixed")
    steps.pick(page, "nothing_left")
    save(page, "form#codes button[type=submit]")
    page.goto(f"{visit}/findings")
    page.wait_for_selector("form#codes[data-from]")
    assert page.input_value("[name=test_result]") == "10 km/h, 10 min"
    assert page.input_value("[name=version]") == "1"


def path(visit: str) -> str:
    return re.sub(r"^https?://[^/]+", "", visit)
